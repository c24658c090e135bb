//! Packed subjects in memory: in order, in pieces of a few hundred. What is in a piece is `packed`'s.
//!
//! A snapshot has them in order too, so a start only appends, and a checkpoint only reads on. Subjects
//! that come in between move some of one piece or two, so no request waits for millions of entries.
//! Pieces take the same memory whatever is in them, so none is lost between them.

use super::packed::Packed;
use item::Subject;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

/// Most subjects of one piece: 19 KiB.
const PIECE: usize = 256;
/// A full piece gives some to one beside it that has so many places: so all are full by 85 % on
/// average, in whatever order subjects come.
const WORTH: usize = 4;

/// All packed subjects. Nothing is ever removed.
#[derive(Default)]
pub(super) struct Table {
    /// By a subject that none of the piece comes before, the first one's by zero.
    pieces: BTreeMap<Subject, Vec<Packed>>,
    len: u64,
}

/// What became of a subject that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It has a place.
    New,
    /// It had one.
    Replaced,
}

impl Table {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn get(&self, subject: &Subject) -> Option<&Packed> {
        let (_, piece) = self.pieces.range(..=subject).next_back()?;
        piece.get(place(piece, subject).ok()?)
    }

    /// Takes the place of what was there, or a new one.
    pub(super) fn put(&mut self, packed: Packed) -> Put {
        let subject = packed.subject();
        if self.ends_before(&subject) {
            self.push(packed);
        } else if let Some(there) = self.get_mut(&subject) {
            *there = packed;
            return Put::Replaced;
        } else {
            self.insert(packed);
        }
        self.len = self.len.saturating_add(1);
        Put::New
    }

    fn get_mut(&mut self, subject: &Subject) -> Option<&mut Packed> {
        let (_, piece) = self.pieces.range_mut(..=subject).next_back()?;
        let place = place(piece, subject).ok()?;
        piece.get_mut(place)
    }

    fn ends_before(&self, subject: &Subject) -> bool {
        let last = self.pieces.last_key_value();
        let last = last.and_then(|(_, piece)| piece.last());
        last.is_none_or(|last| last.subject() < *subject)
    }

    /// Behind all others: of what comes in order, every piece is full.
    fn push(&mut self, packed: Packed) {
        let key = match self.pieces.last_entry() {
            Some(mut last) if last.get().len() < PIECE => return last.get_mut().push(packed),
            Some(_) => packed.subject(),
            None => Subject::ZERO,
        };
        let mut piece = Vec::with_capacity(PIECE);
        piece.push(packed);
        self.pieces.insert(key, piece);
    }

    /// Between others.
    fn insert(&mut self, packed: Packed) {
        let subject = packed.subject();
        if let Some((key, piece)) = self.pieces.range(..=subject).next_back()
            && piece.len() == PIECE
        {
            self.relieve(*key);
        }
        let piece = match self.pieces.range_mut(..=subject).next_back() {
            Some((_, piece)) => piece,
            None => self.pieces.entry(Subject::ZERO).or_default(),
        };
        let (Ok(place) | Err(place)) = place(piece, &subject);
        piece.insert(place, packed);
    }

    /// Shares what is in a full piece with one beside it, or with a new one if both have no room.
    fn relieve(&mut self, full: Subject) {
        let room = |(key, piece): (&Subject, &Vec<Packed>)| {
            (piece.len().saturating_add(WORTH) <= PIECE).then_some(*key)
        };
        let above = self.pieces.range((Excluded(full), Unbounded)).next();
        let below = self.pieces.range(..full).next_back();
        let (lower, upper) = match (above.and_then(room), below.and_then(room)) {
            (Some(above), _) => (full, self.pieces.remove(&above)),
            (None, Some(below)) => (below, self.pieces.remove(&full)),
            (None, None) => (full, None),
        };
        let mut upper = upper.unwrap_or_else(|| Vec::with_capacity(PIECE));
        if let Some(lower) = self.pieces.get_mut(&lower) {
            let half = lower.len().saturating_add(upper.len()) / 2;
            match half.checked_sub(lower.len()) {
                Some(fewer) => lower.extend(upper.drain(..fewer)),
                None => drop(upper.splice(..0, lower.drain(half..))),
            }
        }
        if let Some(first) = upper.first() {
            self.pieces.insert(first.subject(), upper);
        }
    }

