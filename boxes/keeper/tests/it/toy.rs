//! A rule set that does as it is told. Its records are chain heads, of which it uses the counter.

use item::*;
use keeper::{
    Change, Context, Declined, Fresh, Ground, Look, Rules, Stamp, Standing, StartError, Summary,
};
use vault::{Entropy, RecordKeys, VaultError};
use wire::limits::ROW_MAX;
use wire::{Refusal, RefusalCode};

/// What a request asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ask {
    /// Rows, each as long as a row may be.
    pub(crate) rows: u16,
    /// What the caller alone gets; zero for nothing.
    pub(crate) secret: u8,
    /// What a repeat has to prove.
    pub(crate) proof: u8,
    /// Record a failure.
    pub(crate) fail: bool,
}

impl Ask {
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let [low, high] = self.rows.to_le_bytes();
        vec![low, high, self.secret, self.proof, u8::from(self.fail)]
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, RefusalCode> {
        let [low, high, secret, proof, fail] =
            *<&[u8; 5]>::try_from(bytes).map_err(|_| RefusalCode::Malformed)?;
        Ok(Self {
            rows: u16::from_le_bytes([low, high]),
            secret,
            proof,
            fail: fail == 1,
        })
    }

    fn of(self, record: ChainRecord) -> Change<ChainRecord> {
        let mut change = Change::of(record, DecisionKind::Dispense);
        change.rows = vec![vec![7; ROW_MAX]; usize::from(self.rows)];
        change.secret = vec![self.secret; usize::from(self.secret > 0)];
        change.proof = vec![self.proof];
        change.failure = self.fail.then(|| RefusalCode::Funds.into());
        change
    }
}

/// The rules of a meter box or, for a box that is started with the wrong ones, of an auth box.
#[derive(Debug)]
pub(crate) struct Toy<const AUTH: bool = false>;

impl<const AUTH: bool> Rules for Toy<AUTH> {
    type Record = ChainRecord;
    const KIND: BoxKind = if AUTH { BoxKind::Auth } else { BoxKind::Meter };

    fn subject(record: &ChainRecord) -> Subject {
        record.subject()
    }
    fn counter(record: &ChainRecord) -> Counter {
        record.counter
    }
    fn epoch(record: &ChainRecord) -> Epoch {
        record.epoch
    }
    fn reseal(
        record: &mut ChainRecord,
        _: &RecordKeys,
        to: &RecordKeys,
        _: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        record.epoch = to.epoch();
        Ok(())
    }
    fn renew_keys(&mut self, _: &Ground) -> Result<(), StartError> {
        Ok(())
    }
    fn stamp(record: &mut ChainRecord, stamp: Stamp) {
        record.counter = stamp.counter;
        record.epoch = stamp.epoch;
        record.last_time = stamp.time;
        record.last_decision = stamp.decision;
        record.box_id = stamp.box_id;
    }
    /// Every figure another, so that a sum of the wrong ones shows.
    fn summary(record: &ChainRecord) -> Summary {
        let figure = |times: u64| Mills(record.counter.0 * times);
        Summary {
            pieces: u32::try_from(record.counter.0 * 10).unwrap(),
            ascending: figure(100),
            descending: figure(1_000),
            deposits: figure(10_000),
            item_credits: figure(100_000),
            ..Summary::default()
        }
    }
    fn create(
        &mut self,
        context: Context<'_>,
        subject: Subject,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<ChainRecord>, Declined> {
        Ok(Ask::from_bytes(body)?.of(ChainRecord {
            version: Version,
            suite: Suite::Ed25519,
            epoch: context.keys.epoch(),
            account: AccountId(subject.0),
            counter: Counter(0),
            head: Digest::ZERO,
            last_time: Time(0),
            last_decision: Digest::ZERO,
            box_id: BoxId(0),
        }))
    }
    fn change(
        &mut self,
        _: Context<'_>,
        record: Fresh<ChainRecord>,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<ChainRecord>, Declined> {
        Ok(Ask::from_bytes(body)?.of(record.into_body()))
    }
    fn same_proof(
        &mut self,
        _: Context<'_>,
        _: Option<&ChainRecord>,
        proof: &[u8],
        body: &[u8],
    ) -> bool {
        Ask::from_bytes(body).is_ok_and(|ask| proof == [ask.proof])
    }
    /// Says how a record stands.
    fn query(
        &mut self,
        _: Context<'_>,
        look: Look<'_, ChainRecord>,
        body: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        Ok(match look(body)?.standing {
            Standing::Newest => b"newest".to_vec(),
            Standing::Older => b"older".to_vec(),
        })
    }
}
