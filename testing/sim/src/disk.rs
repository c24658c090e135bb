//! A disk in memory that fails on order: what a process sees and what a power cut leaves are kept
//! apart, a call can fail with or without effect, the disk can be full or read-only, and an earlier
//! picture of it can be put back.

use journal::disk::{Disk, Syncing};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How one call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happened.
    NotApplied,
    /// It happened all the same.
    Applied,
    /// A write is done by half; other calls are not applied.
    Torn,
}

/// A state in which the whole disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Condition {
    /// As it should be.
    #[default]
    Good,
    /// Nothing can be made longer.
    Full,
    /// Nothing can be written.
    ReadOnly,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, new) => {
                let end = offset + new.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset..end].copy_from_slice(new);
            }
            Self::Truncate(length) => bytes.truncate(*length),
        }
    }

    fn part(&self, length: usize) -> Self {
        match self {
            Self::Write(offset, new) => Self::Write(*offset, new[..length.min(new.len())].to_vec()),
            Self::Truncate(length) => Self::Truncate(*length),
        }
    }
}

#[derive(Debug, Default, Clone)]
struct Contents {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Contents>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    locked: bool,
    condition: Condition,
    fault: Option<(u64, Fault)>,
    struck: bool,
}

/// What is durably on a disk.
#[derive(Debug, Clone)]
pub struct Picture(BTreeMap<String, Vec<u8>>);

/// The disk; clones share it.
#[derive(Debug, Clone, Default)]
pub struct SimDisk(Arc<Mutex<State>>);

/// The lock that an opener holds.
#[derive(Debug)]
pub struct SimLock(SimDisk);

impl Drop for SimLock {
    fn drop(&mut self) {
        self.0.state().locked = false;
    }
}

impl SimDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A disk with these contents.
    #[must_use]
    pub fn of(picture: &Picture) -> Self {
        let disk = Self::default();
        disk.put_back(picture);
        disk
    }

    /// The durable contents.
    #[must_use]
    pub fn picture(&self) -> Picture {
        let state = self.state();
        let file = |(name, at): (&String, &usize)| (name.clone(), state.files[*at].durable.clone());
        Picture(state.durable_names.iter().map(file).collect())
    }

    /// Replaces everything by an earlier picture.
    pub fn put_back(&self, picture: &Picture) {
        let mut state = self.state();
        state.files.clear();
        state.names.clear();
        for (name, bytes) in &picture.0 {
            let file = state.files.len();
            state.names.insert(name.clone(), file);
            state.files.push(Contents {
                seen: bytes.clone(),
                durable: bytes.clone(),
                unsynced: Vec::new(),
            });
        }
        state.durable_names = state.names.clone();
    }

    /// Lets the call after the next `calls` fail.
    pub fn fail_after(&self, calls: u64, fault: Fault) {
        self.state().fault = Some((calls, fault));
    }

    /// Takes back an order to fail that was not reached; says whether one was.
    pub fn took_effect(&self) -> bool {
        let mut state = self.state();
        state.fault = None;
        std::mem::take(&mut state.struck)
    }

    /// Sets the state of the whole disk.
    pub fn set(&self, condition: Condition) {
        self.state().condition = condition;
    }

    /// In which state it is.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.state().condition
    }

    /// Power is lost: of what was not synced some writes are kept, some in part, some not at all.
    pub fn cut_power(&self, rng: &mut fastrand::Rng) {
        let mut state = self.state();
        // Names reach the disk by themselves, or not.
        if rng.bool() {
            state.durable_names = state.names.clone();
        } else {
            state.names = state.durable_names.clone();
        }
        for file in &mut state.files {
            for change in std::mem::take(&mut file.unsynced) {
                match rng.u8(..3) {
                    0 => change.apply(&mut file.durable),
                    1 => {
                        if let Change::Write(_, bytes) = &change {
                            let length = rng.usize(..=bytes.len());
                            change.part(length).apply(&mut file.durable);
                        }
                    }
                    _ => {}
                }
            }
            file.seen = file.durable.clone();
        }
    }

    /// Flips one bit of what is durable; false if there is nothing.
    pub fn flip(&self, rng: &mut fastrand::Rng) -> bool {
        let mut state = self.state();
        let full: Vec<usize> = (0..state.files.len())
            .filter(|at| !state.files[*at].durable.is_empty())
            .collect();
        let Some(at) = rng.choice(full) else {
            return false;
        };
        let file = &mut state.files[at];
        let byte = rng.usize(..file.durable.len());
        file.durable[byte] ^= 1 << rng.u8(..8);
        file.seen = file.durable.clone();
        file.unsynced.clear();
        true
    }

    /// Does a call that changes something, unless it is the one that fails.
    fn change<T>(
        &self,
        grows: bool,
        done: impl FnOnce(&mut State) -> io::Result<T>,
        by_half: impl FnOnce(&mut State),
    ) -> io::Result<T> {
        let mut state = self.state();
        match state.condition {
            Condition::ReadOnly => return Err(io::ErrorKind::ReadOnlyFilesystem.into()),
            Condition::Full if grows => return Err(io::ErrorKind::StorageFull.into()),
            Condition::Good | Condition::Full => {}
        }
        match state.fault {
            Some((0, fault)) => {
                state.fault = None;
                state.struck = true;
                match fault {
                    Fault::Applied => drop(done(&mut state)),
                    Fault::Torn => by_half(&mut state),
                    Fault::NotApplied => {}
                }
                Err(io::Error::other("planned fault"))
            }
            Some((left, fault)) => {
                state.fault = Some((left - 1, fault));
                done(&mut state)
            }
            None => done(&mut state),
        }
    }
}

