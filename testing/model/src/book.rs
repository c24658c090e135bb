//! Every record of the one meter that was ever sealed. Who holds which is in `state`; here is only
//! what the records say. A record's name stands for its bytes: two names are two digests.

use crate::Set;
use crate::set::MAX;

/// A sealed record, by its place in the order of sealing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u8);

impl Id {
    /// The record before the deposit: genuine, and old from the start.
    pub const OLD: Self = Self(0);
    /// The record with the deposit: where every run begins.
    pub const FIRST: Self = Self(1);
}

/// What one record says, and the decision that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Record {
    /// The record that was shown.
    pub parent: Id,
    /// Update counter.
    pub counter: u8,
    /// Keys whose orders were asked.
    pub asked: Set,
    /// Keys whose orders were done: one item worth 1 each.
    pub done: Set,
    /// Ascending register: also the piece count.
    pub ascending: u8,
    /// Descending register.
    pub descending: u8,
}

/// All records.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Book(Vec<Record>);

impl Book {
    /// A meter that was just given `balance`.
    pub(crate) fn new(balance: u8) -> Self {
        let old = Record {
            parent: Id::OLD,
            counter: 0,
            asked: Set::NONE,
            done: Set::NONE,
            ascending: 0,
            descending: 0,
        };
        let first = Record {
            counter: 1,
            descending: balance,
            ..old
        };
        Self(vec![old, first])
    }

    /// What a record says.
    #[must_use]
    pub fn get(&self, id: Id) -> &Record {
        &self.0[usize::from(id.0)]
    }

    /// Whether there is a record of this name.
    #[must_use]
    pub fn knows(&self, id: Id) -> bool {
        usize::from(id.0) < self.0.len()
    }

    /// Whether there is no name for another record.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.len() >= usize::from(MAX)
    }

    /// All names but those of the two that a run begins with.
    pub fn made(&self) -> impl Iterator<Item = Id> {
        (2..self.0.len()).map(name)
    }

    /// All names.
    pub fn all(&self) -> impl Iterator<Item = Id> {
        (0..self.0.len()).map(name)
    }

    /// The record and everything that it rests on.
    #[must_use]
    pub fn chain(&self, newest: Id) -> Set {
        let mut chain = Set::one(newest.0);
        let mut id = newest;
        while id != Id::OLD {
            id = self.get(id).parent;
            chain = chain.with(id.0);
        }
        chain
    }

    pub(crate) fn seal(&mut self, record: Record) -> Id {
        let id = name(self.0.len());
        self.0.push(record);
        id
    }

    /// Drops the newest record: nobody outside the box ever saw it.
    pub(crate) fn unseal(&mut self, id: Id) {
        if name(self.0.len()) == Id(id.0 + 1) {
            self.0.pop();
        }
    }
}

fn name(place: usize) -> Id {
    Id(u8::try_from(place).expect("a run seals fewer records than a name can count"))
}
