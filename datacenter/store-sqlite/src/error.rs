//! From the engine's errors to typed ones.

use rusqlite::{Error, ErrorCode};
use std::path::PathBuf;
use store::{StoreError, Unavailable};

/// Why a database file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none: `init` makes it.
    #[error("no database at {0}")]
    Missing(PathBuf),
    /// `create` never replaces anything.
    #[error("a file exists already at {0}")]
    Exists(PathBuf),
    /// The file cannot be made.
    #[error("cannot make {path}: {source}")]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Some other program's database, or an empty file left by an `init` that was cut off.
    #[error("{0} is not a database of this data centre")]
    Foreign(PathBuf),
    /// A newer program has changed the schema.
    #[error("the database has schema {found}, this program knows up to {known}")]
    Newer {
        /// In the file.
        found: i64,
        /// In this program.
        known: i64,
    },
    /// The engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Types an engine error.
pub(crate) fn engine(error: Error) -> StoreError {
    let detail = error.to_string();
    let Some(code) = error.sqlite_error_code() else {
        return match error {
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..) => corrupt("", &detail),
            _ => StoreError::Statement(detail),
        };
    };
    let unavailable = |reason| StoreError::Unavailable {
        reason,
        detail: detail.clone(),
    };
    match code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::SchemaChanged => unavailable(Unavailable::Busy),
        ErrorCode::DiskFull => unavailable(Unavailable::Full),
        ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly
        | ErrorCode::OutOfMemory => unavailable(Unavailable::Io),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => corrupt("", &detail),
        _ => StoreError::Statement(detail),
    }
}

/// A row that no writer of ours can have made.
pub(crate) fn corrupt(table: &'static str, detail: &str) -> StoreError {
    StoreError::Corrupt {
        table,
        detail: detail.to_owned(),
    }
}

/// The thread that would have answered is gone.
pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable {
        reason: Unavailable::Closed,
        detail: "the store is closed".to_owned(),
    }
}
