//! AES-256-GCM: nonce, ciphertext, tag.

use crate::{Entropy, Secret, VaultError};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

const NONCE: usize = 12;
const TAG: usize = 16;

/// Opened bytes; wiped when dropped.
pub type Opened = Zeroizing<Vec<u8>>;

/// A sealing key. Random nonces: keep the number of seals under one key below 2^32.
pub struct SealKey(LessSafeKey);

impl SealKey {
    /// From a secret.
    ///
    /// # Errors
    /// [`VaultError`] never in practice: the length is right.
    pub fn new(secret: &Secret) -> Result<Self, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM, secret.expose()).map_err(|_| VaultError)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals with a random nonce, bound to `aad`.
    ///
    /// # Errors
    /// [`VaultError`] without entropy.
    pub fn seal(
        &self,
        aad: &[u8],
        plain: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce)?;
        self.seal_behind(&[], nonce, aad, plain)
    }

    /// Seals behind some open bytes, with a nonce that the caller never uses twice under this key.
    pub(crate) fn seal_behind(
        &self,
        open: &[u8],
        nonce: [u8; NONCE],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let head = open.len().saturating_add(NONCE);
        let room = head.saturating_add(plain.len()).saturating_add(TAG);
        let mut out = Vec::with_capacity(room);
        out.extend_from_slice(open);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let body = out.get_mut(head..).ok_or(VaultError)?;
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), body)
            .map_err(|_| VaultError)?;
        out.extend_from_slice(tag.as_ref());
        Ok(out)
    }

    /// Opens.
    ///
    /// # Errors
    /// [`VaultError`] if key, `aad` or bytes are not the ones sealed.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Opened, VaultError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(VaultError)?;
        let mut buffer = Zeroizing::new(body.to_vec());
        let length = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(aad),
                buffer.as_mut_slice(),
            )
            .map_err(|_| VaultError)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(..)")
    }
}
