//! What goes between servers and the box.

use crate::Set;
use crate::book::Id;

/// A record as somebody shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shown {
    /// Which record.
    pub id: Id,
    /// With other bytes under the same MAC.
    pub altered: bool,
}

impl Shown {
    /// As it was sealed.
    #[must_use]
    pub fn genuine(id: Id) -> Self {
        Self { id, altered: false }
    }
}

/// An entry: orders of these keys, on the record that is shown. Its request id follows from the
/// keys (P18), so the same keys are the same request, whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ask {
    /// Who asks.
    pub server: u8,
    /// Keys of the orders.
    pub asked: Set,
    /// The record.
    pub shown: Shown,
}

/// Why the box says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// The MAC does not fit.
    Altered,
    /// Older than the last acknowledged.
    Stale,
    /// Genuine, and not what this box made last: latches.
    Fork,
    /// Latched before.
    Latched,
}

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// Decided, now or before: this record, with its items.
    Done(Id),
    /// Another request's decision waits to be written: this record, with its items.
    Open(Id),
    /// Each order was refused.
    Declined,
    /// Refused as a whole.
    Refused(Refusal),
}

impl Answer {
    /// The record that it carries.
    #[must_use]
    pub fn carries(self) -> Option<Id> {
        match self {
            Self::Done(id) | Self::Open(id) => Some(id),
            Self::Declined | Self::Refused(_) => None,
        }
    }
}

/// What is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// To the box.
    Ask(Ask),
    /// From the box, to who asked this.
    Reply(Ask, Answer),
}
