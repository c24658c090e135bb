//! Daily totals for the post: what each meter dispensed and was credited with on one day. Not here:
//! how they are computed (`datacenter/functions`, and again in `audit`).

use crate::limits::TOTALS_ROWS_MAX;
use crate::{
    Day, Digest, InstallationId, ItemKind, KeyId, Layout, LayoutError, List, MeterSerial, Mills,
    Reader, Time, Version, Zip,
};

layout! {
    /// What one meter dispensed and was credited with at one origin of deposit.
    pub struct DailyRow {
        /// The meter.
        pub meter: MeterSerial,
        /// Origin of deposit of the items.
        pub origin: Zip,
        /// What kind of items.
        pub kind: ItemKind,
        /// Plainly not valid.
        pub specimen: bool,
        /// Items dispensed on the day.
        pub pieces: u32,
        /// What they were worth.
        pub value: Mills,
        /// Items taken back on the day, whenever they were dispensed.
        pub credited_pieces: u32,
        /// What they were worth.
        pub credited: Mills,
    }
}

/// What the rows of a day are ordered by.
pub type DailyKey = (MeterSerial, Zip, ItemKind, bool);

impl DailyRow {
    /// What it is about; one row a day.
    #[must_use]
    pub fn key(&self) -> DailyKey {
        (self.meter, self.origin, self.kind, self.specimen)
    }
}

/// Rows, strictly ascending by key, each with an item in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DailyRows(List<DailyRow, TOTALS_ROWS_MAX>);

impl DailyRows {
    /// Takes the rows over.
    ///
    /// # Errors
    /// [`LayoutError::Range`] if they do not ascend or one is empty; [`LayoutError::TooLong`].
    pub fn new(rows: Vec<DailyRow>) -> Result<Self, LayoutError> {
        let ascend = rows.is_sorted_by(|a, b| a.key() < b.key());
        if !ascend || rows.iter().any(|r| (r.pieces, r.credited_pieces) == (0, 0)) {
            return Err(LayoutError::Range("daily rows"));
        }
        Ok(Self(List::new(rows)?))
    }

    /// The rows.
    #[must_use]
    pub fn as_slice(&self) -> &[DailyRow] {
        self.0.as_slice()
    }
}

impl Layout for DailyRows {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn room(&self) -> usize {
        self.0.room()
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let rows: List<DailyRow, TOTALS_ROWS_MAX> = List::get(reader)?;
        Self::new(rows.into_vec())
    }
}

layout! {
    /// One sheet of daily totals, signed by an enrolled reporter (`Signed`). Days follow each other
    /// without a gap, also those on which nothing happened. A day is the UTC day of box time at which
    /// an item was dispensed or taken back, whatever its mailing date.
    pub struct DailyTotals {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Who signs.
        pub reporter: KeyId,
        /// Number among all sheets, from 1.
        pub sequence: u64,
        /// Digest of the signed sheet before; zero for the first.
        pub previous: Digest,
        /// The day.
        pub day: Day,
        /// Number among the sheets of the day, from 1.
        pub part: u32,
        /// No further sheet of the day follows; a sheet that is not the last is full.
        pub last: bool,
        /// When it was made, by the reporter's clock.
        pub made: Time,
        /// What happened; none on a day without anything.
        pub rows: DailyRows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(meter: u32, origin: u32, pieces: u32) -> DailyRow {
        DailyRow {
            meter: MeterSerial(meter),
            origin: Zip(origin),
            kind: ItemKind::Postage,
            specimen: true,
            pieces,
            value: Mills(740),
            credited_pieces: 0,
            credited: Mills::ZERO,
        }
    }

    #[test]
    fn rows_ascend_and_none_is_empty() {
        let good = vec![row(1, 5, 1), row(1, 6, 1), row(2, 1, 1)];
        let rows = DailyRows::new(good.clone()).unwrap();
        assert_eq!(DailyRows::from_bytes(&rows.to_bytes()), Ok(rows));
        for bad in [
            vec![row(1, 6, 1), row(1, 5, 1)],
            vec![row(1, 5, 1), row(1, 5, 1)],
            vec![row(1, 5, 0)],
        ] {
            let range = Err(LayoutError::Range("daily rows"));
            let bytes = List::<_, 9>::new(bad.clone()).unwrap().to_bytes();
            assert_eq!(DailyRows::from_bytes(&bytes), range);
            assert_eq!(DailyRows::new(bad), range);
        }
    }
}
