//! The keys box: ceremony, root, epochs, serials of new meters, verification packs.
//!
//! Not here: the post's key is imported, never made; records of meters and users (their own boxes);
//! sockets and threads (`boxd`). It is the one box without sealed records, so it does not stand on
//! `keeper`'s engine, only on its journal conventions.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod acts;
mod ceremony;
mod issuer;
mod opening;
mod plan;
mod service;
mod state;

pub use ceremony::{Ceremony, CeremonyError, hold};
pub use plan::{Plan, PlanError, PlannedBox};
pub use service::KeysBox;
