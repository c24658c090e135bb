//! A street address: number, directionals, name, suffix, units (USPS Publication 28, sections 231..237).
//!
//! Not here: boxes and routes (module boxes), which line it stands on (module lines).

use super::highway::{Found, highway};
use super::parts::{
    Unit, combined, direction, is_designator, is_fraction, is_number, needs_number, unit_at,
    units_of,
};
use super::reason::{Component, Notes, Reason};
use super::suffix::suffix;
use super::words::{Word, has_digit, joined, push};
use crate::state::State;

/// A street address, each part as it is written on the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Street {
    /// With its fraction: `123 1/2`; empty where there is none.
    pub number: String,
    /// One of N, S, E, W, NE, NW, SE, SW.
    pub predirectional: Option<&'static str>,
    /// The name; the whole of a highway.
    pub name: String,
    /// The standard abbreviation.
    pub suffix: Option<&'static str>,
    /// One of N, S, E, W, NE, NW, SE, SW.
    pub postdirectional: Option<&'static str>,
    /// In the order in which they are written.
    pub units: Vec<Unit>,
}

impl Street {
    /// As it is written on one line.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(48);
        push(&mut text, &self.number);
        push(&mut text, self.predirectional.unwrap_or(""));
        push(&mut text, &self.name);
        push(&mut text, self.suffix.unwrap_or(""));
        push(&mut text, self.postdirectional.unwrap_or(""));
        for unit in &self.units {
            push(&mut text, unit.designator);
            push(&mut text, &unit.number);
        }
        text
    }
}

/// Reads a street address. None if the words are none; nothing is noted then that counts.
pub(super) fn street(words: &[Word], state: Option<State>, notes: &mut Notes) -> Option<Street> {
    let (front, words) = units_in_front(words, notes);
    let Some((number, rest)) = house_number(words, notes) else {
        return without_number(words, front.is_empty(), notes);
    };
    let end = name_end(rest);
    let (name, behind) = rest.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    let mut units = units_of(behind, notes)?;
    if !front.is_empty() {
        let before: Vec<String> = front.iter().map(Unit::text).collect();
        let before = before.join(" ");
        notes.change(
            Component::Unit,
            &format!("{before} {number}"),
            &format!("{number} .. {before}"),
            Reason::UnitMoved,
        );
        units.splice(0..0, front);
    }
    let mut street = Street {
        number,
        units,
        ..Street::default()
    };
    read_name(name, state, &mut street, notes);
    Some(street)
}

/// Units before the number: "APT 4 123 MAIN ST" (213).
fn units_in_front<'words>(words: &'words [Word], notes: &mut Notes) -> (Vec<Unit>, &'words [Word]) {
    let mut taken = 0;
    while let Some((unit, count)) = words.get(taken..).and_then(unit_at) {
        if unit.number.is_empty() && unit.designator != "REAR" {
            break;
        }
        taken += count;
    }
    let rest = words.get(taken..).unwrap_or(&[]);
    let starts_street = rest.first().is_some_and(|word| is_number(&word.text)) && rest.len() >= 2;
    if taken == 0 || !starts_street {
        return (Vec::new(), words);
    }
    let units = words.get(..taken).and_then(|front| units_of(front, notes));
    (units.unwrap_or_default(), rest)
}

/// The number with its fraction, and what follows.
fn house_number<'words>(
    words: &'words [Word],
    notes: &mut Notes,
) -> Option<(String, &'words [Word])> {
    let (first, rest) = words.split_first()?;
    if !is_number(&first.text) {
        return None;
    }
    // "123-1/2" is 123 1/2.
    if let Some((whole, fraction)) = first.text.split_once('-')
        && is_fraction(fraction)
    {
        let number = format!("{whole} {fraction}");
        notes.change(
            Component::Number,
            &first.text,
            &number,
            Reason::FractionApart,
        );
        return Some((number, rest));
    }
    match rest.split_first() {
        Some((fraction, rest)) if is_fraction(&fraction.text) => {
            Some((format!("{} {}", first.text, fraction.text), rest))
        }
        _ => Some((first.text.clone(), rest)),
    }
}

