//! A disk in memory that can be copied, altered between two openings, and told to fail. Not here:
//! the difference between what is seen and what is durable (the journal's own fault tests have it).

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::disk::Disk;

/// File contents by name: what can be put back later.
pub(crate) type Image = BTreeMap<String, Vec<u8>>;

#[derive(Default)]
struct State {
    names: BTreeMap<String, usize>,
    files: Vec<Vec<u8>>,
    locked: bool,
    /// The next write is done by half and then fails.
    failing: bool,
}

/// One folder in memory; clones are the same folder.
#[derive(Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<State>>);

impl MemoryDisk {
    /// A folder with these files.
    pub(crate) fn of(image: &Image) -> Self {
        let mut state = State::default();
        for (name, bytes) in image {
            state.names.insert(name.clone(), state.files.len());
            state.files.push(bytes.clone());
        }
        Self(Arc::new(Mutex::new(state)))
    }

    /// The files as they are now.
    pub(crate) fn image(&self) -> Image {
        let state = self.state();
        let contents = |file: usize| state.files.get(file).cloned().unwrap_or_default();
        state
            .names
            .iter()
            .map(|(name, file)| (name.clone(), contents(*file)))
            .collect()
    }

    /// Lets the next write stop half-way, as on a full disk; `false` takes that back.
    pub(crate) fn fail_next_write(&self, failing: bool) {
        self.state().failing = failing;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, file: usize, act: impl FnOnce(&mut Vec<u8>) -> T) -> io::Result<T> {
        let mut state = self.state();
        let file = state.files.get_mut(file).ok_or(io::ErrorKind::NotFound)?;
        Ok(act(file))
    }
}

/// The lock of one opener.
pub(crate) struct MemoryLock(MemoryDisk);

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.0.state().locked = false;
    }
}

impl Disk for MemoryDisk {
    type File = usize;
    type Lock = MemoryLock;

    fn lock(&self, name: &str, create: bool) -> io::Result<Option<MemoryLock>> {
        let mut state = self.state();
        if !state.names.contains_key(name) {
            if !create {
                return Err(io::ErrorKind::NotFound.into());
            }
            let file = state.files.len();
            state.files.push(Vec::new());
            state.names.insert(name.to_owned(), file);
        }
        if state.locked {
            return Ok(None);
        }
        state.locked = true;
        drop(state);
        Ok(Some(MemoryLock(self.clone())))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<usize> {
        let mut state = self.state();
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(Vec::new());
        state.names.insert(name.to_owned(), file);
        Ok(file)
    }

    fn open(&self, name: &str) -> io::Result<usize> {
        let found = self.state().names.get(name).copied();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn length(&self, file: &usize) -> io::Result<u64> {
        self.with(*file, |bytes| bytes.len() as u64)
    }

    fn read(&self, file: &usize, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        self.with(*file, |bytes| {
            let start = bytes.len().min(offset as usize);
            let end = bytes.len().min(start.saturating_add(length));
            bytes[start..end].to_vec()
        })
    }

    fn write(&self, file: &usize, offset: u64, new: &[u8]) -> io::Result<()> {
        let failing = std::mem::take(&mut self.state().failing);
        let new = if failing { &new[..new.len() / 2] } else { new };
        self.with(*file, |bytes| {
            let start = offset as usize;
            let end = start + new.len();
            bytes.resize(bytes.len().max(end), 0);
            bytes[start..end].copy_from_slice(new);
        })?;
        if failing {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn blank_bytes(&self) -> usize {
        100
    }

    fn truncate(&self, file: &usize, length: u64) -> io::Result<()> {
        self.with(*file, |bytes| bytes.truncate(length as usize))
    }

    fn sync(&self, _: &usize) -> io::Result<()> {
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match self.state().names.remove(name) {
            Some(_) => Ok(()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}
