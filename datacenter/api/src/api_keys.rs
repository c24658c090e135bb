//! Keys by which programs sign on.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Scope;

/// Makes a key for programs of the user.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What you call it: 1 to 100 characters.
    #[schema(example = "Web shop")]
    pub name: String,
    /// What it may do: `read`, `dispense`, `fund`, never `manage`, and never beyond what you may.
    pub scope: Scope,
    /// When it ends, RFC 3339; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// 32 random bytes, hex; made by the server if absent. Send them to be able to repeat the request
    /// after a lost reply: without them a repeat can not show the key's text again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Gives a key a new secret.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyRoll {
    /// The secret before is good until then, RFC 3339; if absent it ends now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<String>,
    /// As in [`NewApiKey::secret`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A key, read from its sealed record, with the name from beside it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// Key id; its text begins with it.
    pub key: String,
    /// What its user calls it.
    pub name: String,
    /// Whose it is.
    pub user: String,
    /// What it may do, as far as its user may.
    pub scope: Scope,
    /// When it was made, RFC 3339.
    pub created: String,
    /// When it ends, RFC 3339; absent if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Until when the secret before a roll is good, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<String>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Day of its last use, UTC; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

/// A key that was made or rolled.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyShown {
    /// The key.
    pub key: ApiKey,
    /// For `Authorization: Bearer`. Shown now and never again; absent when a repeat can not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "ind_test_0123...")]
    pub text: Option<String>,
}

impl std::fmt::Debug for ApiKeyShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKeyShown({:?})", self.key)
    }
}

/// A page of keys.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApiKeys {
    /// The keys.
    pub keys: Vec<ApiKey>,
    /// Send back as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
