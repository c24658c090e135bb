//! Genuine bytes, altered as an input says: what a signature or MAC must notice.

use arbitrary::{Result, Unstructured};

/// `bytes` after some alterations; `others` are genuine too, and pieces are taken from them. May
/// come out unaltered.
pub(crate) fn altered(
    u: &mut Unstructured<'_>,
    bytes: &[u8],
    others: &[Vec<u8>],
) -> Result<Vec<u8>> {
    let mut out = bytes.to_vec();
    for _ in 0..u.int_in_range(0..=3u8)? {
        let length = out.len();
        match u.int_in_range(0..=6u8)? {
            0 | 1 if length > 0 => out[u.choose_index(length)?] ^= u.arbitrary::<u8>()?,
            2 => out.truncate(u.int_in_range(0..=length)?),
            3 => out.extend_from_slice(some(u)?),
            4 => {
                let at = u.int_in_range(0..=length)?;
                let new = some(u)?;
                out.iter_mut().skip(at).zip(new).for_each(|(b, n)| *b = *n);
            }
            5 if !others.is_empty() => {
                // The same place of another: a value that is right there.
                let other = u.choose(others)?;
                let from = u.int_in_range(0..=length.min(other.len()))?;
                let to = u.int_in_range(from..=length.min(other.len()))?;
                out[from..to].copy_from_slice(&other[from..to]);
            }
            _ => {
                let from = u.int_in_range(0..=length)?;
                let to = u.int_in_range(from..=length.min(from + 64))?;
                out.drain(from..to);
            }
        }
    }
    Ok(out)
}

/// Up to 64 bytes of the input itself.
pub(crate) fn some<'a>(u: &mut Unstructured<'a>) -> Result<&'a [u8]> {
    let count = u.int_in_range(0..=64usize)?.min(u.len());
    u.bytes(count)
}
