//! What both ends of the channel must spell alike (P5): TLS 1.3 with raw Ed25519 keys (RFC 7250)
//! on both sides, each pinned by the other. No certificates, no names, no chains.
//!
//! Not here: TLS itself. The box's end is `boxd`, the caller's is `datacenter/box-client`.

/// Protocol name in the handshake (ALPN): a peer of another version is refused there.
pub const PROTOCOL: &[u8] = b"indicia-box/1";

/// Requests that one connection may have unanswered. A box reads no further until it has answered,
/// so a peer that sends but never reads costs it a bounded amount of memory.
pub const IN_FLIGHT_MAX: usize = 32;

/// SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410, section 4).
const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// PKCS#8 version 1 of an Ed25519 key up to the seed itself (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The form in which a raw public key goes through the handshake.
#[must_use]
pub fn spki(public: &[u8; 32]) -> Vec<u8> {
    [SPKI_PREFIX.as_slice(), public.as_slice()].concat()
}

/// The Ed25519 key of such a form; `None` for any other bytes, other algorithms among them.
#[must_use]
pub fn public_of_spki(bytes: &[u8]) -> Option<[u8; 32]> {
    bytes.strip_prefix(&SPKI_PREFIX)?.try_into().ok()
}

/// The form in which TLS libraries take a secret key. As secret as the seed: the caller wipes it.
#[must_use]
pub fn pkcs8(seed: &[u8; 32]) -> [u8; 48] {
    let mut out = [0; 48];
    for (slot, byte) in out.iter_mut().zip(PKCS8_PREFIX.iter().chain(seed)) {
        *slot = *byte;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_form_of_a_public_key_is_read() {
        let key = [7; 32];
        let form = spki(&key);
        assert_eq!(public_of_spki(&form), Some(key));
        for at in 0..SPKI_PREFIX.len() {
            let mut other = form.clone();
            other[at] ^= 1;
            assert_eq!(public_of_spki(&other), None, "byte {at}");
        }
        assert_eq!(public_of_spki(&form[..43]), None);
        assert_eq!(public_of_spki(&[form.as_slice(), &[0]].concat()), None);
    }

    #[test]
    fn pkcs8_ends_in_the_seed() {
        let form = pkcs8(&[9; 32]);
        assert_eq!(form[..16], PKCS8_PREFIX);
        assert_eq!(form[16..], [9; 32]);
    }
}
