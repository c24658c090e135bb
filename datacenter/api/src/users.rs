//! Users of an account.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::few::few_words;
use crate::whole::{serials, whole};

/// What a user may do: never beyond what the manager may do who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// `read`, `dispense`, `fund`, `manage`. None at all: the user is disabled.
    #[serde(deserialize_with = "few_words")]
    pub rights: Vec<String>,
    /// Most that one request may spend.
    #[serde(deserialize_with = "whole")]
    pub ceiling_mills: u64,
    /// Serials of the meters that may be used, at most 32; none named means all of the account.
    #[serde(
        default,
        deserialize_with = "serials",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub meters: Vec<u32>,
}

/// Adds a user to the account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Log-in name, for example an e-mail address: 3 to 254 characters, case does not matter.
    #[schema(example = "clerk@example.com")]
    pub login: String,
    /// First password, 12 to 128 characters. The user should change it.
    pub password: String,
    /// How the user is called: 1 to 100 characters.
    #[schema(example = "Clerk at the counter")]
    pub display_name: String,
    /// What the user may do.
    pub scope: Scope,
}

/// A user of the account, read from its sealed record, with names from beside it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// User id.
    pub user: String,
    /// Log-in name.
    pub login: String,
    /// How the user is called.
    pub display_name: String,
    /// Whether the user may do nothing at all, not even log in.
    pub disabled: bool,
    /// What the user may do.
    pub scope: Scope,
    /// Last log-in, RFC 3339; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login: Option<String>,
    /// Failed log-ins since the last success.
    pub failed_attempts: u16,
    /// The user's own Ed25519 key, hex, which signs each order of his; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<String>,
    /// A recovery waits, and can be ended from then on, RFC 3339; absent if none does. A log-in of the
    /// user calls it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_from: Option<String>,
}

/// Begins the recovery of a user.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecovery {
    /// Digest of the code that will end it, hex: SHA-256 of `indicia/recovery/1`, a zero byte, user id
    /// and code, both as bytes. 64 zeros call off the recovery that waits.
    pub code_digest: String,
}

/// Ends the recovery of a user.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// Log-in name.
    pub login: String,
    /// The code: 32 random bytes, hex.
    pub code: String,
    /// New password, 12 to 128 characters, none of the last five.
    pub new_password: String,
}

/// A page of users.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Users {
    /// The users.
    pub users: Vec<User>,
    /// Send back as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
