//! The one place that reads the wall clock: a session's end is a time.

/// Now.
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
