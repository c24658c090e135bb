//! The database: one conditional write (P15), look-ups in one snapshot (P10). A transcription of
//! `store-sqlite/src/write.rs` for one meter; its lies are actions, in `step`.

use crate::book::{Book, Id};
use crate::{Set, Variant};

/// What is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Database {
    /// The meter's record.
    pub record: Id,
    /// Decisions, with their items.
    pub rows: Set,
    /// What each key was answered with first.
    pub keys: Vec<Option<Id>>,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Written {
    /// Durable now.
    Written,
    /// These very bytes were there.
    AlreadyThere,
    /// The stored record is older than the one that was decided on.
    Gap,
    /// Other bytes are there.
    Differs,
}

impl Written {
    /// Whether the bytes are in the database now.
    #[must_use]
    pub fn is_there(self) -> bool {
        matches!(self, Self::Written | Self::AlreadyThere)
    }
}

impl Database {
    pub(crate) fn new(keys: u8) -> Self {
        Self {
            record: Id::FIRST,
            rows: Set::below(2),
            keys: vec![None; usize::from(keys)],
        }
    }

    /// As it was when this record was the newest one: a backup.
    pub(crate) fn at(book: &Book, record: Id, keys: u8) -> Self {
        let mut database = Self {
            record,
            rows: book.chain(record),
            keys: vec![None; usize::from(keys)],
        };
        for id in database.rows.iter().map(Id) {
            database.keep_keys(book, id);
        }
        database
    }

    /// Where the record before it is, and only there.
    pub(crate) fn write(&mut self, book: &Book, id: Id, variant: Variant) -> Written {
        let (stored, after) = (book.get(self.record).counter, book.get(id).counter);
        if stored + 1 == after || variant == Variant::UnconditionalWrite {
            self.record = id;
            self.rows = self.rows.with(id.0);
            self.keep_keys(book, id);
            return Written::Written;
        }
        if stored < after {
            return Written::Gap;
        }
        if self.rows.has(id.0) && (stored > after || self.record == id) {
            Written::AlreadyThere
        } else {
            Written::Differs
        }
    }

    fn keep_keys(&mut self, book: &Book, id: Id) {
        for key in book.get(id).done.iter() {
            self.keys[usize::from(key)].get_or_insert(id);
        }
    }

    /// What a key was answered with.
    #[must_use]
    pub fn prior(&self, key: u8) -> Option<Id> {
        self.keys[usize::from(key)]
    }
}
