//! Limits of users and departments per day and month, and what is held against them.
//!
//! A reservation stands in the database before a box is asked. Items that are written take its place in
//! the same transaction; a refusal releases it. What a crash leaves is looked at again: by the request
//! that is repeated, or when it is old. So spent + held never passes a limit, whoever asks at once.
//!
//! Not here: what to tell the caller (`functions`). These limits are the customer's own; those of the meter
//! are in its record, and no database can lift them.

use item::{AccountId, Day, Department, Digest, MeterSerial, Mills, RequestId, Time, UserId};

/// Whose spending is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Spender {
    /// A user of the account.
    User(UserId),
    /// A department of the account.
    Department(Department),
}

impl Spender {
    /// As it is stored: kind and id.
    #[must_use]
    pub fn stored(&self) -> (u8, Vec<u8>) {
        match self {
            Self::User(user) => (1, user.0.to_vec()),
            Self::Department(department) => (2, department.0.to_be_bytes().to_vec()),
        }
    }
}

/// Most that may be spent; none is without limit. Days and months are those of UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpendingLimit {
    /// On one day.
    pub day: Option<Mills>,
    /// In one month.
    pub month: Option<Mills>,
}

impl SpendingLimit {
    /// Whether it limits nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.day.is_none() && self.month.is_none()
    }
}

/// How a spender stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spending {
    /// The limit.
    pub limit: SpendingLimit,
    /// Spent on the day that was asked for, and later.
    pub day: Mills,
    /// Spent in its month, and later.
    pub month: Mills,
    /// Held by orders under way, or cut off.
    pub held: Mills,
}

/// What one order is about to spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Whose.
    pub account: AccountId,
    /// The order: the same one again has one reservation.
    pub request: RequestId,
    /// Digest of its idempotency key.
    pub key_digest: Digest,
    /// Meter that it is for.
    pub meter: MeterSerial,
    /// By whom and for which departments, and how much each.
    pub sums: Vec<(Spender, Mills)>,
    /// Now.
    pub now: Time,
}

/// How a reservation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// It stands, or the key is answered already: go on.
    Held,
    /// It would pass a limit. Nothing is held.
    Over {
        /// Whose limit.
        spender: Spender,
        /// How they stand.
        spending: Spending,
        /// Whether it is the limit of the day, or of the month.
        is_day: bool,
    },
}

/// A reservation that is older than any order under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldHold {
    /// Whose.
    pub account: AccountId,
    /// The order.
    pub request: RequestId,
    /// Its meter.
    pub meter: MeterSerial,
}

/// Sums by day, and up to which piece of each meter they were taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaySums {
    /// Spent on each day.
    pub days: std::collections::BTreeMap<Day, Mills>,
    /// Newest piece of each meter that is in them.
    pub pieces: std::collections::BTreeMap<MeterSerial, u32>,
}
