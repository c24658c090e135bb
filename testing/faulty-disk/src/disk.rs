//! What a disk holds, what of it is durable, and which call fails. Safe code: the C side is `vfs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How the chosen change fails. It always reports a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happened.
    NotApplied,
    /// It happened all the same.
    Applied,
    /// A write is done by half; other changes are not applied.
    Torn,
    /// A sync writes nothing and yet forgets what it had to write, as kernels do; other changes are
    /// not applied.
    Forgotten,
    /// As `NotApplied`, and the error says that the disk is full.
    Full,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::NotApplied,
        Self::Applied,
        Self::Torn,
        Self::Forgotten,
        Self::Full,
    ];
}

/// What is left for the next process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Only the process died: all that it did is seen.
    Process,
    /// The power failed: only what was synced is left.
    PowerCut,
    /// The power failed; names and every second write that were not synced got to the disk.
    PowerCutHalf,
}

impl Restart {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Process, Self::PowerCut, Self::PowerCutHalf];
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A file is made.
    Create,
    /// Bytes are written.
    Write,
    /// A file is cut.
    Truncate,
    /// Changes are made durable.
    Sync,
    /// A file is deleted.
    Delete,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Create,
        Self::Write,
        Self::Truncate,
        Self::Sync,
        Self::Delete,
    ];
}

/// One change of a file that no sync has covered yet.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

/// A file as a power cut would leave it.
#[derive(Debug, Default)]
struct Image {
    /// None: its name is not durable yet.
    durable: Option<Vec<u8>>,
    unsynced: Vec<Change>,
    /// Its name is gone, which is not durable yet.
    deleted: bool,
    /// The next sync makes all names of the folder durable, as SQLite's Unix layer does for a file
    /// that it made.
    syncs_folder: bool,
}

#[derive(Debug, Default)]
struct State {
    images: BTreeMap<PathBuf, Image>,
    changes: Vec<Kind>,
    looks: usize,
    failing_change: Option<(usize, Fault)>,
    last_change: Option<usize>,
    failing_look: Option<usize>,
    looks_are_free: bool,
    fired: bool,
    dead: bool,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Go,
    Fail(Fault),
}

/// The disk of one folder. Clones are the same disk.
#[derive(Debug, Clone)]
pub struct FaultyDisk {
    folder: PathBuf,
    state: Arc<Mutex<State>>,
}

/// Disks in force.
static DISKS: Mutex<Vec<FaultyDisk>> = Mutex::new(Vec::new());

