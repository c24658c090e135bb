//! Bodies of verification and acceptance, one at a time and many at once.

use crate::Problem;
use crate::few::{items, lines};
use crate::whole::perhaps;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Verifies one payload or image.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Payload as read, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// PNG image with one symbol, base64, instead of `payload`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Address as read from the piece; then it counts.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lines"
    )]
    pub address: Vec<String>,
    /// What the piece costs, if it was weighed.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "perhaps"
    )]
    pub value_mills: Option<u64>,
}

/// One finding.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// `unreadable`, `authentic`, `forged`, `recorded`, `not-recorded`, `fork`, `unused`, `used`,
    /// `use-unknown`, `void`, `date`, `amount`, `address`, `other-address`, `specimen` or
    /// `old-pack`.
    pub code: String,
    /// For `used`: when it was first seen, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
    /// For `used`: where it was first seen, five digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_place: Option<String>,
}

/// The outcome of a verification. Checking never changes an item.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Verified {
    /// `accept`, `check` or `refuse`.
    pub verdict: String,
    /// Why.
    pub findings: Vec<Finding>,
    /// Item id, if the payload could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// What the payload says it is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_mills: Option<u64>,
}

/// Verifies up to 1,000 payloads at once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerificationBatch {
    /// The payloads, 1 to 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    #[serde(deserialize_with = "items")]
    pub payloads: Vec<PayloadShown>,
}

/// One payload of many, with what is known of its piece.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayloadShown {
    /// Payload as read, base64. What can not be decoded is found `unreadable`.
    pub payload: String,
    /// Address as read from the piece; then it counts.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lines"
    )]
    pub address: Vec<String>,
    /// What the piece costs, if it was weighed.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "perhaps"
    )]
    pub value_mills: Option<u64>,
}

/// The outcomes of many verifications.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VerifiedBatch {
    /// One a payload, in order.
    pub results: Vec<VerificationResult>,
}

/// The outcome of one verification of many: one of the two.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct VerificationResult {
    /// What was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
    /// Why this payload could not be examined; the others were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// An acceptance scan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The scan as its verifier signed it, base64.
    pub scan: String,
    /// The payload that was scanned, base64.
    pub payload: String,
}

/// Up to 1,000 acceptance scans of one verifier, in order of their sequences.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceBatch {
    /// The scans, 1 to 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    #[serde(deserialize_with = "items")]
    pub scans: Vec<Acceptance>,
}

/// The outcomes of many acceptance scans.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AcceptedBatch {
    /// One a scan, in order.
    pub results: Vec<AcceptanceResult>,
}

/// The outcome of one acceptance scan of many: one of the two.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct AcceptanceResult {
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    /// Why this scan was not taken; those before it were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// An acceptance scan that was answered once, handed in again after a database went back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceAgain {
    /// The scan as its verifier signed it, base64.
    pub scan: String,
}

/// Whether the scan is there.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AcceptedAgain {
    /// It was missing, and is there now; otherwise it was there.
    pub written: bool,
}

/// The outcome of an acceptance scan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// `accepted`, `repeat` (the same scan again: still accepted), `used`, or `refused` (not an item
    /// to be honoured).
    pub outcome: String,
    /// The verdict on the item.
    pub verdict: String,
    /// Why.
    pub findings: Vec<Finding>,
}
