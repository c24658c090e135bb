//! What a box remembers, and how the journal tells it.

use item::{
    Bytes, Counter, Digest, Layout, LayoutError, List, Mills, Quorum, RequestId, ShortDigest,
    Subject, Summary, Sums, Time, codes, layout,
};
use wire::limits::SECRET_MAX;
use wire::{Delivery, Refusal};

/// Subjects of one journal record: about as many as go into one piece of a snapshot, eleven times.
pub const SUBJECTS_MAX: usize = 1_000;

codes! {
    /// Kinds of journal record.
    pub enum Kept: u8 {
        /// A decision.
        Decision = 1,
        /// A heartbeat.
        Heartbeat = 2,
        /// The fork latch closed.
        Latch = 3,
        /// An act on the box itself.
        BoxAct = 4,
        /// In a snapshot: the box itself.
        Head = 5,
        /// Many subjects with nothing waiting: in a snapshot, or acknowledged since.
        Subjects = 6,
        /// In a snapshot: a decision that waits.
        Open = 7,
        /// The keys of an epoch were taken, as [`KeptEpoch`](crate::KeptEpoch); also in a snapshot.
        Epoch = 8,
    }
}

layout! {
    /// One decision, as the journal keeps it.
    pub struct KeptDecision {
        /// Record that changed.
        pub subject: Subject,
        /// Acknowledged record that it rests on, of a re-issue the older one that was shown; none at a
        /// creation.
        pub before: Option<Mark>,
        /// Record after it.
        pub after: Mark,
        /// What is remembered of it.
        pub summary: Summary,
        /// Request that it answers.
        pub request: RequestId,
        /// Box time.
        pub time: Time,
        /// What the database must hold.
        pub delivery: Delivery,
        /// For the caller alone.
        pub secret: Bytes<SECRET_MAX>,
        /// What the caller must prove again.
        pub proof: Bytes<SECRET_MAX>,
        /// It records a failure: this is the answer.
        pub failure: Option<Refusal>,
    }
}

layout! {
    /// Counter and short digest of a record.
    #[derive(Copy)]
    pub struct Mark {
        /// Counter.
        pub counter: Counter,
        /// First 16 bytes of its digest.
        pub digest: ShortDigest,
    }
}

impl Mark {
    pub(crate) fn pair(self) -> (Counter, ShortDigest) {
        (self.counter, self.digest)
    }
}

layout! {
    /// The box itself, in a snapshot.
    pub struct KeptHead {
        /// Newest box time.
        pub time: Time,
        /// Sequence of the last act on the box.
        pub act_sequence: u64,
        /// Enrolled operators.
        pub operators: Quorum,
        /// Whether the fork latch is closed.
        pub latched: bool,
        /// How many subjects follow. Nothing rests on it.
        pub subjects: u64,
    }
}

layout! {
    /// Subjects, each with its last acknowledged record. What waits comes behind them in a snapshot, as
    /// [`KeptOpen`]; among decisions, none of these waits.
    pub struct KeptSubjects {
        /// One after the other.
        pub subjects: List<KeptIdle, SUBJECTS_MAX>,
    }
}

layout! {
    /// One of them.
    #[derive(Copy)]
    pub struct KeptIdle {
        /// Which.
        pub subject: Subject,
        /// Acknowledged record.
        pub acked: Mark,
        /// What is remembered of it.
        pub summary: Summary,
    }
}

layout! {
    /// A waiting decision with the sequence of its journal record.
    pub struct KeptOpen {
        /// See there.
        pub sequence: u64,
        /// See there.
        pub decision: KeptDecision,
    }
}

layout! {
    /// An act on the box, as the journal keeps it.
    pub struct KeptAct {
        /// Its sequence.
        pub sequence: u64,
        /// Its digest.
        pub digest: Digest,
        /// Box time afterwards.
        pub time: Time,
        /// Operators, if it enrolled others.
        pub operators: Option<Quorum>,
        /// Whether it ended the latch.
        pub unlatched: bool,
    }
}

/// A decision that waits for its acknowledgement: what others rest on, and the rest as its bytes, which
/// nobody reads in most cases.
pub(crate) struct Open {
    pub(crate) sequence: u64,
    pub(crate) caller: usize,
    pub(crate) subject: Subject,
    pub(crate) request: RequestId,
    pub(crate) before: Option<Mark>,
    pub(crate) after: Mark,
    pub(crate) summary: Summary,
    /// Of the [`KeptDecision`].
    bytes: Vec<u8>,
    /// Repeats of the request that did not prove themselves (P17): after three, it is as if
    /// another request had asked.
    pub(crate) doubts: u8,
}

impl Open {
    /// `bytes`: those of `kept`.
    pub(crate) fn new(sequence: u64, caller: usize, kept: &KeptDecision, bytes: Vec<u8>) -> Self {
        Self {
            sequence,
            caller,
            subject: kept.subject,
            request: kept.request,
            before: kept.before,
            after: kept.after,
            summary: kept.summary,
            bytes,
            doubts: 0,
        }
    }

    /// Length of its bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of the [`KeptOpen`]: one field after the other, as of every layout.
    pub(crate) fn kept(&self) -> Vec<u8> {
        [self.sequence.to_bytes().as_slice(), &self.bytes].concat()
    }

    /// All of it.
    ///
    /// # Errors
    /// None that happens: these are bytes that this process has written or read.
    pub(crate) fn decision(&self) -> Result<KeptDecision, LayoutError> {
        KeptDecision::from_bytes(&self.bytes)
    }
}

/// Secrets are among its bytes.
impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Open({}, {} bytes)", self.sequence, self.size())
    }
}

/// Adds one subject to the sums of a checkpoint. Sums saturate: they can not pass 64 bits before
/// the registers of millions of meters are full, and a wrong sum only fails an audit.
pub(crate) fn add(sums: &mut Sums, counter: Counter, summary: &Summary) {
    let plus = |a: Mills, b: Mills| Mills(a.0.saturating_add(b.0));
    *sums = Sums {
        subjects: sums.subjects.saturating_add(1),
        counters: sums.counters.saturating_add(counter.0),
        pieces: sums.pieces.saturating_add(u64::from(summary.pieces)),
        ascending: plus(sums.ascending, summary.ascending),
        descending: plus(sums.descending, summary.descending),
        deposits: plus(sums.deposits, summary.deposits),
        item_credits: plus(sums.item_credits, summary.item_credits),
    };
}
