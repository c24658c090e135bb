//! Code 128 and GS1-128: the widths of bars and spaces of a linear symbol.
//!
//! Not here: what the text means, drawing, quiet zones (ten modules on each side, the drawer's to leave).
//! Called by print for package barcodes ([`crate::impb`]) and international identifiers ([`crate::s10`]).
//!
//! Source: ISO/IEC 15417. Code sets B (ASCII 32 to 126) and C (pairs of digits) are used; set A, which has
//! control characters, is not.

use crate::limits::CODE128_CHARACTERS_MAX;

/// One step of what a symbol says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'text> {
    /// Function character 1: at the start it makes the symbol a GS1-128, later it ends an element.
    Fnc1,
    /// Text of printable ASCII.
    Text(&'text str),
}

/// Why there is no symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Code128Error {
    /// Nothing to say.
    #[error("a symbol needs at least one character")]
    Empty,
    /// A character outside of code set B.
    #[error("{found:?} can not stand in the symbol: use printable ASCII")]
    Character {
        /// The first such character.
        found: char,
    },
    /// More than [`CODE128_CHARACTERS_MAX`] symbol characters.
    #[error(
        "the symbol would have more than {CODE128_CHARACTERS_MAX} characters: shorten its text"
    )]
    TooLong,
}

/// Values of the symbol characters that are no data. In set B, [`CODE_C`] changes to set C; in set C,
/// [`CODE_B`] changes to set B.
const CODE_C: u8 = 99;
const CODE_B: u8 = 100;
const FNC1: u8 = 102;
const START_B: u8 = 104;
const START_C: u8 = 105;

/// Digits in a row from which set C is shorter than set B, change included.
const DIGITS_FOR_C: usize = 4;

/// What the check character is a remainder by.
const CHECK_MODULUS: u32 = 103;

/// The widths in modules, 1 to 4, bar first, then space and bar in turn; the symbol ends with a bar.
///
/// # Errors
/// [`Code128Error`].
pub fn widths(parts: &[Part<'_>]) -> Result<Vec<u8>, Code128Error> {
    let characters = characters(parts)?;
    let patterns = characters.iter().map(|value| PATTERNS[usize::from(*value)]);
    let mut widths: Vec<u8> = patterns.flatten().copied().collect();
    widths.extend(STOP);
    Ok(widths)
}

/// The values of all symbol characters from start to check character, without the stop.
///
/// # Errors
/// [`Code128Error`].
pub fn characters(parts: &[Part<'_>]) -> Result<Vec<u8>, Code128Error> {
    let mut writer = Writer {
        values: Vec::new(),
        set: None,
    };
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Fnc1 => {
                // FNC1 is the same in both sets: it starts the symbol in the set that its text wants.
                let next = parts.get(at + 1).and_then(|part| match part {
                    Part::Text(text) => Some(text.as_bytes()),
                    Part::Fnc1 => None,
                });
                writer.ensure_some(next.unwrap_or_default());
                writer.values.push(FNC1);
            }
            Part::Text(text) => writer.text(text)?,
        }
    }
    let mut values = writer.values;
    if values.is_empty() {
        return Err(Code128Error::Empty);
    }
    if values.len() > CODE128_CHARACTERS_MAX {
        return Err(Code128Error::TooLong);
    }
    values.push(check(&values));
    Ok(values)
}

/// The check character: the start character counts once, each other by its place.
fn check(values: &[u8]) -> u8 {
    let places = values.iter().zip(std::iter::once(1).chain(1..));
    let sum: u32 = places.map(|(value, place)| u32::from(*value) * place).sum();
    (sum % CHECK_MODULUS) as u8
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    B,
    C,
}

/// Symbol characters so far, and the code set in force.
struct Writer {
    values: Vec<u8>,
    set: Option<Set>,
}

