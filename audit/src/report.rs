//! What an audit says. Not here: how anything is found.

use item::{BoxId, BoxKind, Epoch, Mills, Time};
use serde::Serialize;

/// Problems, and notices, that are listed one by one; more are only counted.
pub(crate) const LISTED_MAX: usize = 10_000;

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// What can be found: a closed list with stable names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub enum Code { $($(#[$meta])* #[serde(rename = $text)] $name,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The database can not be read to the end of a table, or contradicts its own indexes.
    DatabaseDamaged = "database-damaged",
    /// A row's columns have a wrong type, length or range.
    UnreadableRow = "unreadable-row",
    /// Stored bytes are not the layout that belongs there.
    Undecodable = "undecodable",
    /// A column differs from the bytes that it copies.
    ColumnDiffers = "column-differs",
    /// Decisions exist, the record does not.
    RecordMissing = "record-missing",
    /// A record exists without any decision.
    DecisionsMissing = "decisions-missing",
    /// A record is not the one that its newest decision made: altered, moved or put back.
    RecordDiffers = "record-differs",
    /// A record's link to its newest decision, its time or its box does not fit.
    RecordLink = "record-link",
    /// A record's counter is not the number of its decisions.
    CounterDiffers = "counter-differs",
    /// A statement is not signed by a key that may have signed it then.
    BadSignature = "bad-signature",
    /// It belongs to another installation, or names a box that is not enrolled.
    Foreign = "foreign",
    /// A record was re-issued by act: what it gave up is named here, and not missed elsewhere (a
    /// notice).
    Reissued = "reissued",
    /// A decision's counter does not follow the one before: a decision is missing or too many.
    DecisionGap = "decision-gap",
    /// A decision's old digest is not the new one of the decision before.
    DecisionFork = "decision-fork",
    /// A time is before the time of what came before it.
    TimeFalls = "time-falls",
    /// Journal sequences of one box do not rise along a subject's decisions.
    JournalFalls = "journal-falls",
    /// Two decisions of one box carry the same journal sequence.
    JournalTwice = "journal-twice",
    /// A decision of a kind that can not stand there, or that this audit can not follow.
    UnexpectedDecision = "unexpected-decision",
    /// A decision's head is not the newest item or entry.
    HeadDiffers = "head-differs",
    /// The act, credit evidence or receipt of a decision is not there.
    EvidenceMissing = "evidence-missing",
    /// Evidence does not fit the decision, subject or record that it caused.
    EvidenceDiffers = "evidence-differs",
    /// An evidence row that no decision refers to.
    EvidenceOrphan = "evidence-orphan",
    /// Too few enrolled keys signed an act or credit evidence, or a key that is not enrolled.
    BadQuorum = "bad-quorum",
    /// Act or funding sequences do not run 1, 2, 3, ...
    SequenceGap = "sequence-gap",
    /// One payment, one evidence id or one item was credited twice.
    CreditedTwice = "credited-twice",
    /// A balance was transferred to a meter, and used otherwise than as that meter's next deposit.
    TransferDiffers = "transfer-differs",
    /// A balance was transferred to a meter that was not credited with it yet (a notice).
    TransferOpen = "transfer-open",
    /// An item was credited, and a verifier accepted it.
    CreditedAndUsed = "credited-and-used",
    /// An item was credited before its waiting time or after its window.
    CreditedOutside = "credited-outside",
    /// A meter's credited list is not what its item credits made it.
    CreditedListDiffers = "credited-list-differs",
    /// An item credit was decided, its row is not there.
    CreditMissing = "credit-missing",
    /// The row of an item credit that nobody decided.
    CreditOrphan = "credit-orphan",
    /// A pack calls an item void that is not, or does not close the checkpoint that it names.
    PackVoids = "pack-voids",
    /// One manufacturing number on two meters.
    ManufacturedTwice = "manufactured-twice",
    /// Registers break AR + DR = deposits + item credits - balance refunds.
    EquationBroken = "equation-broken",
    /// Registers or totals are not the sum of what happened.
    RegistersDiffer = "registers-differ",
    /// State, suspension, limits or origin are not what the acts made them.
    StateDiffers = "state-differs",
    /// The application that an act of licence names is not kept.
    LicenceMissing = "licence-missing",
    /// An application, its details, agreement, refusal or act do not belong together.
    LicenceDiffers = "licence-differs",
    /// Names and addresses of an application were erased (a notice).
    LicenceErased = "licence-erased",
    /// Pieces of a meter do not run 1, 2, 3, ...
    ItemGap = "item-gap",
    /// An item's link to the item before it does not fit.
    ItemChain = "item-chain",
    /// An item that no dispensing decision covers.
    ItemOrphan = "item-orphan",
    /// A payload is not signed by an issuing key that was good then.
    PayloadForged = "payload-forged",
    /// A payload says something else than its item record.
    PayloadDiffers = "payload-differs",
    /// A specimen flag differs from the installation's.
    SpecimenDiffers = "specimen-differs",
    /// Items whose idempotency key has no answer.
    AnswerMissing = "answer-missing",
    /// The answer to an idempotency key differs from the items.
    AnswerDiffers = "answer-differs",
    /// One idempotency key was charged twice: an earlier answer had been hidden (V8).
    AnsweredTwice = "answered-twice",
    /// An answer that is not kept with the first of its items.
    AnswerOrphan = "answer-orphan",
    /// What counts against a limit of a user or department is not what the items say.
    SpendingDiffers = "spending-differs",
    /// Entries of a chain do not run 1, 2, 3, ...
    EntryGap = "entry-gap",
    /// A chain entry's link to the entry before it, or to its decision, does not fit.
    EntryChain = "entry-chain",
    /// An entry refers to a decision that does not exist or that it describes wrongly.
    EventDiffers = "event-differs",
    /// A decision was chained twice.
    ChainedTwice = "chained-twice",
    /// A decision that belongs into the account's chain is not in it (a notice: a crash between
    /// two steps leaves one).
    NotChained = "not-chained",
    /// A user without sign-up, a finished sign-up without user or chain, or an account that its
    /// founder's id does not give.
    SignupDiffers = "signup-differs",
    /// A sign-up that is not marked as finished although it is (a notice: recovery marks it).
    SignupOpen = "signup-open",
    /// A scan by a verifier that is not enrolled.
    VerifierUnknown = "verifier-unknown",
    /// Scans of a verifier do not run 1, 2, 3, ...
    ScanGap = "scan-gap",
    /// A scan's link to the verifier's scan before it does not fit.
    ScanChain = "scan-chain",
    /// Not exactly one scan of an item is the first, or it is not the earliest.
    ScanFirst = "scan-first",
    /// A scan of what is no recorded item, which did not count as its use (a notice: whoever handed
    /// it in was refused).
    ScanRefused = "scan-refused",
    /// A scanned item that is not recorded.
    ScanOrphan = "scan-orphan",
    /// A scanned payload is not the recorded one: forged, or a box was copied.
    ScanFork = "scan-fork",
    /// Sheets of daily totals do not run 1, 2, 3, ..., or their days do not follow each other.
    TotalsGap = "totals-gap",
    /// A sheet's link to the sheet before it does not fit.
    TotalsChain = "totals-chain",
    /// A sheet says something else than the items and item credits of its day, or leaves some out.
    TotalsDiffer = "totals-differ",
    /// A sheet by a reporter who is not enrolled.
    ReporterUnknown = "reporter-unknown",
    /// A line of a statement says something else than the records, is left out, or stands there twice.
    StatementDiffers = "statement-differs",
    /// A statement can not be read, or is not whole.
    StatementBroken = "statement-broken",
    /// A checkpoint file is not a checkpoint that a box of this installation signed.
    CheckpointInvalid = "checkpoint-invalid",
    /// Two checkpoints of one box contradict each other.
    CheckpointFork = "checkpoint-fork",
    /// A subject that a checkpoint counted is not there.
    SubjectMissing = "subject-missing",
    /// Records are older than a checkpoint: the database was put back.
    PutBack = "put-back",
    /// Sums or digest at a checkpoint are others.
    CheckpointDiffers = "checkpoint-differs",
    /// An epoch that the root did not open, or not there.
    EpochInvalid = "epoch-invalid",
    /// A verification pack does not verify.
    PackInvalid = "pack-invalid",
    /// Time of a box went back by more than its clock may be wrong (a notice: an act can confirm
    /// such a time).
    ClockWentBack = "clock-went-back",
}

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What.
    pub code: Code,
    /// Table and key, for people.
    pub place: String,
    /// In words.
    pub message: String,
    /// Value that it touches, in mills; 0 if none or not known.
    pub value_mills: u64,
}

