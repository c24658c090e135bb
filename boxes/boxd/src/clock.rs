//! The one place where a box reads clocks. Everything else gets time as an argument.

use item::Time;
use keeper::Now;
use rustix::time::{ClockId, clock_gettime};
use std::time::UNIX_EPOCH;

/// Wall clock and `CLOCK_BOOTTIME`, both in milliseconds (P26 compares the two). A wall clock
/// before 1970 reads as 0, which P26 refuses as a step back.
#[must_use]
pub fn now() -> Now {
    Now {
        wall: Time(wall()),
        since_boot: since_boot(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the named function of this shell that reads the wall clock"
)]
fn wall() -> u64 {
    std::time::SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| u64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// Milliseconds since the machine started, sleep included; never runs backwards.
pub(crate) fn since_boot() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let milliseconds = u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000;
    seconds.saturating_mul(1_000).saturating_add(milliseconds)
}
