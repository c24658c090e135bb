//! Which city, state and county a ZIP lies in, and the other way round.
//!
//! Not here: ZIP+4 and delivery points (licensed data), cities of Puerto Rico and the other territories (the
//! source lacks them: [`states_of`] knows their prefixes), names that the post accepts beside the first one of
//! a ZIP. Called by the standardiser of addresses, and by whoever wants to show a place.
//!
//! Source: GeoNames, CC BY 4.0, in `data/places.txt`, made by `data/make_tables.py`. The file is read once, at
//! the first question (a few milliseconds); names stay in it and are never copied.

mod near;
mod table;

use std::cmp::Reverse;

use crate::limits::NEAR_NAMES_MAX;
use crate::state::State;
use table::Table;

pub(crate) use near::Nearness;

/// A ZIP and what lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Five digits, 501..=99,950.
    pub zip5: u32,
    /// In capitals, as the last line of an address has it; APO or FPO for the armed forces.
    pub city: &'static str,
    /// The state.
    pub state: State,
    /// In capitals; empty where there is none (armed forces).
    pub county: &'static str,
    /// Latitude and longitude of the ZIP's centre in hundredths of a degree; none for the armed forces.
    pub centre: Option<(i16, i16)>,
}

/// The place of a ZIP of five digits; none if the table has no such ZIP, which does not prove that the post
/// has none.
pub fn of_zip(zip5: u32) -> Option<Place> {
    Table::get().of_zip(zip5)
}

/// The ZIPs of a city, rising. The name may be in any case, with any punctuation, and with ST, FT, MT, N, E, S
/// or W for its first word. Empty if the table has no such city in that state.
pub fn zips_of(state: State, city: &str) -> Vec<Place> {
    let table = Table::get();
    let mut found: Vec<Place> = table
        .rows_of(state, &Key::of(city))
        .iter()
        .flat_map(|row| table.places_in(row))
        .collect();
    found.sort_by_key(|place| place.zip5);
    found
}

/// Whether the table has a city of this name in that state; read as [`zips_of`] does.
pub fn has_city(state: State, city: &str) -> bool {
    !Table::get().rows_of(state, &Key::of(city)).is_empty()
}

/// Whether the table has any city of a state: it has none of Puerto Rico and the other territories.
pub fn has_cities(state: State) -> bool {
    !Table::get().rows_in(state).is_empty()
}

/// Whether two names mean one city: read as [`zips_of`] does.
pub fn same_city(one: &str, other: &str) -> bool {
    Key::of(one) == Key::of(other)
}

/// Cities of a state whose names are nearly this one, nearest first, at most [`NEAR_NAMES_MAX`].
pub fn near_cities(state: State, city: &str) -> Vec<&'static str> {
    let key = Key::of(city);
    let mut near = Nearness::new(key.0.as_bytes());
    for row in Table::get().rows_in(state) {
        near.try_name(row.city);
    }
    near.nearest(NEAR_NAMES_MAX)
}

/// The ZIPs of a city, those first that look most like `zip5`: same digits at the same places, from the left.
/// At most `most`.
pub fn zips_like(state: State, city: &str, zip5: u32, most: usize) -> Vec<Place> {
    let mut found = zips_of(state, city);
    found.sort_by_key(|place| {
        let same = |digit: u32| place.zip5 / digit % 10 == zip5 / digit % 10;
        let places = [10_000, 1_000, 100, 10, 1];
        (
            Reverse(places.iter().filter(|digit| same(**digit)).count()),
            place.zip5.abs_diff(zip5),
        )
    });
    found.truncate(most);
    found
}

/// Two-letter codes of the states that a three-digit prefix of ZIPs (0..=999) reaches into; empty if no ZIP
/// begins so.
pub fn states_of(prefix: u32) -> &'static [State] {
    Table::get().states_of(prefix)
}

/// A city's name without what people write differently: letters and digits in capitals, the usual short forms
/// of the first word spelled out (USPS Publication 28, sections 223 and 233).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn of(city: &str) -> Self {
        let mut key = String::with_capacity(city.len() + 4);
        let mut words = city
            .split(|character: char| !character.is_alphanumeric() && character != '\'')
            .filter(|word| !word.is_empty());
        let first = words.next().unwrap_or_default();
        let mut others = words.peekable();
        let long = others.peek().and_then(|_| spelled_out(first));
        for word in std::iter::once(long.unwrap_or(first)).chain(others) {
            key.extend(
                word.chars()
                    .filter_map(|character| {
                        crate::standard::plain_letter(character).filter(u8::is_ascii_alphanumeric)
                    })
                    .map(char::from),
            );
        }
        Self(key)
    }
}

/// The first word of a city that has further words, where it is a short form of another.
pub(crate) fn spelled_out(word: &str) -> Option<&'static str> {
    const SHORT: [(&str, &str); 9] = [
        ("ST", "SAINT"),
        ("STE", "SAINTE"),
        ("FT", "FORT"),
        ("MT", "MOUNT"),
        ("PT", "POINT"),
        ("N", "NORTH"),
        ("S", "SOUTH"),
        ("E", "EAST"),
        ("W", "WEST"),
    ];
    SHORT
        .iter()
        .find(|(short, _)| short.eq_ignore_ascii_case(word))
        .map(|(_, long)| *long)
}
