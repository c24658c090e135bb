//! Shapes and channels: the words of the standard's key that every table shares.
//!
//! Not here: classes and services, which each table names itself. Called by requests and tables.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::RateError;

/// The form of a piece, after which the post names its prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A card without envelope, up to 4.25 x 6 inches.
    Card,
    /// A letter, up to 6.125 x 11.5 x 0.25 inches.
    Letter,
    /// A large envelope, up to 12 x 15 x 0.75 inches.
    Flat,
    /// A parcel, up to 70 pounds.
    Parcel,
}

impl Shape {
    /// Every shape, the smallest first.
    pub const ALL: [Self; 4] = [Self::Card, Self::Letter, Self::Flat, Self::Parcel];

    /// The word for it: `card`, `letter`, `flat` or `parcel`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Letter => "letter",
            Self::Flat => "flat",
            Self::Parcel => "parcel",
        }
    }

    /// One line for a list.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Card => "Card without envelope, up to 4.25 x 6 inches",
            Self::Letter => "Letter, up to 6.125 x 11.5 x 0.25 inches",
            Self::Flat => "Large envelope, up to 12 x 15 x 0.75 inches",
            Self::Parcel => "Parcel, up to 70 pounds",
        }
    }
}

/// How the postage is shown on the piece, which decides its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// By an indicium of a meter or of this system.
    Metered,
    /// By stamps, or at a counter.
    Stamped,
    /// By a mailer with a contract or a permit.
    Commercial,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Metered, Self::Stamped, Self::Commercial];

    /// The word for it: `metered`, `stamped` or `commercial`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metered => "metered",
            Self::Stamped => "stamped",
            Self::Commercial => "commercial",
        }
    }
}

impl FromStr for Shape {
    type Err = RateError;

    /// Reads `card`, `letter`, `flat` or `parcel`, in any case, with white space around it.
    fn from_str(text: &str) -> Result<Self, RateError> {
        Self::ALL
            .into_iter()
            .find(|shape| shape.name().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| RateError::UnknownShape {
                found: text.chars().take(16).collect(),
            })
    }
}

impl FromStr for Channel {
    type Err = RateError;

    /// Reads `metered`, `stamped` or `commercial`, in any case, with white space around it.
    fn from_str(text: &str) -> Result<Self, RateError> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.name().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| RateError::UnknownChannel {
                found: text.chars().take(16).collect(),
            })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
