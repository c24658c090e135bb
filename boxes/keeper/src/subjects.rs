//! Everything that a box remembers of its subjects. Not here: what follows from it (`freshness`,
//! `deciding`), and how the journal tells it (`replay`, `compaction`).
//!
//! Nearly all subjects are idle: nothing of theirs waits to be written. Those are packed (`table`), at
//! 75 bytes and hardly more, so that ten million meters fit into a gigabyte. A decision that waits lies
//! beside the table and stands before the entry there, which is then out of date. So does an idle subject
//! with a number that the packed form has no room for: no rule set gets there in the life of a meter, but
//! nothing may depend on that.

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
use table::{Put, Table};

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
#[derive(Default)]
pub(crate) struct Subjects {
    idle: Table,
    /// Idle, and not to be packed. Stands before `idle`.
    wide: HashMap<Subject, Idle>,
    /// Stands before both.
    waiting: HashMap<Subject, Box<Open>>,
    /// How many have no place in `idle`.
    outside: u64,
}

impl Subjects {
    /// How many.
    pub(crate) fn len(&self) -> u64 {
        self.idle.len().saturating_add(self.outside)
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
        match Packed::pack(subject, &idle).map(|packed| self.idle.put(packed)) {
            Some(Put::New) => {
                let was_wide = !self.wide.is_empty() && self.wide.remove(subject).is_some();
                if was_wide || waited {
                    self.outside = self.outside.saturating_sub(1);
                }
            }
            Some(Put::Replaced) => {
                self.wide.remove(subject);
            }
            None => {
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

    /// Each subject with its newest record, in the order of subjects: for a checkpoint.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (Subject, Mark, Summary)> {
        let mut beside = self.beside();
        beside.sort_unstable();
        beside.dedup();
        let mut beside = beside.into_iter().peekable();
        let mut idle = self.idle.behind(None).peekable();
        from_fn(move || {
            let next = idle.peek().map(|packed| packed.subject());
            // What lies beside the table stands before it.
            let Some(subject) = beside.next_if(|one| next.is_none_or(|next| *one <= next)) else {
                let packed = idle.next()?;
                let Idle { acked, summary } = packed.unpack();
                return Some((packed.subject(), acked, summary));
            };
            idle.next_if(|packed| packed.subject() == subject);
            let state = self.get(&subject)?;
            Some((subject, state.newest()?, state.summary))
        })
    }

    /// The next packed subjects for a snapshot, in their order, behind the last one that was given. What
    /// is out of date comes too: what stands before it comes behind it, from `beside` or as a decision.
    pub(crate) fn packed_behind(&self, last: Option<Subject>, at_most: usize) -> Vec<KeptIdle> {
        let packed = self.idle.behind(last).take(at_most);
        packed
            .map(|packed| kept_idle(packed.subject(), packed.unpack()))
            .collect()
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
