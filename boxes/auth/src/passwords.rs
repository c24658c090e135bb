//! The password policy applied, and the sealed hashes of the password in force and the four before it.

use item::{Layout, LayoutError, Reader, Subject, UserRecord};
use vault::{Entropy, PasswordHash, RecordKeys, VaultError};
use wire::{Password, RefusalCode};

/// Name of the sealed field, which its seal is bound to.
const FIELD: &str = "passwords";
/// Hashes kept: `UserRecord` has room for exactly these.
const KEPT: usize = 5;

/// Checks a new password against the policy.
///
/// # Errors
/// [`RefusalCode::PasswordPolicy`].
pub(crate) fn allowed(password: &Password) -> Result<(), RefusalCode> {
    if password.meets_policy() {
        Ok(())
    } else {
        Err(RefusalCode::PasswordPolicy)
    }
}

/// The kept hashes, newest first; empty slots last.
pub(crate) struct Passwords(Vec<PasswordHash>);

impl Layout for Passwords {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|slot| slot.put(out));
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        (0..KEPT)
            .map(|_| PasswordHash::get(reader))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Passwords {
    /// Of a user who has had one password only.
    pub(crate) fn first(hash: PasswordHash) -> Self {
        let empty = std::iter::repeat_with(PasswordHash::empty);
        Self(std::iter::once(hash).chain(empty).take(KEPT).collect())
    }

    /// As the record has them.
    ///
    /// # Errors
    /// [`RefusalCode::Internal`]: the record's MAC fits, so its sealed field does too.
    pub(crate) fn open(keys: &RecordKeys, record: &UserRecord) -> Result<Self, RefusalCode> {
        let plain = keys
            .open_field(&record.subject(), FIELD, &record.passwords)
            .map_err(|_| RefusalCode::Internal)?;
        Self::from_bytes(&plain).map_err(|_| RefusalCode::Internal)
    }

    /// For the record of `user`.
    ///
    /// # Errors
    /// [`RefusalCode::Internal`] without entropy.
    pub(crate) fn seal<const N: usize>(
        &self,
        keys: &RecordKeys,
        user: &Subject,
        entropy: &mut dyn Entropy,
    ) -> Result<[u8; N], RefusalCode> {
        keys.seal_field(user, FIELD, &self.to_bytes(), entropy)
            .map_err(|_| RefusalCode::Internal)
    }

    /// Whether `shown` is the password in force. One Argon2id hash of work.
    ///
    /// # Errors
    /// [`RefusalCode::Internal`] if the hash can not be computed.
    pub(crate) fn in_force(&self, shown: &Password) -> Result<bool, RefusalCode> {
        match self.0.first() {
            Some(hash) => fits(hash, shown),
            None => Ok(false),
        }
    }

    /// Whether `shown` is any of the kept ones. Up to five hashes of work.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn any(&self, shown: &Password) -> Result<bool, RefusalCode> {
        for hash in self.0.iter().filter(|slot| slot.present) {
            if fits(hash, shown)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// With a new one in force; the oldest is forgotten.
    pub(crate) fn followed_by(self, hash: PasswordHash) -> Self {
        Self(std::iter::once(hash).chain(self.0).take(KEPT).collect())
    }
}

/// The sealed hashes of `user`, under the keys of another epoch.
///
/// # Errors
/// [`VaultError`] if they do not open, or without entropy.
pub(crate) fn reseal<const N: usize>(
    user: &Subject,
    sealed: &[u8; N],
    from: &RecordKeys,
    to: &RecordKeys,
    entropy: &mut dyn Entropy,
) -> Result<[u8; N], VaultError> {
    to.reseal_field(from, user, FIELD, sealed, entropy)
}

/// Whether `hash` is the hash of `shown`.
///
/// # Errors
/// [`RefusalCode::Internal`] if it names a cost that this program does not compute.
pub(crate) fn fits(hash: &PasswordHash, shown: &Password) -> Result<bool, RefusalCode> {
    hash.fits(shown.as_slice())
        .map_err(|_| RefusalCode::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_counts_characters_not_bytes() {
        let e_acute = '\u{e9}'.to_string();
        for (text, good) in [
            ("correct horse".into(), true),
            ("twelve chars".into(), true),
            ("eleven char".into(), false),
            (String::new(), false),
            ("aaaaaaaaaaaa".into(), false),
            ("aaaaaaaaaaab".into(), true),
            (e_acute.repeat(13), false),
            (format!("{}x", e_acute.repeat(11)), true),
            (format!("{}x", e_acute.repeat(6)), false),
            (format!("{}b", "a".repeat(127)), true),
            (format!("{}b", "a".repeat(128)), false),
            (format!("{}b", '\u{1f4ee}'.to_string().repeat(127)), true),
        ] {
            let password = Password::new(text.clone()).unwrap();
            assert_eq!(allowed(&password).is_ok(), good, "{text}");
        }
        let bytes = item::Bytes::<512>::new(b"not UTF-8 here \xff".to_vec()).unwrap();
        assert!(Password::from_bytes(&bytes.to_bytes()).is_err());
    }

    #[test]
    fn slots_fill_the_field_exactly() {
        let passwords = Passwords::first(PasswordHash::empty());
        assert_eq!(passwords.to_bytes().len(), UserRecord::PASSWORDS_PLAIN);
    }
}
