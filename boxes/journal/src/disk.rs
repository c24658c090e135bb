//! Everything that the journal asks of a disk, so that a test can be the disk. No format, no
//! recovery and no decision is here. Called by this crate only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Half a second of single items: the longer, the longer the flush that it takes part in.
const BLANK_BYTES: usize = 512 * 1024;

/// Makes a file durable, once, on any thread.
pub type Syncing = Box<dyn FnOnce() -> io::Result<()> + Send>;

/// One folder with files in it. Names are file names without a path.
///
/// What an implementation must hold: after `sync` returns `Ok`, what was written to that file
/// survives a power cut; after `sync_folder` returns `Ok`, so do creations, renames and removals.
/// Before that, any part of them may survive.
pub trait Disk {
    /// An open file. It stays the same file when it is renamed.
    type File;
    /// Holds the lock until it is dropped.
    type Lock;

    /// Locks the file `name` against every other opener, making it first if `create`. `None`:
    /// somebody has it.
    fn lock(&self, name: &str, create: bool) -> io::Result<Option<Self::Lock>>;
    /// All names in the folder, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Makes an empty file; fails if it exists.
    fn create(&self, name: &str) -> io::Result<Self::File>;
    /// Opens a file for reading and writing; fails if it does not exist.
    fn open(&self, name: &str) -> io::Result<Self::File>;
    /// Length in bytes.
    fn length(&self, file: &Self::File) -> io::Result<u64>;
    /// `length` bytes from `offset` on, fewer if the file ends before.
    fn read(&self, file: &Self::File, offset: u64, length: usize) -> io::Result<Vec<u8>>;
    /// Writes all of `bytes` at `offset`.
    fn write(&self, file: &Self::File, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Bytes of zeros that are written along with what makes a file longer, so that what follows does
    /// not: a file system has more to make durable where a length changes.
    fn blank_bytes(&self) -> usize;
    /// Cuts the file to `length` bytes.
    fn truncate(&self, file: &Self::File, length: u64) -> io::Result<()>;
    /// Makes contents and length durable.
    fn sync(&self, file: &Self::File) -> io::Result<()>;
    /// The same, to be done later and elsewhere. A disk that cannot has done it by now.
    fn syncing(&self, file: &Self::File) -> Syncing {
        let done = self.sync(file);
        Box::new(move || done)
    }
    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes the names in the folder durable.
    fn sync_folder(&self) -> io::Result<()>;
}

/// A folder of the file system.
#[derive(Debug)]
pub struct RealDisk {
    folder: PathBuf,
}

impl RealDisk {
    /// The folder at `path`, whether it exists or not.
    pub fn at(path: &Path) -> RealDisk {
        RealDisk {
            folder: path.to_owned(),
        }
    }

    /// Makes the folder, durably, if it does not exist. Its parent must exist.
    pub fn create_folder(&self) -> io::Result<()> {
        match std::fs::create_dir(&self.folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            Err(error) => return Err(error),
        }
        match self.folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
            _ => File::open(".")?.sync_all(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Disk for RealDisk {
    type File = Arc<File>;
    type Lock = File;

    fn lock(&self, name: &str, create: bool) -> io::Result<Option<File>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(create)
            .truncate(false)
            .mode(0o600)
            .open(self.path(name))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        std::fs::read_dir(&self.folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn create(&self, name: &str) -> io::Result<Arc<File>> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.path(name))
            .map(Arc::new)
    }

    fn open(&self, name: &str) -> io::Result<Arc<File>> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.path(name))
            .map(Arc::new)
    }

    fn length(&self, file: &Arc<File>) -> io::Result<u64> {
        Ok(file.metadata()?.len())
    }

    fn read(&self, file: &Arc<File>, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut filled = 0usize;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(count) => filled = filled.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn write(&self, file: &Arc<File>, offset: u64, bytes: &[u8]) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn blank_bytes(&self) -> usize {
        BLANK_BYTES
    }

    fn truncate(&self, file: &Arc<File>, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    // fdatasync: contents and length, not the time stamps, which nobody reads.
    fn sync(&self, file: &Arc<File>) -> io::Result<()> {
        file.sync_data()
    }

    fn syncing(&self, file: &Arc<File>) -> Syncing {
        let file = Arc::clone(file);
        Box::new(move || file.sync_data())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path(name))
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}
