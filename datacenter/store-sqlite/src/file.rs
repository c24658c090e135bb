//! Opening the file, and closing it.

use crate::error::{OpenError, engine};
use crate::limits::{BUSY_TIMEOUT, LOG_PAGES_MAX, PAGE_BYTES, READERS, WRITER_CACHE_KIB};
use crate::near::Near;
use crate::threads::{Lane, Queue};
use crate::together::Together;
use crate::{checkpoint, engine as loops, schema, sql};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use store::StoreError;

/// A store on one SQLite file. Clone-free: share it with an `Arc`.
///
/// Dropping it finishes what is queued and waits for the threads.
#[derive(Debug)]
pub struct SqliteStore {
    /// The readers are dropped first: the connection that closes last empties the write-ahead log,
    /// and two that close at the same time would each leave it to the other.
    pub(crate) near: Lane,
    pub(crate) look_ups: Together,
    pub(crate) readers: Lane,
    pub(crate) writer: Lane,
    /// Dropped last: when a process closes a file, it loses all its locks on it, and those of the
    /// connections are among them. None in memory.
    pub(crate) _file: Option<Arc<File>>,
}

impl SqliteStore {
    /// Makes a new database, readable by this user alone.
    ///
    /// # Errors
    /// [`OpenError::Exists`] if anything is there, [`OpenError::File`] if it cannot be made.
    pub fn create(path: &Path) -> Result<Self, OpenError> {
        make_file(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => OpenError::Exists(path.to_owned()),
            _ => OpenError::File {
                path: path.to_owned(),
                source,
            },
        })?;
        let mut connection = connect(path)?;
        // Stays in the file. Most changes touch one small row in a page: half the page, half the work.
        connection
            .pragma_update(None, "page_size", PAGE_BYTES)
            .map_err(engine)?;
        schema::create(&mut connection, path)?;
        Self::start(connection, path)
    }

    /// Opens a database and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError::Missing`], [`OpenError::Foreign`] or [`OpenError::Newer`]; nothing is changed.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        if !path.exists() {
            return Err(OpenError::Missing(path.to_owned()));
        }
        let mut connection = connect(path)?;
        schema::upgrade(&mut connection, path)?;
        Self::start(connection, path)
    }

    fn start(connection: Connection, path: &Path) -> Result<Self, OpenError> {
        // Stays in the file. Readers then never wait for a writer.
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(engine)?;
        let readers = (0..READERS)
            .map(|_| reader(path))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .map(|reader| move |queue: &Queue| loops::read_loop(&reader, queue));
        connection
            .pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX)
            .and_then(|()| connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB))
            .map_err(engine)?;
        let beside = connect(path)?;
        let file = Arc::new(File::open(path).map_err(|source| OpenError::File {
            path: path.to_owned(),
            source,
        })?);
        let flushed = Arc::clone(&file);
        let writer = move |queue: &Queue| {
            checkpoint::beside(beside, flushed, |checkpoints| {
                loops::write_loop(&connection, queue, checkpoints);
            });
        };
        Ok(Self {
            near: Lane::Near(Near::new(path)?),
            look_ups: Together::default(),
            writer: Lane::start("store-writer", [writer])?,
            readers: Lane::start("store-reader", readers)?,
            _file: Some(file),
        })
    }
}

fn make_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let reader = connect(path)?;
    reader
        .pragma_update(None, "query_only", true)
        .map_err(engine)?;
    Ok(reader)
}

/// One connection, set up as every connection must be.
pub(crate) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let set_up = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // A commit that was answered survives a power cut. Nor can one be read before it would: whoever
        // shows a box the record of one acknowledges it, and the box lets go of what it kept for it (P16).
        connection.pragma_update(None, "synchronous", "FULL")?;
        // An IO error stays an error, instead of a signal that kills the process.
        connection.pragma_update(None, "mmap_size", 0)?;
        // The file is not trusted: its schema calls no function that does anything, damaged pages are noticed.
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        // One plan a statement, whatever is bound to it. Otherwise each binding of a value that a
        // plan could hang on plans anew, which takes longer than to run it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(sql::ALL.len());
        Ok(connection)
    };
    set_up().map_err(engine)
}
