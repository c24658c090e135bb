//! Why a store did not answer. What a box or caller did wrong is an outcome, never one of these.

/// Why the engine cannot be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// Another process holds the database longer than the engine waits.
    Busy,
    /// The disk, or a quota, is full. Nothing was written.
    Full,
    /// Reading or writing failed. After a failed write the outcome is unknown: write again, the
    /// same bytes are then found.
    Io,
    /// The store is being closed.
    Closed,
}

/// Why a store did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The engine cannot be used now.
    #[error("the database is not available ({reason:?}): {detail}")]
    Unavailable {
        /// Why.
        reason: Unavailable,
        /// The engine's own words, for logs only.
        detail: String,
    },
    /// The database file itself, or a row's shape, is damaged. An altered record is not noticed
    /// here: the box notices.
    #[error("table {table} is damaged: {detail}")]
    Corrupt {
        /// Where; empty if the engine does not say.
        table: &'static str,
        /// What, without content of the row.
        detail: String,
    },
    /// A different value is already stored for good under this name.
    #[error("{table} already holds something else under this name")]
    Taken {
        /// Where.
        table: &'static str,
    },
    /// The engine refused a statement: a fault of the program.
    #[error("the database refused a statement: {0}")]
    Statement(String),
}

impl StoreError {
    /// Whether the same call may succeed when repeated soon. Every call is safe to repeat.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { reason, .. } => match reason {
                Unavailable::Busy | Unavailable::Io => true,
                Unavailable::Full | Unavailable::Closed => false,
            },
            Self::Corrupt { .. } | Self::Taken { .. } | Self::Statement(_) => false,
        }
    }
}
