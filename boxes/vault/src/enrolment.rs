//! Enrolment: how a package reaches exactly one box. X25519, HKDF-SHA-256, AES-256-GCM.

use crate::{Opened, OsEntropy, SealKey, Secret, VaultError};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use verify::Tag;
use zeroize::Zeroizing;

/// A box's enrolment key. Derived from its unlock secret, so nothing is stored before the package.
pub struct Enrolment {
    private: PrivateKey,
    public: [u8; 32],
}

impl Enrolment {
    /// From a secret of the box.
    ///
    /// # Errors
    /// [`VaultError`] never in practice.
    pub fn from_secret(secret: &Secret) -> Result<Self, VaultError> {
        let private =
            PrivateKey::from_private_key(&X25519, secret.expose()).map_err(|_| VaultError)?;
        let public = private
            .compute_public_key()
            .map_err(|_| VaultError)?
            .as_ref()
            .try_into()
            .map_err(|_| VaultError)?;
        Ok(Self { private, public })
    }

    /// What the ceremony needs to know.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Seals to the box with this enrolment key: ephemeral public key, then sealed bytes.
    ///
    /// # Errors
    /// [`VaultError`] if the key is not a point of the curve, or without entropy.
    pub fn seal_to(recipient: &[u8; 32], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let ephemeral = Self::from_secret(&Secret::random(&mut OsEntropy)?)?;
        let key = ephemeral.shared(recipient, recipient, &ephemeral.public)?;
        let mut out = ephemeral.public.to_vec();
        out.append(&mut key.seal(&[], plain, &mut OsEntropy)?);
        Ok(out)
    }

    /// Opens what was sealed to this box.
    ///
    /// # Errors
    /// [`VaultError`] if it was sealed to another, or altered.
    pub fn open(&self, sealed: &[u8]) -> Result<Opened, VaultError> {
        let (sender, body) = sealed.split_first_chunk::<32>().ok_or(VaultError)?;
        self.shared(sender, &self.public, sender)?.open(&[], body)
    }

    fn shared(
        &self,
        peer: &[u8; 32],
        recipient: &[u8; 32],
        ephemeral: &[u8; 32],
    ) -> Result<SealKey, VaultError> {
        let secret = agree(
            &self.private,
            UnparsedPublicKey::new(&X25519, peer),
            VaultError,
            |bytes| {
                let copy = Zeroizing::new(bytes.to_vec());
                let array: [u8; 32] = copy.as_slice().try_into().map_err(|_| VaultError)?;
                Ok(Secret::new(array))
            },
        )?;
        SealKey::new(&secret.derive(Tag::DERIVE_PACKAGE, &[recipient, ephemeral])?)
    }
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrolment(..)")
    }
}
