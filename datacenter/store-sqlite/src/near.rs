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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;
    use std::sync::Barrier;

    #[test]
    fn as_many_connections_are_made_as_read_at_once_and_they_are_kept() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("store.db");
        let _store = SqliteStore::create(&path).unwrap();
        let near = Near::new(&path).unwrap();
        let free = || near.free.lock().unwrap().len();
        let runtime = || tokio::runtime::Builder::new_current_thread().build();
        assert_eq!(free(), 1);
        for at_once in [1, 3, 2] {
            // Nobody ends before all have begun.
            let all_read = Barrier::new(at_once);
            std::thread::scope(|scope| {
                for _ in 0..at_once {
                    scope.spawn(|| {
                        let read = near.read(|db| {
                            all_read.wait();
                            assert!(
                                db.execute("DELETE FROM alerts", []).is_err(),
                                "it only reads"
                            );
                            Ok(())
                        });
                        runtime().unwrap().block_on(read).unwrap();
                    });
                }
            });
        }
        assert_eq!(free(), 3);
    }
}
