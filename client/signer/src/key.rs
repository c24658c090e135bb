//! One Ed25519 key of one person, in one text file. What it signs is in `sign`, `ledger` and
//! `verifier`.
//!
//! ```text
//! indicia-signing-key 1
//! name treasury-1
//! public 64 hex digits
//! secret 64 hex digits
//! ```

use crate::limits::KEY_NAME_MAX;
use crate::secret_file;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use item::{Bytes, EnrolledKey, KeyId, PublicKey, Suite};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use verify::Tag;
use zeroize::Zeroizing;

const FIRST_LINE: &str = "indicia-signing-key 1";

/// Why a key can not be made, kept or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Group or others have rights to the file.
    #[error("{}: others than its owner have rights to this key file; if nobody used them: chmod 600", path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
    },
    /// Not a key file.
    #[error("{}: this is not a key file of the expected kind", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
    /// The secret half does not belong to the public half.
    #[error("{}: secret and public half do not belong together", path.display())]
    Mismatch {
        /// Which file.
        path: PathBuf,
    },
    /// Not a name.
    #[error("a key's name has 1 to 64 letters, digits, dots, hyphens or underscores")]
    Name,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
}

impl KeyError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn malformed(path: &Path) -> Self {
        Self::Malformed {
            path: path.to_owned(),
        }
    }
}

/// A secret key with its name. Its secret is wiped from memory when it is dropped.
pub struct SigningKey {
    name: String,
    enrolled: EnrolledKey,
    id: KeyId,
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("name", &self.name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new key from the system's random numbers.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::Random`].
    pub fn generate(name: &str) -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0u8; 32]);
        aws_lc_rs::rand::fill(seed.as_mut_slice()).map_err(|_| KeyError::Random)?;
        Self::from_seed(name, seed)
    }

    fn from_seed(name: &str, seed: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || name.len() > KEY_NAME_MAX || !name.chars().all(plain) {
            return Err(KeyError::Name);
        }
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| KeyError::Random)?;
        let key = PublicKey::new(Suite::Ed25519, pair.public_key().as_ref())
            .map_err(|_| KeyError::Random)?;
        let enrolled = EnrolledKey {
            name: Bytes::new(name.as_bytes().to_vec()).map_err(|_| KeyError::Name)?,
            key,
        };
        Ok(Self {
            name: name.to_owned(),
            id: verify::key_id(&enrolled.key),
            enrolled,
            seed,
            pair,
        })
    }

    /// Keeps it in a new file, mode 0600, durably.
    ///
    /// # Errors
    /// [`KeyError::Io`], also when the file exists: a key is never written over.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        let text = Zeroizing::new(format!(
            "{FIRST_LINE}\nname {}\npublic {}\nsecret {}\n",
            self.name,
            self.public_hex(),
            secret_file::secret_hex(&self.seed).as_str(),
        ));
        secret_file::write(path, &text)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// [`KeyError`] but for `Random`.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = secret_file::read(path)?;
        let mut lines = text.lines();
        let mut field = |prefix: &str| lines.next()?.strip_prefix(prefix);
        let (Some(""), Some(name), Some(public), Some(secret), None) = (
            field(FIRST_LINE),
            field("name "),
            field("public "),
            field("secret "),
            field(""),
        ) else {
            return Err(KeyError::malformed(path));
        };
        let seed = secret_file::secret_from_hex(secret).ok_or_else(|| KeyError::malformed(path))?;
        let key = Self::from_seed(name, seed)?;
        if key.public_hex() != public {
            return Err(KeyError::Mismatch {
                path: path.to_owned(),
            });
        }
        Ok(key)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.enrolled.key.clone()
    }

    /// Its public half with its name, as a transcript holds it.
    #[must_use]
    pub fn enrolled(&self) -> &EnrolledKey {
        &self.enrolled
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// `NAME ed25519:HEX`: what a ceremony's config says of it.
    #[must_use]
    pub fn public_line(&self) -> String {
        format!("{} ed25519:{}", self.name, self.public_hex())
    }

    fn public_hex(&self) -> String {
        hex::encode(self.enrolled.key.bytes())
    }

    /// Signs `tag | message`.
    #[must_use]
    pub fn sign(&self, tag: Tag, message: &[u8]) -> [u8; 64] {
        let signature = self.pair.sign(&tag.message(&[message]));
        let mut out = [0; 64];
        for (slot, byte) in out.iter_mut().zip(signature.as_ref()) {
            *slot = *byte;
        }
        out
    }
}

impl From<&SigningKey> for EnrolledKey {
    fn from(key: &SigningKey) -> Self {
        key.enrolled.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn saved() -> (tempfile::TempDir, PathBuf, SigningKey) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        let key = SigningKey::generate("treasury-1").unwrap();
        key.save(&path).unwrap();
        (folder, path, key)
    }

    #[test]
    fn a_key_comes_back_from_its_private_file() {
        let (_folder, path, key) = saved();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let loaded = SigningKey::load(&path).unwrap();
        assert_eq!(loaded.enrolled(), key.enrolled());
        let signature = loaded.sign(Tag::ACT, b"x");
        assert!(verify::verify_signature(
            &key.public(),
            Tag::ACT,
            b"x",
            &signature
        ));
        assert!(!verify::verify_signature(
            &key.public(),
            Tag::CREDIT,
            b"x",
            &signature
        ));
    }

    #[test]
    fn a_file_is_never_written_over() {
        let (_folder, path, key) = saved();
        let before = fs::read(&path).unwrap();
        assert!(matches!(key.save(&path), Err(KeyError::Io { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_file_that_others_can_touch_is_refused() {
        let (_folder, path, _key) = saved();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(
                matches!(SigningKey::load(&path), Err(KeyError::Exposed { .. })),
                "{mode:o}"
            );
        }
    }

    #[test]
    fn halves_that_do_not_belong_together_are_refused() {
        let (_folder, path, key) = saved();
        let other = SigningKey::generate("other").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace(&key.public_hex(), &other.public_hex())).unwrap();
        assert!(matches!(
            SigningKey::load(&path),
            Err(KeyError::Mismatch { .. })
        ));
    }

    #[test]
    fn every_altered_line_is_refused() {
        let (_folder, path, _key) = saved();
        let text = fs::read_to_string(&path).unwrap();
        for altered in [
            String::new(),
            text.replace("key 1", "key 2"),
            text.replace("name treasury-1\n", ""),
            text.replace("secret ", "secret 0"),
            format!("{text}more\n"),
            text.replace("treasury-1", "two words"),
        ] {
            fs::write(&path, &altered).unwrap();
            assert!(SigningKey::load(&path).is_err(), "{}", altered.len());
        }
    }

    #[test]
    fn debug_and_public_line_show_no_secret() {
        let (_folder, _path, key) = saved();
        let secret = secret_file::secret_hex(&key.seed);
        assert_eq!(
            key.public_line(),
            format!("treasury-1 ed25519:{}", key.public_hex())
        );
        for shown in [format!("{key:?}"), key.public_line()] {
            assert!(!shown.contains(secret.as_str()));
        }
    }

    #[test]
    fn names_stay_one_word() {
        for name in ["", "two words", "umlaut-ä", "line\n", &"x".repeat(65)] {
            assert!(matches!(SigningKey::generate(name), Err(KeyError::Name)));
        }
    }
}
