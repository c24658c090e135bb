//! HMAC-SHA-256 under one key.

use crate::Secret;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};

/// Whether two byte strings are equal, in time that depends on their length only.
#[must_use]
pub fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    verify_slices_are_equal(a, b).is_ok()
}

/// A MAC key.
pub struct MacKey(Key);

impl MacKey {
    /// From a secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(Key::new(HMAC_SHA256, secret.expose()))
    }

    /// MAC of the parts, one after the other.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = Context::with_key(&self.0);
        parts.iter().for_each(|part| context.update(part));
        let mut out = [0; 32];
        for (slot, byte) in out.iter_mut().zip(context.sign().as_ref()) {
            *slot = *byte;
        }
        out
    }

    /// Whether `mac` is the MAC of the parts; constant time.
    #[must_use]
    pub fn fits(&self, parts: &[&[u8]], mac: &[u8; 32]) -> bool {
        same_bytes(&self.mac(parts), mac)
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(..)")
    }
}
