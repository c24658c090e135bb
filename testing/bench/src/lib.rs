//! How fast an installation is, beside how fast its machine could be: real processes, everything
//! durable, every item signed.
//!
//! Not here: verdicts. Nothing fails because it was slow, figures of one machine say little about
//! another's, and so each result is given as a ratio to a ceiling that the same run measured.
//! Load goes to loopback only, for a bounded time. Called by `cargo xtask bench`.
//!
//! | file | one idea |
//! |---|---|
//! | `plan` | what can be measured, and for how long |
//! | `ceilings`, `postgres` | what the machine can do without us |
//! | `site` | an installation with customers, and what its processes used |
//! | `http`, `drive` | one connection; many of them, as fast as they are answered or at a fixed rate |
//! | `dispensing`, `desk`, `checks` | the measurements |
//! | `growth` | the same with millions of meters |
//! | `pages` | printing a batch, in a process of its own |
//! | `instructions`, `cores` | instructions of a dispense, for comparing with earlier ones |
//! | `report` | the table and `bench.json` |

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod ceilings;
mod checks;
mod compare;
mod cores;
mod desk;
mod dispensing;
mod drive;
mod growth;
mod http;
mod instructions;
mod pages;
mod plan;
mod postgres;
mod report;
mod site;

pub use compare::compare;
pub use cores::dispense;
pub use instructions::instructions;
pub use pages::{ALONE, alone};
pub use plan::{Options, run};
pub use report::{Figures, Report};

use std::time::Instant;

/// The clock of a measurement.
#[expect(
    clippy::disallowed_methods,
    reason = "a measuring tool measures; no rule depends on it"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
