//! The unlock secret: what opens a box's sealed package and state (P5).
//!
//! Not here: what is opened with it (`vault`). Hardware that holds the secret becomes another
//! implementation of [`Unlock`] in a crate of its own. [`KeyFile`] is for demonstrations: whoever
//! copies the disk has the file too, and `doctor` says so.

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::geteuid;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Hex characters of a secret.
const TEXT: usize = 64;

/// Where the unlock secret comes from.
pub trait Unlock {
    /// The secret.
    ///
    /// # Errors
    /// [`UnlockError`] says what to do.
    fn secret(&self) -> Result<Zeroizing<[u8; 32]>, UnlockError>;
}

/// Why there is no secret. Ordered as they are found; none carries a byte of the file.
#[derive(Debug)]
pub enum UnlockError {
    /// There is no such file.
    Missing(PathBuf),
    /// The file lies inside the state folder, so that copying the state would copy its key.
    InsideState(PathBuf),
    /// A link, folder, pipe, or device.
    NotAFile(PathBuf),
    /// Others may read or write it: its mode.
    Mode(PathBuf, u32),
    /// It belongs to another user: that user's id.
    Owner(PathBuf, u32),
    /// It is not 64 lower-case hex characters.
    Content(PathBuf),
    /// [`KeyFile::create`] overwrites nothing.
    Exists(PathBuf),
    /// No randomness for a new secret.
    Entropy,
    /// The file system failed.
    Io(PathBuf, io::Error),
}

impl fmt::Display for UnlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(
                f,
                "{}: no such key file; give the one that `enroll` made",
                path.display()
            ),
            Self::InsideState(path) => write!(
                f,
                "{}: the key file lies inside the state folder; move it to another volume",
                path.display()
            ),
            Self::NotAFile(path) => write!(
                f,
                "{}: not a regular file; give the file itself, not a link to it",
                path.display()
            ),
            Self::Mode(path, mode) => write!(
                f,
                "{}: mode {mode:04o} lets others at it; run: chmod 0400 {0}",
                path.display()
            ),
            Self::Owner(path, owner) => write!(
                f,
                "{}: belongs to user {owner}; it must belong to the user that runs the box",
                path.display()
            ),
            Self::Content(path) => write!(
                f,
                "{}: a key file holds 64 lower-case hex characters and nothing else; put the \
                 right one back",
                path.display()
            ),
            Self::Exists(path) => write!(
                f,
                "{}: exists; a key file is never overwritten, choose another name",
                path.display()
            ),
            Self::Entropy => write!(f, "the system gave no randomness; try again"),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for UnlockError {}

/// A secret as hex in a file that only the box's user can read.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
    state: PathBuf,
}

impl KeyFile {
    /// The file at `path`, for the state in folder `state`, which need not exist yet.
    #[must_use]
    pub fn new(path: PathBuf, state: PathBuf) -> Self {
        Self { path, state }
    }

    /// Makes the file, mode 0600, durably, with 32 bytes that `entropy` fills in.
    ///
    /// # Errors
    /// [`UnlockError::Exists`], [`UnlockError::InsideState`], [`UnlockError::Entropy`] if `entropy`
    /// says that it failed, [`UnlockError::Io`].
    pub fn create(&self, entropy: impl FnOnce(&mut [u8; 32]) -> bool) -> Result<(), UnlockError> {
        self.outside_state()?;
        let mut secret = Zeroizing::new([0; 32]);
        if !entropy(&mut secret) {
            return Err(UnlockError::Entropy);
        }
        let text = to_hex(&secret);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.path)
            .map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => UnlockError::Exists(self.path.clone()),
                _ => self.io(error),
            })?;
        file.write_all(text.as_slice())
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(parent(&self.path))?.sync_all())
            .map_err(|error| self.io(error))
    }

    fn io(&self, error: io::Error) -> UnlockError {
        UnlockError::Io(self.path.clone(), error)
    }

    /// The folder is compared, not the file: the file may be a new one.
    fn outside_state(&self) -> Result<(), UnlockError> {
        let folder = parent(&self.path)
            .canonicalize()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => UnlockError::Missing(self.path.clone()),
                _ => self.io(error),
            })?;
        match self.state.canonicalize() {
            Ok(state) if folder.starts_with(&state) => {
                Err(UnlockError::InsideState(self.path.clone()))
            }
            Ok(_) => Ok(()),
            // A folder that does not exist holds no file.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(UnlockError::Io(self.state.clone(), error)),
        }
    }

    /// Opens without following a link and without waiting for a pipe's other end.
    fn open(&self) -> Result<File, UnlockError> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        OpenOptions::new()
            .read(true)
            .custom_flags(i32::try_from(flags).unwrap_or(0))
            .open(&self.path)
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => UnlockError::Missing(self.path.clone()),
                // What NOFOLLOW says of a link; std has no stable name for it.
                _ if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                    UnlockError::NotAFile(self.path.clone())
                }
                _ => self.io(error),
            })
    }
}

