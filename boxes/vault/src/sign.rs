//! A signing key of either suite, with the public key that belongs to it.

use crate::{Secret, VaultError};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use item::{Layout, PublicKey, Signed, Suite};
use verify::{Tag, Tagged, is_lower_form};

/// To fail so often has a chance of one in 2^128.
const SIGN_TRIES: u32 = 128;

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

/// Signs under one key.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
}

impl SigningKey {
    /// From its secret: an Ed25519 seed, or a P-256 scalar with the public key it belongs to.
    ///
    /// # Errors
    /// [`VaultError`] if the scalar is none, or the public key is another's.
    pub fn from_secret(secret: &Secret, public: &PublicKey) -> Result<Self, VaultError> {
        let key = match public.suite() {
            Suite::Ed25519 => Self::from_seed(secret)?,
            Suite::P256 => {
                let pair = EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    secret.expose(),
                    public.bytes(),
                )
                .map_err(|_| VaultError)?;
                Self {
                    pair: Pair::P256(pair),
                    public: public.clone(),
                }
            }
        };
        if key.public != *public {
            return Err(VaultError);
        }
        Ok(key)
    }

    /// An Ed25519 key from its seed.
    ///
    /// # Errors
    /// [`VaultError`] never in practice: every seed is one.
    pub fn from_seed(seed: &Secret) -> Result<Self, VaultError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| VaultError)?;
        let public =
            PublicKey::new(Suite::Ed25519, pair.public_key().as_ref()).map_err(|_| VaultError)?;
        Ok(Self {
            pair: Pair::Ed25519(pair),
            public,
        })
    }

    /// A fresh key and its secret.
    ///
    /// # Errors
    /// [`VaultError`] without entropy.
    pub fn generate(
        suite: Suite,
        entropy: &mut dyn crate::Entropy,
    ) -> Result<(Self, Secret), VaultError> {
        match suite {
            Suite::Ed25519 => {
                let seed = Secret::random(entropy)?;
                Ok((Self::from_seed(&seed)?, seed))
            }
            Suite::P256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                    .map_err(|_| VaultError)?;
                let scalar: EcPrivateKeyBin<'_> =
                    pair.private_key().as_be_bytes().map_err(|_| VaultError)?;
                let secret = Secret::new(scalar.as_ref().try_into().map_err(|_| VaultError)?);
                let public = PublicKey::new(Suite::P256, pair.public_key().as_ref())
                    .map_err(|_| VaultError)?;
                Ok((
                    Self {
                        pair: Pair::P256(pair),
                        public,
                    },
                    secret,
                ))
            }
        }
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `tag | message`.
    ///
    /// # Errors
    /// [`VaultError`] if the library can not sign (P-256 without entropy).
    pub fn sign(&self, tag: Tag, message: &[u8]) -> Result<[u8; 64], VaultError> {
        let tagged = tag.message(&[message]);
        match &self.pair {
            Pair::Ed25519(pair) => {
                let signature = pair.sign(&tagged);
                signature.as_ref().try_into().map_err(|_| VaultError)
            }
            Pair::P256(pair) => lower_form(pair, &tagged),
        }
    }

    /// Signs a body under its own tag.
    ///
    /// # Errors
    /// As for [`SigningKey::sign`].
    pub fn sign_body<T: Layout + Tagged>(&self, body: T) -> Result<Signed<T>, VaultError> {
        let signature = self.sign(T::TAG, &body.to_bytes())?;
        Ok(Signed { body, signature })
    }
}

/// Signs until the signature has the form that counts: each has it with even chance.
fn lower_form(pair: &EcdsaKeyPair, tagged: &[u8]) -> Result<[u8; 64], VaultError> {
    for _ in 0..SIGN_TRIES {
        let signature = pair
            .sign(&SystemRandom::new(), tagged)
            .map_err(|_| VaultError)?;
        let signature = signature.as_ref().try_into().map_err(|_| VaultError)?;
        if is_lower_form(&signature) {
            return Ok(signature);
        }
    }
    Err(VaultError)
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?}, ..)", self.public)
    }
}
