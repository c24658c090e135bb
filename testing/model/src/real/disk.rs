//! The box's disk, in memory: what a process sees, and what was synced and outlives it.
//!
//! Not here: faults. `boxes/journal` has a table of them.

use journal::disk::Disk;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Files by name.
pub(crate) type Picture = BTreeMap<String, Vec<u8>>;

#[derive(Debug, Default)]
struct State {
    seen: Vec<Vec<u8>>,
    synced: Vec<Vec<u8>>,
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
}

/// A folder. Clones are the same folder.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<State>>);

impl MemoryDisk {
    /// What would be found after the power failed now.
    pub(crate) fn picture(&self) -> Picture {
        let state = self.state();
        let files = state.synced_names.iter();
        files
            .map(|(name, file)| (name.clone(), state.synced[*file].clone()))
            .collect()
    }

    /// Another disk with these files.
    pub(crate) fn of(picture: &Picture) -> Self {
        let names: BTreeMap<_, _> = picture.keys().cloned().zip(0..).collect();
        let files: Vec<_> = picture.values().cloned().collect();
        Self(Arc::new(Mutex::new(State {
            seen: files.clone(),
            synced: files,
            names: names.clone(),
            synced_names: names,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        let file = self.state().names.get(name).copied();
        file.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for MemoryDisk {
    type File = usize;
    type Lock = ();

    fn lock(&self, name: &str, create: bool) -> io::Result<Option<()>> {
        if create && self.find(name).is_err() {
            self.create(name)?;
        }
        self.find(name).map(|_| Some(()))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<usize> {
        if self.find(name).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut state = self.state();
        let file = state.seen.len();
        state.seen.push(Vec::new());
        state.synced.push(Vec::new());
        state.names.insert(name.to_owned(), file);
        Ok(file)
    }

    fn open(&self, name: &str) -> io::Result<usize> {
        self.find(name)
    }

    fn length(&self, file: &usize) -> io::Result<u64> {
        Ok(self.state().seen[*file].len() as u64)
    }

    fn read(&self, file: &usize, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let state = self.state();
        let bytes = &state.seen[*file];
        let start = bytes.len().min(offset as usize);
        Ok(bytes[start..bytes.len().min(start + length)].to_vec())
    }

    fn write(&self, file: &usize, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let contents = &mut state.seen[*file];
        let (start, end) = (offset as usize, offset as usize + bytes.len());
        contents.resize(contents.len().max(end), 0);
        contents[start..end].copy_from_slice(bytes);
        Ok(())
    }

    fn blank_bytes(&self) -> usize {
        0
    }

    fn truncate(&self, file: &usize, length: u64) -> io::Result<()> {
        self.state().seen[*file].truncate(length as usize);
        Ok(())
    }

    fn sync(&self, file: &usize) -> io::Result<()> {
        let mut state = self.state();
        let contents = state.seen[*file].clone();
        state.synced[*file] = contents;
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let file = self.find(from)?;
        let mut state = self.state();
        state.names.remove(from);
        state.names.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.find(name)?;
        self.state().names.remove(name);
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut state = self.state();
        let names = state.names.clone();
        state.synced_names = names;
        Ok(())
    }
}
