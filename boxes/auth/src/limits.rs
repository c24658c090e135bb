//! Every number of the sign-on rules, with its reason. Times are milliseconds.

/// An authority is good for five minutes (P20): what a stolen one is worth at most.
pub const AUTHORITY_MS: u64 = 5 * 60 * 1000;
/// Renewal ends twelve hours after the log-in (P20): a working day.
pub const SESSION_MS: u64 = 12 * 3600 * 1000;
/// Failures in a row without a delay: people mistype.
pub const FREE_FAILURES: u16 = 3;
/// Delay after the first failure beyond those; each further failure doubles it.
pub const FIRST_DELAY_MS: u64 = 2 * 1000;
/// The longest delay: fifteen minutes. Nobody is locked out for good (P21).
pub const LONGEST_DELAY_MS: u64 = 15 * 60 * 1000;

/// A recovery waits a day (P21): long enough for who can still sign on to do so, which calls it off.
pub const RECOVERY_WAIT_MS: u64 = 24 * 3600 * 1000;
/// It may be ended for seven days then: a code that was forgotten in a drawer is worth nothing.
pub const RECOVERY_OPEN_MS: u64 = 7 * 24 * 3600 * 1000;

/// A challenge is signed by a program, at once: two minutes.
pub const CHALLENGE_MS: u64 = 2 * 60 * 1000;
/// How far ahead of the box's time a signature of a user's own key may expire at most.
pub const OWN_SIGNATURE_MS: u64 = 10 * 60 * 1000;

const _: () = assert!(SESSION_MS < RECOVERY_WAIT_MS);
const _: () = assert!(AUTHORITY_MS < SESSION_MS && FIRST_DELAY_MS < LONGEST_DELAY_MS);
