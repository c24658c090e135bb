//! What everybody writes down while a storm goes on: faults, answers, recoveries, and what must not
//! be. Not here: the ledger of the clients (`book`), and how it is printed (`table`).

use crate::clock::now;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Violations that are kept; the first ones tell the story.
const VIOLATIONS_MAX: usize = 50;

/// Something at a moment after the beginning.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// When.
    pub(crate) at: Duration,
    /// What.
    pub(crate) what: String,
}

/// Numbers for the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Faults by kind and process, link or disk.
    pub(crate) faults: BTreeMap<(&'static str, String), u64>,
    /// Requests that were answered for good, by kind.
    pub(crate) requests: BTreeMap<&'static str, u64>,
    /// Times that something was asked again.
    pub(crate) retries: u64,
    /// Single answers by problem code, `ok`, or `no answer`.
    pub(crate) answers: BTreeMap<String, u64>,
    /// Processes that a full disk ended.
    pub(crate) starved: BTreeMap<&'static str, u64>,
    /// From `kill -9` to ready again, by process.
    pub(crate) recoveries: Vec<(&'static str, Duration)>,
    /// Items that clients got.
    pub(crate) items: u64,
    /// Longest time of the storm in which no client got an item.
    pub(crate) longest_gap: Duration,
    last_item: Option<Instant>,
    calm: bool,
}

/// Shared by all parts of a storm.
#[derive(Debug)]
pub(crate) struct Notes {
    began: Instant,
    faults: Mutex<Vec<Note>>,
    violations: Mutex<Vec<Note>>,
    tally: Mutex<Tally>,
    over: AtomicBool,
}

impl Default for Notes {
    fn default() -> Self {
        Self {
            began: now(),
            faults: Mutex::default(),
            violations: Mutex::default(),
            tally: Mutex::default(),
            over: AtomicBool::new(false),
        }
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Notes {
    /// Since the beginning.
    #[must_use]
    pub(crate) fn time(&self) -> Duration {
        now() - self.began
    }

    fn note(&self, what: String) -> Note {
        Note {
            at: self.time(),
            what,
        }
    }

    /// A fault was made.
    pub(crate) fn fault(&self, kind: &'static str, place: &str, what: String) {
        let note = self.note(what);
        *held(&self.tally)
            .faults
            .entry((kind, place.to_owned()))
            .or_default() += 1;
        held(&self.faults).push(note);
    }

    /// A full disk ended a process.
    pub(crate) fn starved(&self, name: &'static str, what: String) {
        *held(&self.tally).starved.entry(name).or_default() += 1;
        self.event(what);
    }

    /// Something of interest beside the faults, for the story.
    pub(crate) fn event(&self, what: String) {
        let note = self.note(what);
        held(&self.faults).push(note);
    }

    /// Something is as it must never be. Ends the run.
    pub(crate) fn violation(&self, what: String) {
        let note = self.note(what);
        let mut violations = held(&self.violations);
        if violations.len() < VIOLATIONS_MAX {
            violations.push(note);
        }
        self.over.store(true, Ordering::Relaxed);
    }

    /// The run is to end now.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Whether the run is to end now.
    #[must_use]
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// One exchange, answered or not.
    pub(crate) fn answer(&self, code: &str) {
        *held(&self.tally)
            .answers
            .entry(code.to_owned())
            .or_default() += 1;
    }

    /// A request got its last answer after so many repetitions.
    pub(crate) fn request(&self, kind: &'static str, retries: u64) {
        let mut tally = held(&self.tally);
        *tally.requests.entry(kind).or_default() += 1;
        tally.retries += retries;
    }

    /// A client got items.
    pub(crate) fn items(&self, count: usize) {
        let mut tally = held(&self.tally);
        let at = now();
        if let Some(last) = tally.last_item.filter(|_| !tally.calm) {
            tally.longest_gap = tally.longest_gap.max(at - last);
        }
        tally.last_item = Some(at);
        tally.items += count as u64;
    }

    /// The storm is over.
    pub(crate) fn calm(&self) {
        held(&self.tally).calm = true;
    }

    /// A killed process is ready again.
    pub(crate) fn recovered(&self, name: &'static str, after: Duration) {
        held(&self.tally).recoveries.push((name, after));
    }

    /// Faults and events so far.
    #[must_use]
    pub(crate) fn story(&self) -> Vec<Note> {
        held(&self.faults).clone()
    }

    /// What must not be, oldest first.
    #[must_use]
    pub(crate) fn violations(&self) -> Vec<Note> {
        held(&self.violations).clone()
    }

    /// The numbers.
    #[must_use]
    pub(crate) fn tally(&self) -> Tally {
        held(&self.tally).clone()
    }
}
