//! The one place here that reads the wall clock: statements are signed for real boxes.

use item::Time;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, by this machine's clock.
///
/// # Panics
/// If the clock is before 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "tests stand in for people, who look at a clock"
)]
#[must_use]
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time(u64::try_from(since.as_millis()).unwrap())
}