impl Writer {
    fn text(&mut self, text: &str) -> Result<(), Code128Error> {
        if let Some(found) = text.chars().find(|found| !(' '..='~').contains(found)) {
            return Err(Code128Error::Character { found });
        }
        if text.len() > 2 * CODE128_CHARACTERS_MAX {
            return Err(Code128Error::TooLong);
        }
        let mut rest = text.as_bytes();
        while let Some(first) = rest.first() {
            let digits = leading_digits(rest);
            let pairs = match self.set {
                Some(Set::C) => digits / 2,
                None if digits >= DIGITS_FOR_C || digits == 2 && rest.len() == 2 => digits / 2,
                // The odd digit of a run stands before the change, so that set C ends with the run.
                Some(Set::B) if digits >= DIGITS_FOR_C && digits.is_multiple_of(2) => digits / 2,
                None | Some(Set::B) => 0,
            };
            if pairs > 0 {
                self.change(Set::C);
                let (run, after) = rest.split_at(2 * pairs);
                self.values.extend(
                    run.chunks_exact(2)
                        .map(|pair| (pair[0] - b'0') * 10 + pair[1] - b'0'),
                );
                rest = after;
            } else {
                self.change(Set::B);
                self.values.push(first - b' ');
                rest = &rest[1..];
            }
        }
        Ok(())
    }

    fn change(&mut self, to: Set) {
        match (self.set, to) {
            (None, Set::B) => self.values.push(START_B),
            (None, Set::C) => self.values.push(START_C),
            (Some(Set::B), Set::C) => self.values.push(CODE_C),
            (Some(Set::C), Set::B) => self.values.push(CODE_B),
            (Some(Set::B), Set::B) | (Some(Set::C), Set::C) => {}
        }
        self.set = Some(to);
    }

    /// Starts the symbol, if it is not, in the set that is best for the text that follows.
    fn ensure_some(&mut self, next: &[u8]) {
        if self.set.is_none() {
            let is_pairs = leading_digits(next) >= DIGITS_FOR_C;
            self.change(if is_pairs { Set::C } else { Set::B });
        }
    }
}

fn leading_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The pattern that ends a symbol.
const STOP: [u8; 7] = [2, 3, 3, 1, 1, 1, 2];

