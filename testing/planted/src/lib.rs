//! Bugs that the simulation must find. Each is a few lines in the product behind the feature
//! `planted`, off unless a run names it. Nothing that ships is built with the feature: no default
//! turns it on, `cargo xtask tidy` looks at what shipping binaries link, and a release build with it
//! does not compile.
//!
//! Not here: the bugs themselves; look for `planted::is` beside the code that they break.

use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(not(debug_assertions))]
compile_error!("planted bugs are for test builds only");

/// Which bug is switched on; 0 for none. One process runs one bug.
static BUG: AtomicU8 = AtomicU8::new(0);

macro_rules! bugs {
    ($($(#[$meta:meta])* $bug:ident = $name:literal;)*) => {
        /// A planted bug.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Bug { $($(#[$meta])* $bug,)* }

        impl Bug {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$bug),*];

            /// What it does wrong.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$bug => $name,)* }
            }
        }
    };
}

bugs! {
    /// keeper: freshness looks at the counter alone (P16).
    DigestNotCompared = "counter compared but not digest";
    /// journal: a commit does not reach the disk (P14).
    ReplyBeforeFlush = "reply before flush";
    /// meter: evidence of any sequence is taken (P22).
    FundingSequence = "funding sequence not checked";
    /// store: the meter is written whatever is there (P15).
    UnconditionalUpdate = "unconditional meter update";
    /// keeper: a repeated request is decided again (P17).
    RedeliveryDecides = "redelivery makes a new item";
    /// functions: keys are looked up, then the record is read (P10).
    TwoSnapshots = "look-up and record from different snapshots";
    /// functions: each order is looked up by itself, the last record seen is shown (P11).
    JoinedSnapshots = "an entry joined from two snapshots";
    /// keeper: the sequence of an act is not compared (P9).
    ActTwice = "an act accepted twice";
    /// keeper: a record newer than all is taken for the newest (P16).
    NewerAdopted = "a record newer than the box adopted";
    /// keeper: whoever finds a decision open gets its secrets (P17).
    SecretsToOthers = "redelivered secrets to another request id";
    /// meter: taking an item back answers with a signed payload (P25).
    SignsOnVoid = "signs on void";
}

/// Switches one bug on for the rest of the process.
pub fn switch_on(bug: Bug) {
    BUG.store(bug as u8 + 1, Ordering::Relaxed);
}

/// Whether this bug is on.
#[must_use]
pub fn is(bug: Bug) -> bool {
    BUG.load(Ordering::Relaxed) == bug as u8 + 1
}
