//! What is to be priced.
//!
//! Not here: who asks, how it is written in JSON. Made by the data centre and the command line.

use std::fmt;

use super::{Channel, Shape};
use crate::zone::Zone;

/// Where a piece goes, as far as its price depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Within the country, at a distance that is not known: enough for cards, letters and flats.
    Domestic,
    /// Within the country, this far.
    Zone(Zone),
    /// To this country, two letters (ISO 3166-1 alpha-2).
    Country(String),
}

impl fmt::Display for Reach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domestic => out.write_str("within the country"),
            Self::Zone(zone) => write!(out, "to zone {}", zone.number()),
            Self::Country(country) => write!(out, "to {country}"),
        }
    }
}

/// A service that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRequest {
    /// Its code in the table.
    pub code: String,
    /// Declared value (or the sum to collect) in mills, for a service with a fee by value and no other.
    pub value_mills: Option<u64>,
}

/// What is to be priced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateRequest {
    /// Mailing date, decimal YYYYMMDD.
    pub date: u32,
    /// Code of the class; none: the first of the table's that has a price for the rest.
    pub class: Option<String>,
    /// The form of the piece.
    pub shape: Shape,
    /// How the postage is shown.
    pub channel: Channel,
    /// Where it goes.
    pub reach: Reach,
    /// Weight in milligrams, above 0; see [`crate::weight::parse_ounces`].
    pub weight_milligrams: u32,
    /// Whether machines can not sort it (rigid, square, with a clasp): a surcharge, where the table has one.
    pub is_non_machinable: bool,
    /// Extra services, in any order.
    pub services: Vec<ServiceRequest>,
}

impl RateRequest {
    /// A metered domestic piece without services, in the table's first class that fits. The other fields are
    /// set by name.
    pub const fn new(date: u32, shape: Shape, weight_milligrams: u32) -> Self {
        Self {
            date,
            class: None,
            shape,
            channel: Channel::Metered,
            reach: Reach::Domestic,
            weight_milligrams,
            is_non_machinable: false,
            services: Vec::new(),
        }
    }
}
