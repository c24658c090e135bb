//! The price of a piece, from a signed rate table with effective dates.
//!
//! Not here: the signature's algorithm and key (the caller brings the check), today's date, prices that a
//! user enters by hand, any floating point. Opened by the data centre at its start, asked for each item;
//! the command line asks it for a quote.

mod file;

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::date::is_date;
use crate::limits::RATE_TABLE_BYTES_MAX;
use crate::weight::WeightError;

/// The illustrative table of US First-Class Mail that comes with this crate: TOML, not signed.
///
/// An installation signs these bytes at its ceremony and opens them with [`RateTable::open`].
pub const US_FIRST_CLASS: &str = include_str!("../rates/us-first-class.toml");

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
}

/// How the postage is shown on the piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// By an indicium of a meter or of this system.
    Metered,
    /// By stamps.
    Stamped,
}

/// What is to be priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateRequest {
    /// Mailing date, decimal YYYYMMDD.
    pub date: u32,
    /// The form of the piece.
    pub shape: Shape,
    /// How the postage is shown.
    pub channel: Channel,
    /// Weight in milligrams, above 0; see [`crate::weight::parse_ounces`].
    pub weight_milligrams: u32,
}

/// A price, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Mills (thousandths of a dollar), 1..=4,294,967,295.
    pub mills: u64,
    /// The rate category of the payload: four ASCII capitals or digits, one for each weight step.
    pub category: [u8; 4],
    /// The rate in words, one line.
    pub description: String,
    /// Who says that this is the price, one line.
    pub source: String,
}

/// Why there is no table or no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// The table has more bytes than [`RATE_TABLE_BYTES_MAX`].
    #[error("the rate table is larger than {RATE_TABLE_BYTES_MAX} bytes: it is not one of ours")]
    TableTooLarge,
    /// The caller's check refused the signature.
    #[error(
        "the rate table's signature is not valid for its bytes: use the table as it was signed, or have it signed again"
    )]
    Signature,
    /// Not UTF-8, not TOML, a field missing, unknown or out of its type.
    #[error("the rate table cannot be read: {reason}")]
    Format {
        /// What the reader said, with line and column where it knows them.
        reason: String,
    },
    /// Readable, but a rule of the content is broken.
    #[error("the rate table is not consistent: {reason}")]
    Inconsistent {
        /// Which rule, and where.
        reason: String,
    },
    /// Not a day of the calendar.
    #[error("{date} is not a date: write it as YYYYMMDD, like 20250713")]
    NotADate {
        /// What was asked.
        date: u32,
    },
    /// No period of the table holds the date.
    #[error(
        "the rate table has no prices for {date}: choose another mailing date or install a newer table"
    )]
    NoRateOnDate {
        /// What was asked.
        date: u32,
    },
    /// No such word for a shape.
    #[error("shape {found:?} is not known: write card, letter or flat")]
    UnknownShape {
        /// What was asked, cut to 16 characters.
        found: String,
    },
    /// The period has prices, but none for this shape and channel.
    #[error(
        "there is no {channel} price for shape {shape} on {date}: choose another shape or enter the postage by hand"
    )]
    NoRateForShape {
        /// What was asked.
        date: u32,
        /// What was asked.
        shape: Shape,
        /// What was asked.
        channel: Channel,
    },
    /// A weight of zero.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// Heavier than the last step.
    #[error(
        "{weight_milligrams} mg is too heavy for shape {shape}, which ends at {limit_milligrams} mg: choose a larger shape"
    )]
    TooHeavy {
        /// What was asked.
        shape: Shape,
        /// What was asked.
        weight_milligrams: u32,
        /// The heaviest that has a price.
        limit_milligrams: u32,
    },
}

/// An opened rate table: signature checked, content consistent.
#[derive(Debug, Clone)]
pub struct RateTable {
    title: String,
    illustrative: bool,
    /// By rising date, not overlapping.
    periods: Vec<Period>,
}

