//! The box: what it remembers, what its journal says, and how it answers (P12, P14, P16, P17).
//!
//! A transcription of `boxes/keeper` for one subject: `deciding.rs`, `freshness.rs`, `replay.rs`.
//! The rule step is one register: each order takes 1.

use crate::book::{Book, Id, Record};
use crate::message::{Answer, Ask, Refusal};
use crate::{Set, Variant};

/// What a box knows of its one meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Known {
    /// Last acknowledged record (P16: c).
    pub acked: Id,
    /// Decided, not yet acknowledged (P16: o).
    pub open: Option<Id>,
    /// The fork latch.
    pub latched: bool,
}

impl Known {
    /// The newest record.
    #[must_use]
    pub fn newest(&self) -> Id {
        self.open.unwrap_or(self.acked)
    }
}

/// One box and its journal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecureBox {
    /// In memory.
    pub memory: Known,
    /// What the journal would be read back as, flushed or not.
    pub appended: Known,
    /// What the flushed journal would be read back as.
    pub durable: Known,
    /// Replies that wait for the flush (P14), oldest first.
    pub waiting: Vec<(Ask, Answer)>,
}

/// What went wrong inside the box: each of these breaks V3 by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Harm {
    /// It decided on a record that is altered, or not the newest that it knows.
    pub decided_on_other: bool,
    /// It refused, and knows something else than before.
    pub refusal_changed: bool,
}

/// P16, the left column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Freshness {
    Current,
    Behind,
    Acknowledges,
    Stale,
    Fork,
}

impl SecureBox {
    /// The first record is acknowledged in memory; the journal ends with the decision that made it.
    pub(crate) fn new() -> Self {
        let journal = Known {
            acked: Id::OLD,
            open: Some(Id::FIRST),
            latched: false,
        };
        Self {
            memory: Known {
                acked: Id::FIRST,
                open: None,
                latched: false,
            },
            appended: journal,
            durable: journal,
            waiting: Vec::new(),
        }
    }

    /// Whether something was appended since the last flush.
    #[must_use]
    pub fn is_unflushed(&self) -> bool {
        self.appended != self.durable
    }

    /// Decides one ask.
    pub(crate) fn handle(&mut self, book: &mut Book, ask: Ask, variant: Variant) -> (Answer, Harm) {
        let before = self.clone();
        let newest = self.memory.newest();
        let answer = self.decide(book, ask, variant);
        let mut harm = Harm::default();
        match answer {
            Answer::Done(id) if before.memory.open != Some(id) => {
                harm.decided_on_other = ask.shown.altered || book.get(id).parent != newest;
            }
            // The latch is the named exception (P16).
            Answer::Refused(Refusal::Fork) => {
                let (now, then) = (self.memory, before.memory);
                harm.refusal_changed = (now.acked, now.open) != (then.acked, then.open);
            }
            Answer::Refused(_) => harm.refusal_changed = *self != before,
            // The shown record may have acknowledged; nothing else may have happened.
            Answer::Declined => harm.refusal_changed = self.memory.newest() != newest,
            Answer::Done(_) | Answer::Open(_) => {}
        }
        (answer, harm)
    }

    fn decide(&mut self, book: &mut Book, ask: Ask, variant: Variant) -> Answer {
        if self.memory.latched {
            return Answer::Refused(Refusal::Latched);
        }
        if ask.shown.altered && variant != Variant::AlteredPasses {
            return Answer::Refused(Refusal::Altered);
        }
        match self.freshness(book, ask.shown.id, variant) {
            Freshness::Stale => {
                if variant == Variant::StaleIsTakenOver {
                    self.memory.acked = ask.shown.id;
                }
                return Answer::Refused(Refusal::Stale);
            }
            Freshness::Fork => {
                self.memory.latched = true;
                if variant != Variant::LatchInMemoryOnly {
                    self.appended.latched = true;
                }
                return Answer::Refused(Refusal::Fork);
            }
            Freshness::Behind if variant != Variant::RedeliveryIsNewItem => {
                return self.redeliver(book, ask);
            }
            Freshness::Acknowledges => self.acknowledge(),
            Freshness::Current | Freshness::Behind => {}
        }
        self.conclude(book, ask)
    }

    fn freshness(&self, book: &Book, shown: Id, variant: Variant) -> Freshness {
        let counter = |id| book.get(id).counter;
        let is = |known: Id| match variant {
            Variant::DigestNotCompared => counter(known) == counter(shown),
            _ => known == shown,
        };
        let Known { acked, open, .. } = self.memory;
        if open.is_some_and(is) {
            return Freshness::Acknowledges;
        }
        if is(acked) {
            return match open {
                Some(_) => Freshness::Behind,
                None => Freshness::Current,
            };
        }
        if counter(shown) < counter(acked) {
            return match variant {
                Variant::StaleIsDecidedOn => Freshness::Current,
                _ => Freshness::Stale,
            };
        }
        match variant {
            Variant::NewerIsAdopted => Freshness::Current,
            _ => Freshness::Fork,
        }
    }

    fn redeliver(&self, book: &Book, ask: Ask) -> Answer {
        let open = self.memory.newest();
        if book.get(open).asked == ask.asked {
            Answer::Done(open)
        } else {
            Answer::Open(open)
        }
    }

    fn acknowledge(&mut self) {
        if let Some(open) = self.memory.open.take() {
            self.memory.acked = open;
        }
    }

    fn conclude(&mut self, book: &mut Book, ask: Ask) -> Answer {
        let parent = *book.get(ask.shown.id);
        // Whoever alters a record makes himself richer.
        let mut descending = parent.descending + u8::from(ask.shown.altered);
        let mut done = Set::NONE;
        for key in ask.asked.iter() {
            if descending > 0 {
                descending -= 1;
                done = done.with(key);
            }
        }
        if done.is_empty() {
            return Answer::Declined;
        }
        let id = book.seal(Record {
            parent: ask.shown.id,
            counter: parent.counter + 1,
            asked: ask.asked,
            done,
            ascending: parent.ascending + u8::try_from(done.len()).expect("few keys"),
            descending,
        });
        self.memory.acked = ask.shown.id;
        self.memory.open = Some(id);
        // A decision rests on an acknowledged record: it acknowledges the one before.
        self.appended.acked = ask.shown.id;
        self.appended.open = Some(id);
        Answer::Done(id)
    }

    /// Flushes; the replies that may go out now.
    pub(crate) fn commit(&mut self) -> Vec<(Ask, Answer)> {
        self.durable = self.appended;
        std::mem::take(&mut self.waiting)
    }

    /// "The database holds this record." Not journaled.
    pub(crate) fn told(&mut self, book: &Book, mark: Id, variant: Variant) {
        if self.freshness(book, mark, variant) == Freshness::Acknowledges {
            self.acknowledge();
        }
    }

    /// Dies and starts again. `kept`: it died in the flush, after the bytes were on the disk.
    /// The record that this lost, if it lost one.
    pub(crate) fn restart(&mut self, kept: bool) -> Option<Id> {
        let mut lost = None;
        if kept {
            self.durable = self.appended;
        } else if self.appended.open != self.durable.open {
            lost = self.appended.open;
        }
        self.appended = self.durable;
        self.memory = self.durable;
        self.waiting.clear();
        lost
    }

    /// Writes what it knows into a new segment of the journal.
    pub(crate) fn compact(&mut self) {
        self.appended = self.memory;
        self.durable = self.memory;
    }

    /// Its disk is put back to the day of the first record; then it starts.
    pub(crate) fn put_back(&mut self) {
        self.durable = Self::new().durable;
        self.appended = self.durable;
        self.restart(false);
    }
}
