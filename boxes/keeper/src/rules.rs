//! What a rule set is asked, and the witnesses that it gets.

use crate::{Ground, Others, Outdated, StartError, Summary, Window};
use item::{
    Act, BoxId, BoxKind, Counter, DecisionKind, Digest, Epoch, InstallationId, Layout, MultiSigned,
    Quorum, RequestId, Subject, Time,
};
use vault::{Entropy, Genuine, RecordKeys, VaultError};
use verify::{Installation, RecordTag, SignatureError, Verified, open_by_quorum};
use wire::{OrderOutcome, Refusal, RefusalCode};

/// What every rule step may look at.
pub struct Context<'a> {
    /// Box time.
    pub now: Time,
    /// Whose box this is.
    pub installation: &'a Installation,
    /// Operators enrolled in this box.
    pub operators: &'a Quorum,
    /// Keys of this box's records, of the epoch in force. Records of other epochs are re-sealed under
    /// them before a rule set sees them.
    pub keys: &'a RecordKeys,
    /// Epochs whose receipts are believed.
    pub epochs: Window,
    /// Randomness.
    pub entropy: &'a mut dyn Entropy,
    /// Records shown beside the one that is asked about.
    pub others: Others<'a>,
}

/// A record whose MAC fits and that is the newest, with nothing waiting: the witness for a change.
/// Only the engine makes one, and a rule set can use it once.
#[derive(Debug)]
pub struct Fresh<T>(Genuine<T>);

impl<T> Fresh<T> {
    pub(crate) fn new(genuine: Genuine<T>) -> Self {
        Self(genuine)
    }

    /// The record.
    #[must_use]
    pub fn body(&self) -> &T {
        self.0.body()
    }

    /// Uses the witness up.
    #[must_use]
    pub fn into_body(self) -> T {
        self.0.into_body()
    }
}

/// How a record that was shown with a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The newest, acknowledged or not.
    Newest,
    /// Genuine, but not the newest.
    Older,
}

/// A record shown with a question: genuine, with its standing.
#[derive(Debug)]
pub struct Shown<T> {
    /// The record.
    pub record: Genuine<T>,
    /// How it stands.
    pub standing: Standing,
}

/// What the engine writes into every record that it re-seals.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// Counter after the change.
    pub counter: Counter,
    /// Epoch of the sealing keys.
    pub epoch: Epoch,
    /// Box time.
    pub time: Time,
    /// Digest of the decision with its `new` field zero.
    pub decision: Digest,
    /// Which box.
    pub box_id: BoxId,
}

/// A change that a rule set has decided.
#[derive(Debug)]
pub struct Change<T> {
    /// The record after it, without stamp.
    pub record: T,
    /// What was decided.
    pub decision: DecisionKind,
    /// Digest of the newest item record or chain entry; zero if none.
    pub head: Digest,
    /// Digest of act, evidence, receipt or decision that caused it; zero if none.
    pub evidence: Digest,
    /// Those bytes as shown; empty if none, or if the database has them anyway.
    pub evidence_bytes: Vec<u8>,
    /// Item records or chain entry.
    pub rows: Vec<Vec<u8>>,
    /// Outcome of each order.
    pub orders: Vec<OrderOutcome>,
    /// For the caller alone.
    pub secret: Vec<u8>,
    /// What proves a repeated request to be the same caller's; kept in the encrypted journal.
    pub proof: Vec<u8>,
    /// The change records a failure: this is the answer.
    pub failure: Option<Refusal>,
}

impl<T> Change<T> {
    /// A change with nothing but a record.
    pub fn of(record: T, decision: DecisionKind) -> Self {
        Self {
            record,
            decision,
            head: Digest::ZERO,
            evidence: Digest::ZERO,
            evidence_bytes: Vec::new(),
            rows: Vec::new(),
            orders: Vec::new(),
            secret: Vec::new(),
            proof: Vec::new(),
            failure: None,
        }
    }

    /// The same, caused by evidence that was checked.
    #[must_use]
    pub fn because(mut self, digest: Digest, bytes: Vec<u8>) -> Self {
        self.evidence = digest;
        self.evidence_bytes = bytes;
        self
    }
}

/// No change.
#[derive(Debug)]
pub enum Declined {
    /// The entry is refused.
    Whole(Refusal),
    /// Each order of it is.
    Orders(Vec<OrderOutcome>),
}

impl From<RefusalCode> for Declined {
    fn from(code: RefusalCode) -> Self {
        Self::Whole(code.into())
    }
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        Self::Whole(refusal)
    }
}

/// Checks a record that was shown with a question: genuine, and how it stands.
pub type Look<'a, T> = &'a dyn Fn(&[u8]) -> Result<Shown<T>, RefusalCode>;

/// A rule set on top of the engine.
pub trait Rules: Send {
    /// Its records.
    type Record: Layout + RecordTag + Clone + Send;

