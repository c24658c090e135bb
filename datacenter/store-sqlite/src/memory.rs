//! A database in memory, worked on by whoever calls: no threads, no file, no waiting. The
//! simulation and short tests stand on it; statements and transactions are those of the file.

use crate::error::{OpenError, engine};
use crate::threads::Lane;
use crate::together::Together;
use crate::{SqliteStore, engine as loops, file, schema};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use store::StoreError;

/// What can be done with the contents of a database in memory as a whole.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Mutex<Connection>>);

impl SqliteStore {
    /// A new, empty database in memory, gone with the last handle.
    ///
    /// # Errors
    /// [`OpenError::Store`].
    pub fn in_memory() -> Result<(Self, Memory), OpenError> {
        let path = Path::new(":memory:");
        let mut connection = file::connect(path)?;
        schema::create(&mut connection, path)?;
        let shared = Arc::new(Mutex::new(connection));
        let store = Self {
            writer: Lane::Here(Arc::clone(&shared)),
            near: Lane::Here(Arc::clone(&shared)),
            readers: Lane::Here(Arc::clone(&shared)),
            look_ups: Together::default(),
            _file: None,
        };
        Ok((store, Memory(shared)))
    }
}

impl Memory {
    /// Keeps the contents as they are, until [`Memory::put_back`]. Calls nest: the newest counts.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    pub fn keep(&self) -> Result<(), StoreError> {
        self.execute("SAVEPOINT kept")
    }

    /// Puts the contents back to what was kept last. That stays kept.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    pub fn put_back(&self) -> Result<(), StoreError> {
        self.execute("ROLLBACK TO kept")
    }

    /// Answers one question about the contents, in the engine's own words: for tests that look
    /// into tables.
    ///
    /// # Errors
    /// [`StoreError`] of the engine.
    pub fn look<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        question(&connection).map_err(engine)
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loops::execute(&connection, sql)
    }
}