/// How many words the street has before its units begin.
fn name_end(words: &[Word]) -> usize {
    // A directional before the name is no name: "W FRONT ST" has no unit FRONT.
    let named_from = match words {
        [first, _, ..] if direction(&first.text).is_some() => 2,
        _ => 1,
    };
    (named_from..words.len())
        .find(|at| {
            let behind = words.get(*at..).unwrap_or(&[]);
            starts_units(behind) && stands_after_street(words.get(..*at).unwrap_or(&[]), behind)
        })
        .unwrap_or(words.len())
}

/// Whether these words are units to their end.
fn starts_units(words: &[Word]) -> bool {
    units_of(words, &mut Notes::default()).is_some()
}

/// REAR, SIDE and their like are also names: alone they are units only behind a suffix or a directional.
fn stands_after_street(street: &[Word], behind: &[Word]) -> bool {
    let alone = unit_at(behind).is_some_and(|(unit, _)| unit.number.is_empty());
    let Some(last) = street.last() else {
        return false;
    };
    // "COUNTY ROAD 5" and "HIGHWAY 5": the number is not a unit's.
    !alone
        || street.len() >= 2 && (suffix(&last.text).is_some() || direction(&last.text).is_some())
        || has_digit(&last.text)
}

/// Reads directionals, name and suffix into `street`.
fn read_name(words: &[Word], state: Option<State>, street: &mut Street, notes: &mut Notes) {
    if state.is_some_and(|state| state.code() == "PR") && is_spanish(words) {
        street.name = joined(words);
        return;
    }
    if read_highway(words, state, street, notes) {
        return;
    }
    let (post, words) = postdirectional(words, notes);
    street.postdirectional = post;
    let (pre, words) = predirectional(words, post.is_some(), notes);
    street.predirectional = pre;
    // "123 A MAIN ST": is A of the number or of the name?
    if let [first, next, _, ..] = words
        && first.text.len() == 1
        && pre.is_none()
        && !has_digit(&first.text)
        && suffix(&next.text).is_none()
    {
        notes.note(Reason::TwoReadings);
    }
    let Some((last, name)) = words.split_last().filter(|(_, name)| !name.is_empty()) else {
        street.name = joined(words);
        return;
    };
    let Some(found) = suffix(&last.text) else {
        street.name = joined(words);
        if words.iter().any(|word| word.text == "&") {
            // "MAIN ST & CO" is a firm's name behind a street, or a corner.
            notes.note(Reason::TwoReadings);
        } else if unit_without_designator(words) {
            notes.note(Reason::UnitWithoutDesignator);
        } else if needs_number(&last.text) {
            notes.note(Reason::UnitWithoutNumber);
        }
        return;
    };
    notes.change(
        Component::Suffix,
        &last.text,
        found.short,
        Reason::SuffixAbbreviated,
    );
    street.suffix = Some(found.short);
    street.name = name_with_suffix(name, notes);
}

/// The name before a suffix; a suffix at its end is part of it and spelled out (234.2).
fn name_with_suffix(name: &[Word], notes: &mut Notes) -> String {
    let text = joined(name);
    let Some((last, before)) = name.split_last().filter(|(_, before)| !before.is_empty()) else {
        return text;
    };
    // Only abbreviations that can not be a word of the name itself.
    let Some(found) = suffix(&last.text).filter(|found| {
        matches!(
            found.short,
            "AVE"
                | "ST"
                | "RD"
                | "DR"
                | "LN"
                | "CT"
                | "CIR"
                | "BLVD"
                | "PL"
                | "TER"
                | "HWY"
                | "PKWY"
                | "TRL"
                | "SQ"
        )
    }) else {
        return text;
    };
    let mut spelled = joined(before);
    push(&mut spelled, found.full);
    notes.change(
        Component::StreetName,
        &text,
        &spelled,
        Reason::SuffixSpelledOut,
    );
    spelled
}

