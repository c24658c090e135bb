//! Bodies about prices.

use crate::whole::perhaps;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A service that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceOrder {
    /// Its code, of `GET /v1/rates/table`.
    #[schema(example = "certified")]
    pub code: String,
    /// Declared value, or the sum to collect, for a service with a fee by value and no other.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "perhaps"
    )]
    pub value_mills: Option<u64>,
}

/// A price, item by item.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RateQuote {
    /// Class of mail.
    pub class: String,
    /// Rate category.
    pub category: String,
    /// Date of mailing for which it holds.
    pub mailing_date: String,
    /// Zone, where the price depends on it: an approximation by distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<u8>,
    /// Postage, surcharge, services.
    pub lines: Vec<RateLine>,
    /// The sum.
    pub total_mills: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// The table says of itself that its prices are not to be charged to anyone.
    pub illustrative: bool,
}

/// One figure of a price.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RateLine {
    /// Class, service, or `non-machinable`.
    pub code: String,
    /// In words.
    pub description: String,
    /// What it costs.
    pub mills: u64,
    /// Who says so.
    pub source: String,
}

/// What the rate table knows on a date.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RateTable {
    /// What it is called.
    pub title: String,
    /// Its prices are not to be charged to anyone.
    pub illustrative: bool,
    /// First day of these prices.
    pub from: String,
    /// Last day; absent: until further notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Classes of mail.
    pub classes: Vec<Word>,
    /// Forms of a piece.
    pub shapes: Vec<Word>,
    /// Services.
    pub services: Vec<Service>,
    /// Countries by price group.
    pub groups: Vec<CountryGroup>,
}

/// A word of requests, and what it means.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Word {
    /// The word.
    pub code: String,
    /// What it means.
    pub description: String,
}

/// A service.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Service {
    /// Its code.
    pub code: String,
    /// In words.
    pub description: String,
    /// Who says what it costs.
    pub source: String,
    /// Classes that it goes with.
    pub classes: Vec<String>,
    /// Shapes that it goes with.
    pub shapes: Vec<String>,
    /// What it costs; one without `up_to_mills`, or several by declared value.
    pub fees: Vec<Fee>,
    /// It needs one of these beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// It can not stand beside these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<String>,
}

/// A fee.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Fee {
    /// Up to this declared value; absent: whatever it is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to_mills: Option<u64>,
    /// What it costs.
    pub mills: u64,
}

/// Countries with the same prices.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CountryGroup {
    /// Its code.
    pub code: String,
    /// In words.
    pub description: String,
    /// ISO 3166-1 alpha-2.
    pub countries: Vec<String>,
}