impl FaultyDisk {
    /// Puts a disk beneath everything that SQLite keeps in `folder`. No call fails yet.
    ///
    /// # Panics
    /// If SQLite does not take it.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        crate::vfs::install();
        let disk = Self {
            folder: folder.to_owned(),
            state: Arc::default(),
        };
        disks().push(disk.clone());
        disk
    }

    /// Takes it from under the folder; what it counted can still be asked.
    pub fn remove(self) -> Self {
        disks().retain(|disk| disk.folder != self.folder);
        self
    }

    /// The disk that a file is on.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let disks = disks();
        disks.iter().find(|d| path.starts_with(&d.folder)).cloned()
    }

    /// Lets change number `number` fail, counted from 0 over the life of this disk.
    pub fn fail_change(&self, number: usize, fault: Fault) {
        self.state().failing_change = Some((number, fault));
    }

    /// Lets nothing reach the disk any more after change number `number`: the process dies in it.
    pub fn die_at_change(&self, number: usize) {
        self.state().last_change = Some(number);
    }

    /// Lets look number `number` fail.
    pub fn fail_look(&self, number: usize) {
        self.state().failing_look = Some(number);
    }

    /// Changes so far, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<Kind> {
        self.state().changes.clone()
    }

    /// Looks so far.
    #[must_use]
    pub fn looks(&self) -> usize {
        self.state().looks
    }

    /// Looks that a test makes to see what is there: they neither count nor fail.
    pub fn looks_are_free(&self, free: bool) {
        self.state().looks_are_free = free;
    }

    /// Whether a call was made to fail.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.state().fired
    }

    /// Whoever still has files open can do nothing more to them: a process that was killed.
    pub fn kill(&self) {
        self.state().dead = true;
    }

    /// The killed process is gone, and all that it had open: another may come.
    ///
    /// # Panics
    /// If the folder can not be changed.
    pub fn restart(&self, how: Restart) {
        let state = &mut *self.state();
        state.dead = false;
        if how == Restart::Process {
            return;
        }
        for (path, image) in &mut state.images {
            let left = match how {
                Restart::PowerCutHalf if image.deleted => None,
                Restart::PowerCutHalf => Some(image.by_half()),
                Restart::Process | Restart::PowerCut => image.durable.clone(),
            };
            match &left {
                Some(bytes) => std::fs::write(path, bytes).unwrap(),
                None if path.exists() => std::fs::remove_file(path).unwrap(),
                None => {}
            }
            *image = Image {
                deleted: left.is_none(),
                durable: left,
                ..Image::default()
            };
        }
        // Shared memory does not outlive a power cut.
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().ends_with("-shm") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    /// Counts a change and says what becomes of it.
    pub(crate) fn change(&self, kind: Kind) -> Verdict {
        let state = &mut *self.state();
        if state.dead {
            return Verdict::Fail(Fault::NotApplied);
        }
        let number = state.changes.len();
        state.changes.push(kind);
        state.dead = state.last_change == Some(number);
        match state.failing_change {
            Some((failing, fault)) if failing == number => {
                state.fired = true;
                Verdict::Fail(fault)
            }
            _ => Verdict::Go,
        }
    }

    /// Counts a look; false: it fails.
    pub(crate) fn look(&self) -> bool {
        let state = &mut *self.state();
        if state.dead {
            return false;
        }
        if state.looks_are_free {
            return true;
        }
        let number = state.looks;
        state.looks += 1;
        if state.failing_look == Some(number) {
            state.fired = true;
            return false;
        }
        true
    }

    /// A file was opened: what it held before this disk was there is durable.
    pub(crate) fn opened(&self, path: &Path, was_there: bool) {
        let state = &mut *self.state();
        let image = state
            .images
            .entry(path.to_owned())
            .or_insert_with(|| Image {
                durable: was_there.then(|| std::fs::read(path).unwrap_or_default()),
                ..Image::default()
            });
        if !was_there {
            image.unsynced.push(Change::Truncate(0));
            image.deleted = false;
            image.syncs_folder = true;
        }
    }

    /// A change reached the file.
    pub(crate) fn changed(&self, path: &Path, change: Change) {
        let state = &mut *self.state();
        state
            .images
            .entry(path.to_owned())
            .or_default()
            .unsynced
            .push(change);
    }

    /// A sync covered all changes so far; or pretended to, and forgot them.
    pub(crate) fn synced(&self, path: &Path, really: bool) {
        let state = &mut *self.state();
        let image = state.images.entry(path.to_owned()).or_default();
        if really {
            let durable = image.durable.get_or_insert_default();
            for change in &image.unsynced {
                change.apply(durable);
            }
        }
        image.unsynced.clear();
        if really && std::mem::take(&mut image.syncs_folder) {
            state.sync_folder();
        }
    }

    /// A file was deleted; only a sync of the folder makes that durable.
    pub(crate) fn deleted(&self, path: &Path, folder_synced: bool) {
        let state = &mut *self.state();
        if let Some(image) = state.images.get_mut(path) {
            image.unsynced.clear();
            image.deleted = true;
        }
        if folder_synced {
            state.sync_folder();
        }
    }

    /// An operator deleted a file for good.
    ///
    /// # Panics
    /// If it is there and can not be deleted.
    pub fn delete(&self, path: &Path) {
        self.state().images.remove(path);
        if path.exists() {
            std::fs::remove_file(path).unwrap();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn disks() -> MutexGuard<'static, Vec<FaultyDisk>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Names become durable, and with a name nothing but itself.
    fn sync_folder(&mut self) {
        self.images.retain(|_, image| !image.deleted);
        for image in self.images.values_mut() {
            image.durable.get_or_insert_default();
        }
    }
}

impl Image {
    /// Every second change that was not synced, on top of what was.
    fn by_half(&self) -> Vec<u8> {
        let mut bytes = self.durable.clone().unwrap_or_default();
        for change in self.unsynced.iter().step_by(2) {
            change.apply(&mut bytes);
        }
        bytes
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, new) => {
                let start = usize::try_from(*offset).unwrap_or(usize::MAX);
                if bytes.len() == start {
                    bytes.extend_from_slice(new);
                    return;
                }
                let end = start.saturating_add(new.len());
                bytes.resize(bytes.len().max(end), 0);
                bytes[start..end].copy_from_slice(new);
            }
            Self::Truncate(length) => {
                bytes.resize(usize::try_from(*length).unwrap_or(usize::MAX), 0);
            }
        }
    }
}
