//! A user's own key.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for something to sign.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeWish {
    /// Log-in name. Whether somebody has it, is not said.
    pub login: String,
}

/// Something to sign, good for two minutes and once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Challenge {
    /// A `Sealed<Challenge>` of the formats, base64.
    pub challenge: String,
}

/// Signs on by a user's own key.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOnByKey {
    /// Log-in name.
    pub login: String,
    /// As it was given.
    pub challenge: String,
    /// 32 random bytes, hex; the session's token contains them.
    pub session_secret: String,
    /// Over a `LogInStatement` of the formats, hex.
    pub signature: String,
}

/// Sets, replaces or removes one's own key.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningKey {
    /// As it was given.
    pub challenge: String,
    /// The Ed25519 key, 32 bytes, hex; if absent, the one in force is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Signature of the new key over a `KeyStatement` of the formats, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possession: Option<String>,
    /// The same of the key in force, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
}
