//! Ten codewords as ten characters of 13 bits, and the check bits that turn characters over.
//!
//! Not here: the number behind the codewords, the bars. Called by `Imb`.
//!
//! A codeword is a pattern with 5 of 13 bits set (1287 of them) or with 2 of 13 (78). A check bit that is set
//! inverts its character, which then has 8 or 11 bits: reading gives codeword and check bit together.

use super::ImbError;

/// Characters of a barcode.
pub(super) const CHARACTERS: usize = 10;

/// Bits of a character.
pub(super) const BITS: usize = 13;

/// Patterns of 13 bits.
const PATTERNS: usize = 1 << BITS;

/// Patterns with 5 of 13 bits set.
const FIVES: usize = 1287;

/// Patterns with 2 of 13 bits set.
const TWOS: usize = 78;

/// Codewords that a character can have.
pub(super) const CODEWORDS: usize = FIVES + TWOS;

/// All 13 bits.
const MASK: u16 = (1 << BITS) - 1;

/// No codeword has this pattern.
const NONE: u16 = u16::MAX;

/// The pattern of each codeword.
static PATTERN_OF: [u16; CODEWORDS] = patterns();

/// The codeword of each pattern, or [`NONE`].
static CODEWORD_OF: [u16; PATTERNS] = codewords();

/// Codewords A to J (A with 659 added where check bit 10 is set) with the check bits 0 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Codewords {
    /// A to J, each below [`CODEWORDS`] when read.
    pub(super) values: [u16; CHARACTERS],
    /// Bit `i` belongs to codeword `i`, A being 0.
    pub(super) check_bits: u16,
}

/// The characters of codewords, each of which is below [`CODEWORDS`].
pub(super) fn of_codewords(codewords: Codewords) -> [u16; CHARACTERS] {
    std::array::from_fn(|at| {
        let pattern = PATTERN_OF[usize::from(codewords.values[at])];
        if codewords.check_bits >> at & 1 == 1 {
            pattern ^ MASK
        } else {
            pattern
        }
    })
}

/// The codewords of characters of 13 bits.
///
/// # Errors
/// [`ImbError::Character`], the first that is no pattern.
pub(super) fn to_codewords(characters: [u16; CHARACTERS]) -> Result<Codewords, ImbError> {
    let mut read = Codewords {
        values: [0; CHARACTERS],
        check_bits: 0,
    };
    for (at, character) in characters.into_iter().enumerate() {
        let is_inverted = matches!(character.count_ones(), 8 | 11);
        let pattern = if is_inverted {
            character ^ MASK
        } else {
            character
        };
        let codeword = CODEWORD_OF
            .get(usize::from(pattern))
            .copied()
            .unwrap_or(NONE);
        if codeword == NONE {
            return Err(ImbError::Character { index: at + 1 });
        }
        read.values[at] = codeword;
        read.check_bits |= u16::from(is_inverted) << at;
    }
    Ok(read)
}

const fn patterns() -> [u16; CODEWORDS] {
    let mut patterns = [0; CODEWORDS];
    fill(&mut patterns, 5, 0, FIVES);
    fill(&mut patterns, 2, FIVES, CODEWORDS);
    patterns
}

/// Fills `from..to` with the patterns of so many bits by the rule of USPS-B-3200: by rising value, each
/// followed by its mirror image; those that are their own mirror image from the end downwards.
const fn fill(patterns: &mut [u16; CODEWORDS], bits: u32, from: usize, to: usize) {
    let (mut low, mut high) = (from, to);
    let mut pattern = 0_u16;
    while pattern <= MASK {
        let mirrored = pattern.reverse_bits() >> (16 - BITS);
        if pattern.count_ones() == bits && pattern == mirrored {
            high -= 1;
            patterns[high] = pattern;
        } else if pattern.count_ones() == bits && pattern < mirrored {
            patterns[low] = pattern;
            patterns[low + 1] = mirrored;
            low += 2;
        }
        pattern += 1;
    }
    assert!(low == high);
}

const fn codewords() -> [u16; PATTERNS] {
    let patterns = patterns();
    let mut codewords = [NONE; PATTERNS];
    let mut codeword = 0;
    while codeword < CODEWORDS {
        codewords[patterns[codeword] as usize] = codeword as u16;
        codeword += 1;
    }
    codewords
}
