//! Files that only their owner may read. What is in them is the caller's business.

use crate::KeyError;
use crate::limits::KEY_FILE_BYTES_MAX;
use crate::log_file::sync_folder_of;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// Makes a new file, mode 0600, and makes it durable.
///
/// # Errors
/// [`KeyError::Io`]; an existing file is never written over.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), KeyError> {
    let outcome = || -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        sync_folder_of(path)
    };
    outcome().map_err(|source| KeyError::io(path, source))
}

/// The text of a file that nobody but its owner can read.
///
/// # Errors
/// [`KeyError::Exposed`] if group or others have any right to it, [`KeyError::Malformed`] if it is
/// too long or no text, [`KeyError::Io`].
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let io = |source| KeyError::io(path, source);
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if metadata.mode() & 0o077 != 0 {
        return Err(KeyError::Exposed {
            path: path.to_owned(),
        });
    }
    if !metadata.is_file() || metadata.len() > KEY_FILE_BYTES_MAX {
        return Err(KeyError::malformed(path));
    }
    // Full capacity from the start: a growing buffer would leave copies of the secret behind.
    let capacity = usize::try_from(KEY_FILE_BYTES_MAX).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    file.take(KEY_FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|source| match source.kind() {
            io::ErrorKind::InvalidData => KeyError::malformed(path),
            _ => KeyError::io(path, source),
        })?;
    Ok(text)
}

/// 32 secret bytes as lower-case hex.
pub(crate) fn secret_hex(secret: &[u8; 32]) -> Zeroizing<String> {
    let mut digits = Zeroizing::new([0u8; 64]);
    // The buffer has exactly twice the length, the one thing that the encoder asks for.
    let _ = hex::encode_to_slice(secret, digits.as_mut_slice());
    Zeroizing::new(digits.iter().map(|digit| char::from(*digit)).collect())
}

/// The reverse of [`secret_hex`].
pub(crate) fn secret_from_hex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut secret = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(text, secret.as_mut_slice()).ok()?;
    Some(secret)
}
