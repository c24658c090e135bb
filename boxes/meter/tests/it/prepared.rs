//! The real rules, but for one thing: a new meter's record may be made other than new. So tests
//! reach registers at the end of their width, and genuine, fresh records that break V2.

use item::{BoxKind, Counter, Epoch, MeterRecord, RequestId, Subject};
use keeper::{
    Change, Context, Declined, Fresh, Ground, Look, Outdated, Rules, Stamp, StartError, Summary,
};
use meter::MeterRules;
use vault::{Entropy, RecordKeys, VaultError};
use wire::{Refusal, RefusalCode};

pub(crate) struct Prepared {
    pub(crate) rules: MeterRules,
    pub(crate) prepare: fn(&mut MeterRecord),
}

impl Rules for Prepared {
    type Record = MeterRecord;
    const KIND: BoxKind = BoxKind::Meter;

    fn subject(record: &MeterRecord) -> Subject {
        MeterRules::subject(record)
    }
    fn counter(record: &MeterRecord) -> Counter {
        MeterRules::counter(record)
    }
    fn epoch(record: &MeterRecord) -> Epoch {
        MeterRules::epoch(record)
    }
    fn reseal(
        record: &mut MeterRecord,
        from: &RecordKeys,
        to: &RecordKeys,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        MeterRules::reseal(record, from, to, entropy)
    }
    fn renew_keys(&mut self, ground: &Ground) -> Result<(), StartError> {
        self.rules.renew_keys(ground)
    }
    fn stamp(record: &mut MeterRecord, stamp: Stamp) {
        MeterRules::stamp(record, stamp);
    }
    fn summary(record: &MeterRecord) -> Summary {
        MeterRules::summary(record)
    }
    fn create(
        &mut self,
        context: Context<'_>,
        subject: Subject,
        request: RequestId,
        body: &[u8],
    ) -> Result<Change<MeterRecord>, Declined> {
        let mut change = self.rules.create(context, subject, request, body)?;
        (self.prepare)(&mut change.record);
        Ok(change)
    }
    fn change(
        &mut self,
        context: Context<'_>,
        record: Fresh<MeterRecord>,
        request: RequestId,
        body: &[u8],
    ) -> Result<Change<MeterRecord>, Declined> {
        self.rules.change(context, record, request, body)
    }
    fn reissue(
        &mut self,
        context: Context<'_>,
        outdated: Outdated<MeterRecord>,
    ) -> Result<Change<MeterRecord>, RefusalCode> {
        self.rules.reissue(context, outdated)
    }
    fn same_proof(
        &mut self,
        context: Context<'_>,
        record: Option<&MeterRecord>,
        proof: &[u8],
        body: &[u8],
    ) -> bool {
        self.rules.same_proof(context, record, proof, body)
    }
    fn query(
        &mut self,
        context: Context<'_>,
        look: Look<'_, MeterRecord>,
        body: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        self.rules.query(context, look, body)
    }
}
