//! The client of `/v1` for Rust programs: one method a route, with the bodies of crate `api`.
//!
//! Not here: any secret key or signature but those of a user's own key ([`OwnKey`]; `signer` makes signed
//! statements, which are handed in as bytes), any file, any output. Called by the command line and by whoever else talks to a data
//! centre.
//!
//! A call that can be repeated without harm is repeated, by the call itself: on a lost connection
//! and on problems that say `retryable` with status 503, a bounded number of times, always with the
//! same idempotency key. So a call that returns an error was either refused, or ended without
//! anybody knowing ([`ApiError::outcome_unknown`]): then ask again *with the same key*.
//!
//! ```no_run
//! # async fn example() -> Result<(), sdk::ApiError> {
//! let client = sdk::Client::new("http://127.0.0.1:8080")?;
//! client.sign_on("mailroom@example.com", "a long password").await?;
//! let key = sdk::random_key()?;
//! let order = sdk::api::DispenseOne {
//!     item: sdk::api::ItemOrder {
//!         shape: Some("letter".to_owned()),
//!         weight_oz: Some("1".to_owned()),
//!         recipient: vec!["State Capitol".to_owned(), "Sacramento, CA 95814".to_owned()],
//!         ..Default::default()
//!     },
//!     expected_piece_count: None,
//!     allow_duplicate: false,
//! };
//! let item = client.dispense(10_000_001, &order, &key).await?;
//! println!("{} for {} mills", item.id, item.value_mills);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)
)]

mod accounts;
mod api_keys;
mod call;
mod checks;
mod client;
mod clock;
mod error;
mod headings;
mod items;
mod licences;
pub mod limits;
mod lines;
mod mailings;
mod meters;
mod own_key;
mod postal;
mod random;
mod spending;
mod statements;
mod totals;
mod users;
mod voids;

pub use api;
pub use client::Client;
pub use error::{ApiError, Base64Error};
pub use headings::HeadingKind;
pub use licences::licence_path;
pub use meters::record_path;
pub use own_key::OwnKey;
pub use postal::RateQuestion;
pub use random::{random_key, random_secret};
pub use spending::Spender;
pub use statements::BooksQuestion;
pub use totals::{DAY_TOTALS_PATH, TOTALS_PATH};
pub use voids::rejection_path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes in the form that the API's bodies hold them.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Bytes out of an answer's field.
///
/// # Errors
/// [`Base64Error`]: the server sent something else.
pub fn decode(text: &str) -> Result<Vec<u8>, Base64Error> {
    STANDARD.decode(text).map_err(|_| Base64Error)
}