/// "MAIN ST 5", "MAIN ST B": something behind a suffix that is neither directional nor unit.
fn unit_without_designator(words: &[Word]) -> bool {
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let behind_suffix = before.len() >= 2
        && before
            .iter()
            .skip(1)
            .any(|word| suffix(&word.text).is_some());
    behind_suffix && (has_digit(&last.text) || last.text.len() == 1)
}

/// The directional behind the street, and the words before it.
fn postdirectional<'words>(
    words: &'words [Word],
    notes: &mut Notes,
) -> (Option<&'static str>, &'words [Word]) {
    let is_suffixed = |before: &[Word]| {
        before.len() >= 2
            && before
                .last()
                .is_some_and(|word| suffix(&word.text).is_some())
    };
    if let [before @ .., first, second] = words
        && let Some(both) = combined(&first.text, &second.text)
        && is_suffixed(before)
    {
        let given = format!("{} {}", first.text, second.text);
        notes.change(
            Component::Postdirectional,
            &given,
            both,
            Reason::DirectionAbbreviated,
        );
        return (Some(both), before);
    }
    let Some((last, before)) = words.split_last() else {
        return (None, words);
    };
    let (Some(short), Some(previous)) = (direction(&last.text), before.last()) else {
        return (None, words);
    };
    // "AVENUE N" is a name.
    let lettered = before.len() == 1 && suffix(&previous.text).is_some();
    let is_short = last.text == short;
    if lettered || (before.len() == 1 && direction(&previous.text).is_some()) {
        return (None, words);
    }
    if is_suffixed(before) || is_short || previous.text.bytes().all(|byte| byte.is_ascii_digit()) {
        notes.change(
            Component::Postdirectional,
            &last.text,
            short,
            Reason::DirectionAbbreviated,
        );
        return (Some(short), before);
    }
    // "BAY WEST": a name, or Bay to the west?
    notes.note(Reason::TwoReadings);
    (None, words)
}

/// The directional before the name, and the words behind it (233.2, 233.3).
fn predirectional<'words>(
    words: &'words [Word],
    has_post: bool,
    notes: &mut Notes,
) -> (Option<&'static str>, &'words [Word]) {
    let Some((first, rest)) = words.split_first() else {
        return (None, words);
    };
    let Some(short) = direction(&first.text) else {
        return (None, words);
    };
    // Whether words still have a name once a suffix at their end is taken away.
    let has_name = |rest: &[Word]| match rest {
        [] => false,
        [one] => suffix(&one.text).is_none() || has_post,
        _ => true,
    };
    let is_short = |word: &Word| direction(&word.text) == Some(word.text.as_str());
    if let Some((second, behind)) = rest.split_first()
        && direction(&second.text).is_some()
    {
        match combined(&first.text, &second.text) {
            Some(both) if has_name(behind) && is_short(first) == is_short(second) => {
                let given = format!("{} {}", first.text, second.text);
                notes.change(
                    Component::Predirectional,
                    &given,
                    both,
                    Reason::DirectionAbbreviated,
                );
                return (Some(both), behind);
            }
            // "EAST WEST HWY": the name may be EAST WEST.
            None if !has_name(behind) => {
                notes.note(Reason::TwoReadings);
                return (None, words);
            }
            _ => {}
        }
    }
    match rest {
        // "NORTH AVE", "E ST", "NORTH": the directional is the name (233.3).
        _ if !has_name(rest) => (None, words),
        // "WEST END AVE" is a name in one town and W END AVE in the next.
        [second, ..] if matches!(second.text.as_str(), "END" | "SIDE") && !is_short(first) => {
            notes.note(Reason::TwoReadings);
            (None, words)
        }
        _ => {
            notes.change(
                Component::Predirectional,
                &first.text,
                short,
                Reason::DirectionAbbreviated,
            );
            (Some(short), rest)
        }
    }
}

