//! How the boxes and the database are.

use crate::Centre;
use item::BoxKind;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use store::{Store, StoreError, Unavailable};
use wire::{Reply, Request, Status};

/// How long a box may take to say how it is.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// How the last write to the database went. A write that fails leaves an open decision in a box,
/// which the recovery worker writes every few seconds: this is never old.
#[derive(Default)]
pub(crate) struct LastWrite(Mutex<DatabaseHealth>);

/// How the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DatabaseHealth {
    /// It took the last write.
    #[default]
    Ok,
    /// Somebody else holds it.
    Busy,
    /// Its disk is full.
    Full,
    /// Its disk fails or is read-only, or the file is damaged.
    Failing,
}

impl DatabaseHealth {
    /// In one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Busy => "busy",
            Self::Full => "full",
            Self::Failing => "failing",
        }
    }

    fn after(error: Option<&StoreError>) -> Self {
        match error {
            None => Self::Ok,
            Some(StoreError::Unavailable { reason, .. }) => match reason {
                Unavailable::Busy => Self::Busy,
                Unavailable::Full => Self::Full,
                Unavailable::Io | Unavailable::Closed => Self::Failing,
            },
            Some(
                StoreError::Corrupt { .. } | StoreError::Taken { .. } | StoreError::Statement(_),
            ) => Self::Failing,
        }
    }
}

impl LastWrite {
    /// Notes how a write went; says so in the log when that changes.
    pub(crate) fn note(&self, error: Option<&StoreError>) {
        let now = DatabaseHealth::after(error);
        let before = std::mem::replace(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            now,
        );
        match error {
            Some(error) if now != before => {
                tracing::error!(%error, "the database takes no writes (docs/runbooks/disk.md)");
            }
            None if before != DatabaseHealth::Ok => {
                tracing::info!("the database takes writes again");
            }
            Some(_) | None => {}
        }
    }

    fn get(&self) -> DatabaseHealth {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One box; `None` if it does not answer.
#[derive(Debug, Clone)]
pub struct BoxHealth {
    /// Its kind.
    pub kind: BoxKind,
    /// What it says.
    pub status: Option<Status>,
}

impl<S: Store> Centre<S> {
    /// How the last write to the database went.
    #[must_use]
    pub fn database(&self) -> DatabaseHealth {
        self.inner.last_write.get()
    }

    /// Asks every box. One that is away is given up on soon: whoever asks how things are has no
    /// use for the patience that work is done with.
    pub async fn health(&self) -> Vec<BoxHealth> {
        let mut out = Vec::new();
        for kind in BoxKind::ALL {
            for one in self.boxes().of(*kind).boxes() {
                let asked = one.ask(Request::Status(wire::Nothing));
                let status = match tokio::time::timeout(ANSWER_TIMEOUT, asked).await {
                    Ok(Ok(Reply::Status(status))) => Some(status),
                    Ok(Ok(_) | Err(_)) | Err(_) => None,
                };
                out.push(BoxHealth {
                    kind: *kind,
                    status,
                });
            }
        }
        out
    }
}
