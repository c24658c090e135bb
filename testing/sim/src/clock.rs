//! Simulated time: tokio's paused clock, which jumps to the next timer as soon as nothing else is
//! left to do. Servers read it as their wall clock, boxes with an offset of their own.

use item::Time;
use keeper::Now;
use std::cell::Cell;
use tokio::time::Instant;

/// When every run begins: noon of 2026-11-21 UTC.
pub const BEGIN: u64 = 20_778 * DAY + DAY / 2;
/// Milliseconds of a day.
pub const DAY: u64 = 86_400_000;
/// Milliseconds between the start of the simulated machines and [`BEGIN`].
const UP_BEFORE: u64 = 1_000_000;

thread_local! {
    static ZERO: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Starts this thread's clock. Call inside the run's runtime.
pub fn start() {
    ZERO.set(Some(Instant::now()));
}

/// Milliseconds since the run began.
#[must_use]
pub fn elapsed() -> u64 {
    ZERO.get().map_or(0, |zero| {
        u64::try_from(zero.elapsed().as_millis()).unwrap_or(u64::MAX)
    })
}

/// The true time.
#[must_use]
pub fn now() -> Time {
    Time(BEGIN.saturating_add(elapsed()))
}

/// What a box reads whose wall clock is off by `step` milliseconds.
#[must_use]
pub fn box_now(step: i64) -> Now {
    Now {
        wall: Time(now().0.saturating_add_signed(step)),
        since_boot: UP_BEFORE.saturating_add(elapsed()),
    }
}
