//! One signature under one public key.

use crate::{Tag, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use item::{KeyId, Layout, PublicKey, Suite};

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
    let tagged = tag.message(&[message]);
    let outcome = match key.suite() {
        Suite::Ed25519 => UnparsedPublicKey::new(&ED25519, key.bytes()).verify(&tagged, signature),
        Suite::P256 if !is_lower_form(signature) => return false,
        Suite::P256 => {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.bytes()).verify(&tagged, signature)
        }
    };
    outcome.is_ok()
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
