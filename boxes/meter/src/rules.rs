//! What the engine asks of a meter box, and which step answers. No check is here.

use crate::equation::Balanced;
use crate::{acts, credit, dispense, manufacture, refill, reissue, tokens, watchdog};
use item::{BoxKind, Counter, Epoch, KeySerial, KeyUsage, Layout, MeterRecord, RequestId, Subject};
use keeper::{
    Change, Context, Declined, Fresh, Ground, Look, Outdated, Rules, Stamp, StartError, Summary,
};
use vault::{
    AuthorityKeys, Entropy, Purpose, RecordKeys, Secret, SigningKey, TokenKeys, VaultError,
};
use wire::{MeterQuery, MeterRequest, Refusal, RefusalCode};

/// The rules, with the keys that only they use.
#[derive(Debug)]
pub struct MeterRules {
    /// Certificate and key, of the epoch in force, that sign items.
    pub(crate) item: (KeySerial, SigningKey),
    /// Shared with the auth boxes (P20).
    pub(crate) authority: AuthorityKeys,
    /// Token masters of provider and post.
    pub(crate) vendor: Secret,
    pub(crate) postal: Secret,
    /// Threads that may sign at once.
    pub(crate) cores: usize,
}

impl MeterRules {
    /// Takes the keys out of the box's package.
    ///
    /// # Errors
    /// [`StartError::Package`] if one is missing or is not the key that its certificate names;
    /// [`StartError::Transcript`] if there is no certificate.
    pub fn new(ground: &Ground) -> Result<Self, StartError> {
        // Token keys are sealed in each meter's record: their masters are no epoch's.
        let epoch = ground.installation.transcript().epoch.body.epoch;
        let master = |purpose| ground.package.master(purpose, epoch);
        Ok(Self {
            item: item_key(ground)?,
            authority: ground.authority_keys()?,
            vendor: master(Purpose::VendorTokens)?.clone(),
            postal: master(Purpose::PostalTokens)?.clone(),
            // Asked before the box is confined: the answer is in files.
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        })
    }
}

/// The item key of the epoch in force.
fn item_key(ground: &Ground) -> Result<(KeySerial, SigningKey), StartError> {
    let (serial, signer) = ground.signing_key(KeyUsage::Item)?;
    let certified = ground
        .installation
        .item_key(serial)
        .map_err(StartError::Transcript)?;
    if certified != signer.public() {
        return Err(StartError::Package);
    }
    Ok((serial, signer))
}

impl Rules for MeterRules {
    type Record = MeterRecord;

    const KIND: BoxKind = BoxKind::Meter;

    fn subject(record: &MeterRecord) -> Subject {
        record.subject()
    }

    fn counter(record: &MeterRecord) -> Counter {
        record.counter
    }

    fn epoch(record: &MeterRecord) -> Epoch {
        record.epoch
    }

    fn reseal(
        record: &mut MeterRecord,
        from: &RecordKeys,
        to: &RecordKeys,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        let tokens = TokenKeys::open(from, record.serial, &record.token_keys)?;
        record.token_keys = tokens.seal(to, record.serial, entropy)?;
        record.epoch = to.epoch();
        Ok(())
    }

    fn renew_keys(&mut self, ground: &Ground) -> Result<(), StartError> {
        self.item = item_key(ground)?;
        self.authority = ground.authority_keys()?;
        Ok(())
    }

    fn stamp(record: &mut MeterRecord, stamp: Stamp) {
        record.counter = stamp.counter;
        record.epoch = stamp.epoch;
        record.last_time = stamp.time;
        record.last_decision = stamp.decision;
        record.box_id = stamp.box_id;
    }

    fn summary(record: &MeterRecord) -> Summary {
        Summary {
            pieces: record.piece_count,
            ascending: record.ascending,
            descending: record.descending,
            deposits: record.deposits,
            item_credits: record.item_credits,
            state: record.state.code(),
            funding_sequence: record.funding_sequence,
            act_sequence: record.act_sequence,
        }
    }

    fn create(
        &mut self,
        context: Context<'_>,
        subject: Subject,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<MeterRecord>, Declined> {
        match open(body)? {
            MeterRequest::Manufacture(receipt) => {
                Ok(manufacture::make(self, context, subject, receipt)?)
            }
            MeterRequest::Act(_)
            | MeterRequest::Refill(_)
            | MeterRequest::Dispense(_)
            | MeterRequest::ItemCredit(_)
            | MeterRequest::Report(_) => Err(RefusalCode::Unknown.into()),
        }
    }

    fn change(
        &mut self,
        context: Context<'_>,
        record: Fresh<MeterRecord>,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<MeterRecord>, Declined> {
        match open(body)? {
            MeterRequest::Manufacture(_) => Err(RefusalCode::Exists.into()),
            MeterRequest::Act(act) => Ok(acts::carry_out(&context, Balanced::open(record)?, act)?),
            MeterRequest::Refill(evidence) => {
                Ok(refill::refill(&context, Balanced::open(record)?, evidence)?)
            }
            MeterRequest::ItemCredit(shown) => {
                let change = credit::credit(&context, Balanced::open(record)?, shown)?;
                #[cfg(feature = "planted")]
                let change = credit::planted_void(self, change)?;
                Ok(change)
            }
            MeterRequest::Dispense(dispense) => {
                dispense::dispense(self, &context, record, &dispense)
            }
            MeterRequest::Report(report) => {
                let meter = Balanced::open(record)?;
                Ok(watchdog::report(self, &context, meter, &report)?)
            }
        }
    }

    fn reissue(
        &mut self,
        context: Context<'_>,
        outdated: Outdated<MeterRecord>,
    ) -> Result<Change<MeterRecord>, RefusalCode> {
        reissue::reissue(&context, outdated)
    }

    /// An answer holds nothing that only its caller may see, so there is nothing to prove.
    fn same_proof(&mut self, _: Context<'_>, _: Option<&MeterRecord>, _: &[u8], _: &[u8]) -> bool {
        true
    }

    fn query(
        &mut self,
        context: Context<'_>,
        look: Look<'_, MeterRecord>,
        body: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let MeterQuery::Tokens(query) =
            MeterQuery::from_bytes(body).map_err(|_| RefusalCode::Malformed)?;
        Ok(tokens::check(&context, look, &query)?.to_bytes())
    }
}

fn open(body: &[u8]) -> Result<MeterRequest, RefusalCode> {
    MeterRequest::from_bytes(body).map_err(|_| RefusalCode::Malformed)
}
