//! AES-256-GCM: nonce, ciphertext, tag.

use crate::{Entropy, Secret, VaultError};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

const NONCE: usize = 12;

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
        self.seal_with(nonce, aad, plain)
    }

    /// Seals with a nonce that the caller never uses twice under this key.
    pub(crate) fn seal_with(
        &self,
        nonce: [u8; NONCE],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let mut body = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad),
                &mut body,
            )
            .map_err(|_| VaultError)?;
        let mut out = nonce.to_vec();
        out.append(&mut body);
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