/// Rows that were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each name is the table's or the plain noun")]
pub struct Counts {
    pub signups: u64,
    pub users: u64,
    /// API keys.
    pub api_keys: u64,
    pub meters: u64,
    pub chains: u64,
    pub chain_entries: u64,
    pub decisions: u64,
    pub items: u64,
    pub item_credits: u64,
    pub answers: u64,
    pub evidence: u64,
    pub licences: u64,
    pub scans: u64,
    pub packs: u64,
    pub epochs: u64,
    pub alerts: u64,
    pub checkpoints: u64,
    /// Sheets of daily totals.
    pub sheets: u64,
    /// Days with items or item credits that no sheet tells of yet.
    pub days_unreported: u64,
}

/// Sums over all meters, recomputed from items and evidence, in mills; saturating.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Value of all items.
    pub value_mills: u64,
    /// Value of all items that are specimens.
    pub specimen_mills: u64,
    /// Ascending registers.
    pub ascending_mills: u64,
    /// Descending registers.
    pub descending_mills: u64,
    /// Credit evidence used.
    pub deposits_mills: u64,
    /// Items that were taken back.
    pub item_credits_mills: u64,
    /// Balances that were paid out.
    pub refunds_mills: u64,
}

/// How far one box's newest checkpoint reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Age {
    /// Kind of box, by name.
    pub box_kind: &'static str,
    /// Which box.
    pub box_id: u16,
    /// Journal sequence of the newest checkpoint; none without one.
    pub journal_sequence: Option<u64>,
    /// Milliseconds from that checkpoint to now.
    pub age_ms: Option<u64>,
    /// Decisions of the box after it.
    pub newer: u64,
}

