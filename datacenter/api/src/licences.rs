//! Bodies of licences: application, how it stands, refusal.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Applies for a meter's licence. The application is signed by the customer's own key; it names details
/// and agreement by their digests, and these are sent beside it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceApplication {
    /// The signed application, base64.
    pub application: String,
    /// Who applies.
    pub details: LicenceDetails,
    /// 16 random bytes, hex, that the details' digest is made with.
    pub salt: String,
    /// Text of the agreement that is accepted: 1 to 32,768 bytes.
    pub agreement: String,
}

/// Who applies, in words. Kept beside the signed application; can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceDetails {
    /// Name of the organisation: up to 100 bytes.
    pub organisation: String,
    /// Address lines: up to 900 bytes.
    pub address: Vec<String>,
    /// How to reach it: up to 254 bytes.
    pub contact: String,
}

/// An application as it stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Licence {
    /// Digest of the signed application, hex: its id.
    pub id: String,
    /// Meter.
    pub meter: u32,
    /// Account that applies.
    pub account: String,
    /// `applied`, `granted` or `refused`.
    pub state: String,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// RFC 3339: when it was signed.
    pub applied: String,
    /// Origin of deposit that is asked for, five digits; `00000` = chosen per item.
    pub origin: String,
    /// Post office that is asked for, five digits.
    pub licensing: String,
    /// Who applies; absent once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<LicenceDetails>,
    /// Digest of the accepted agreement's text, hex.
    pub agreement: String,
    /// The signed application, base64.
    pub application: String,
}

/// A page of applications.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Licences {
    /// The applications.
    pub licences: Vec<Licence>,
    /// Send back as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
