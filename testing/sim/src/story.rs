//! What happened in a run: counted always, told in words only when the run is watched. All tasks of
//! a run share one story.

use crate::clock;
use item::BoxKind;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wire::{Outcome, Reply, Request};

/// Lines kept of one run.
const LINES_MAX: usize = 20_000;

/// Figures of a run, or of many.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Faults that were made, by name.
    pub faults: BTreeMap<&'static str, u64>,
    /// Refusal codes that boxes gave, by number.
    pub refusals: BTreeMap<u16, u64>,
    /// What boxes answered, by name.
    pub replies: BTreeMap<&'static str, u64>,
    /// What clients were told in the end, by problem code or `done`.
    pub answers: BTreeMap<&'static str, u64>,
}

impl Figures {
    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        fn sum<K: Ord + Copy>(into: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            for (key, count) in from {
                *into.entry(*key).or_default() += count;
            }
        }
        sum(&mut self.faults, &other.faults);
        sum(&mut self.refusals, &other.refusals);
        sum(&mut self.replies, &other.replies);
        sum(&mut self.answers, &other.answers);
    }
}

#[derive(Debug, Default)]
struct Told {
    lines: Vec<String>,
    violations: Vec<String>,
    figures: Figures,
    /// A running digest of everything that happened: two runs of one seed must agree.
    trace: u64,
}

/// The story of one run.
#[derive(Debug, Clone)]
pub struct Story {
    watched: bool,
    told: Arc<Mutex<Told>>,
}

impl Story {
    /// An empty story.
    #[must_use]
    pub fn new(watched: bool) -> Self {
        Self {
            watched,
            told: Arc::default(),
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells one line, if anybody listens.
    pub fn tell(&self, line: impl FnOnce() -> String) {
        if !self.watched {
            return;
        }
        let mut told = self.told();
        if told.lines.len() < LINES_MAX {
            let line = format!("{:>9} ms  {}", clock::elapsed(), line());
            told.lines.push(line);
        }
    }

    /// Something that must never happen.
    pub fn violation(&self, what: String) {
        self.tell(|| format!("VIOLATION  {what}"));
        self.told().violations.push(what);
    }

    /// A fault was made.
    pub fn fault(&self, name: &'static str) {
        let mut told = self.told();
        *told.figures.faults.entry(name).or_default() += 1;
        told.mix(name.len() as u64 ^ u64::from(name.as_bytes()[0]) << 8);
    }

    /// A client was told for good.
    pub fn answered(&self, how: &'static str) {
        let mut told = self.told();
        *told.figures.answers.entry(how).or_default() += 1;
        told.mix(how.len() as u64);
    }

    /// A box answered.
    pub fn count_request(&self, kind: BoxKind, request: &Request, reply: &Reply) {
        let names = names_of(request, reply);
        self.tell(|| format!("{} box answers {}", kind.name(), names.join(", ")));
        let mut told = self.told();
        for name in names {
            told.mix(name.len() as u64 ^ u64::from(kind.code()) << 16);
            *told.figures.replies.entry(name).or_default() += 1;
        }
    }

    /// Closes the story.
    #[must_use]
    pub fn close(&self, refusals: &BTreeMap<u16, u64>) -> Closed {
        let mut told = self.told();
        let mut told = std::mem::take(&mut *told);
        told.figures.refusals = refusals.clone();
        Closed {
            lines: told.lines,
            violations: told.violations,
            figures: told.figures,
            trace: told.trace,
        }
    }
}

impl Told {
    fn mix(&mut self, what: u64) {
        let at = clock::elapsed();
        self.trace = (self.trace ^ what ^ at << 24)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }
}

/// A story at its end.
#[derive(Debug, Clone, Default)]
pub struct Closed {
    /// What was told.
    pub lines: Vec<String>,
    /// What must not have happened.
    pub violations: Vec<String>,
    /// Figures.
    pub figures: Figures,
    /// Digest of everything.
    pub trace: u64,
}

fn names_of(request: &Request, reply: &Reply) -> Vec<&'static str> {
    match reply {
        Reply::Decided(outcomes) => outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Outcome::Done(_) => "done",
                Outcome::Open(_) => "open: another's decision waits",
                Outcome::Refused(_) => "refused",
                Outcome::Declined(_) => "declined",
                Outcome::Failed(_) => "failed and recorded",
            })
            .collect(),
        Reply::Refused(_) => vec!["request refused"],
        Reply::Open(_) => vec!["listing of open decisions"],
        Reply::Acknowledged(_) => vec!["acknowledged"],
        Reply::Checkpoint(_) => vec!["checkpoint"],
        Reply::Status(_) => vec!["status"],
        Reply::Acted(_) => vec!["act on the box"],
        Reply::Page(_) => vec!["page of earlier decisions"],
        Reply::Memory(_) => vec!["memory of a record"],
        Reply::Taken(_) => vec!["keys of an epoch taken"],
        Reply::Answer(_) => match request {
            Request::Query(_) => vec!["query answered"],
            _ => vec!["answer"],
        },
    }
}
