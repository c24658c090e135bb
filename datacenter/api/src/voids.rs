//! Items that are taken back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A request to take an item back, and how it stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Void {
    /// The item, `SERIAL-PIECE`.
    #[schema(example = "10000001-42")]
    pub item: String,
    /// Its meter.
    pub meter: u32,
    /// `requested`, `cancelled`, `rejected` or `credited`: then the item is void, and its value is in the
    /// meter again.
    pub state: String,
    /// What it is worth.
    pub value_mills: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// Date of mailing.
    pub mailing_date: String,
    /// First day on which it can be credited.
    pub credit_from: String,
    /// Last day on which it can be credited.
    pub credit_until: String,
    /// RFC 3339.
    pub requested: String,
    /// When it came to stand so.
    pub changed: String,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a verifier took the item: then it can not be credited.
    pub used: bool,
    /// The payload of the symbol, base64.
    pub payload: String,
}

/// A page of requests.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Voids {
    /// The requests, by meter and piece count.
    pub voids: Vec<Void>,
    /// Send back as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Says no to a request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidRejection {
    /// For the customer: 1 to 200 characters.
    pub reason: String,
}
