//! The table of places, laid out for looking things up. Names are slices of the file that the program carries.

use std::sync::OnceLock;

use super::{Key, Place};
use crate::state::State;

const FILE: &str = include_str!("../../data/places.txt");

/// Ranges of prefixes that the file lacks or knows in part: the territories (96799 of American Samoa lies among
/// the ZIPs of Hawaii) and the armed forces, as the post assigns them.
const RANGES: [(std::ops::RangeInclusive<u32>, &[&str]); 7] = [
    (6..=7, &["PR"]),
    (8..=8, &["VI"]),
    (9..=9, &["PR"]),
    (967..=967, &["AS"]),
    (969..=969, &["FM", "GU", "MH", "MP", "PW"]),
    (90..=98, &["AE"]),
    (962..=966, &["AP"]),
];

/// A city and county with its ZIPs.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) state: State,
    pub(super) city: &'static str,
    county: &'static str,
    /// The first of its cells, and how many.
    first: u32,
    count: u32,
}

/// A ZIP in the order of the file.
#[derive(Debug, Clone, Copy)]
struct Cell {
    zip5: u32,
    row: u32,
    centre: Option<(i16, i16)>,
}

#[derive(Debug)]
pub(super) struct Table {
    /// Sorted by state and the letters and digits of the city.
    rows: Vec<Row>,
    cells: Vec<Cell>,
    /// For each ZIP: the number of its cell plus one, or 0.
    by_zip: Vec<u32>,
    by_prefix: Vec<Vec<State>>,
}

impl Table {
    pub(super) fn get() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| Self::read(FILE))
    }

    /// Reads the file; a line that is not of its form is left out, and a test sees that none is.
    fn read(file: &'static str) -> Self {
        let mut table = Self {
            rows: Vec::with_capacity(30_000),
            cells: Vec::with_capacity(42_000),
            by_zip: vec![0; 100_000],
            by_prefix: vec![Vec::new(); 1_000],
        };
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            table.add(line);
        }
        for (prefixes, states) in RANGES {
            for prefix in prefixes {
                table.reach(prefix, states.iter().copied());
            }
        }
        table
    }

    fn add(&mut self, line: &'static str) -> Option<()> {
        let mut parts = line.split('|');
        let (code, city, county) = (parts.next()?, parts.next()?, parts.next()?);
        // Rows of one state stand together: its code is looked up once.
        let state = match self.rows.last() {
            Some(before) if before.state.code() == code => before.state,
            _ => State::parse(code)?,
        };
        let (row, first) = (self.rows.len() as u32, self.cells.len() as u32);
        for cell in parts.next()?.split(' ') {
            let mut numbers = cell.split(',');
            let zip5: u32 = numbers.next()?.parse().ok()?;
            let mut degrees = || numbers.next()?.parse::<i16>().ok();
            let centre = degrees().zip(degrees());
            self.cells.push(Cell { zip5, row, centre });
            *self.by_zip.get_mut(zip5 as usize)? = self.cells.len() as u32;
            self.reach(zip5 / 100, [code]);
        }
        self.rows.push(Row {
            state,
            city,
            county,
            first,
            count: self.cells.len() as u32 - first,
        });
        Some(())
    }

    /// Notes that ZIPs of a prefix lie in these states.
    fn reach(&mut self, prefix: u32, codes: impl IntoIterator<Item = &'static str>) {
        if let Some(states) = self.by_prefix.get_mut(prefix as usize) {
            for code in codes {
                if !states.iter().any(|state| state.code() == code) {
                    states.extend(State::parse(code));
                }
            }
        }
    }

    fn place(&self, cell: &Cell) -> Option<Place> {
        let row = self.rows.get(cell.row as usize)?;
        Some(Place {
            zip5: cell.zip5,
            city: row.city,
            state: row.state,
            county: row.county,
            centre: cell.centre,
        })
    }

    pub(super) fn of_zip(&self, zip5: u32) -> Option<Place> {
        let number = self.by_zip.get(zip5 as usize)?.checked_sub(1)?;
        self.place(self.cells.get(number as usize)?)
    }

    pub(super) fn states_of(&self, prefix: u32) -> &[State] {
        self.by_prefix
            .get(prefix as usize)
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn places_in(&self, row: &Row) -> impl Iterator<Item = Place> {
        let first = row.first as usize;
        let cells = self.cells.get(first..first + row.count as usize);
        cells
            .unwrap_or(&[])
            .iter()
            .filter_map(|cell| self.place(cell))
    }

    pub(super) fn rows_in(&self, state: State) -> &[Row] {
        let from = self.rows.partition_point(|row| row.state < state);
        let to = self.rows.partition_point(|row| row.state <= state);
        self.rows.get(from..to).unwrap_or(&[])
    }

    /// The rows of a city: one for each county that it lies in.
    pub(super) fn rows_of(&self, state: State, key: &Key) -> &[Row] {
        let compare = |row: &Row| {
            row.state
                .cmp(&state)
                .then_with(|| letters(row.city).cmp(key.0.bytes()))
        };
        let from = self.rows.partition_point(|row| compare(row).is_lt());
        let to = self.rows.partition_point(|row| compare(row).is_le());
        self.rows.get(from..to).unwrap_or(&[])
    }
}

/// What the rows of a state are sorted by.
fn letters(city: &'static str) -> impl Iterator<Item = u8> {
    city.bytes().filter(|byte| *byte != b' ')
}

#[cfg(test)]
mod tests {
    use super::{FILE, Key, Table, letters};

    #[test]
    fn every_line_is_read_and_in_order() {
        let table = Table::get();
        let lines = FILE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!((table.rows.len(), table.cells.len()), (lines, 41_487));
        assert!(table.rows.is_sorted_by(|one, next| {
            (
                one.state,
                letters(one.city).collect::<Vec<_>>(),
                one.city,
                one.county,
            ) < (
                next.state,
                letters(next.city).collect::<Vec<_>>(),
                next.city,
                next.county,
            )
        }));
    }

    #[test]
    fn every_place_is_found_by_zip_and_by_name() {
        let table = Table::get();
        for row in &table.rows {
            assert!(row.count > 0);
            let key = Key::of(row.city);
            assert_eq!(
                key.0,
                row.city.replace(' ', ""),
                "names in the file are spelled out"
            );
            let rows = table.rows_of(row.state, &key);
            assert!(rows.iter().any(|found| std::ptr::eq(found, row)));
            for place in table.places_in(row) {
                assert_eq!(table.of_zip(place.zip5), Some(place));
            }
        }
    }
}
