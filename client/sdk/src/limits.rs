//! Every limit of this crate, with its reason.

use std::time::Duration;

/// Items of one dispense request, addresses of one call: what the API takes.
pub const ITEMS_PER_REQUEST_MAX: usize = 1_000;
/// Rows of one mailing and envelopes of one drawing: what the API takes.
pub const ROWS_PER_MAILING_MAX: usize = 10_000;
/// Meters asked for at once when all are wanted.
pub const METERS_PER_PAGE: u32 = 100;
/// Departments or end customers asked for at once when all are wanted.
pub const HEADINGS_PER_PAGE: u32 = 100;
/// How often one call is sent at most: with the pauses below about eight seconds, which is longer
/// than a box or server takes to come back after a crash.
pub const ATTEMPTS_MAX: u32 = 8;
/// First pause before sending again; doubles each time.
pub const PAUSE_FIRST: Duration = Duration::from_millis(100);
/// Longest pause.
pub const PAUSE_MAX: Duration = Duration::from_secs(2);
/// To reach the server.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For one whole exchange: a PDF of 10,000 envelopes on a small machine.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(120);
/// A session is renewed once it has less than this left (it lives five minutes).
pub const RENEW_WITHIN: Duration = Duration::from_secs(90);

const _: () = assert!(PAUSE_FIRST.as_millis() < PAUSE_MAX.as_millis());

/// How long a signature of a user's own key is good: longer than all repetitions of a call together, and
/// less than a box takes, whose clock may be another's.
pub const SIGNATURE_TIME: Duration = Duration::from_secs(300);
