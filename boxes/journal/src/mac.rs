//! The MAC as the journal sees it. The key and the algorithm are not here: the caller has them.

/// A MAC value: 32 bytes.
pub(crate) type Mac = [u8; 32];

/// Makes MACs under a key that only the box holds.
pub trait Authenticator {
    /// The MAC of the concatenation of `parts`. The journal's parts are framed so that their
    /// concatenation can be read in one way only.
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32];
}

impl<A: Authenticator + ?Sized> Authenticator for &A {
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        (**self).mac(parts)
    }
}

/// Compares without stopping at the first difference: how long it takes tells nothing.
pub(crate) fn same(left: &Mac, right: &Mac) -> bool {
    let difference = left
        .iter()
        .zip(right)
        .fold(0u8, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(difference) == 0
}

/// Takes the next `N` bytes off the front, or nothing if there are fewer.
pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_sees_each_bit() {
        let left = [0x5a; 32];
        assert!(same(&left, &left));
        for bit in 0..256 {
            let mut right = left;
            right[bit / 8] ^= 1 << (bit % 8);
            assert!(!same(&left, &right), "bit {bit}");
        }
    }
}
