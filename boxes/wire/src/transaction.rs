//! Requests to a transaction box.

use crate::limits::RECORD_MAX;
use crate::variants;
use item::{Bytes, ChainEntry, Decision, EventKind, Signed, layout};

layout! {
    /// Chains one event behind the entry before, which is verified now (that is when a missing or
    /// altered entry is noticed).
    pub struct Append {
        /// The chain's newest entry; none for the first.
        pub previous: Option<ChainEntry>,
        /// What happened.
        pub event: EventKind,
        /// The signed decision of the auth or meter box that made it happen.
        pub decision: Signed<Decision>,
        /// The record that an auth decision made, MAC included: it says of which account its user is.
        /// Empty for the account's founder, and for a meter.
        pub record: Bytes<RECORD_MAX>,
    }
}

variants! {
    /// A change of an account's chain.
    pub enum ChainRequest {
        /// Add an event.
        Append(Append) = 1,
    }
}
