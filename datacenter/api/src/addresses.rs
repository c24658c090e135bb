//! Bodies about addresses.

use crate::few::{items, lines};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Addresses to be put in standard form, 1 to 1,000. Nothing of them is kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressBatch {
    /// The addresses.
    #[schema(min_items = 1, max_items = 1000)]
    #[serde(deserialize_with = "items")]
    pub addresses: Vec<AddressLines>,
}

/// One address.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressLines {
    /// From the name down to city, state and ZIP, or to the country.
    #[serde(deserialize_with = "lines")]
    pub lines: Vec<String>,
}

/// What the addresses came to, in order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StandardAddresses {
    /// One for each.
    pub addresses: Vec<StandardAddress>,
}

/// An address in standard form (USPS Publication 28), and what was changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StandardAddress {
    /// `good`, `corrected`, `doubtful` or `not-understood`.
    pub verdict: String,
    /// The lines to print.
    pub lines: Vec<String>,
    /// Why it has that verdict, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<AddressReason>,
    /// What was changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<AddressChange>,
    /// Places that may be meant, likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<AddressPlace>,
    /// ISO 3166-1 alpha-2, of an address abroad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// Why an address has its verdict.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AddressReason {
    /// A stable word.
    #[schema(example = "suffix-abbreviated")]
    pub code: String,
    /// What it means.
    pub description: String,
    /// `note`, `correction` or `doubt`.
    pub weight: String,
}

/// One difference between what was given and the standard form.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AddressChange {
    /// Which part.
    #[schema(example = "suffix")]
    pub component: String,
    /// As given; empty where the part was not there.
    pub before: String,
    /// As it is now; empty where the part was dropped.
    pub after: String,
    /// Code of the reason.
    pub reason: String,
}

/// A place that may be meant.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AddressPlace {
    /// City, in capitals.
    pub city: String,
    /// State, two letters.
    pub state: String,
    /// ZIP, five digits.
    pub zip: String,
    /// County, in capitals; empty where there is none.
    pub county: String,
}
