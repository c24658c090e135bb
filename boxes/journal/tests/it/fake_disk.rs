//! A disk in memory that keeps apart what a process sees and what a power cut leaves, numbers
//! its calls, and fails one of them in a chosen way.
//!
//! Shared with the tests of `boxd`, which read this same file.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use journal::disk::{Disk, Syncing};

/// How the chosen call fails. It always reports a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing happened.
    NotApplied,
    /// It happened all the same.
    Applied,
    /// A write is done by half; other calls are not applied.
    Torn,
    /// A sync writes nothing and yet forgets what it had to write; other calls are not applied.
    Forgotten,
    /// As `NotApplied`, and the error says that the disk is full.
    Full,
}

impl Fault {
    pub(crate) const ALL: [Fault; 5] = [
        Fault::NotApplied,
        Fault::Applied,
        Fault::Torn,
        Fault::Forgotten,
        Fault::Full,
    ];
}

/// What is left after the process has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    /// Only the process died: all that it did is seen.
    Process,
    /// The power failed: only what was synced is left.
    PowerCut,
    /// The power failed, and of what was not synced each write got to the disk by half.
    PowerCutHalf,
    /// The power failed, and the names got to the disk but not the contents.
    PowerCutNames,
}

impl Restart {
    pub(crate) const ALL: [Restart; 4] = [
        Restart::Process,
        Restart::PowerCut,
        Restart::PowerCutHalf,
        Restart::PowerCutNames,
    ];
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Write(offset, new) => {
                let end = offset + new.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset..end].copy_from_slice(new);
            }
            Change::Truncate(length) => bytes.truncate(*length),
        }
    }

    fn half(&self) -> Change {
        match self {
            Change::Write(offset, new) => Change::Write(*offset, new[..new.len() / 2].to_vec()),
            Change::Truncate(length) => Change::Truncate(*length),
        }
    }
}

#[derive(Default)]
struct Contents {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Default)]
struct State {
    files: Vec<Contents>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    locked: bool,
    /// Every call by its name, in order.
    calls: Vec<&'static str>,
    fault: Option<(usize, Fault)>,
}

#[derive(Clone, Default)]
pub(crate) struct FakeDisk(Arc<Mutex<State>>);

pub(crate) struct FakeLock(FakeDisk);

impl Drop for FakeLock {
    fn drop(&mut self) {
        self.0.state().locked = false;
    }
}

impl FakeDisk {
    /// Lets call number `call` (from 0, over all processes) fail.
    pub(crate) fn fail_at(&self, call: usize, fault: Fault) {
        self.state().fault = Some((call, fault));
    }

    /// Calls so far.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.state().calls.clone()
    }

    /// A panic of another thread fails its own test.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The process is gone; another comes.
    pub(crate) fn restart(&self, how: Restart) {
        let state = &mut *self.state();
        state.locked = false;
        if how == Restart::Process {
            return;
        }
        match how {
            Restart::PowerCutNames => state.durable_names = state.names.clone(),
            _ => state.names = state.durable_names.clone(),
        }
        for file in &mut state.files {
            if how == Restart::PowerCutHalf {
                for change in &file.unsynced {
                    change.half().apply(&mut file.durable);
                }
            }
            file.unsynced.clear();
            file.seen = file.durable.clone();
        }
    }

    /// Counts the call and does it, unless it is the one that fails.
    fn call<T>(
        &self,
        name: &'static str,
        done: impl FnOnce(&mut State) -> io::Result<T>,
        by_half: impl FnOnce(&mut State, Fault),
    ) -> io::Result<T> {
        let state = &mut *self.state();
        let number = state.calls.len();
        state.calls.push(name);
        let Some((_, fault)) = state.fault.filter(|(call, _)| *call == number) else {
            return done(state);
        };
        match fault {
            Fault::Applied => drop(done(state)),
            Fault::NotApplied | Fault::Torn | Fault::Forgotten | Fault::Full => {
                by_half(state, fault)
            }
        }
        match fault {
            Fault::Full => Err(io::ErrorKind::StorageFull.into()),
            _ => Err(io::Error::other("planned fault")),
        }
    }
}

fn nothing(_: &mut State, _: Fault) {}

fn change(state: &mut State, file: usize, change: Change) {
    let file = &mut state.files[file];
    change.apply(&mut file.seen);
    file.unsynced.push(change);
}

impl Disk for FakeDisk {
    type File = usize;
    type Lock = FakeLock;

    fn lock(&self, name: &str, create: bool) -> io::Result<Option<FakeLock>> {
        let take = |state: &mut State| {
            if !state.names.contains_key(name) {
                if !create {
                    return Err(io::ErrorKind::NotFound.into());
                }
                state.names.insert(name.to_owned(), state.files.len());
                state.files.push(Contents::default());
            }
            Ok(!std::mem::replace(&mut state.locked, true))
        };
        let free = self.call("lock", take, nothing)?;
        Ok(free.then(|| FakeLock(self.clone())))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.call(
            "list",
            |state| Ok(state.names.keys().cloned().collect()),
            nothing,
        )
    }

    fn create(&self, name: &str) -> io::Result<usize> {
        let create = |state: &mut State| {
            if state.names.contains_key(name) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let file = state.files.len();
            state.files.push(Contents::default());
            state.names.insert(name.to_owned(), file);
            Ok(file)
        };
        self.call("create", create, nothing)
    }

    fn open(&self, name: &str) -> io::Result<usize> {
        let open = |state: &mut State| {
            state
                .names
                .get(name)
                .copied()
                .ok_or_else(|| io::ErrorKind::NotFound.into())
        };
        self.call("open", open, nothing)
    }

    fn length(&self, file: &usize) -> io::Result<u64> {
        self.call(
            "length",
            |state| Ok(state.files[*file].seen.len() as u64),
            nothing,
        )
    }

    fn read(&self, file: &usize, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let read = |state: &mut State| {
            let bytes = &state.files[*file].seen;
            let start = bytes.len().min(offset as usize);
            let end = bytes.len().min(start + length);
            Ok(bytes[start..end].to_vec())
        };
        self.call("read", read, nothing)
    }

    fn write(&self, file: &usize, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let whole = Change::Write(offset as usize, bytes.to_vec());
        let half = whole.half();
        self.call(
            "write",
            |state| {
                change(state, *file, whole);
                Ok(())
            },
            |state, fault| {
                if fault == Fault::Torn {
                    change(state, *file, half);
                }
            },
        )
    }

    fn blank_bytes(&self) -> usize {
        100
    }

    fn truncate(&self, file: &usize, length: u64) -> io::Result<()> {
        let cut = |state: &mut State| {
            change(state, *file, Change::Truncate(length as usize));
            Ok(())
        };
        self.call("truncate", cut, nothing)
    }

    fn sync(&self, file: &usize) -> io::Result<()> {
        self.call(
            "sync",
            |state| {
                let file = &mut state.files[*file];
                for change in file.unsynced.drain(..) {
                    change.apply(&mut file.durable);
                }
                Ok(())
            },
            |state, fault| {
                if fault == Fault::Forgotten {
                    state.files[*file].unsynced.clear();
                }
            },
        )
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
        self.call("rename", rename, nothing)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let remove = |state: &mut State| match state.names.remove(name) {
            Some(_) => Ok(()),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        self.call("remove", remove, nothing)
    }

    fn sync_folder(&self) -> io::Result<()> {
        let sync = |state: &mut State| {
            state.durable_names = state.names.clone();
            Ok(())
        };
        self.call("sync_folder", sync, nothing)
    }
}
