//! The one place here that reads a clock: faults have a moment, recoveries a length.

use std::time::Instant;

/// Now, for measuring.
#[expect(
    clippy::disallowed_methods,
    reason = "a storm runs in real time, and says when what happened"
)]
#[must_use]
pub(crate) fn now() -> Instant {
    Instant::now()
}
