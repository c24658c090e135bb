//! The engine that auth, meter and transaction box share: MAC -> freshness -> rule step -> raise
//! counter -> re-seal -> journal -> release.
//!
//! Not here: what a rule step is (`auth`, `meter`, `transaction`), sockets, threads and clocks
//! (`boxd`). Everything is synchronous and owned by one caller; time and randomness are arguments.
//!
//! | file | one idea |
//! |---|---|
//! | `service` | the order decide, commit, release, as a type |
//! | `freshness` | the table P16, as a pure function |
//! | `rules` | what a rule set is asked, and the witnesses that it gets |
//! | `others` | records shown beside the one that is asked about |
//! | `state` | how the journal tells what a box remembers |
//! | `subjects` | what it remembers of its subjects, in little memory |
//! | `clock` | P26 |
//! | `ground` | what the ceremony gave this box, opened |
//! | `epochs` | which epoch is in force, and taking the keys of the next (P3) |
//! | `replay`, `compaction` | from the journal to memory, and back |
//! | `redelivery`, `reissue` | an older database: P19, P28 |
//! | `engine`, `deciding`, `standing` | the keeper itself: requests, decisions, acts on the box |

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod clock;
mod compaction;
mod deciding;
mod engine;
mod epochs;
mod freshness;
mod ground;
mod others;
mod redelivery;
mod reissue;
mod replay;
mod rules;
mod service;
mod standing;
pub mod state;
mod subjects;

pub use clock::{Clock, ClockFault};
pub use engine::Keeper;
pub use epochs::{KeptEpoch, Window};
pub use freshness::{Freshness, Known, compare};
pub use ground::{Ground, JournalMac, StartError};
pub use item::Summary;
pub use journal::Unflushed;
pub use others::Others;
pub use reissue::Outdated;
pub use rules::{
    Addressee, Change, Context, Declined, Fresh, Look, Rules, Shown, Stamp, Standing, open_act,
};
pub use service::{Caller, Failed, Now, Pending, Service};
pub use standing::box_subject;