    /// All in order, or those behind `last`.
    pub(super) fn behind(&self, last: Option<Subject>) -> impl Iterator<Item = &Packed> {
        let piece = last.and_then(|last| self.pieces.range(..=last).next_back());
        let key = piece.map_or(Subject::ZERO, |(key, _)| *key);
        let from = self.pieces.range(key..).flat_map(|(_, piece)| piece);
        from.skip_while(move |packed| last.is_some_and(|last| packed.subject() <= last))
    }

    /// Bytes of memory, with what the allocator adds to each block.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        const BLOCK: usize = 16;
        /// A place in a node of the map that is half full, the least that it is.
        const NODE: usize = 2 * (size_of::<Subject>() + size_of::<Vec<Packed>>() + 2) + BLOCK;
        let pieces = self.pieces.values();
        let each = |piece: &Vec<Packed>| piece.capacity() * size_of::<Packed>() + BLOCK + NODE;
        size_of::<Self>() + pieces.map(each).sum::<usize>()
    }
}

/// Where it is, or where it belongs.
fn place(piece: &[Packed], subject: &Subject) -> Result<usize, usize> {
    piece.binary_search_by_key(subject, Packed::subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Mark;
    use crate::subjects::Idle;
    use item::{Counter, ShortDigest, Summary};

    fn subject(number: u32) -> Subject {
        Subject(u128::from(number).to_be_bytes())
    }

    fn packed(number: u32, counter: u64) -> Packed {
        let idle = Idle {
            acked: Mark {
                counter: Counter(counter),
                digest: ShortDigest([0; 16]),
            },
            summary: Summary::default(),
        };
        Packed::pack(&subject(number), &idle).unwrap()
    }

    fn sizes(table: &Table) -> Vec<usize> {
        table.pieces.values().map(Vec::len).collect()
    }

    fn all(table: &Table) -> Vec<Subject> {
        table.behind(None).map(Packed::subject).collect()
    }

    const COUNT: u32 = 8 * PIECE as u32;

    #[test]
    fn in_order_every_piece_is_full() {
        let mut table = Table::default();
        for number in 0..COUNT {
            assert_eq!(table.put(packed(number, 1)), Put::New);
        }
        assert_eq!(sizes(&table), [PIECE; COUNT as usize / PIECE]);
    }

    #[test]
    fn in_any_order_each_has_one_place() {
        let mut table = Table::default();
        // 2,048 has no factor in common with these.
        for (steps, put) in [
            (5, Put::New),
            (7, Put::Replaced),
            (COUNT - 1, Put::Replaced),
        ] {
            for number in 0..COUNT {
                assert_eq!(table.put(packed(number * steps % COUNT, steps.into())), put);
            }
            assert_eq!(table.len(), u64::from(COUNT));
            assert_eq!(all(&table), (0..COUNT).map(subject).collect::<Vec<_>>());
            for number in 0..COUNT {
                let found = table.get(&subject(number)).unwrap();
                assert_eq!(found.subject(), subject(number));
                assert_eq!(found.unpack().acked.counter, Counter(steps.into()));
            }
            assert!(table.get(&subject(COUNT)).is_none());
            // None had to grow, and a new one is made only where its neighbours are as good as full.
            assert!(table.pieces.values().all(|piece| piece.capacity() == PIECE));
            assert!(sizes(&table).len() <= 12, "{:?}", sizes(&table));
        }
    }

    #[test]
    fn who_reads_on_misses_none_and_meets_none_twice() {
        let mut table = Table::default();
        for number in (0..COUNT).rev() {
            table.put(packed(2 * number, 1));
        }
        for last in 0..2 * COUNT + 1 {
            let next = table.behind(Some(subject(last))).next();
            let expected = (last / 2 + 1 < COUNT).then(|| subject(2 * (last / 2 + 1)));
            assert_eq!(next.map(Packed::subject), expected);
        }
        assert!(Table::default().behind(None).next().is_none());
    }
}
