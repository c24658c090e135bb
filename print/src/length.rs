//! Lengths with their unit, as people write them in a stock's file. Not here: positions on a page,
//! which are plain points (`page`). Called by `stock` and by whoever reads a calibration.

use std::str::FromStr;

use serde::Deserialize;

use crate::error::StockError;
use crate::page::POINTS_PER_INCH;

/// A length, kept in points (1/72 inch): `2.625 in`, `229 mm` or `12 pt`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Length(f32);

impl Length {
    /// A length of so many inches.
    #[must_use]
    pub const fn inches(inches: f32) -> Self {
        Self(inches * POINTS_PER_INCH)
    }

    /// In points.
    #[must_use]
    pub const fn points(self) -> f32 {
        self.0
    }
}

impl FromStr for Length {
    type Err = StockError;

    fn from_str(text: &str) -> Result<Self, StockError> {
        let wrong = || StockError::Length(text.chars().take(40).collect());
        let (number, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let plain = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
        if !number.chars().all(plain) {
            return Err(wrong());
        }
        let number: f32 = number.parse().map_err(|_| wrong())?;
        let points = match unit.trim() {
            "in" => number * POINTS_PER_INCH,
            "mm" => number / 25.4 * POINTS_PER_INCH,
            "pt" => number,
            _ => return Err(wrong()),
        };
        Ok(Self(points))
    }
}

impl TryFrom<String> for Length {
    type Error = StockError;

    fn try_from(text: String) -> Result<Self, StockError> {
        text.parse()
    }
}