/// The six widths of each symbol character 0 to 105, eleven modules in all.
#[rustfmt::skip]
const PATTERNS: [&[u8; 6]; 106] = [
    &[2, 1, 2, 2, 2, 2], &[2, 2, 2, 1, 2, 2], &[2, 2, 2, 2, 2, 1], &[1, 2, 1, 2, 2, 3], &[1, 2, 1, 3, 2, 2],
    &[1, 3, 1, 2, 2, 2], &[1, 2, 2, 2, 1, 3], &[1, 2, 2, 3, 1, 2], &[1, 3, 2, 2, 1, 2], &[2, 2, 1, 2, 1, 3],
    &[2, 2, 1, 3, 1, 2], &[2, 3, 1, 2, 1, 2], &[1, 1, 2, 2, 3, 2], &[1, 2, 2, 1, 3, 2], &[1, 2, 2, 2, 3, 1],
    &[1, 1, 3, 2, 2, 2], &[1, 2, 3, 1, 2, 2], &[1, 2, 3, 2, 2, 1], &[2, 2, 3, 2, 1, 1], &[2, 2, 1, 1, 3, 2],
    &[2, 2, 1, 2, 3, 1], &[2, 1, 3, 2, 1, 2], &[2, 2, 3, 1, 1, 2], &[3, 1, 2, 1, 3, 1], &[3, 1, 1, 2, 2, 2],
    &[3, 2, 1, 1, 2, 2], &[3, 2, 1, 2, 2, 1], &[3, 1, 2, 2, 1, 2], &[3, 2, 2, 1, 1, 2], &[3, 2, 2, 2, 1, 1],
    &[2, 1, 2, 1, 2, 3], &[2, 1, 2, 3, 2, 1], &[2, 3, 2, 1, 2, 1], &[1, 1, 1, 3, 2, 3], &[1, 3, 1, 1, 2, 3],
    &[1, 3, 1, 3, 2, 1], &[1, 1, 2, 3, 1, 3], &[1, 3, 2, 1, 1, 3], &[1, 3, 2, 3, 1, 1], &[2, 1, 1, 3, 1, 3],
    &[2, 3, 1, 1, 1, 3], &[2, 3, 1, 3, 1, 1], &[1, 1, 2, 1, 3, 3], &[1, 1, 2, 3, 3, 1], &[1, 3, 2, 1, 3, 1],
    &[1, 1, 3, 1, 2, 3], &[1, 1, 3, 3, 2, 1], &[1, 3, 3, 1, 2, 1], &[3, 1, 3, 1, 2, 1], &[2, 1, 1, 3, 3, 1],
    &[2, 3, 1, 1, 3, 1], &[2, 1, 3, 1, 1, 3], &[2, 1, 3, 3, 1, 1], &[2, 1, 3, 1, 3, 1], &[3, 1, 1, 1, 2, 3],
    &[3, 1, 1, 3, 2, 1], &[3, 3, 1, 1, 2, 1], &[3, 1, 2, 1, 1, 3], &[3, 1, 2, 3, 1, 1], &[3, 3, 2, 1, 1, 1],
    &[3, 1, 4, 1, 1, 1], &[2, 2, 1, 4, 1, 1], &[4, 3, 1, 1, 1, 1], &[1, 1, 1, 2, 2, 4], &[1, 1, 1, 4, 2, 2],
    &[1, 2, 1, 1, 2, 4], &[1, 2, 1, 4, 2, 1], &[1, 4, 1, 1, 2, 2], &[1, 4, 1, 2, 2, 1], &[1, 1, 2, 2, 1, 4],
    &[1, 1, 2, 4, 1, 2], &[1, 2, 2, 1, 1, 4], &[1, 2, 2, 4, 1, 1], &[1, 4, 2, 1, 1, 2], &[1, 4, 2, 2, 1, 1],
    &[2, 4, 1, 2, 1, 1], &[2, 2, 1, 1, 1, 4], &[4, 1, 3, 1, 1, 1], &[2, 4, 1, 1, 1, 2], &[1, 3, 4, 1, 1, 1],
    &[1, 1, 1, 2, 4, 2], &[1, 2, 1, 1, 4, 2], &[1, 2, 1, 2, 4, 1], &[1, 1, 4, 2, 1, 2], &[1, 2, 4, 1, 1, 2],
    &[1, 2, 4, 2, 1, 1], &[4, 1, 1, 2, 1, 2], &[4, 2, 1, 1, 1, 2], &[4, 2, 1, 2, 1, 1], &[2, 1, 2, 1, 4, 1],
    &[2, 1, 4, 1, 2, 1], &[4, 1, 2, 1, 2, 1], &[1, 1, 1, 1, 4, 3], &[1, 1, 1, 3, 4, 1], &[1, 3, 1, 1, 4, 1],
    &[1, 1, 4, 1, 1, 3], &[1, 1, 4, 3, 1, 1], &[4, 1, 1, 1, 1, 3], &[4, 1, 1, 3, 1, 1], &[1, 1, 3, 1, 4, 1],
    &[1, 1, 4, 1, 3, 1], &[3, 1, 1, 1, 4, 1], &[4, 1, 1, 1, 3, 1], &[2, 1, 1, 4, 1, 2], &[2, 1, 1, 2, 1, 4],
    &[2, 1, 1, 2, 3, 2],
];

// Each pattern has eleven modules and an even number of dark ones.
const _: () = {
    let mut at = 0;
    while at < PATTERNS.len() {
        let [a, b, c, d, e, f] = *PATTERNS[at];
        assert!(a + b + c + d + e + f == 11 && (a + c + e) % 2 == 0);
        at += 1;
    }
};
