//! Packed subjects in memory: pieces of one size that never move, and an index of their numbers. What
//! is in a piece is `packed`'s.
//!
//! Neither ever doubles as a whole: the index is cut into parts that grow one by one, so that no
//! request waits for a million entries to move, and no moment needs old and new index together.

use super::packed::Packed;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
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

/// What became of a subject that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It has a place.
    New,
    /// It had one.
    Replaced,
    /// There are no numbers left.
    Full,
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
        let Ok(more) = usize::try_from(more) else {
            return;
        };
        for part in index {
            // Too much to be had is too much to be true.
            let _ = part.try_reserve(more / PARTS, |number| hash_at(hasher, pieces, *number));
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn get(&self, subject: &Subject) -> Option<&Packed> {
        let hash = hash(&self.hasher, subject);
        let found = self
            .index
            .get(part(hash))?
            .find(hash, |number| is_at(&self.pieces, *number, subject));
        at(&self.pieces, *found?)
    }

    /// Takes the place of what was there, or a new one.
    pub(super) fn put(&mut self, packed: Packed) -> Put {
        let Self {
            pieces,
            index,
            hasher,
            len,
        } = self;
        let subject = packed.subject();
        let hash = hash(hasher, &subject);
        let (Some(part), Some(next)) = (index.get_mut(part(hash)), len.checked_add(1)) else {
            return Put::Full;
        };
        let entry = part.entry(
            hash,
            |number| is_at(pieces, *number, &subject),
            |number| hash_at(hasher, pieces, *number),
        );
        match entry {
            Entry::Occupied(number) => match at_mut(pieces, *number.get()) {
                Some(place) => {
                    *place = packed;
                    Put::Replaced
                }
                None => Put::Full,
            },
            Entry::Vacant(place) => {
                match pieces.last_mut() {
                    Some(last) if last.len() < PIECE => last.push(packed),
                    _ => {
                        let mut piece = Vec::with_capacity(PIECE);
                        piece.push(packed);
                        pieces.push(piece);
                    }
                }
                place.insert(*len);
                *len = next;
                Put::New
            }
        }
    }

    /// Numbers of all by the first byte of the subject, of each byte in the order in which they came.
    pub(super) fn by_first_byte(&self) -> Vec<Vec<u32>> {
        let even = self.pieces.len().saturating_mul(PIECE.div_ceil(256));
        let mut numbers: Vec<_> = [even; 256].map(Vec::with_capacity).into();
        for (number, packed) in (0u32..).zip(self.pieces.iter().flatten()) {
            let [first, ..] = packed.subject().0;
            if let Some(numbers) = numbers.get_mut(usize::from(first)) {
                numbers.push(number);
            }
        }
        numbers
    }

    /// The one of this number, which counts them in that order.
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

fn is_at(pieces: &[Vec<Packed>], number: u32, subject: &Subject) -> bool {
    at(pieces, number).is_some_and(|packed| packed.subject() == *subject)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Mark;
    use crate::subjects::Idle;
    use item::{Counter, MeterSerial, ShortDigest, Summary};

    fn packed(number: u32, counter: u64) -> Packed {
        let idle = Idle {
            acked: Mark {
                counter: Counter(counter),
                digest: ShortDigest([0; 16]),
            },
            summary: Summary::default(),
        };
        Packed::pack(&MeterSerial(number).subject(), &idle).unwrap()
    }

    fn filled(count: usize) -> Table {
        let mut table = Table::new();
        for number in 0..count as u32 {
            assert_eq!(table.put(packed(number, 1)), Put::New);
        }
        table
    }

    #[test]
    fn who_comes_again_keeps_the_place() {
        const COUNT: usize = 3 * PIECE;
        let mut table = filled(COUNT);
        for number in 0..COUNT as u32 {
            assert_eq!(table.put(packed(number, 2)), Put::Replaced);
        }
        assert_eq!((table.len() as usize, table.pieces.len()), (COUNT, 3));
        for number in 0..COUNT as u32 {
            let packed = table.at(number).unwrap();
            assert_eq!(packed.subject(), MeterSerial(number).subject());
            assert_eq!(packed.unpack().acked.counter, Counter(2));
        }
    }

    #[test]
    fn parts_of_the_index_are_of_a_size() {
        let table = filled(PARTS * 200);
        for part in &table.index {
            // Seven standard deviations.
            assert!((100..300).contains(&part.len()), "{}", part.len());
        }
    }

    #[test]
    fn who_is_expected_finds_room() {
        let mut table = Table::new();
        table.expect(PARTS as u64 * 300);
        for part in &table.index {
            assert!(
                (300..1_200).contains(&part.capacity()),
                "{}",
                part.capacity()
            );
        }
    }
}
