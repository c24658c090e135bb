//! Thirty-two secret bytes.

use crate::{Entropy, MacKey, VaultError, mac::same_bytes};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk};
use item::{Layout, LayoutError, Reader};
use verify::Tag;
use zeroize::Zeroize;

/// A 256-bit secret. Wiped when dropped, never shown, compared in constant time. It has one place
/// of its own: moving the value does not copy the bytes.
#[derive(Clone)]
pub struct Secret(Box<[u8; 32]>);

impl Secret {
    /// Takes the bytes over; the caller wipes its own copy.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Box::new(bytes))
    }

    /// A fresh one.
    ///
    /// # Errors
    /// [`VaultError`] without entropy.
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, VaultError> {
        let mut out = Self::new([0; 32]);
        entropy.fill(out.0.as_mut_slice())?;
        Ok(out)
    }

    /// The bytes, for a primitive.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-SHA-256 of this secret, without salt, with `tag | parts` as info (P3).
    ///
    /// # Errors
    /// [`VaultError`] never in practice: the output length is fixed and legal.
    pub fn derive(&self, tag: Tag, parts: &[&[u8]]) -> Result<Self, VaultError> {
        self.extracted().derive(tag, parts)
    }

    /// The first half of [`Secret::derive`], done once for many.
    #[must_use]
    pub(crate) fn extracted(&self) -> Extracted {
        // HKDF-Extract (RFC 5869, 2.2): without a salt, the key of the MAC is 32 zeros.
        let mut extracted = MacKey::new(&Self::new([0; 32])).mac(&[self.0.as_slice()]);
        let prk = Box::new(Prk::new_less_safe(HKDF_SHA256, &extracted));
        extracted.zeroize();
        Extracted(prk)
    }
}

/// A secret from which many are derived.
pub(crate) struct Extracted(Box<Prk>);

impl Extracted {
    /// As [`Secret::derive`].
    pub(crate) fn derive(&self, tag: Tag, parts: &[&[u8]]) -> Result<Secret, VaultError> {
        struct Length;
        impl KeyType for Length {
            fn len(&self) -> usize {
                32
            }
        }
        let info = tag.message(parts);
        let mut out = Secret::new([0; 32]);
        self.0
            .expand(&[&info], Length)
            .and_then(|okm| okm.fill(out.0.as_mut_slice()))
            .map_err(|_| VaultError)?;
        Ok(out)
    }
}

impl std::fmt::Debug for Extracted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Extracted(..)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        same_bytes(self.0.as_slice(), other.0.as_slice())
    }
}

impl Eq for Secret {}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Layout for Secret {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_slice());
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok(Self::new(reader.array()?))
    }
}
