//! Writing what boxes decided (P15).

use item::BoxKind;
use wire::Delivery;

/// One decision to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Kind of the box that decided.
    pub box_kind: BoxKind,
    /// What it delivered. Its `secret` is never written.
    pub delivery: Delivery,
}

/// How one delivery ended. The others of the same call end by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Durable now.
    Written,
    /// Somebody wrote these very bytes before: durable, answer from them.
    AlreadyThere,
    /// Nothing of it was written.
    Conflict(ConflictReason),
}

/// Why a delivery could not be written. None of them goes away by repeating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictReason {
    /// The delivery contradicts itself, or is not a layout.
    Malformed,
    /// This kind of box keeps no records.
    NoRecord,
    /// The stored record is older than the one that was decided on: earlier decisions are missing.
    Gap,
    /// Other bytes, or none, stand where this delivery's decision, record or rows must be.
    Differs,
}

impl ConflictReason {
    /// One stable word for alerts and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NoRecord => "no_record",
            Self::Gap => "gap",
            Self::Differs => "differs",
        }
    }
}
