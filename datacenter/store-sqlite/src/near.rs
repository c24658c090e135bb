//! Reads of a few rows by key, on the thread that asks: handing such a read to another thread, and
//! its answer back, takes longer than the read.
//!
//! Not here: listings, which take long enough to hold up whoever else the thread serves (`threads`).

use crate::engine::{Turn, read_alone};
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError};
use store::{StoreError, Unavailable};
use tokio::sync::Semaphore;

/// Connections for reading, each used by one thread at a time.
#[derive(Debug)]
pub(crate) struct Near {
    free: Mutex<Vec<Connection>>,
    count: Semaphore,
}

impl Near {
    pub(crate) fn new(connections: Vec<Connection>) -> Self {
        Self {
            count: Semaphore::new(connections.len()),
            free: Mutex::new(connections),
        }
    }

    /// Reads in one snapshot, which begins now.
    pub(crate) async fn read<T>(
        &self,
        work: impl FnOnce(&Turn<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let closed = || StoreError::Unavailable {
            reason: Unavailable::Closed,
            detail: "no connection is left".to_owned(),
        };
        let _turn = self.count.acquire().await.map_err(|_| closed())?;
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = free().pop().ok_or_else(closed)?;
        let read = read_alone(&connection, work);
        free().push(connection);
        read
    }
}