impl Unlock for KeyFile {
    fn secret(&self) -> Result<Zeroizing<[u8; 32]>, UnlockError> {
        self.outside_state()?;
        let mut file = self.open()?;
        // Asked of the open file, so that nobody can exchange it in between.
        let metadata = file.metadata().map_err(|error| self.io(error))?;
        if !metadata.is_file() {
            return Err(UnlockError::NotAFile(self.path.clone()));
        }
        let mode = metadata.mode() & 0o7777;
        if mode != 0o600 && mode != 0o400 {
            return Err(UnlockError::Mode(self.path.clone(), mode));
        }
        if metadata.uid() != geteuid().as_raw() {
            return Err(UnlockError::Owner(self.path.clone(), metadata.uid()));
        }
        // One byte more than the longest right content, so that too much is seen.
        let mut text = Zeroizing::new([0; TEXT + 2]);
        let mut length: usize = 0;
        while let Some(free @ [_, ..]) = text.get_mut(length..) {
            match file.read(free) {
                Ok(0) => break,
                Ok(count) => length = length.saturating_add(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.io(error)),
            }
        }
        let text = text.get(..length).unwrap_or_default();
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        from_hex(text).ok_or_else(|| UnlockError::Content(self.path.clone()))
    }
}

/// The folder of a path; a bare name lies in the current one.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Hex with a newline. By hand, so that no copy is left behind unwiped.
fn to_hex(secret: &[u8; 32]) -> Zeroizing<[u8; TEXT + 1]> {
    let mut text = Zeroizing::new([b'\n'; TEXT + 1]);
    let digit = |value: u8| match value {
        0..=9 => b'0'.wrapping_add(value),
        _ => b'a'.wrapping_sub(10).wrapping_add(value),
    };
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(secret) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    text
}

fn from_hex(text: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(digit.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    };
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != TEXT / 2 || !rest.is_empty() {
        return None;
    }
    let mut secret = Zeroizing::new([0; 32]);
    for (slot, [high, low]) in secret.iter_mut().zip(pairs) {
        *slot = value(*high)? << 4 | value(*low)?;
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn made() -> (tempfile::TempDir, KeyFile) {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        fs::create_dir(&state).unwrap();
        let key = KeyFile::new(folder.path().join("key"), state);
        key.create(|secret| {
            *secret = std::array::from_fn(|i| i as u8 * 7);
            true
        })
        .unwrap();
        (folder, key)
    }

    fn write(key: &KeyFile, text: &str) {
        fs::write(&key.path, text).unwrap();
    }

    #[test]
    fn what_was_made_is_read_again() {
        let (_folder, key) = made();
        let expected: [u8; 32] = std::array::from_fn(|i| i as u8 * 7);
        assert_eq!(*key.secret().unwrap(), expected);
        assert_eq!(fs::metadata(&key.path).unwrap().mode() & 0o7777, 0o600);
        assert!(matches!(key.create(|_| true), Err(UnlockError::Exists(_))));
        let text = fs::read_to_string(&key.path).unwrap();
        write(&key, text.trim_end());
        assert_eq!(*key.secret().unwrap(), expected, "the newline is optional");
    }

    #[test]
    fn no_secret_without_randomness() {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyFile::new(folder.path().join("key"), folder.path().join("state"));
        assert!(matches!(key.create(|_| false), Err(UnlockError::Entropy)));
        assert!(matches!(key.secret(), Err(UnlockError::Missing(_))));
    }

    #[test]
    fn other_content_is_refused() {
        let (_folder, key) = made();
        let good = "0a".repeat(32);
        for text in [
            String::new(),
            "0a".repeat(31),
            format!("{good}0"),
            format!("{good}\n\n"),
            format!("{good} "),
            good.to_uppercase(),
            good.replace("0a", "0g"),
            good.repeat(100),
        ] {
            write(&key, &text);
            let found = key.secret();
            assert!(matches!(found, Err(UnlockError::Content(_))), "{text:?}");
        }
        write(&key, &good);
        assert_eq!(*key.secret().unwrap(), [10; 32]);
    }

    #[test]
    fn only_its_owner_may_reach_it() {
        let (_folder, key) = made();
        for mode in [0o640, 0o604, 0o602, 0o700, 0o444, 0o4600] {
            fs::set_permissions(&key.path, fs::Permissions::from_mode(mode)).unwrap();
            let found = key.secret();
            assert!(
                matches!(found, Err(UnlockError::Mode(_, m)) if m == mode),
                "{mode:o}"
            );
        }
        fs::set_permissions(&key.path, fs::Permissions::from_mode(0o400)).unwrap();
        key.secret().unwrap();
    }

    #[test]
    fn links_and_folders_are_no_key_files() {
        let (folder, key) = made();
        let link = KeyFile::new(folder.path().join("link"), key.state.clone());
        symlink(&key.path, &link.path).unwrap();
        assert!(matches!(link.secret(), Err(UnlockError::NotAFile(_))));
        let inside = KeyFile::new(folder.path().to_owned(), key.state.clone());
        assert!(matches!(inside.secret(), Err(UnlockError::NotAFile(_))));
    }

    #[test]
    fn not_inside_the_state_by_any_name() {
        let (folder, key) = made();
        let other_name = folder.path().join("other");
        symlink(&key.state, &other_name).unwrap();
        for place in ["state/key", "other/key", "state/../state/key"] {
            let inside = KeyFile::new(folder.path().join(place), key.state.clone());
            let refused = |found| matches!(found, Err(UnlockError::InsideState(_)));
            assert!(refused(inside.create(|_| true)), "{place}");
            assert!(refused(inside.secret().map(|_| ())), "{place}");
        }
        // A name that merely begins alike is another folder.
        let beside = folder.path().join("state-of-mind");
        fs::create_dir(&beside).unwrap();
        KeyFile::new(beside.join("key"), key.state.clone())
            .create(|_| true)
            .unwrap();
    }
}
