//! Asking boxes: one pinned TLS connection a box, many requests on it at once, and the same bytes
//! sent again until they are answered or their time is over.
//!
//! Not here: what a request means, and the joining of orders of one meter into one entry (P10,
//! P11), which `functions` does. No secret key is here but this server's own channel key.
//!
//! # Sending again is safe
//!
//! A box answers a request id that it has decided with the bytes of that decision (P16, P17), so a
//! request whose reply was lost is simply sent again, byte for byte, on the next connection.
//!
//! # A caller that goes away
//!
//! Requests belong to a task of the client, not to the caller's future: dropping the future of
//! [`BoxClient::ask`] or [`BoxClient::decide`] does not take back what was handed over, it only
//! drops the answer. Nothing is lost by that: the box lists decisions that nobody wrote down (P19),
//! and the same request gets the same answer.

mod channel;
mod client;
mod collector;
mod connection;
mod dial;
mod error;
pub mod limits;
mod pool;

pub use channel::ServerKey;
pub use client::{BoxAddress, BoxClient, Patience};
pub use dial::{Dial, Dialling, Stream};
pub use error::BoxError;
pub use pool::BoxPool;
