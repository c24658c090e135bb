//! The one form of an address that its digest is made of (protocol.md, payload).
//!
//! Not here: standardising an address for the post (`postal`). This only takes away what two
//! writings of the same lines may differ in, so that a verifier who types what it reads gets the
//! same digest.

use crate::limits::ADDRESS_MAX;
use crate::{Bytes, LayoutError};

/// Normalised lines, joined by 0x0A; empty means "no address".
pub type AddressLines = Bytes<ADDRESS_MAX>;

/// Most addresses have fewer bytes.
const USUAL_BYTES: usize = 128;

/// Upper-cases, keeps only `A-Z`, `0-9` and bytes from 0x80, drops empty lines, joins by 0x0A.
///
/// # Errors
/// [`LayoutError::TooLong`] above [`ADDRESS_MAX`] bytes.
pub fn normalise_address<'a>(
    lines: impl IntoIterator<Item = &'a str>,
) -> Result<AddressLines, LayoutError> {
    let mut out = Vec::with_capacity(USUAL_BYTES);
    for line in lines {
        let ended = out.len();
        if ended > 0 {
            out.push(b'\n');
        }
        let begun = out.len();
        let upper = line.bytes().map(|b| b.to_ascii_uppercase());
        out.extend(upper.filter(|&b| is_kept(b)));
        if out.len() == begun {
            out.truncate(ended);
        }
    }
    Bytes::new(out)
}

impl AddressLines {
    /// Whether the bytes are what [`normalise_address`] would have written.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        let bytes = self.as_slice();
        bytes.is_empty()
            || bytes
                .split(|&b| b == b'\n')
                .all(|line| !line.is_empty() && line.iter().all(|&b| is_kept(b)))
    }
}

fn is_kept(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_writings_of_one_address_agree() {
        let a = normalise_address([
            "California State Capitol",
            "1315 10th St.",
            "",
            "Sacramento, CA 95814",
        ]);
        let b = normalise_address([
            "CALIFORNIA STATE CAPITOL ",
            "1315-10TH ST",
            "sacramento ca  95814",
        ]);
        assert_eq!(a, b);
        let a = a.unwrap();
        assert_eq!(
            a.as_slice(),
            b"CALIFORNIASTATECAPITOL\n131510THST\nSACRAMENTOCA95814"
        );
        assert!(a.is_normal());
    }

    #[test]
    fn other_bytes_are_not_normal() {
        for bytes in [&b"a"[..], b"A B", b"A\n\nB", b"\n", b"A\n"] {
            assert!(
                !AddressLines::new(bytes.to_vec()).unwrap().is_normal(),
                "{bytes:?}"
            );
        }
    }
}
