//! Weight: whole milligrams inside, ounces at the edge. No floating point, so that a piece of exactly one
//! ounce never falls into the next step.
//!
//! Not here: which weights have a price (rates). Called when a user's ounces come in and when a rate table
//! is opened; both use the same rounding.

use crate::limits::OUNCES_HUNDREDTHS_MAX;

/// Why a weight was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightError {
    /// Not a plain decimal number.
    #[error(
        "weight {found:?} is not understood: write ounces with at most two decimals, like 1 or 3.5"
    )]
    Syntax {
        /// What was given, cut to 16 characters.
        found: String,
    },
    /// Zero.
    #[error("a weight of zero has no price: weigh the piece, or give 1 for a plain letter")]
    Zero,
    /// Above 70 pounds.
    #[error("the weight is above {} ounces, which the post does not take", OUNCES_HUNDREDTHS_MAX / 100)]
    TooHeavy,
}

/// Millionths of a milligram in an ounce (avoirdupois, exactly 28.349523125 g).
const OUNCE_MILLIONTHS: u64 = 28_349_523_125;

/// Milligrams of a weight in hundredths of an ounce, rounded up.
///
/// Rounding up on both sides of a comparison keeps order: a piece at a step's limit stays within it.
///
/// # Errors
/// [`WeightError::Zero`], or [`WeightError::TooHeavy`] above [`OUNCES_HUNDREDTHS_MAX`].
pub fn milligrams(ounces_hundredths: u32) -> Result<u32, WeightError> {
    match ounces_hundredths {
        0 => Err(WeightError::Zero),
        1..=OUNCES_HUNDREDTHS_MAX => {
            let milligrams =
                (u64::from(ounces_hundredths) * OUNCE_MILLIONTHS).div_ceil(100 * 1_000_000);
            u32::try_from(milligrams).map_err(|_| WeightError::TooHeavy)
        }
        _ => Err(WeightError::TooHeavy),
    }
}

/// Hundredths of an ounce of a weight in milligrams, rounded up: the least whose [`milligrams`] are as many.
///
/// # Errors
/// As [`milligrams`].
pub fn ounces_hundredths(milligrams_weighed: u32) -> Result<u32, WeightError> {
    let millionths = u64::from(milligrams_weighed) * 100 * 1_000_000;
    // One too few where rounding up has added less than a milligram.
    let least = u32::try_from(millionths / OUNCE_MILLIONTHS).map_err(|_| WeightError::TooHeavy)?;
    match milligrams(least) {
        Ok(reached) if reached >= milligrams_weighed => Ok(least),
        Err(WeightError::TooHeavy) => Err(WeightError::TooHeavy),
        _ => milligrams(least + 1).map(|_| least + 1),
    }
}

/// Reads ounces in decimal with at most two decimals ("1", "3.5", "0.75") and gives milligrams.
///
/// # Errors
/// [`WeightError`]; signs, exponents, units, commas and a bare point are refused.
pub fn parse_ounces(text: &str) -> Result<u32, WeightError> {
    let syntax = || WeightError::Syntax {
        found: text.chars().take(16).collect(),
    };
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole, 5) || !digits(decimals, 2) {
        return Err(syntax());
    }
    let number = |part: &str| part.parse::<u32>().map_err(|_| syntax());
    let hundredths = number(decimals)? * if decimals.len() == 1 { 10 } else { 1 };
    milligrams(number(whole)? * 100 + hundredths)
}

#[cfg(test)]
mod tests {
    use super::{WeightError, milligrams, ounces_hundredths, parse_ounces};
    use proptest::prelude::*;

    #[test]
    fn ounces_are_read_exactly() {
        let syntax = |found: &str| {
            Err(WeightError::Syntax {
                found: found.into(),
            })
        };
        let cases = [
            ("1", Ok(28_350)),
            ("1.0", Ok(28_350)),
            (" 1.00 ", Ok(28_350)),
            ("1.01", Ok(28_634)),
            ("3.5", Ok(99_224)),
            ("0.01", Ok(284)),
            ("13", Ok(368_544)),
            ("1120", Ok(31_751_466)),
            ("1120.01", Err(WeightError::TooHeavy)),
            ("99999", Err(WeightError::TooHeavy)),
            ("0", Err(WeightError::Zero)),
            ("0.00", Err(WeightError::Zero)),
            ("", syntax("")),
            (".5", syntax(".5")),
            ("1.", syntax("1.")),
            ("1.234", syntax("1.234")),
            ("-1", syntax("-1")),
            ("+1", syntax("+1")),
            ("1e3", syntax("1e3")),
            ("1,5", syntax("1,5")),
            ("1 oz", syntax("1 oz")),
            ("100000", syntax("100000")),
            ("\u{0661}", syntax("\u{0661}")),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_ounces(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn more_ounces_are_more_milligrams(hundredths in 1u32..112_000) {
            prop_assert!(milligrams(hundredths).unwrap() < milligrams(hundredths + 1).unwrap());
        }

        #[test]
        fn a_weighed_piece_stays_within_its_step(hundredths in 1u32..112_000) {
            let edge = milligrams(hundredths).unwrap();
            prop_assert_eq!(ounces_hundredths(edge), Ok(hundredths));
            prop_assert_eq!(ounces_hundredths(edge + 1), Ok(hundredths + 1));
        }

        #[test]
        fn any_text_is_answered(text in ".{0,20}") {
            let _ = parse_ounces(&text);
        }

        #[test]
        fn text_and_hundredths_agree(hundredths in 1u32..=112_000) {
            let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            prop_assert_eq!(parse_ounces(&text), milligrams(hundredths));
        }
    }
}