impl Age {
    pub(crate) fn unknown(kind: BoxKind, id: BoxId) -> Self {
        Self {
            box_kind: kind.name(),
            box_id: id.0,
            journal_sequence: None,
            age_ms: None,
            newer: 0,
        }
    }

    pub(crate) fn known(checkpoint: &item::Checkpoint, newer: u64, now: Time) -> Self {
        Self {
            box_kind: checkpoint.box_kind.name(),
            box_id: checkpoint.box_id.0,
            journal_sequence: Some(checkpoint.journal_sequence),
            age_ms: Some(now.0.saturating_sub(checkpoint.time.0)),
            newer,
        }
    }
}

impl std::fmt::Display for Age {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} box {}: ", self.box_kind, self.box_id)?;
        match self.journal_sequence {
            None => write!(f, "age unknown"),
            Some(_) => write!(f, "{} decisions newer than the checkpoint", self.newer),
        }
    }
}

/// Records of one kind that name one epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EpochCount {
    /// Kind of the box that keeps them, by name.
    pub box_kind: &'static str,
    /// The epoch, YYYYMM.
    pub epoch: u32,
    /// How many.
    pub records: u64,
}

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows read.
    pub counts: Counts,
    /// Money, recomputed.
    pub totals: Totals,
    /// How many records name each epoch, by kind and epoch. The keys of those are still needed.
    pub epochs: Vec<EpochCount>,
    /// Whether a database put back as a whole would have been noticed, for each box.
    pub age: Vec<Age>,
    /// Problems, the first 10,000.
    pub problems: Vec<Problem>,
    /// How many problems there are.
    pub problems_total: u64,
    /// What is worth a look and has an innocent explanation, the first 10,000.
    pub notices: Vec<Problem>,
    /// How many notices there are.
    pub notices_total: u64,
}

impl Report {
    /// No problem; notices do not count.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems_total == 0
    }

    pub(crate) fn count_epoch(&mut self, kind: BoxKind, epoch: Epoch) {
        let key = (kind.name(), epoch.0);
        let place = self
            .epochs
            .binary_search_by(|one| (one.box_kind, one.epoch).cmp(&key));
        match place {
            Ok(place) => {
                if let Some(one) = self.epochs.get_mut(place) {
                    one.records = one.records.saturating_add(1);
                }
            }
            Err(place) => self.epochs.insert(
                place,
                EpochCount {
                    box_kind: key.0,
                    epoch: key.1,
                    records: 1,
                },
            ),
        }
    }

    pub(crate) fn add_value(&mut self, value: Mills, specimen: bool) {
        let totals = &mut self.totals;
        totals.value_mills = totals.value_mills.saturating_add(value.0);
        if specimen {
            totals.specimen_mills = totals.specimen_mills.saturating_add(value.0);
        }
    }
}

/// What is being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each name is the table's or the plain noun")]
pub enum Stage {
    Structure,
    Users,
    Meters,
    Chains,
    Decisions,
    Answers,
    Evidence,
    Licences,
    Scans,
    Packs,
    Spending,
    Totals,
    Statements,
}

/// How far an audit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being checked.
    pub stage: Stage,
    /// Rows read so far, of all stages.
    pub rows: u64,
}
