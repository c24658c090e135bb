//! Reads of a few rows by key, on the thread that asks: handing such a read to another thread, and
//! its answer back, takes longer than the read.
//!
//! Not here: listings, which take long enough to hold up whoever else the thread serves (`threads`).

use crate::engine::{Turn, read_alone};
use crate::file;
use crate::limits::NEAR;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use store::{StoreError, Unavailable};
use tokio::sync::Semaphore;

/// Connections for reading, each used by one thread at a time. One is there from the start, further
/// ones are made by whoever finds none free: each has to read the whole schema first.
#[derive(Debug)]
pub(crate) struct Near {
    path: PathBuf,
    free: Mutex<Vec<Connection>>,
    count: Semaphore,
}

impl Near {
    pub(crate) fn new(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            path: path.to_owned(),
            free: Mutex::new(vec![file::reader(path)?]),
            count: Semaphore::new(NEAR),
        })
    }

    /// Reads in one snapshot, which begins now.
    pub(crate) async fn read<T>(
        &self,
        work: impl FnOnce(&Turn<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _turn = self
            .count
            .acquire()
            .await
            .map_err(|_| StoreError::Unavailable {
                reason: Unavailable::Closed,
                detail: "no connection is left".to_owned(),
            })?;
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = free().pop();
        let connection = kept.map_or_else(|| file::reader(&self.path), Ok)?;
        let read = read_alone(&connection, work);
        free().push(connection);
        read
    }
}
