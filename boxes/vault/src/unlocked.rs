//! What follows from a box's unlock secret: its enrolment key, and the keys of its own state.
//! The secret itself comes through `boxd`'s `Unlock` and is never on the volume of the state.

use crate::{BoxPackage, Enrolment, Entropy, MacKey, Opened, SealKey, Secret, VaultError};
use item::Layout;
use std::sync::{Mutex, PoisonError};
use verify::Tag;

/// Keys that protect one box's journal and package.
#[derive(Debug)]
pub struct UnlockedKeys {
    enrolment: Secret,
    package: SealKey,
    journal_mac: Secret,
    journal_seal: Secret,
    /// Salt of this process' journal seals, with their key.
    session: ([u8; 16], SealKey),
    /// Number of seals under the session's key.
    seals: u64,
    /// Salt and key of the process whose record was opened last: the next one is mostly of the same.
    opened: Mutex<Option<([u8; 16], SealKey)>>,
}

impl UnlockedKeys {
    /// Derives everything.
    ///
    /// # Errors
    /// [`VaultError`] without entropy.
    pub fn new(unlock: &Secret, entropy: &mut dyn Entropy) -> Result<Self, VaultError> {
        let journal_seal = unlock.derive(Tag::DERIVE_JOURNAL, &[b"seal"])?;
        let mut salt = [0; 16];
        entropy.fill(&mut salt)?;
        let session = session_key(&journal_seal, &salt)?;
        Ok(Self {
            enrolment: unlock.derive(Tag::DERIVE_UNLOCK, &[b"enrolment"])?,
            package: SealKey::new(&unlock.derive(Tag::DERIVE_UNLOCK, &[b"package"])?)?,
            journal_mac: unlock.derive(Tag::DERIVE_JOURNAL, &[b"mac"])?,
            journal_seal,
            session: (salt, session),
            seals: 0,
            opened: Mutex::new(None),
        })
    }

    /// The enrolment key.
    ///
    /// # Errors
    /// [`VaultError`] never in practice.
    pub fn enrolment(&self) -> Result<Enrolment, VaultError> {
        Enrolment::from_secret(&self.enrolment)
    }

    /// MAC key of the journal.
    #[must_use]
    pub fn journal_mac(&self) -> MacKey {
        MacKey::new(&self.journal_mac)
    }

    /// Seals the package for the state folder.
    ///
    /// # Errors
    /// [`VaultError`] without entropy.
    pub fn seal_package(
        &self,
        package: &BoxPackage,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let plain = zeroize::Zeroizing::new(package.to_bytes());
        self.package.seal(&[], &plain, entropy)
    }

    /// Opens the package from the state folder.
    ///
    /// # Errors
    /// [`VaultError`] with another unlock secret or altered bytes.
    pub fn open_package(&self, sealed: &[u8]) -> Result<BoxPackage, VaultError> {
        let plain = self.package.open(&[], sealed)?;
        BoxPackage::from_bytes(&plain).map_err(|_| VaultError)
    }

    /// Seals one journal body. Each process seals under a key of its own (random salt) and counts
    /// its nonces: a state folder that is put back never makes two texts share key and nonce.
    ///
    /// # Errors
    /// [`VaultError`] after 2^64 seals.
    pub fn seal_journal(&mut self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.seals = self.seals.checked_add(1).ok_or(VaultError)?;
        let [a, b, c, d, e, f, g, h] = self.seals.to_le_bytes();
        let (salt, key) = &self.session;
        let nonce = [a, b, c, d, e, f, g, h, 0, 0, 0, 0];
        key.seal_behind(salt, nonce, salt, plain)
    }

    /// Opens one journal body, of this or an earlier process.
    ///
    /// # Errors
    /// [`VaultError`] with another unlock secret or altered bytes.
    pub fn open_journal(&self, sealed: &[u8]) -> Result<Opened, VaultError> {
        let (salt, body) = sealed.split_first_chunk::<16>().ok_or(VaultError)?;
        if *salt == self.session.0 {
            return self.session.1.open(salt, body);
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let key = match opened.take() {
            Some((of, key)) if of == *salt => key,
            _ => session_key(&self.journal_seal, salt)?,
        };
        let (_, key) = opened.insert((*salt, key));
        key.open(salt, body)
    }
}

fn session_key(journal: &Secret, salt: &[u8; 16]) -> Result<SealKey, VaultError> {
    SealKey::new(&journal.derive(Tag::DERIVE_JOURNAL, &[b"session", salt])?)
}
