//! One signature under one public key.

use crate::{Tag, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use item::{KeyId, Layout, PublicKey, Suite};

/// Whether `signature` is `key`'s over `tag | message`.
#[must_use]
pub fn verify_signature(key: &PublicKey, tag: Tag, message: &[u8], signature: &[u8; 64]) -> bool {
    let tagged = tag.message(&[message]);
    let outcome = match key.suite() {
        Suite::Ed25519 => UnparsedPublicKey::new(&ED25519, key.bytes()).verify(&tagged, signature),
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
