//! Everything that a box remembers of its subjects. Not here: what follows from it (`freshness`,
//! `deciding`), and how the journal tells it (`replay`, `compaction`).
//!
//! Nearly all subjects are idle: nothing of theirs waits to be written. Those are packed (`table`), at
//! 75 bytes and at most 12 of index each, so that ten million meters fit into a gigabyte. A decision
//! that waits lies beside the table and stands before the entry there, which is then out of date. So
//! does an idle subject with a number that the packed form has no room for: no rule set gets there in
//! the life of a meter, but nothing may depend on that.

mod packed;
mod table;
#[cfg(test)]
mod tests;

use crate::Known;
use crate::state::{Kept, KeptIdle, KeptSubjects, Mark, Open};
use item::{Layout, List, Subject, Summary};
use journal::Sequence;
use packed::Packed;
use std::collections::HashMap;
use std::iter::from_fn;
use std::sync::mpsc::sync_channel;
use std::thread;
use table::{Put, Table};

/// Subjects that a checkpoint reads one right after the other.
const AT_ONCE: usize = 64;
/// Up to so many the caller puts in order itself: to hand them over takes longer.
const FEW: u64 = 4_096;

/// The last acknowledged record of a subject, and what is remembered of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Idle {
    pub(crate) acked: Mark,
    pub(crate) summary: Summary,
}

/// What is remembered of one subject.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State<'a> {
    /// Acknowledged record; none while the first waits.
    pub(crate) acked: Option<Mark>,
    /// Of the newest record.
    pub(crate) summary: Summary,
    /// The decision that waits.
    pub(crate) open: Option<&'a Open>,
}

impl State<'_> {
    pub(crate) fn known(&self) -> Known {
        Known {
            acked: self.acked.map(Mark::pair),
            open: self.open.map(|o| o.after.pair()),
        }
    }

    /// Counter and digest of the newest record.
    pub(crate) fn newest(&self) -> Option<Mark> {
        self.open.map(|o| o.after).or(self.acked)
    }
}

/// Everything that a box remembers of its subjects. It never forgets one.
pub(crate) struct Subjects {
    idle: Table,
    /// Idle, and not to be packed. Stands before `idle`.
    wide: HashMap<Subject, Idle>,
    /// Stands before both.
    waiting: HashMap<Subject, Box<Open>>,
    /// How many have no place in `idle`.
    outside: u64,
}

impl Default for Subjects {
    fn default() -> Self {
        Self {
            idle: Table::new(),
            wide: HashMap::new(),
            waiting: HashMap::new(),
            outside: 0,
        }
    }
}

impl Subjects {
    /// How many.
    pub(crate) fn len(&self) -> u64 {
        u64::from(self.idle.len()).saturating_add(self.outside)
    }

    /// So many will be settled soon: a hint.
    pub(crate) fn expect(&mut self, more: u64) {
        self.idle.expect(more);
    }

