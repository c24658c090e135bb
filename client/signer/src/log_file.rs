//! A file that only grows, with one owner at a time. What a record is, and where a torn one
//! begins, is for `ledger` and `verifier` to say.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why a log can not be made, opened or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Somebody else has it open.
    #[error("{}: another program has this log open", path.display())]
    Locked {
        /// Which file.
        path: PathBuf,
    },
    /// A write failed before: nobody knows what the file holds until it is opened again.
    #[error("{}: a write failed; open the log again to see what it holds", path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
    },
}

/// The open file, locked until it is dropped.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    file: File,
    length: u64,
    broken: bool,
}

impl LogFile {
    /// Makes a new file that starts with `first`, durably.
    pub(crate) fn create(path: &Path, first: &[u8]) -> Result<Self, LogError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| io_error(path, source))?;
        let mut log = Self::locked(path, file)?;
        log.append(first)?;
        sync_folder_of(path).map_err(|source| io_error(path, source))?;
        Ok(log)
    }

    /// Opens an existing file and reads all of it.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<u8>), LogError> {
        let error = |source| io_error(path, source);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(error)?;
        let mut log = Self::locked(path, file)?;
        let mut content = Vec::new();
        (&log.file).read_to_end(&mut content).map_err(error)?;
        log.length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        // What a failed flush left in memory only would be believed now and be lost later.
        log.file.sync_all().map_err(error)?;
        Ok((log, content))
    }

    fn locked(path: &Path, file: File) -> Result<Self, LogError> {
        match file.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                file,
                length: 0,
                broken: false,
            }),
            Err(TryLockError::WouldBlock) => Err(LogError::Locked {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(io_error(path, source)),
        }
    }

    /// Bytes in the file.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Drops what follows the first `length` bytes: a record that a crash cut off.
    pub(crate) fn cut(&mut self, length: u64) -> Result<(), LogError> {
        self.guarded(|file| {
            file.set_len(length)?;
            file.sync_all()
        })?;
        self.length = length;
        Ok(())
    }

    /// Adds one record. When this returns, it is durable.
    pub(crate) fn append(&mut self, record: &[u8]) -> Result<(), LogError> {
        let at = self.length;
        self.guarded(|file| {
            file.write_all_at(record, at)?;
            file.sync_all()
        })?;
        let added = u64::try_from(record.len()).unwrap_or(u64::MAX);
        self.length = at.saturating_add(added);
        Ok(())
    }

    /// Fills `out` from `offset` on.
    pub(crate) fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), LogError> {
        self.file
            .read_exact_at(out, offset)
            .map_err(|source| io_error(&self.path, source))
    }

    fn guarded(&mut self, write: impl FnOnce(&File) -> io::Result<()>) -> Result<(), LogError> {
        if self.broken {
            return Err(LogError::Broken {
                path: self.path.clone(),
            });
        }
        write(&self.file).map_err(|source| {
            self.broken = true;
            io_error(&self.path, source)
        })
    }
}

fn io_error(path: &Path, source: io::Error) -> LogError {
    LogError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Makes the name of a new file durable.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failed_write_nothing_more_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        drop(LogFile::create(&path, b"a").unwrap());
        let mut log = LogFile::locked(&path, File::open(&path).unwrap()).unwrap();
        assert!(matches!(log.append(b"b"), Err(LogError::Io { .. })));
        assert!(matches!(log.append(b"b"), Err(LogError::Broken { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"a");
    }

    #[test]
    fn a_log_has_one_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let owner = LogFile::create(&path, b"a").unwrap();
        assert!(matches!(LogFile::open(&path), Err(LogError::Locked { .. })));
        drop(owner);
        assert_eq!(LogFile::open(&path).unwrap().1, b"a");
        assert!(matches!(
            LogFile::create(&path, b"b"),
            Err(LogError::Io { .. })
        ));
    }
}