fn nothing(_: &mut State) {}

fn apply(state: &mut State, file: usize, change: Change) {
    let file = &mut state.files[file];
    change.apply(&mut file.seen);
    file.unsynced.push(change);
}

impl Disk for SimDisk {
    type File = usize;
    type Lock = SimLock;

    fn lock(&self, name: &str, create: bool) -> io::Result<Option<SimLock>> {
        let mut state = self.state();
        if !state.names.contains_key(name) {
            if !create {
                return Err(io::ErrorKind::NotFound.into());
            }
            let file = state.files.len();
            state.files.push(Contents::default());
            state.names.insert(name.to_owned(), file);
        }
        let free = !std::mem::replace(&mut state.locked, true);
        drop(state);
        Ok(free.then(|| SimLock(self.clone())))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<usize> {
        self.change(
            true,
            |state| {
                if state.names.contains_key(name) {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                let file = state.files.len();
                state.files.push(Contents::default());
                state.names.insert(name.to_owned(), file);
                Ok(file)
            },
            nothing,
        )
    }

    fn open(&self, name: &str) -> io::Result<usize> {
        let state = self.state();
        let file = state.names.get(name).copied();
        file.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn length(&self, file: &usize) -> io::Result<u64> {
        Ok(self.state().files[*file].seen.len() as u64)
    }

    fn read(&self, file: &usize, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let state = self.state();
        let bytes = &state.files[*file].seen;
        let start = bytes.len().min(offset as usize);
        let end = bytes.len().min(start + length);
        Ok(bytes[start..end].to_vec())
    }

    fn write(&self, file: &usize, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let whole = Change::Write(offset as usize, bytes.to_vec());
        let half = whole.part(bytes.len() / 2);
        self.change(
            true,
            |state| {
                apply(state, *file, whole);
                Ok(())
            },
            |state| apply(state, *file, half),
        )
    }

    fn blank_bytes(&self) -> usize {
        300
    }

    fn truncate(&self, file: &usize, length: u64) -> io::Result<()> {
        let cut = |state: &mut State| {
            apply(state, *file, Change::Truncate(length as usize));
            Ok(())
        };
        self.change(false, cut, nothing)
    }

    fn sync(&self, file: &usize) -> io::Result<()> {
        let sync = |state: &mut State| {
            let file = &mut state.files[*file];
            for change in file.unsynced.drain(..) {
                change.apply(&mut file.durable);
            }
            Ok(())
        };
        // A sync that failed may have forgotten what it had to write: trying again would succeed.
        self.change(false, sync, |state| state.files[*file].unsynced.clear())
    }

    fn syncing(&self, file: &usize) -> Syncing {
        let (disk, file) = (self.clone(), *file);
        Box::new(move || disk.sync(&file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let rename = |state: &mut State| {
            let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            state.names.insert(to.to_owned(), file);
            Ok(())
        };
        self.change(false, rename, nothing)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let remove = |state: &mut State| match state.names.remove(name) {
            Some(_) => Ok(()),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        self.change(false, remove, nothing)
    }

    fn sync_folder(&self) -> io::Result<()> {
        let sync = |state: &mut State| {
            state.durable_names = state.names.clone();
            Ok(())
        };
        self.change(false, sync, nothing)
    }
}