    /// What is remembered of one; `None` if this box has never seen it.
    pub(crate) fn get(&self, subject: &Subject) -> Option<State<'_>> {
        if let Some(open) = self.waiting.get(subject) {
            return Some(State {
                acked: open.before,
                summary: open.summary,
                open: Some(open),
            });
        }
        let Idle { acked, summary } = self.settled(subject)?;
        Some(State {
            acked: Some(acked),
            summary,
            open: None,
        })
    }

    fn settled(&self, subject: &Subject) -> Option<Idle> {
        let wide = self.wide.get(subject).copied();
        wide.or_else(|| self.idle.get(subject).map(Packed::unpack))
    }

    /// The decision of a subject that waits.
    pub(crate) fn open_mut(&mut self, subject: &Subject) -> Option<&mut Open> {
        self.waiting.get_mut(subject).map(Box::as_mut)
    }

    /// A decision waits from now on, in the place of one that is given up for it.
    pub(crate) fn wait(&mut self, open: Box<Open>) -> Option<Box<Open>> {
        let subject = open.subject;
        if self.get(&subject).is_none() {
            self.outside = self.outside.saturating_add(1);
        }
        self.waiting.insert(subject, open)
    }

    /// The waiting decision of a subject, if it has one, is its acknowledged record from now on.
    pub(crate) fn acknowledge(&mut self, subject: &Subject) -> Option<Box<Open>> {
        let open = self.waiting.remove(subject)?;
        let idle = Idle {
            acked: open.after,
            summary: open.summary,
        };
        self.put(subject, idle, true);
        Some(open)
    }

    /// Nothing waits, and this is the acknowledged record.
    pub(crate) fn settle(&mut self, subject: &Subject, idle: Idle) {
        // At a start there are millions of these, and nothing waits yet.
        let waited = !self.waiting.is_empty() && self.waiting.remove(subject).is_some();
        self.put(subject, idle, waited);
    }

    /// `waited`: so it is counted already.
    fn put(&mut self, subject: &Subject, idle: Idle, waited: bool) {
        let put = Packed::pack(subject, &idle).map_or(Put::Full, |packed| self.idle.put(packed));
        match put {
            Put::New => {
                let was_wide = !self.wide.is_empty() && self.wide.remove(subject).is_some();
                if was_wide || waited {
                    self.outside = self.outside.saturating_sub(1);
                }
            }
            Put::Replaced => {
                self.wide.remove(subject);
            }
            Put::Full => {
                let was_wide = self.wide.insert(*subject, idle).is_some();
                if !was_wide && !waited && self.idle.get(subject).is_none() {
                    self.outside = self.outside.saturating_add(1);
                }
            }
        }
    }

    /// Decisions that wait, oldest first.
    pub(crate) fn waiting(&self) -> Vec<&Open> {
        let mut open: Vec<&Open> = self.waiting.values().map(Box::as_ref).collect();
        open.sort_unstable_by_key(|open| open.sequence);
        open
    }

    /// How many wait.
    pub(crate) fn waiting_count(&self) -> usize {
        self.waiting.len()
    }

    /// Gives `take` each subject with its newest record, in the order of subjects: for a checkpoint. If
    /// there are many, a thread beside the caller's puts the next part in order while one is taken: there
    /// is memory for a number each, and for three parts of 256 at a time.
    pub(crate) fn in_order<T>(
        &self,
        take: impl FnOnce(&mut dyn Iterator<Item = (Subject, Mark, Summary)>) -> T,
    ) -> T {
        let newest = |(subject, number): (Subject, Option<u32>)| {
            let Some(number) = number else {
                let state = self.get(&subject)?;
                return Some((subject, state.newest()?, state.summary));
            };
            let Idle { acked, summary } = self.idle.at(number)?.unpack();
            Some((subject, acked, summary))
        };
        // Each lies somewhere else in memory: of many that are read one right after the other, the
        // processor waits for all at once.
        let read = |some: Vec<_>| some.into_iter().map(newest).collect::<Vec<_>>();
        if self.len() <= FEW {
            return take(&mut self.ordered().flatten().flat_map(read).flatten());
        }
        thread::scope(|scope| {
            let (ordered, parts) = sync_channel(1);
            scope.spawn(move || {
                // Who takes no more wants no more.
                self.ordered().try_for_each(|part| ordered.send(part).ok())
            });
            take(&mut parts.into_iter().flatten().flat_map(read).flatten())
        })
    }

    /// All subjects in order, a few at a time: with the number in the table, or none if what counts lies
    /// beside it.
    fn ordered(&self) -> impl Iterator<Item = Vec<Vec<(Subject, Option<u32>)>>> {
        let mut beside = self.beside();
        beside.sort_unstable();
        let mut beside = beside.into_iter().peekable();
        let parts = (0..=u8::MAX).zip(self.idle.by_first_byte());
        parts.map(move |(first, numbers)| {
            let mut order: Vec<(Subject, Option<u32>)> = Vec::with_capacity(numbers.len());
            let of_part = from_fn(|| beside.next_if(|one| one.0.starts_with(&[first])));
            order.extend(of_part.map(|subject| (subject, None)));
            let at = |number| Some((self.idle.at(number)?.subject(), Some(number)));
            order.extend(numbers.into_iter().filter_map(at));
            // Of two with one subject, what lies beside the table comes first, and stands.
            order.sort_unstable();
            order.dedup_by_key(|(subject, _)| *subject);
            order.chunks(AT_ONCE).map(<[_]>::to_vec).collect()
        })
    }

    /// Packed subjects for a snapshot, from this number on, and the number after them. What is out of
    /// date comes too: what stands before it comes behind it, from `beside` or as a decision.
    pub(crate) fn packed_from(&self, number: u32, at_most: usize) -> (Vec<KeptIdle>, u32) {
        let packed = (number..).map_while(|number| self.idle.at(number));
        let some: Vec<_> = packed
            .take(at_most)
            .map(|packed| kept_idle(packed.subject(), packed.unpack()))
            .collect();
        let next = number.saturating_add(u32::try_from(some.len()).unwrap_or(u32::MAX));
        (some, next)
    }

    /// Subjects that are, or are not only, beside the packed ones: first those that are settled. In an
    /// order that is the same in every run.
    pub(crate) fn beside(&self) -> Vec<Subject> {
        let mut beside: Vec<_> = self.wide.keys().copied().collect();
        beside.sort_unstable();
        beside.extend(self.waiting().iter().map(|open| open.subject));
        beside
    }

    /// A subject as a snapshot has it that comes before the record `first`; `None` if what counts of
    /// it is decided by a later one.
    pub(crate) fn kept(&self, subject: &Subject, first: Sequence) -> Option<(Kept, Vec<u8>)> {
        if let Some(open) = self.waiting.get(subject) {
            if open.sequence >= first.0 {
                return None;
            }
            return Some((Kept::Open, open.kept()));
        }
        let idle = kept_idle(*subject, self.settled(subject)?);
        let subjects = List::new(vec![idle]).ok()?;
        Some((Kept::Subjects, KeptSubjects { subjects }.to_bytes()))
    }

    /// Bytes of memory that idle subjects take.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.idle.bytes()
    }
}

fn kept_idle(subject: Subject, idle: Idle) -> KeptIdle {
    KeptIdle {
        subject,
        acked: idle.acked,
        summary: idle.summary,
    }
}
