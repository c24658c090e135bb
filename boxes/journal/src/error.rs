//! What can go wrong, each with its own name: missing, short, damaged, put back, of another
//! installation, locked, unknown, full and failing are different things to the person who is called.

use std::{fmt, io};

/// Why bytes in a file are not what the journal wrote there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The file ends inside the entry.
    Cut,
    /// The bytes do not begin with the mark of what belongs there.
    Mark,
    /// A length is beyond its limit.
    Length,
    /// The MAC does not fit the bytes.
    Mac,
    /// Genuine, but it does not follow what is before it.
    Chain,
    /// Genuine and in the chain, but its sequence number is not the next one.
    Sequence,
    /// Genuine, but its records cannot be told apart.
    Records,
    /// Bytes after the end.
    Trailing,
    /// The name of the file is not that of its contents.
    Name,
}

/// The caller could not take a record, or give one for a snapshot, and why: opening or compacting fails
/// with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected(pub String);

/// Why a call of the journal failed. The variants are ordered: found before any file is read,
/// found in a file, failures of the disk, wrong calls.
#[derive(Debug)]
pub enum JournalError {
    /// `init` on a folder with something in it. Nothing was changed.
    NotEmpty {
        /// A file that is there.
        name: String,
    },
    /// Another process (or this one) has the journal open.
    Locked,
    /// A file is not there. State comes only from `init`; opening makes none.
    Missing {
        /// The file, or what its name would look like.
        name: String,
    },
    /// A file ends before all that was complete when it got its name.
    Short {
        /// The file.
        name: String,
        /// How long it is, bytes.
        length: u64,
    },
    /// A file was altered, or the disk lost a part of it.
    Damaged {
        /// The file.
        name: String,
        /// Where the first thing that is wrong begins, bytes from the start.
        offset: u64,
        /// What is wrong there.
        why: Damage,
    },
    /// A file was written under another key, or belongs to another identity.
    OtherInstallation {
        /// The file.
        name: String,
    },
    /// There is a segment that is newer than the current one: an older file was put back.
    PutBack {
        /// The current segment.
        name: String,
        /// The newer one.
        newer: String,
    },
    /// A file has a layout that this program does not know.
    UnknownVersion {
        /// The file.
        name: String,
        /// The version that it states.
        version: u32,
    },
    /// The caller's visitor refused a record, or the caller could not give one.
    Rejected {
        /// The file.
        name: String,
        /// The entry with that record, bytes from the start.
        offset: u64,
        /// What the caller said.
        why: Rejected,
    },
    /// The disk (or the quota) is full. Nothing of the group was acknowledged; poisons.
    Full {
        /// The file.
        name: String,
    },
    /// The disk failed. Poisons if it was a change that failed.
    Disk {
        /// The file.
        name: String,
        /// The operation: a method of [`crate::disk::Disk`].
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// An earlier call failed to write: stop, open again.
    Poisoned,
    /// A record (or the identity) over its limit. Nothing was changed by `append`.
    TooLarge {
        /// Its length, bytes.
        length: usize,
        /// The limit, bytes.
        limit: usize,
    },
    /// The record does not fit into this group: commit, then append it again.
    GroupFull,
    /// `compact` with appended records that were not committed: commit first.
    Uncommitted,
    /// All 2^64 - 1 sequence numbers are used.
    SequencesUsedUp,
}

impl JournalError {
    /// For `map_err`: what failed, on which file.
    pub(crate) fn disk<'a>(
        name: &'a str,
        doing: &'static str,
    ) -> impl FnOnce(io::Error) -> JournalError + 'a {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::Full {
                name: name.to_owned(),
            },
            io::ErrorKind::NotFound => JournalError::Missing {
                name: name.to_owned(),
            },
            _ => JournalError::Disk {
                name: name.to_owned(),
                doing,
                source,
            },
        }
    }

    pub(crate) fn damaged(name: &str, offset: u64, why: Damage) -> JournalError {
        JournalError::Damaged {
            name: name.to_owned(),
            offset,
            why,
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Damage::Cut => "the file ends inside an entry",
            Damage::Mark => "no entry begins here",
            Damage::Length => "a length is over its limit",
            Damage::Mac => "the MAC does not fit",
            Damage::Chain => "a genuine entry that does not follow the one before it",
            Damage::Sequence => "the sequence number is not the next one",
            Damage::Records => "the records of an entry cannot be told apart",
            Damage::Trailing => "bytes after the end",
            Damage::Name => "the name of the file is not that of its contents",
        })
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEmpty { name } => {
                write!(formatter, "the folder is not empty: {name} is there")
            }
            Self::Locked => formatter.write_str("another process has the journal open"),
            Self::Missing { name } => write!(formatter, "{name} is missing; only init makes state"),
            Self::Short { name, length } => {
                write!(
                    formatter,
                    "{name} is too short: it ends after {length} bytes"
                )
            }
            Self::Damaged { name, offset, why } => {
                write!(formatter, "{name} is damaged at byte {offset}: {why}")
            }
            Self::OtherInstallation { name } => {
                write!(
                    formatter,
                    "{name} is of another installation, or the key is"
                )
            }
            Self::PutBack { name, newer } => {
                write!(formatter, "{name} was put back: {newer} is newer")
            }
            Self::UnknownVersion { name, version } => {
                write!(
                    formatter,
                    "{name} has version {version}, which this program does not know"
                )
            }
            Self::Rejected { name, offset, why } => {
                write!(
                    formatter,
                    "{name}: a record in the entry at byte {offset}: {}",
                    why.0
                )
            }
            Self::Full { name } => write!(formatter, "the disk is full ({name})"),
            Self::Disk {
                name,
                doing,
                source,
            } => write!(formatter, "{doing} {name}: {source}"),
            Self::Poisoned => {
                formatter.write_str("an earlier write failed: stop and open the journal again")
            }
            Self::TooLarge { length, limit } => {
                write!(formatter, "{length} bytes where {limit} are the limit")
            }
            Self::GroupFull => formatter.write_str("the group is full: commit first"),
            Self::Uncommitted => formatter.write_str("there are appended records: commit first"),
            Self::SequencesUsedUp => formatter.write_str("all sequence numbers are used"),
        }
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Disk { source, .. } => Some(source),
            _ => None,
        }
    }
}
