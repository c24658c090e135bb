//! The one place here that reads the wall clock: statements are signed for real boxes.

use crate::HOUR_MS;
use item::Time;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// One day, milliseconds.
const DAY_MS: u64 = 24 * HOUR_MS;
/// What a test that must not see midnight may take, milliseconds.
const ONE_TEST_MS: u64 = 60_000;

/// Noon of the day that is so many days after this one (UTC).
#[must_use]
pub fn noon_after(days: u64) -> Time {
    Time((now().0 / DAY_MS + days) * DAY_MS + DAY_MS / 2)
}

/// Waits for the next day (UTC) where this one ends within a minute: for tests of what is counted by day.
pub fn within_one_day() {
    let left = DAY_MS - now().0 % DAY_MS;
    if left < ONE_TEST_MS {
        std::thread::sleep(Duration::from_millis(left));
    }
}
