//! Limits that stand before the boxes (P21): each sign-up and each attempt at a password becomes an
//! entry in a journal, so nobody may cause them at will. The box itself makes failures wait longer
//! and longer; this also bounds what succeeds, and names that do not exist.
//!
//! Per process, in memory: a second server doubles the rate, a restart forgets. Limits by address
//! belong to the proxy in front, which alone sees addresses.

use crate::limits::{
    ATTEMPTS, ATTEMPTS_PER_SECOND, KEY_QUESTIONS, KEY_QUESTIONS_PER_SECOND, NAME_PLACES, SIGN_UPS,
    SIGN_UPS_PER_SECOND,
};
use crate::{Code, Problem};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::{StateInformationMiddleware, StateSnapshot};
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, Quota, RateLimiter};
use item::AccountId;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};

/// Names are counted in a fixed number of places, under a secret of this process: a flood of names
/// takes no memory, and nobody can choose a name that shares a place with another's.
type ByName = RateLimiter<u16, HashMapStateStore<u16>, DefaultClock, StateInformationMiddleware>;
type Overall = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// What is left of a limit, as the last request under it found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Which limit.
    pub name: &'static str,
    /// Requests that are let through at once.
    pub quota: u32,
    /// Seconds in which as many come back.
    pub window: u32,
    /// Requests that would be let through now.
    pub left: u32,
}

/// The limits of one process.
pub(crate) struct Throttle {
    attempts: ByName,
    keys: ByName,
    secret: RandomState,
    sign_ups: Overall,
    /// What was left in each place of `attempts`, and of `sign_ups` in the last one, when it was last
    /// asked: looking does not count as asking.
    left: Box<[AtomicU32]>,
}

impl Default for Throttle {
    fn default() -> Self {
        let attempts = Quota::per_second(ATTEMPTS_PER_SECOND).allow_burst(ATTEMPTS);
        let keys = Quota::per_second(KEY_QUESTIONS_PER_SECOND).allow_burst(KEY_QUESTIONS);
        let sign_ups = Quota::per_second(SIGN_UPS_PER_SECOND).allow_burst(SIGN_UPS);
        Self {
            attempts: RateLimiter::hashmap(attempts).with_middleware(),
            keys: RateLimiter::hashmap(keys).with_middleware(),
            secret: RandomState::new(),
            sign_ups: RateLimiter::direct(sign_ups).with_middleware(),
            left: places().map(|place| AtomicU32::new(full(place))).collect(),
        }
    }
}

impl Throttle {
    /// One more attempt at the password of this name, which is in its normal form.
    ///
    /// # Errors
    /// [`Code::TooSoon`], with the time to wait.
    pub(crate) fn attempt(&self, login: &str) -> Result<(), Problem> {
        self.count(login, "Too many attempts at this log-in name.")
    }

    fn count(&self, name: &str, refusal: &str) -> Result<(), Problem> {
        let place = self.place(name);
        let outcome = self.attempts.check_key(&place);
        self.note(usize::from(place), outcome.as_ref().ok());
        match outcome {
            Ok(_) => Ok(()),
            Err(until) => Err(wait(&until, refusal)),
        }
    }

    /// What is left of the attempts at this name, which is in its normal form.
    pub(crate) fn attempts_left(&self, login: &str) -> Allowance {
        Allowance {
            name: "attempts",
            quota: ATTEMPTS.get(),
            window: ATTEMPTS.get().div_ceil(ATTEMPTS_PER_SECOND.get()),
            left: self.noted(usize::from(self.place(login))),
        }
    }

    /// What is left of everybody's sign-ups.
    pub(crate) fn sign_ups_left(&self) -> Allowance {
        Allowance {
            name: "sign-ups",
            quota: SIGN_UPS.get(),
            window: SIGN_UPS.get().div_ceil(SIGN_UPS_PER_SECOND.get()),
            left: self.noted(SIGN_UPS_PLACE),
        }
    }

    fn note(&self, place: usize, found: Option<&StateSnapshot>) {
        let left = found.map_or(0, StateSnapshot::remaining_burst_capacity);
        if let Some(noted) = self.left.get(place) {
            noted.store(left, Ordering::Relaxed);
        }
    }

    fn noted(&self, place: usize) -> u32 {
        let noted = self.left.get(place);
        noted.map_or(0, |noted| noted.load(Ordering::Relaxed))
    }

    /// One more user, key or meter for this account: each is kept for good.
    ///
    /// # Errors
    /// [`Code::TooSoon`], with the time to wait.
    pub(crate) fn addition(&self, account: AccountId) -> Result<(), Problem> {
        self.count(
            &account.to_string(),
            "Too many new users, keys or meters of this account.",
        )
    }

    /// What is left of the additions to this account.
    pub(crate) fn additions_left(&self, account: AccountId) -> Allowance {
        Allowance {
            name: "additions",
            ..self.attempts_left(&account.to_string())
        }
    }

    /// One more question about this key.
    ///
    /// # Errors
    /// [`Code::TooSoon`], with the time to wait.
    pub(crate) fn key(&self, key: &str) -> Result<(), Problem> {
        self.keys
            .check_key(&self.place(key))
            .map(drop)
            .map_err(|until| wait(&until, "Too many questions about this key."))
    }

    fn place(&self, name: &str) -> u16 {
        let place = self.secret.hash_one(name) % NAME_PLACES;
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    /// One more sign-up.
    ///
    /// # Errors
    /// [`Code::TooSoon`], with the time to wait.
    pub(crate) fn sign_up(&self) -> Result<(), Problem> {
        let outcome = self.sign_ups.check();
        self.note(SIGN_UPS_PLACE, outcome.as_ref().ok());
        match outcome {
            Ok(_) => Ok(()),
            Err(until) => Err(wait(&until, "Too many sign-ups at once.")),
        }
    }
}

/// Where it is noted what is left of sign-ups: behind the places of names.
const SIGN_UPS_PLACE: usize = NAME_PLACES as usize;

fn places() -> std::ops::RangeInclusive<usize> {
    0..=SIGN_UPS_PLACE
}

/// What is left in a place that nobody has asked of.
fn full(place: usize) -> u32 {
    match place {
        SIGN_UPS_PLACE => SIGN_UPS.get(),
        _ => ATTEMPTS.get(),
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
        assert_eq!(throttle.attempts_left("one").left, 0);
        assert_eq!(throttle.attempts_left("another").left, ATTEMPTS.get() - 1);
        assert_eq!(throttle.attempts_left("nobody").left, ATTEMPTS.get());
        assert_eq!(throttle.sign_ups_left().left, SIGN_UPS.get());
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
