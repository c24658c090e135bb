//! Wrong protocols, to see that the checker finds them. Nothing that ships knows of these.

/// The protocol, or one way to get it wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// As it is.
    Right,
    /// The box replies before its journal is flushed (against P14).
    ReplyBeforeFlush,
    /// The database takes every record, whatever is there (against P15).
    UnconditionalWrite,
    /// The box compares counters and not digests (against P16).
    DigestNotCompared,
    /// The box decides on a record older than the acknowledged one (against P16).
    StaleIsDecidedOn,
    /// The box takes over the stale record that it refuses (against P16).
    StaleIsTakenOver,
    /// The box takes a record newer than all that it knows for its own (against P16).
    NewerIsAdopted,
    /// The latch is forgotten at a restart (against P16).
    LatchInMemoryOnly,
    /// The box opens a record whose MAC does not fit (against P12).
    AlteredPasses,
    /// Asked again while a decision waits, the box decides anew (against P17).
    RedeliveryIsNewItem,
    /// A server looks the orders of an entry up one by one (against P11).
    JoinedFromTwoSnapshots,
    /// A server looks keys up in one snapshot and the record in a later one (against P10).
    RecordFromLaterSnapshot,
    /// A server answers before it writes (against P15).
    AnswerBeforeWrite,
    /// A server says that a decision is written before it writes it (against P16).
    AcknowledgeBeforeWrite,
    /// A server answers its client from another request's decision without writing it (against
    /// P17).
    AnswerFromOpen,
}

impl Variant {
    /// Every wrong one.
    pub const WRONG: [Self; 14] = [
        Self::ReplyBeforeFlush,
        Self::UnconditionalWrite,
        Self::DigestNotCompared,
        Self::StaleIsDecidedOn,
        Self::StaleIsTakenOver,
        Self::NewerIsAdopted,
        Self::LatchInMemoryOnly,
        Self::AlteredPasses,
        Self::RedeliveryIsNewItem,
        Self::JoinedFromTwoSnapshots,
        Self::RecordFromLaterSnapshot,
        Self::AnswerBeforeWrite,
        Self::AcknowledgeBeforeWrite,
        Self::AnswerFromOpen,
    ];
}
