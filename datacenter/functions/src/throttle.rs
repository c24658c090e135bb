//! Limits that stand before the boxes (P21): each sign-up and each attempt at a password becomes an
//! entry in a journal, so nobody may cause them at will. The box itself makes failures wait longer
//! and longer; this also bounds what succeeds, and names that do not exist.
//!
//! Per process, in memory: a second server doubles the rate, a restart forgets. Limits by address
//! belong to the proxy in front, which alone sees addresses.

use crate::{Code, Problem};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, Quota, RateLimiter};
use std::num::NonZeroU32;

/// Attempts at one log-in name at once; one more each second.
const ATTEMPTS: NonZeroU32 = NonZeroU32::new(20).unwrap();
const ATTEMPTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(1).unwrap();
/// Sign-ups at once, of everybody together; so many more each second.
const SIGN_UPS: NonZeroU32 = NonZeroU32::new(200).unwrap();
const SIGN_UPS_PER_SECOND: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Names remembered; above it those that have not been tried lately are forgotten.
const NAMES_MAX: usize = 100_000;

type ByName = RateLimiter<String, HashMapStateStore<String>, DefaultClock, NoOpMiddleware>;
type Overall = RateLimiter<NotKeyed, InMemoryState, DefaultClock, NoOpMiddleware>;

/// The limits of one process.
pub(crate) struct Throttle {
    attempts: ByName,
    sign_ups: Overall,
}

impl Default for Throttle {
    fn default() -> Self {
        let attempts = Quota::per_second(ATTEMPTS_PER_SECOND).allow_burst(ATTEMPTS);
        let sign_ups = Quota::per_second(SIGN_UPS_PER_SECOND).allow_burst(SIGN_UPS);
        Self {
            attempts: RateLimiter::hashmap(attempts),
            sign_ups: RateLimiter::direct(sign_ups),
        }
    }
}

impl Throttle {
    /// One more attempt at the password of this name, which is in its normal form.
    ///
    /// # Errors
    /// [`Code::TooSoon`], with the time to wait.
    pub(crate) fn attempt(&self, login: &str) -> Result<(), Problem> {
        if self.attempts.len() > NAMES_MAX {
            self.attempts.retain_recent();
        }
        self.attempts
            .check_key(&login.to_owned())
            .map_err(|until| wait(&until, "Too many attempts at this log-in name."))
    }

    /// One more sign-up.
    ///
    /// # Errors
    /// [`Code::TooSoon`], with the time to wait.
    pub(crate) fn sign_up(&self) -> Result<(), Problem> {
        self.sign_ups
            .check()
            .map_err(|until| wait(&until, "Too many sign-ups at once."))
    }
}

fn wait<C: governor::clock::Reference>(until: &NotUntil<C>, what: &str) -> Problem
where
    DefaultClock: Clock<Instant = C>,
{
    let left = until.wait_time_from(DefaultClock::default().now());
    Problem {
        retryable: true,
        retry_after: Some(left.as_secs().saturating_add(1)),
        ..Problem::new(
            Code::TooSoon,
            format!("{what} Nothing was changed; wait and repeat."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_limited_by_name_p21() {
        let throttle = Throttle::default();
        for attempt in 0..ATTEMPTS.get() {
            assert!(throttle.attempt("one").is_ok(), "{attempt}");
        }
        // The bucket may have got a drop or two back while it was emptied.
        let refused = (0..3).find_map(|_| throttle.attempt("one").err()).unwrap();
        assert_eq!(refused.code, Code::TooSoon);
        assert!(refused.retry_after.is_some_and(|seconds| seconds >= 1));
        assert!(
            throttle.attempt("another").is_ok(),
            "others are not held up"
        );
    }

    #[test]
    fn sign_ups_are_limited_together_p21() {
        let throttle = Throttle::default();
        let refused = (0..SIGN_UPS.get() + 100)
            .find_map(|_| throttle.sign_up().err())
            .unwrap();
        assert_eq!(refused.code, Code::TooSoon);
    }
}