/// The days on which a set of prices holds, both inclusive.
#[derive(Debug, Clone)]
struct Period {
    from: u32,
    /// `None`: until further notice.
    to: Option<u32>,
    rates: Vec<Rate>,
}

/// The prices of one shape by weight.
#[derive(Debug, Clone)]
struct Rate {
    description: String,
    source: String,
    shape: Shape,
    channels: Vec<Channel>,
    /// By rising weight; at least one.
    steps: Vec<Step>,
}

/// A price up to and including a weight.
#[derive(Debug, Clone, Copy)]
struct Step {
    up_to_milligrams: u32,
    mills: u64,
    category: [u8; 4],
}

impl RateTable {
    /// Opens a table: size, then signature, then content; nothing of it is read before the signature holds.
    ///
    /// `check` is given the table's bytes and the signature, and says whether it is valid. The bytes go to
    /// it as they are: a domain tag is the caller's to add.
    ///
    /// # Errors
    /// [`RateError::TableTooLarge`], [`RateError::Signature`], [`RateError::Format`] or
    /// [`RateError::Inconsistent`].
    pub fn open(
        table_bytes: &[u8],
        signature: &[u8],
        check: impl Fn(&[u8], &[u8]) -> bool,
    ) -> Result<Self, RateError> {
        if table_bytes.len() > RATE_TABLE_BYTES_MAX {
            return Err(RateError::TableTooLarge);
        }
        if !check(table_bytes, signature) {
            return Err(RateError::Signature);
        }
        file::read(table_bytes)
    }

    /// What the table is called, one line.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Whether the table says of itself that its prices are not to be charged to anyone.
    pub const fn is_illustrative(&self) -> bool {
        self.illustrative
    }

    /// The price of a piece.
    ///
    /// # Errors
    /// [`RateError`], the first that applies of: not a date, weight zero, no rate on the date, none for the
    /// shape, too heavy.
    pub fn price(&self, request: &RateRequest) -> Result<Price, RateError> {
        let RateRequest {
            date,
            shape,
            channel,
            weight_milligrams,
        } = *request;
        if !is_date(date) {
            return Err(RateError::NotADate { date });
        }
        if weight_milligrams == 0 {
            return Err(WeightError::Zero.into());
        }
        let holds = |period: &&Period| period.from <= date && period.to.is_none_or(|to| date <= to);
        let period = self
            .periods
            .iter()
            .find(holds)
            .ok_or(RateError::NoRateOnDate { date })?;
        let fits = |rate: &&Rate| rate.shape == shape && rate.channels.contains(&channel);
        let rate = period
            .rates
            .iter()
            .find(fits)
            .ok_or(RateError::NoRateForShape {
                date,
                shape,
                channel,
            })?;
        let step = rate
            .steps
            .iter()
            .find(|step| weight_milligrams <= step.up_to_milligrams);
        let step = step.ok_or_else(|| RateError::TooHeavy {
            shape,
            weight_milligrams,
            limit_milligrams: rate.steps.last().map_or(0, |last| last.up_to_milligrams),
        })?;
        Ok(Price {
            mills: step.mills,
            category: step.category,
            description: rate.description.clone(),
            source: rate.source.clone(),
        })
    }
}

impl Shape {
    /// The word for it: `card`, `letter` or `flat`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Letter => "letter",
            Self::Flat => "flat",
        }
    }
}

impl FromStr for Shape {
    type Err = RateError;

    /// Reads `card`, `letter` or `flat`, in any case, with white space around it.
    fn from_str(text: &str) -> Result<Self, RateError> {
        [Self::Card, Self::Letter, Self::Flat]
            .into_iter()
            .find(|shape| shape.name().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| RateError::UnknownShape {
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
        out.write_str(match self {
            Self::Metered => "metered",
            Self::Stamped => "stamped",
        })
    }
}

#[cfg(test)]
mod tests;
