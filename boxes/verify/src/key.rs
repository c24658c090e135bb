//! One signature under one public key.

use crate::{Tag, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm,
};
use item::{KeyId, Layout, PublicKey, Suite};

/// What can say whether a signature is its own.
pub trait Verifies {
    /// Whether `signature` is its own over `tag | message`.
    fn verifies(&self, tag: Tag, message: &[u8], signature: &[u8; 64]) -> bool;
}

impl Verifies for PublicKey {
    fn verifies(&self, tag: Tag, message: &[u8], signature: &[u8; 64]) -> bool {
        fits(self.suite(), signature, |algorithm| {
            UnparsedPublicKey::new(algorithm, self.bytes())
                .verify(&tag.message(&[message]), signature)
                .is_ok()
        })
    }
}

/// A public key that is parsed once, for many signatures. It takes exactly those that the key takes.
#[derive(Debug, Clone)]
pub struct ReadyKey {
    key: PublicKey,
    /// None: the bytes are no point of the curve. Such a key has signed nothing.
    parsed: Option<ParsedPublicKey>,
}

impl ReadyKey {
    /// Parses a key.
    #[must_use]
    pub fn new(key: PublicKey) -> Self {
        let parsed = ParsedPublicKey::new(algorithm(key.suite()), key.bytes()).ok();
        Self { key, parsed }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl Verifies for ReadyKey {
    fn verifies(&self, tag: Tag, message: &[u8], signature: &[u8; 64]) -> bool {
        fits(self.key.suite(), signature, |_| {
            self.parsed
                .as_ref()
                .is_some_and(|key| key.verify_sig(&tag.message(&[message]), signature).is_ok())
        })
    }
}

fn algorithm(suite: Suite) -> &'static dyn VerificationAlgorithm {
    match suite {
        Suite::Ed25519 => &ED25519,
        Suite::P256 => &ECDSA_P256_SHA256_FIXED,
    }
}

/// What both ways ask of a signature, beside that it fits.
fn fits(
    suite: Suite,
    signature: &[u8; 64],
    check: impl FnOnce(&'static dyn VerificationAlgorithm) -> bool,
) -> bool {
    let one_form = match suite {
        Suite::Ed25519 => true,
        Suite::P256 => is_lower_form(signature),
    };
    one_form && check(algorithm(suite))
}

/// Half the order of P-256, rounded down.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde,
    0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// Whether a P-256 signature has the lower of its two forms. Whoever sees (r, s) can write down
/// (r, order - s), which fits as well: if both counted, a customer could make a second valid payload
/// of one item, and that is the sign of a copied box (V1). Ed25519 has one form only.
#[must_use]
pub fn is_lower_form(signature: &[u8; 64]) -> bool {
    signature
        .last_chunk()
        .is_some_and(|s: &[u8; 32]| *s <= HALF_ORDER)
}

/// Whether `signature` is `key`'s over `tag | message`.
#[must_use]
pub fn verify_signature(key: &PublicKey, tag: Tag, message: &[u8], signature: &[u8; 64]) -> bool {
    key.verifies(tag, message, signature)
}

/// The id of a key: first 8 bytes of its tagged digest.
#[must_use]
pub fn key_id(key: &PublicKey) -> KeyId {
    let mut out = [0; 8];
    for (slot, byte) in out
        .iter_mut()
        .zip(digest(Tag::KEY_ID, &[&key.to_bytes()]).0)
    {
        *slot = byte;
    }
    KeyId(out)
}
