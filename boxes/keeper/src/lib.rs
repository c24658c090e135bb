//! The engine that auth, meter and transaction box share: freshness, decisions, redelivery.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]
mod service;
pub use service::{Caller, Failed, Now, Pending, Service};
