//! The last line: city, state, ZIP, and whether they belong together (USPS Publication 28, section 22).
//!
//! Not here: the table of places (module places). Nothing that is not on the line is added to it: what the
//! table knows better goes into the candidates.

use super::reason::{Component, Notes, Reason};
use super::states;
use super::words::{Word, has_digit, joined, push};
use crate::limits::CANDIDATES_MAX;
use crate::places::{self, Place};
use crate::state::State;
use crate::zip::Zip;

/// City, state and ZIP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLine {
    /// In capitals.
    pub city: String,
    /// The state, if it was given.
    pub state: Option<State>,
    /// The ZIP, if it was given.
    pub zip: Option<Zip>,
}

impl LastLine {
    /// As it is written on one line.
    pub fn text(&self) -> String {
        let mut text = self.city.clone();
        push(&mut text, self.state.map_or("", State::code));
        if let Some(zip) = self.zip {
            push(&mut text, &zip.to_string());
        }
        text
    }
}

/// Reads a last line. None if it has no city, or neither state nor ZIP.
pub(super) fn last_line(words: &[Word], notes: &mut Notes) -> Option<LastLine> {
    let (zip, words) = zip_behind(words, notes);
    let (state, words) = state_behind(words, zip, notes);
    let city = joined(words);
    let is_city =
        !words.is_empty() && !city.contains(['#', '&']) && !has_digit(&city) && words.len() <= 6;
    // "CA 95814" has a state and no city.
    let is_state =
        state.is_none() && (State::parse(&city).is_some() || states::named(&city).is_some());
    if !is_city
        || is_state && city != "NEW YORK" && city != "WASHINGTON"
        || (state.is_none() && zip.is_none())
    {
        return None;
    }
    if state.is_none() {
        notes.note(Reason::StateMissing);
    }
    if zip.is_none() {
        notes.note(Reason::ZipMissing);
    }
    Some(LastLine { city, state, zip })
}

/// The ZIP at the end, and the words before it.
fn zip_behind<'words>(words: &'words [Word], notes: &mut Notes) -> (Option<Zip>, &'words [Word]) {
    let all_digits = |word: &Word, length| {
        word.text.len() == length && word.text.bytes().all(|byte| byte.is_ascii_digit())
    };
    // "95814 1234"
    if let [before @ .., five, four] = words
        && all_digits(five, 5)
        && all_digits(four, 4)
        && let Ok(zip) = Zip::parse(&format!("{}-{}", five.text, four.text))
    {
        notes.change(
            Component::Zip,
            &format!("{} {}", five.text, four.text),
            &zip.to_string(),
            Reason::ZipHyphenated,
        );
        return (Some(zip), before);
    }
    let Some((last, before)) = words.split_last() else {
        return (None, words);
    };
    if !has_digit(&last.text) {
        return (None, words);
    }
    match Zip::parse(&last.text) {
        Ok(zip) => {
            notes.change(
                Component::Zip,
                &last.text,
                &zip.to_string(),
                Reason::ZipHyphenated,
            );
            (Some(zip), before)
        }
        Err(_) => (None, words),
    }
}

/// The state at the end, and the words before it. A name counts only if a city is left before it, and a comma
/// or the ZIP speaks for it: PORT WASHINGTON is a city.
fn state_behind<'words>(
    words: &'words [Word],
    zip: Option<Zip>,
    notes: &mut Notes,
) -> (Option<State>, &'words [Word]) {
    for taken in (1..=4).rev() {
        let Some(at) = words.len().checked_sub(taken).filter(|at| *at > 0) else {
            continue;
        };
        let (before, name) = words.split_at(at);
        let given = joined(name);
        let code = if taken == 1 {
            State::parse(&given)
        } else {
            None
        };
        if let Some(state) = code {
            return (Some(state), before);
        }
        let Some(state) = states::named(&given) else {
            continue;
        };
        let after_comma = name.first().is_some_and(|word| word.after_comma);
        let zip_agrees =
            zip.is_some_and(|zip| places::states_of(zip.zip5() / 100).contains(&state));
        if after_comma || zip_agrees {
            notes.change(
                Component::State,
                &given,
                state.code(),
                Reason::StateFromName,
            );
            return (Some(state), before);
        }
    }
    (None, words)
}

