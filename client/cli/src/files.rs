//! Writing and reading files, with the path in every error.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Makes a folder that only its owner can look into.
pub(crate) fn make_private_folder(path: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .mode(0o700)
        .create(path)
        .with_context(|| path.display().to_string())
}

/// Writes a file as a whole: a reader sees the old content or the new one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    replace_with_mode(path, content, 0o644)
}

/// As [`replace`], for what only its owner may read.
pub(crate) fn replace_private(path: &Path, content: &[u8]) -> Result<()> {
    replace_with_mode(path, content, 0o600)
}

fn replace_with_mode(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    let place = || path.display().to_string();
    let draft = draft_of(path);
    remove_if_there(&draft)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&draft)
        .with_context(place)?;
    file.write_all(content).with_context(place)?;
    file.sync_all().with_context(place)?;
    fs::rename(&draft, path).with_context(place)
}

/// Where a file is written before it takes the place of the old one.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Removes a file, which need not be there.
pub(crate) fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

/// The content of a file, if it is there.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// A file that somebody named, of at most `max` bytes.
pub(crate) fn read_limited(path: &Path, max: u64) -> Result<Vec<u8>> {
    let place = || path.display().to_string();
    let mut content = Vec::new();
    File::open(path)
        .with_context(place)?
        .take(max.saturating_add(1))
        .read_to_end(&mut content)
        .with_context(place)?;
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > max {
        bail!("{}: larger than {max} bytes", path.display());
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_private_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.json");
        for content in [&b"one"[..], b"longer than one", b"x"] {
            replace_private(&path, content).unwrap();
            assert_eq!(read_if_there(&path).unwrap().unwrap(), content);
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        remove_if_there(&path).unwrap();
        remove_if_there(&path).unwrap();
        assert_eq!(read_if_there(&path).unwrap(), None);
    }

    #[test]
    fn a_file_above_the_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, [0; 10]).unwrap();
        assert_eq!(read_limited(&path, 10).unwrap().len(), 10);
        assert!(read_limited(&path, 9).is_err());
    }
}