/// Reads a highway; false if the words are none.
fn read_highway(
    words: &[Word],
    state: Option<State>,
    street: &mut Street,
    notes: &mut Notes,
) -> bool {
    // "N US HIGHWAY 41": one directional, or two that make one, may stand before.
    let (pre, pre_words, rest) = match words {
        [first, second, rest @ ..] if let Some(both) = combined(&first.text, &second.text) => {
            (Some(both), words.get(..2).unwrap_or(&[]), rest)
        }
        [first, rest @ ..] if let Some(one) = direction(&first.text) => {
            (Some(one), words.get(..1).unwrap_or(&[]), rest)
        }
        _ => (None, [].as_slice(), words),
    };
    match highway(rest, state) {
        None => false,
        Some(Found::TwoReadings) => {
            street.name = joined(words);
            notes.note(Reason::TwoReadings);
            true
        }
        Some(Found::Highway(found)) => {
            if let Some(short) = pre {
                notes.change(
                    Component::Predirectional,
                    &joined(pre_words),
                    short,
                    Reason::DirectionAbbreviated,
                );
                street.predirectional = Some(short);
            }
            let given = match (found.post, rest.split_last()) {
                (Some(post), Some((last, before))) => {
                    notes.change(
                        Component::Postdirectional,
                        &last.text,
                        post,
                        Reason::DirectionAbbreviated,
                    );
                    joined(before)
                }
                _ => joined(rest),
            };
            notes.change(
                Component::StreetName,
                &given,
                &found.name,
                Reason::HighwayName,
            );
            street.name = found.name;
            street.postdirectional = found.post;
            true
        }
    }
}

/// Names that begin with a Spanish word for street have no suffix (29, appendix H).
fn is_spanish(words: &[Word]) -> bool {
    words.first().is_some_and(|word| {
        matches!(
            word.text.as_str(),
            "CALLE"
                | "AVE"
                | "AVENIDA"
                | "CARR"
                | "CARRETERA"
                | "CALLEJON"
                | "CAMINO"
                | "PASEO"
                | "VIA"
                | "PLAZA"
                | "BLVD"
                | "KM"
                | "VEREDA"
                | "CAM"
        )
    })
}

/// A street without a number is left as it is, with the reason.
fn without_number(words: &[Word], may_be: bool, notes: &mut Notes) -> Option<Street> {
    let (last, before) = words
        .split_last()
        .filter(|(_, before)| !before.is_empty() && may_be)?;
    let is_suffixed = |word: &Word| suffix(&word.text).is_some() || direction(&word.text).is_some();
    let corner = words
        .iter()
        .position(|word| matches!(word.text.as_str(), "AND" | "&" | "AT"));
    let first = words.first().map_or("", |word| word.text.as_str());
    let reason = match corner {
        Some(at)
            if at > 0
                && is_suffixed(last)
                && words
                    .get(..at)
                    .and_then(<[Word]>::last)
                    .is_some_and(is_suffixed) =>
        {
            Reason::CornerAddress
        }
        _ if is_spelled_number(first) && (is_suffixed(last) || unit_behind(before)) => {
            Reason::NumberSpelledOut
        }
        // A name with a suffix at its end may as well be a building's: no more than that is said of it.
        _ if suffix(&last.text).is_some() && !is_designator(first) && corner.is_none() => {
            Reason::NumberMissing
        }
        _ => return None,
    };
    notes.note(reason);
    Some(Street {
        name: joined(words),
        ..Street::default()
    })
}

fn unit_behind(words: &[Word]) -> bool {
    words.iter().skip(1).any(|word| is_designator(&word.text))
}

fn is_spelled_number(word: &str) -> bool {
    const NUMBERS: [&str; 12] = [
        "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN", "ELEVEN",
        "TWELVE",
    ];
    NUMBERS.contains(&word)
}