/// Compares city, state and ZIP with the table; spells the city as the table does; answers candidates where
/// they do not belong together.
pub(super) fn check(last: &mut LastLine, notes: &mut Notes) -> Vec<Place> {
    let Some(zip) = last.zip else {
        return last
            .state
            .map_or_else(Vec::new, |state| without_zip(last, state, notes));
    };
    let here = places::of_zip(zip.zip5());
    let Some(state) = last.state else {
        if here.is_none() {
            notes.note(Reason::ZipUnknown);
        }
        return here
            .into_iter()
            .filter(|here| places::same_city(here.city, &last.city))
            .collect();
    };
    let reached = places::states_of(zip.zip5() / 100);
    if here.map_or(!reached.contains(&state), |here| here.state != state) {
        notes.note(Reason::ZipNotOfState);
        return candidates(last, state, zip, here);
    }
    let Some(here) = here else {
        return not_in_table(last, state, zip, notes);
    };
    if here.centre.is_none() {
        // Armed forces: the table knows the ZIP, and APO, FPO and DPO share them.
        return military_city(last, notes);
    }
    if places::same_city(here.city, &last.city) {
        spell(last, here.city, notes);
        return Vec::new();
    }
    notes.note(if places::has_city(state, &last.city) {
        Reason::CityNotOfZip
    } else {
        Reason::CityNotOfState
    });
    candidates(last, state, zip, Some(here))
}

/// A ZIP that the table lacks, in a state that its prefix reaches.
fn not_in_table(last: &LastLine, state: State, zip: Zip, notes: &mut Notes) -> Vec<Place> {
    match state.code() {
        "AA" | "AE" | "AP" => military_city(last, notes),
        "AS" | "FM" | "GU" | "MH" | "MP" | "PR" | "PW" | "VI" => {
            notes.note(Reason::CityUnchecked);
            Vec::new()
        }
        _ => {
            notes.note(Reason::ZipUnknown);
            candidates(last, state, zip, None)
        }
    }
}

fn military_city(last: &LastLine, notes: &mut Notes) -> Vec<Place> {
    if !matches!(last.city.as_str(), "APO" | "FPO" | "DPO") {
        notes.note(Reason::CityNotOfZip);
    }
    Vec::new()
}

/// Writes the city as the table does, where it was shortened.
fn spell(last: &mut LastLine, city: &str, notes: &mut Notes) {
    notes.change(Component::City, &last.city, city, Reason::CitySpelledOut);
    city.clone_into(&mut last.city);
}

fn without_zip(last: &mut LastLine, state: State, notes: &mut Notes) -> Vec<Place> {
    let found = places::zips_of(state, &last.city);
    if let Some(first) = found.first() {
        spell(last, first.city, notes);
    } else if !places::has_cities(state) {
        notes.note(Reason::CityUnchecked);
    } else {
        notes.note(Reason::CityNotOfState);
    }
    let mut found = if found.is_empty() {
        near(last, state, 0)
    } else {
        found
    };
    found.truncate(CANDIDATES_MAX);
    found
}

/// What may have been meant: what lies at the ZIP, the ZIPs of the city, then cities of nearly that name.
fn candidates(last: &LastLine, state: State, zip: Zip, here: Option<Place>) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::with_capacity(CANDIDATES_MAX);
    found.extend(here);
    found.extend(places::zips_like(
        state,
        &last.city,
        zip.zip5(),
        CANDIDATES_MAX,
    ));
    if !places::has_city(state, &last.city) {
        for place in near(last, state, zip.zip5()) {
            if !found.contains(&place) {
                found.push(place);
            }
        }
    }
    found.truncate(CANDIDATES_MAX);
    found
}

/// For each city of nearly that name its ZIP that looks most like the one given.
fn near(last: &LastLine, state: State, zip5: u32) -> Vec<Place> {
    let cities = places::near_cities(state, &last.city);
    cities
        .into_iter()
        .flat_map(|city| places::zips_like(state, city, zip5, 1))
        .collect()
}
