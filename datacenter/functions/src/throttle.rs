//! Limits that stand before the boxes (P21): each sign-up and each attempt at a password becomes an
//! entry in a journal, so nobody may cause them at will. The box itself makes failures wait longer
//! and longer; this also bounds what succeeds, and names that do not exist.
//!
//! Per process, in memory: a second server doubles the rate, a restart forgets. Limits by address
//! belong to the proxy in front, which alone sees addresses.

use crate::limits::{ATTEMPTS, ATTEMPTS_PER_SECOND, NAME_PLACES, SIGN_UPS, SIGN_UPS_PER_SECOND};
use crate::{Code, Problem};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, Quota, RateLimiter};
use std::hash::{BuildHasher, RandomState};

/// Names are counted in a fixed number of places, under a secret of this process: a flood of names
/// takes no memory, and nobody can choose a name that shares a place with another's.
type ByName = RateLimiter<u16, HashMapStateStore<u16>, DefaultClock, NoOpMiddleware>;
type Overall = RateLimiter<NotKeyed, InMemoryState, DefaultClock, NoOpMiddleware>;

/// The limits of one process.
pub(crate) struct Throttle {
    attempts: ByName,
    secret: RandomState,
    sign_ups: Overall,
}

impl Default for Throttle {
    fn default() -> Self {
        let attempts = Quota::per_second(ATTEMPTS_PER_SECOND).allow_burst(ATTEMPTS);
        let sign_ups = Quota::per_second(SIGN_UPS_PER_SECOND).allow_burst(SIGN_UPS);
        Self {
            attempts: RateLimiter::hashmap(attempts),
            secret: RandomState::new(),
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
        let place = self.secret.hash_one(login) % NAME_PLACES;
        self.attempts
            .check_key(&u16::try_from(place).unwrap_or(u16::MAX))
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
    fn a_flood_of_names_takes_no_memory_and_holds_nobody_up_p21() {
        let throttle = Throttle::default();
        let names = 4 * NAME_PLACES;
        let refused = (0..names)
            .filter(|number| throttle.attempt(&format!("name-{number}")).is_err())
            .count();
        assert!(u64::try_from(throttle.attempts.len()).unwrap() <= NAME_PLACES);
        assert_eq!(refused, 0, "four of a place are far from its limit");
        assert!(throttle.attempt("me").is_ok());
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
