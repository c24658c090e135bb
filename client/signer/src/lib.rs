//! The secret keys of people: operators, treasury, verifiers, rate signers, and the post's token
//! master key in a demo. The only secret keys outside `boxes/` (P9).
//!
//! Not here: keys of a box (`vault`), any rule that changes a record, the network, and any clock:
//! time is an argument. The command line calls this on the machine of the person who signs.
//!
//! Two of these signers remember what they signed, because a second signature would be worth money:
//! the treasury's [`Ledger`] (P22) and a [`Verifier`] with its log of scans (P31). Both make their
//! memory durable before they hand a signature out.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod key;
mod ledger;
pub mod limits;
mod log_file;
mod post;
mod secret_file;
mod sign;
mod verifier;

pub use key::{KeyError, SigningKey};
pub use ledger::{
    Credit, Funding, FundingState, Ledger, LedgerError, Refunded, Settlement, correction_reference,
    payment_reference,
};
pub use log_file::LogError;
pub use post::PostKey;
pub use sign::{
    SignError, add_signature, sign_act, sign_application, sign_approval, sign_rates, sign_refusal,
    sign_totals,
};
pub use verifier::{Sighting, Verifier, VerifierError, has_scanned};
