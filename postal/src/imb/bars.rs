//! 65 bars in four states, and which bit of which character each half of a bar is.
//!
//! Not here: what the characters mean. Called by `Imb`, by readers and by print.

use std::fmt;
use std::str::FromStr;

use super::ImbError;
use super::characters::{BITS, CHARACTERS};

/// Bars of a barcode.
pub const BARS: usize = 65;

/// One bar. Every bar has the tracker, the short piece in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bar {
    /// Tracker, ascender and descender.
    Full,
    /// Tracker and ascender.
    Ascender,
    /// Tracker and descender.
    Descender,
    /// The tracker alone.
    Tracker,
}

impl Bar {
    /// The bar with or without each half.
    pub const fn new(ascender: bool, descender: bool) -> Self {
        match (ascender, descender) {
            (true, true) => Self::Full,
            (true, false) => Self::Ascender,
            (false, true) => Self::Descender,
            (false, false) => Self::Tracker,
        }
    }

    /// Whether it reaches up.
    pub const fn has_ascender(self) -> bool {
        matches!(self, Self::Full | Self::Ascender)
    }

    /// Whether it reaches down.
    pub const fn has_descender(self) -> bool {
        matches!(self, Self::Full | Self::Descender)
    }

    /// Its letter: F, A, D or T.
    pub const fn letter(self) -> char {
        match self {
            Self::Full => 'F',
            Self::Ascender => 'A',
            Self::Descender => 'D',
            Self::Tracker => 'T',
        }
    }

    fn of_letter(letter: char) -> Option<Self> {
        [Self::Full, Self::Ascender, Self::Descender, Self::Tracker]
            .into_iter()
            .find(|bar| bar.letter() == letter.to_ascii_uppercase())
    }
}

/// The bars of a barcode, from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bars(pub [Bar; BARS]);

impl Bars {
    /// The same bars as one sees them with the piece turned by half a turn.
    pub fn turned(mut self) -> Self {
        self.0.reverse();
        Self(
            self.0
                .map(|bar| Bar::new(bar.has_descender(), bar.has_ascender())),
        )
    }

    /// The bars of ten characters.
    pub(super) fn of_characters(characters: [u16; CHARACTERS]) -> Self {
        let mut halves = [false; 2 * BARS];
        for (character, positions) in characters.iter().zip(&POSITIONS) {
            for (bit, position) in positions.iter().enumerate() {
                halves[usize::from(*position) - 1] = character >> bit & 1 == 1;
            }
        }
        let (descenders, ascenders) = halves.split_at(BARS);
        Self(std::array::from_fn(|at| {
            Bar::new(ascenders[at], descenders[at])
        }))
    }

    /// The ten characters of the bars.
    pub(super) fn characters(&self) -> [u16; CHARACTERS] {
        let is_set = |position: u8| {
            let at = usize::from(position) - 1;
            match at.checked_sub(BARS) {
                None => self.0[at].has_descender(),
                Some(at) => self.0[at].has_ascender(),
            }
        };
        POSITIONS.map(|positions| {
            let bits = positions.iter().enumerate();
            bits.fold(0, |character, (bit, position)| {
                character | u16::from(is_set(*position)) << bit
            })
        })
    }
}

impl FromStr for Bars {
    type Err = ImbError;

    /// Reads 65 of the letters F, A, D, T in either case, white space around them ignored.
    fn from_str(text: &str) -> Result<Self, ImbError> {
        let read = |(at, found)| {
            Bar::of_letter(found).ok_or(ImbError::BarLetter {
                position: at + 1,
                found,
            })
        };
        let count = text.trim().chars().count();
        if count != BARS {
            return Err(ImbError::BarCount { found: count });
        }
        let bars = text
            .trim()
            .chars()
            .enumerate()
            .map(read)
            .collect::<Result<Vec<_>, _>>()?;
        bars.try_into()
            .map(Self)
            .map_err(|bars: Vec<Bar>| ImbError::BarCount { found: bars.len() })
    }
}

impl fmt::Display for Bars {
    /// 65 letters.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|bar| write!(out, "{}", bar.letter()))
    }
}

/// Where bit `j` of character `i` stands: 1..=65 is the descender of that bar, 66..=130 the ascender of the
/// bar 65 before it.
///
/// A constant of USPS-B-3200 (bar to character mapping). It was found again from the bars that an
/// independent encoder makes of six hundred known numbers; the test against that encoder holds it.
const POSITIONS: [[u8; BITS]; CHARACTERS] = [
    [67, 6, 78, 16, 86, 95, 34, 40, 45, 113, 117, 121, 62],
    [87, 18, 104, 41, 76, 57, 119, 115, 72, 97, 2, 127, 26],
    [105, 35, 122, 52, 114, 7, 24, 82, 68, 63, 94, 44, 77],
    [112, 70, 100, 39, 30, 107, 15, 125, 85, 10, 65, 54, 88],
    [20, 106, 46, 66, 8, 116, 29, 61, 99, 80, 90, 37, 123],
    [51, 25, 84, 129, 56, 4, 109, 96, 28, 36, 47, 11, 71],
    [33, 102, 21, 9, 17, 49, 124, 79, 64, 91, 42, 69, 53],
    [60, 14, 1, 27, 103, 126, 75, 89, 50, 120, 19, 32, 110],
    [92, 111, 130, 59, 31, 12, 81, 43, 55, 5, 74, 22, 101],
    [128, 58, 118, 48, 108, 38, 98, 93, 23, 83, 13, 73, 3],
];

// Every half of every bar is used: a position that stood twice would leave another out.
const _: () = {
    let mut seen = 0_u128;
    let mut missing_top = 2_u32;
    let mut at = 0;
    while at < CHARACTERS * BITS {
        let position = POSITIONS[at / BITS][at % BITS];
        if position <= 128 {
            seen |= 1 << (position - 1);
        } else {
            assert!(position == 129 || position == 130);
            missing_top -= 1;
        }
        at += 1;
    }
    assert!(seen == u128::MAX && missing_top == 0);
};
