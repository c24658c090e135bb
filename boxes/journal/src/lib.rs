//! The journal of a box: what it has decided, on a disk that it does not trust.
//!
//! **Not here:** encryption (records are opaque bytes that the caller has already encrypted), the
//! key of the MAC ([`Authenticator`] is passed in), what a record means, and time. The journal
//! cannot see that a *whole* folder was put back to an older state, or that its last entries were
//! cut off: an older genuine state is genuine. That is found where the state is used, by
//! comparing counters and digests with what others hold (protocol P16).
//!
//! **Called by** `keeper`, once a batch: [`Journal::append`] for each decision, one
//! [`Journal::write`], and the [`Committed`] that its flush returns makes the replies readable
//! (protocol P14, P19, P27). The flush may run on another thread while records are appended for the
//! next batch; [`Journal::commit`] does both at once. No other crate under `boxes/` writes files.
//!
//! # The folder
//!
//! | file | what it is | if it is lost |
//! |---|---|---|
//! | `LOCK` | empty; locked while a process has the journal open | `Missing` |
//! | `identity` | the caller's bytes from `init`, sealed | `Missing` |
//! | `segment-<first sequence>.log` | the current segment: a snapshot, then entries | `Missing` |
//! | `segment-<first sequence>.old` | an earlier segment, kept to deliver old bytes again | only redelivery |
//! | `segment-<first sequence>.tmp` | a compaction that did not finish; removed at open | nothing |
//!
//! A segment is begun while records go on being committed to the one before it, and has these behind
//! its snapshot ([`Journal::begin_compaction`]). The one before it then holds them too; reading it ends
//! where the next one begins.
//!
//! Zeros at the end of a segment are a blank to be written over: a flush is cheaper where it has no new
//! length to make durable.
//!
//! The current segment has another file ending than the earlier ones so that losing it cannot
//! make the one before it current: a state that silently goes back is worse than none.
//!
//! # The chain
//!
//! Each entry's MAC covers the MAC of the entry before it; the first entry of a segment follows
//! the segment's header, the header names the last entry of the segment before it, and the first
//! header names the identity. Copying, reordering, or removing an entry from the middle breaks it.
//!
//! # After an error
//!
//! Any failure to write or sync (of an [`Unflushed`] group, once the next is to be written) *poisons* the
//! journal: every later call answers
//! [`JournalError::Poisoned`] and the process must stop and open again. After a failed `fsync`
//! the kernel may mark the pages clean without having written them, so that trying again
//! reports success for bytes that are not on the disk. Opening repairs this: only the last
//! entry can be in that condition, and open writes it again in place and syncs it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod block;
pub mod disk;
mod entry;
mod error;
mod flush;
mod journal;
pub mod limits;
mod mac;
mod name;
mod opening;
mod segment;

pub use error::{Damage, JournalError, Rejected};
pub use flush::Unflushed;
pub use journal::{Committed, Journal};
pub use mac::Authenticator;
pub use opening::OpenReport;
pub use segment::{Record, Segment};

/// Number of a record: 1 for the first one ever appended, then without a gap, over all segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u64);

impl std::fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)
    }
}
