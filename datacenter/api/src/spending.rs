//! Bodies of limits of users and departments.

use crate::whole::perhaps;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sets limits; what is absent has none. Without either, the limits are taken away.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendingLimit {
    /// Most that may be spent on a day (UTC).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "perhaps"
    )]
    pub day_mills: Option<u64>,
    /// Most that may be spent in a calendar month (UTC).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "perhaps"
    )]
    pub month_mills: Option<u64>,
}

/// How a user or department stands. What is spent is counted only where there is a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Spending {
    /// Limit a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_mills: Option<u64>,
    /// Limit a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month_mills: Option<u64>,
    /// Spent today.
    pub day_spent_mills: u64,
    /// Spent this month.
    pub month_spent_mills: u64,
    /// Held by orders under way.
    pub held_mills: u64,
    /// ISO 4217 code.
    pub currency: String,
}
