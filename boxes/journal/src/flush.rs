//! A group that is written, on its way to being durable: the one part of the journal that another
//! thread may do. What is written when, and what opening makes of it, is in `journal` and `opening`.
//!
//! At most one group of a journal is in this condition. The next one is written only once this one is
//! durable: opening takes a bad group for torn, and not for damaged, only at the end of the file.

use crate::disk::Syncing;
use crate::name::Role;
use crate::{Committed, JournalError, Sequence};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// All that was appended so far, written; durable after [`Unflushed::flush`]. All copies are of the same
/// flush, which is done once, by whoever comes first.
#[derive(Clone)]
pub struct Unflushed(Arc<Group>);

struct Group {
    segment: Sequence,
    /// Numbers of its first record, and of the first one after it.
    records: (u64, u64),
    flush: Mutex<Flush>,
}

struct Flush {
    sync: Option<Syncing>,
    /// Kind and words of an error, to be told to everyone who asks.
    outcome: Result<(), (io::ErrorKind, String)>,
}

impl Unflushed {
    pub(crate) fn group(segment: Sequence, records: (u64, u64), sync: Option<Syncing>) -> Self {
        let outcome = match sync {
            Some(_) => Err((io::ErrorKind::Other, "a flush that never ended".to_owned())),
            None => Ok(()),
        };
        Self(Arc::new(Group {
            segment,
            records,
            flush: Mutex::new(Flush { sync, outcome }),
        }))
    }

    /// What was durable before it, whatever becomes of it.
    pub(crate) fn before(&self) -> Committed {
        Committed::before(self.0.records.0)
    }

    /// Makes it durable, or waits until whoever does that has done it.
    ///
    /// # Errors
    /// `Full`, `Disk`: the journal accepts nothing more, and its process must stop.
    pub fn flush(&self) -> Result<Committed, JournalError> {
        let Group {
            segment,
            records,
            flush,
        } = &*self.0;
        let mut flush = flush.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sync) = flush.sync.take() {
            flush.outcome = sync().map_err(|error| (error.kind(), error.to_string()));
        }
        match &flush.outcome {
            Ok(()) => Ok(Committed::before(records.1)),
            Err((kind, words)) => {
                let name = Role::Current.name(*segment);
                let error = io::Error::new(*kind, words.clone());
                Err(JournalError::disk(&name, "sync")(error))
            }
        }
    }
}

impl From<Committed> for Unflushed {
    fn from(committed: Committed) -> Self {
        let next = committed.through().0.saturating_add(1);
        Self::group(Sequence(next), (next, next), None)
    }
}

impl std::fmt::Debug for Unflushed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (first, next) = self.0.records;
        write!(formatter, "records from {first}, before {next}")
    }
}
