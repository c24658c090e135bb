//! Packed subjects in memory: pieces of one size that never move, and an index of their numbers. What
//! is in a piece is `packed`'s.
//!
//! Neither ever doubles as a whole: the index is cut into parts that grow one by one, so that no
//! request waits for a million entries to move, and no moment needs old and new index together.

use super::packed::Packed;
use hashbrown::HashTable;
use item::Subject;
use std::hash::{BuildHasher, RandomState};

/// Subjects of one piece: 75 KiB.
const PIECE: usize = 1024;
/// Parts of the index; the number is a byte of the hash.
const PARTS: usize = 256;

/// All packed subjects. Nothing is ever removed.
pub(super) struct Table {
    pieces: Vec<Vec<Packed>>,
    /// Numbers of subjects, in the order in which they came: five bytes a place, 16 places for 7 to 14
    /// of them.
    index: Vec<HashTable<u32>>,
    /// Keyed at random: whoever chooses subjects can not choose where they lie.
    hasher: RandomState,
    len: u32,
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            pieces: Vec::new(),
            index: std::iter::repeat_with(HashTable::new).take(PARTS).collect(),
            hasher: RandomState::new(),
            len: 0,
        }
    }

    /// Makes room in the index for as many more. A hint: without it, or if it is wrong, the index
    /// grows as it is needed.
    pub(super) fn expect(&mut self, more: u64) {
        let Self {
            pieces,
            index,
            hasher,
            ..
        } = self;
        let Ok(more) = usize::try_from(more / PARTS as u64) else {
            return;
        };
        for part in index {
            // Too much to be had is too much to be true.
            let _ = part.try_reserve(more, |number| hash_at(hasher, pieces, *number));
        }
    }

    pub(super) fn get(&self, subject: &Subject) -> Option<&Packed> {
        at(&self.pieces, self.find(subject)?)
    }

    fn find(&self, subject: &Subject) -> Option<u32> {
        let hash = hash(&self.hasher, subject);
        let is_it = |number: &u32| {
            at(&self.pieces, *number).is_some_and(|packed| packed.subject() == *subject)
        };
        self.index.get(part(hash))?.find(hash, is_it).copied()
    }

    /// Takes the place of what was there, or a new one. False: there are no numbers left.
    #[must_use]
    pub(super) fn put(&mut self, packed: Packed) -> bool {
        let subject = packed.subject();
        if let Some(number) = self.find(&subject) {
            return match at_mut(&mut self.pieces, number) {
                Some(place) => {
                    *place = packed;
                    true
                }
                None => false,
            };
        }
        let Self {
            pieces,
            index,
            hasher,
            len,
        } = self;
        let number = *len;
        let hash = hash(hasher, &subject);
        let (Some(next), Some(part)) = (number.checked_add(1), index.get_mut(part(hash))) else {
            return false;
        };
        match pieces.last_mut() {
            Some(last) if last.len() < PIECE => last.push(packed),
            _ => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(packed);
                pieces.push(piece);
            }
        }
        part.insert_unique(hash, number, |number| hash_at(hasher, pieces, *number));
        *len = next;
        true
    }

    /// All, in the order in which they first came.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Packed> {
        self.pieces.iter().flatten()
    }

    /// Those numbers, in any order.
    pub(super) fn at(&self, number: u32) -> Option<&Packed> {
        at(&self.pieces, number)
    }

    /// Bytes of memory, with what the allocator adds to each block.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        const BLOCK: usize = 16;
        let pieces = self
            .pieces
            .iter()
            .map(|p| p.capacity() * size_of::<Packed>() + BLOCK);
        let parts = self.index.iter().map(|part| part.allocation_size() + BLOCK);
        size_of::<Self>()
            + pieces.sum::<usize>()
            + parts.sum::<usize>()
            + self.pieces.capacity() * size_of::<Vec<Packed>>()
            + self.index.capacity() * size_of::<HashTable<u32>>()
            + 2 * BLOCK
    }
}

fn at(pieces: &[Vec<Packed>], number: u32) -> Option<&Packed> {
    let number = number as usize;
    pieces.get(number / PIECE)?.get(number % PIECE)
}

fn at_mut(pieces: &mut [Vec<Packed>], number: u32) -> Option<&mut Packed> {
    let number = number as usize;
    pieces.get_mut(number / PIECE)?.get_mut(number % PIECE)
}

fn hash(hasher: &RandomState, subject: &Subject) -> u64 {
    hasher.hash_one(u128::from_le_bytes(subject.0))
}

/// Of a number that is in the index, and so has its subject.
fn hash_at(hasher: &RandomState, pieces: &[Vec<Packed>], number: u32) -> u64 {
    at(pieces, number).map_or(0, |packed| hash(hasher, &packed.subject()))
}

/// Neither the bits that choose a place in a part, the lowest, nor those that are compared there, the
/// highest seven.
fn part(hash: u64) -> usize {
    (hash >> 48) as usize % PARTS
}
