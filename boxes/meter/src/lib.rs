//! The rules of the meter box: what a meter record may become (WO 98/57304 figure 4, refined by
//! P12, P13, P18, P22, P23 of the protocol).
//!
//! Not here: MAC, freshness, sealing, signing of decisions, the journal (`keeper`, which calls this
//! crate once an entry), sockets and clocks (`boxd`).
//!
//! A dispensed item can be signed in one way only, and each step takes the witness of the step
//! before by value:
//!
//! `Fresh` (MAC, freshness) -> `Balanced` (V2) and `Authorised` (authority's MAC and time)
//! -> `Covered` (rights, meter, value) -> `Debit` (state, limits, dates, funds) -> `Press::issue`
//! -> `Balanced::close` (V2 again) -> `Change`.
//!
//! | file | one idea |
//! |---|---|
//! | `rules` | what the engine asks, and which step answers |
//! | `manufacture` | a new record from a receipt |
//! | `equation` | V2 before and after every change |
//! | `acts` | the life cycle |
//! | `refill` | credit evidence |
//! | `credit` | an item taken back |
//! | `watchdog` | when the next inspection is due; status reports |
//! | `reissue` | a record made again after a restore |
//! | `dispense` | joined orders, each decided alone |
//! | `cover` | what an authority allows |
//! | `debit` | what the meter allows |
//! | `press` | registers, tokens, signature, chain |
//! | `tokens` | the question whether tokens are a meter's |

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
mod cover;
mod credit;
mod debit;
mod dispense;
mod equation;
mod limits;
mod manufacture;
mod press;
mod refill;
mod reissue;
mod rules;
mod tokens;
mod watchdog;

pub use rules::MeterRules;

use wire::RefusalCode;

/// One line of a table of checks.
fn require(holds: bool, otherwise: RefusalCode) -> Result<(), RefusalCode> {
    if holds { Ok(()) } else { Err(otherwise) }
}