    /// Its kind of box.
    const KIND: BoxKind;

    /// What a record is about.
    fn subject(record: &Self::Record) -> Subject;

    /// Its counter.
    fn counter(record: &Self::Record) -> Counter;

    /// The epoch of the keys that seal it.
    fn epoch(record: &Self::Record) -> Epoch;

    /// Moves every sealed field of a record to the keys of another epoch (P3), and the record's own
    /// epoch with them.
    ///
    /// # Errors
    /// [`VaultError`] if a field does not open, or without entropy.
    fn reseal(
        record: &mut Self::Record,
        from: &RecordKeys,
        to: &RecordKeys,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError>;

    /// Takes the keys that it needs out of the ground: at the start, when another epoch is in force,
    /// and when the keys of one more were taken.
    ///
    /// # Errors
    /// [`StartError`] if one is missing.
    fn renew_keys(&mut self, ground: &Ground) -> Result<(), StartError>;

    /// Writes the stamp.
    fn stamp(record: &mut Self::Record, stamp: Stamp);

    /// What the box remembers of it beside counter and digest (P28), and adds up in a checkpoint.
    fn summary(record: &Self::Record) -> Summary;

    /// Makes a record where there was none.
    ///
    /// # Errors
    /// [`Declined`]; then nothing changes.
    fn create(
        &mut self,
        context: Context<'_>,
        subject: Subject,
        request: RequestId,
        body: &[u8],
    ) -> Result<Change<Self::Record>, Declined>;

    /// Changes a record.
    ///
    /// # Errors
    /// [`Declined`]; then nothing changes.
    fn change(
        &mut self,
        context: Context<'_>,
        record: Fresh<Self::Record>,
        request: RequestId,
        body: &[u8],
    ) -> Result<Change<Self::Record>, Declined>;

    /// Makes a record again from an older one and from what the box remembers (P28).
    ///
    /// # Errors
    /// The refusal; then nothing changes. A rule set that has no such rule refuses all.
    fn reissue(
        &mut self,
        _: Context<'_>,
        _: Outdated<Self::Record>,
    ) -> Result<Change<Self::Record>, RefusalCode> {
        Err(RefusalCode::Mismatch)
    }

    /// Whether a repeated request proves itself as the first did (P17). `record` is the one before
    /// the waiting decision, `None` at a creation.
    fn same_proof(
        &mut self,
        context: Context<'_>,
        record: Option<&Self::Record>,
        proof: &[u8],
        body: &[u8],
    ) -> bool;

    /// Answers a question that changes nothing. `look` checks a record shown with it.
    ///
    /// # Errors
    /// The refusal.
    fn query(
        &mut self,
        context: Context<'_>,
        look: Look<'_, Self::Record>,
        body: &[u8],
    ) -> Result<Vec<u8>, Refusal>;
}

/// Checks an act on a record: signatures, addressee, sequence, expiry (P9).
///
/// # Errors
/// The first of these that does not hold.
pub fn open_act(
    context: &Context<'_>,
    kind: BoxKind,
    subject: Subject,
    last_sequence: u64,
    shown: MultiSigned<Act>,
) -> Result<Verified<Act>, RefusalCode> {
    Addressee {
        now: context.now,
        installation: context.installation.transcript().installation,
        operators: context.operators,
        kind,
        subject,
        last_sequence,
    }
    .open(shown)
}

/// Who an act must be for, and who must have signed it.
pub struct Addressee<'a> {
    /// The time that its expiry is compared with.
    pub now: Time,
    /// Whose box.
    pub installation: InstallationId,
    /// Enrolled operators.
    pub operators: &'a Quorum,
    /// Kind of box.
    pub kind: BoxKind,
    /// The record, or the box itself.
    pub subject: Subject,
    /// Sequence of the last act on it.
    pub last_sequence: u64,
}

impl Addressee<'_> {
    /// As [`open_act`].
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, shown: MultiSigned<Act>) -> Result<Verified<Act>, RefusalCode> {
        let act = open_by_quorum(shown, self.operators).map_err(|error| match error {
            SignatureError::Layout(_) => RefusalCode::Malformed,
            SignatureError::Wrong | SignatureError::TooFew | SignatureError::NotEnrolled => {
                RefusalCode::BadSignature
            }
        })?;
        if act.installation != self.installation {
            return Err(RefusalCode::WrongInstallation);
        }
        if act.box_kind != self.kind || act.subject != self.subject {
            return Err(RefusalCode::Mismatch);
        }
        let next = Some(act.sequence) == self.last_sequence.checked_add(1);
        #[cfg(feature = "planted")]
        let next = next || planted::is(planted::Bug::ActTwice);
        if !next {
            return Err(RefusalCode::ActSequence);
        }
        if self.now >= act.expires {
            return Err(RefusalCode::Expired);
        }
        Ok(act)
    }
}
