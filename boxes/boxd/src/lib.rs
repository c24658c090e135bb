//! The shell of a box: channel, threads, clocks, signals, unlock secret, command line.
//!
//! Not here: any decision. A shell hands each request to its `keeper::Service`, has everything
//! that waits committed at once, and lets replies out only against the proof of the commit (P14).
//! Synchronous on purpose: a box is read by people before it is trusted.
//!
//! Called by the `main` of each box binary ([`Program`]): [`harden`] first, then the command line
//! ([`args`]), the unlock secret ([`unlock`]), the socket ([`Bound`]), [`confine`], and at last
//! [`Bound::serve`], whose result goes through [`conclude`].
//!
//! # Threads
//!
//! ```text
//! acceptor --> reader (one a connection) --jobs, bounded--> engine (owns the Service)
//!                 \--tls--> writer (one a connection) <--replies, after commit--/
//! ```
//!
//! All waiting is bounded: handshakes by number and time, requests by a short queue and by
//! `wire::channel::IN_FLIGHT_MAX` a connection, silent peers by time-outs.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod args;
mod channel;
mod clock;
mod confine;
mod connection;
mod engine;
mod error;
mod frames;
mod harden;
pub mod limits;
mod program;
mod registry;
mod server;
mod stop;
pub mod unlock;

pub use channel::ChannelKey;
pub use clock::now;
pub use confine::{Confinement, confine};
pub use error::{BoxdError, conclude};
pub use harden::{harden, lock_memory};
pub use program::{CEREMONY, ENROLL, INIT, Init, Open, Opened, Program, SERVE};
pub use server::{Bound, ServeConfig};
pub use stop::Stop;
