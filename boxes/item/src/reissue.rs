//! What a re-issue rests on (P28): the operators name what they were shown, the box compares it with
//! its memory, audit goes on from it. Rules are in `boxes/keeper` and the rule sets.

use crate::{Counter, Mills};

layout! {
    /// What a box keeps of a record beside counter and digest. Zero where it has no such field.
    #[derive(Copy, Default)]
    pub struct Summary {
        /// Piece count.
        pub pieces: u32,
        /// Ascending register.
        pub ascending: Mills,
        /// Descending register.
        pub descending: Mills,
        /// Deposits.
        pub deposits: Mills,
        /// Item credits.
        pub item_credits: Mills,
        /// Life-cycle state.
        pub state: u8,
        /// Funding sequence.
        pub funding_sequence: u64,
        /// Act sequence.
        pub act_sequence: u64,
    }
}

layout! {
    /// "Make this record again": what is between the two counters is given up as lost.
    #[derive(Copy)]
    pub struct Reissue {
        /// Counter of the older record that the database still has.
        pub shown: Counter,
        /// Newest counter that the box decided.
        pub known: Counter,
        /// What the box remembers of that one.
        pub memory: Summary,
    }
}
