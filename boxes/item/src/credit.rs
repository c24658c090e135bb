//! Item credits (P23): what takes an item back, and what a meter remembers of it. The rule that
//! decides is in `boxes/meter`.
//!
//! Nothing of it is ever a payload (P25): the payload in it is the item's own, as it was printed.

use crate::limits::CREDITED_MAX;
use crate::{
    Counter, Day, Digest, InstallationId, Layout, LayoutError, List, MeterSerial, Mills,
    MultiSigned, Payload, Reader, Time, Version,
};

layout! {
    /// "This item was not used: its value may go back." Signed by m refunders (`MultiSigned`).
    pub struct CreditApproval {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Meter of the item.
        pub meter: MeterSerial,
        /// Its piece count.
        pub piece_count: u32,
        /// Its value.
        pub value: Mills,
        /// Digest of its payload.
        pub payload: Digest,
        /// Refused from this time on.
        pub expires: Time,
    }
}

layout! {
    /// The evidence of an item credit: nothing else raises the total of item credits.
    pub struct ItemCredit {
        /// The refunders' word.
        pub approval: MultiSigned<CreditApproval>,
        /// The item itself, as printed: the meter box knows its own signature.
        pub payload: [u8; Payload::LENGTH],
    }
}

layout! {
    /// One piece that a meter was credited with.
    #[derive(Copy)]
    pub struct CreditedPiece {
        /// Its piece count.
        pub piece_count: u32,
        /// Last day on which it could have been credited, in days since 1970-01-01.
        pub last_day: u16,
    }
}

/// Pieces that a meter was credited with and that could be credited still, had they not been. Its
/// digest is in the meter's record; the list travels with the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreditedList {
    day: Day,
    pieces: List<CreditedPiece, CREDITED_MAX>,
}

impl CreditedList {
    /// A list as it stood after a credit on `day`. Both are empty in a meter that was never credited.
    ///
    /// # Errors
    /// [`LayoutError::Range`] unless pieces ascend, none's last day is before `day`, and there are
    /// some exactly if there is a day; [`LayoutError::TooLong`].
    pub fn new(day: Day, pieces: Vec<CreditedPiece>) -> Result<Self, LayoutError> {
        let ascend = pieces.is_sorted_by(|a, b| a.piece_count < b.piece_count);
        let all_count = pieces.iter().all(|p| u32::from(p.last_day) >= day.number());
        if !ascend || !all_count || pieces.is_empty() != (day == Day::NONE) {
            return Err(LayoutError::Range("credited list"));
        }
        Ok(Self {
            day,
            pieces: List::new(pieces)?,
        })
    }

    /// Day of the newest credit: pieces whose last day was before it have left the list.
    #[must_use]
    pub fn day(&self) -> Day {
        self.day
    }

    /// The pieces, ascending.
    #[must_use]
    pub fn pieces(&self) -> &[CreditedPiece] {
        self.pieces.as_slice()
    }

    /// Whether the piece was credited.
    #[must_use]
    pub fn holds(&self, piece_count: u32) -> bool {
        self.pieces()
            .binary_search_by_key(&piece_count, |piece| piece.piece_count)
            .is_ok()
    }

    /// The list after one more piece was credited on `day`. Pieces past their last day leave it. The
    /// day never falls: a clock that an act set back brings none of them back.
    ///
    /// # Errors
    /// As for [`CreditedList::new`]: the piece is on the list or past its last day, or the list is
    /// full.
    pub fn with(&self, day: Day, piece: CreditedPiece) -> Result<Self, LayoutError> {
        let day = self.day.max(day);
        let mut pieces: Vec<CreditedPiece> = self
            .pieces()
            .iter()
            .filter(|p| u32::from(p.last_day) >= day.number())
            .copied()
            .collect();
        let place = pieces.partition_point(|p| p.piece_count < piece.piece_count);
        pieces.insert(place, piece);
        Self::new(day, pieces)
    }
}

impl Layout for CreditedList {
    fn put(&self, out: &mut Vec<u8>) {
        self.day.put(out);
        self.pieces.put(out);
    }
    fn room(&self) -> usize {
        self.day.room().saturating_add(self.pieces.room())
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let day = Day::get(reader)?;
        let pieces: List<CreditedPiece, CREDITED_MAX> = List::get(reader)?;
        Self::new(day, pieces.into_vec())
    }
}

layout! {
    /// The row of an item that was taken back: not signed itself, it follows from the evidence and
    /// the time of the decision. The newest rows of a meter are its credited list.
    pub struct CreditedItem {
        /// Layout 1.
        pub version: Version<1>,
        /// Its meter.
        pub meter: MeterSerial,
        /// Its piece count.
        pub piece_count: u32,
        /// Its value.
        pub value: Mills,
        /// Counter of the meter record after the decision.
        pub counter: Counter,
        /// See [`CreditedPiece::last_day`].
        pub last_day: u16,
        /// See [`CreditedList::day`], after it.
        pub day: Day,
    }
}

impl CreditedItem {
    /// Its place on the credited list.
    #[must_use]
    pub fn piece(&self) -> CreditedPiece {
        CreditedPiece {
            piece_count: self.piece_count,
            last_day: self.last_day,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(decimal: u32) -> Day {
        Day::from_decimal(decimal).unwrap()
    }

    fn piece(piece_count: u32, last: Day) -> CreditedPiece {
        CreditedPiece {
            piece_count,
            last_day: u16::try_from(last.number()).unwrap(),
        }
    }

    #[test]
    fn pieces_stay_until_their_last_day_and_leave_after_it_p23() {
        let (monday, friday) = (day(20_261_102), day(20_261_106));
        let list = CreditedList::default()
            .with(monday, piece(7, friday))
            .unwrap();
        let list = list.with(friday, piece(3, day(20_261_220))).unwrap();
        assert!(list.holds(7) && list.holds(3) && !list.holds(5));
        assert!(list.with(friday, piece(7, day(20_261_220))).is_err());
        let later = list
            .with(day(20_261_107), piece(9, day(20_261_221)))
            .unwrap();
        assert!(!later.holds(7) && later.holds(3) && later.holds(9));
    }

    #[test]
    fn a_day_that_falls_brings_no_piece_back_p23() {
        let list = CreditedList::default()
            .with(day(20_261_110), piece(1, day(20_261_201)))
            .unwrap();
        let later = list
            .with(day(20_261_105), piece(2, day(20_261_202)))
            .unwrap();
        assert_eq!(later.day(), day(20_261_110));
        assert!(
            list.with(day(20_261_105), piece(2, day(20_261_109)))
                .is_err()
        );
    }

    #[test]
    fn a_list_has_one_encoding_and_an_end_p23() {
        let last = day(20_261_201);
        let today = day(20_261_110);
        let of = |pieces| CreditedList::new(today, pieces);
        assert!(of(vec![piece(2, last), piece(1, last)]).is_err());
        assert!(of(vec![piece(1, last), piece(1, last)]).is_err());
        assert!(of(vec![]).is_err());
        assert!(CreditedList::new(Day::NONE, vec![piece(1, last)]).is_err());
        let full: Vec<_> = (1..=CREDITED_MAX as u32).map(|n| piece(n, last)).collect();
        let full = of(full).unwrap();
        assert_eq!(CreditedList::from_bytes(&full.to_bytes()), Ok(full.clone()));
        assert!(full.with(today, piece(0, last)).is_err());
        assert!(
            full.with(day(20_261_202), piece(0, day(20_261_203)))
                .is_ok()
        );
    }
}
