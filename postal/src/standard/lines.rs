//! Which line of an address is what, and how they are put together again.
//!
//! Not here: what stands on a line.

use super::boxes::{self, boxed};
use super::last_line::{LastLine, check, last_line};
use super::parts::{Unit, units_of};
use super::reason::{Component, Notes, Reason, Weight};
use super::street::{Street, street};
use super::words::{Word, joined, words};
use super::{Delivery, Standardised, Verdict};
use crate::limits::{ADDRESS_LINE_CHARS_MAX, ADDRESS_LINES_MAX};
use crate::state::State;

/// What a line was read as.
struct Read {
    delivery: Delivery,
    notes: Notes,
}

/// Standardises once, and leaves the lines as they are where their standard form, read again, would become
/// another: it has two readings.
pub(super) fn standardise(given: &[String]) -> Standardised {
    let once = read_lines(given);
    if once.lines == given || read_lines(&once.lines).lines == once.lines {
        return once;
    }
    // Nothing was changed, and what was doubtful still is.
    let mut reasons = once.reasons;
    reasons.retain(|reason| reason.weight() == Weight::Doubt);
    let mut notes = Notes {
        reasons,
        ..Notes::default()
    };
    notes.note(Reason::TwoReadings);
    finish(
        given.to_vec(),
        None,
        None,
        once.last_line,
        once.candidates,
        notes,
    )
}

fn read_lines(given: &[String]) -> Standardised {
    let mut notes = Notes::default();
    let lines = without_country(given, &mut notes);
    let found = find_last_line(lines, &mut notes).filter(|(last, _)| fits(&last.text()));
    let Some((mut last, above)) = found else {
        let mut notes = Notes::default();
        notes.note(Reason::LastLineNotUnderstood);
        return finish(given.to_vec(), None, None, None, Vec::new(), notes);
    };
    let candidates = check(&mut last, &mut notes);
    let mut upper: Vec<String> = above.to_vec();
    let mut urbanization = None;
    let delivery = delivery(&mut upper, &last, &mut urbanization, &mut notes);
    upper.push(last.text());
    finish(upper, delivery, urbanization, Some(last), candidates, notes)
}

fn finish(
    lines: Vec<String>,
    delivery: Option<Delivery>,
    urbanization: Option<String>,
    last_line: Option<LastLine>,
    candidates: Vec<crate::places::Place>,
    mut notes: Notes,
) -> Standardised {
    notes.reasons.sort_unstable();
    notes.reasons.dedup();
    let heaviest = notes.reasons.iter().map(|reason| reason.weight()).max();
    let verdict = match heaviest {
        _ if last_line.is_none() => Verdict::NotUnderstood,
        Some(Weight::Doubt) => Verdict::Doubtful,
        Some(Weight::Correction) => Verdict::Corrected,
        Some(Weight::Note) | None => Verdict::Good,
    };
    Standardised {
        lines,
        delivery,
        urbanization,
        last_line,
        reasons: notes.reasons,
        changes: notes.changes,
        candidates,
        verdict,
    }
}

/// The lines without one that names the home country.
fn without_country<'lines>(lines: &'lines [String], notes: &mut Notes) -> &'lines [String] {
    let Some((last, above)) = lines.split_last().filter(|(_, above)| above.len() >= 2) else {
        return lines;
    };
    let text = words(last).map(|words| joined(&words)).unwrap_or_default();
    if matches!(
        text.as_str(),
        "USA" | "US" | "UNITED STATES" | "UNITED STATES OF AMERICA" | "U S A"
    ) {
        notes.change(Component::Line, last, "", Reason::CountryDropped);
        return above;
    }
    lines
}

/// The last line, which may stand on two, and the lines above it.
fn find_last_line<'lines>(
    lines: &'lines [String],
    notes: &mut Notes,
) -> Option<(LastLine, &'lines [String])> {
    let (bottom, above) = lines.split_last()?;
    let bottom_words = words(bottom)?;
    let mut own = Notes::default();
    if let Some(last) = last_line(&bottom_words, &mut own) {
        capitals(bottom, &bottom_words, notes);
        notes.reasons.append(&mut own.reasons);
        notes.changes.append(&mut own.changes);
        return Some((last, above));
    }
    let mut own = Notes::default();
    // "SACRAMENTO CA" above "95814", or "SACRAMENTO" above "CA 95814".
    let (city, above) = above.split_last().filter(|(_, above)| !above.is_empty())?;
    let mut both = words(city)?;
    if bottom_words.len() > 3 || both.iter().any(|word| super::words::has_digit(&word.text)) {
        return None;
    }
    both.extend(bottom_words);
    let last =
        last_line(&both, &mut own).filter(|last| last.state.is_some() && last.zip.is_some())?;
    notes.reasons.append(&mut own.reasons);
    notes.changes.append(&mut own.changes);
    notes.change(
        Component::Line,
        &format!("{city} / {bottom}"),
        &joined(&both),
        Reason::LinesJoined,
    );
    Some((last, above))
}

/// Notes that a line was written otherwise than in plain capitals.
fn capitals(line: &str, words: &[Word], notes: &mut Notes) {
    notes.change(Component::Line, line, &joined(words), Reason::PlainCapitals);
}

/// Reads one line as a delivery line.
fn read(line: &[Word], state: Option<State>) -> Option<Result<Read, Reason>> {
    let mut notes = Notes::default();
    match boxed(line, &mut notes) {
        Some(boxes::Found::Boxed(found)) => {
            return Some(Ok(Read {
                delivery: Delivery::Boxed(found),
                notes,
            }));
        }
        Some(boxes::Found::TwoReadings) => return Some(Err(Reason::TwoReadings)),
        None => {}
    }
    let mut notes = Notes::default();
    let found = street(line, state, &mut notes)?;
    Some(Ok(Read {
        delivery: Delivery::Street(found),
        notes,
    }))
}

/// Finds the delivery line among the lines above the last one, puts its standard form in its place, and moves
/// what stands on the wrong side of it.
fn delivery(
    upper: &mut Vec<String>,
    last: &LastLine,
    urbanization: &mut Option<String>,
    notes: &mut Notes,
) -> Option<Delivery> {
    let state = last.state;
    attention_up(upper, state, notes);
    unit_line_below(upper, state, notes);
    let Some(mut line) = upper.pop() else {
        notes.note(Reason::DeliveryNotUnderstood);
        return None;
    };
    let Some(mut line_words) = words(&line) else {
        notes.note(Reason::DeliveryNotUnderstood);
        upper.push(line);
        return None;
    };
    let is_puerto_rico = state.is_some_and(|state| state.code() == "PR");
    if is_puerto_rico {
        split_urbanization(&mut line, &mut line_words, upper, notes);
        if line_words.iter().any(is_urbanization) {
            notes.note(Reason::TwoReadings);
            upper.push(line);
            return None;
        }
    }
    let found = match read(&line_words, state) {
        Some(Ok(found)) if is_numbered(&found.delivery) => Some(found),
        other => match split_line(&line, upper.len(), state, notes) {
            Some((name, street_words, found)) => {
                upper.push(name);
                line = joined(&street_words);
                line_words = street_words;
                Some(found)
            }
            None => match other {
                Some(Ok(found)) => Some(found),
                Some(Err(reason)) => {
                    notes.note(reason);
                    upper.push(line);
                    return None;
                }
                None => None,
            },
        },
    };
    let Some(found) = found else {
        let above = upper.last().and_then(|line| words(line));
        let street_above = above
            .and_then(|words| read(&words, state))
            .is_some_and(|read| read.is_ok_and(|read| is_numbered(&read.delivery)));
        notes.note(if street_above {
            Reason::LineBelowStreet
        } else {
            Reason::DeliveryNotUnderstood
        });
        upper.push(line);
        return None;
    };
    let text = found.delivery.text();
    // What is spelled out may be longer than a line can be.
    if !fits(&text) {
        notes.note(Reason::DeliveryNotUnderstood);
        upper.push(line);
        return None;
    }
    // A form that reads otherwise when it is read again has two readings.
    if text != joined(&line_words) && !reads_as_itself(&found.delivery, &found.notes, state) {
        notes.note(Reason::TwoReadings);
        upper.push(line);
        return None;
    }
    capitals(&line, &line_words, notes);
    notes.reasons.extend(found.notes.reasons);
    notes.changes.extend(found.notes.changes);
    let mut delivery = found.delivery;
    if let Delivery::Street(street) = &mut delivery {
        while unit_line_above(upper, street, state, notes) {}
    }
    if is_puerto_rico {
        *urbanization = urbanization_above(upper, notes);
    }
    note_dual(upper, state, notes);
    upper.push(delivery.text());
    Some(delivery)
}

/// Whether a delivery line is more than words that end like a street.
fn is_numbered(delivery: &Delivery) -> bool {
    match delivery {
        Delivery::Street(street) => !street.number.is_empty(),
        Delivery::Boxed(_) => true,
    }
}

/// Whether a delivery line in standard form is read as what it says, with no more doubt than before.
fn reads_as_itself(delivery: &Delivery, before: &Notes, state: Option<State>) -> bool {
    let is_doubtful = |notes: &Notes| {
        let mut reasons = notes.reasons.iter();
        reasons.any(|reason| reason.weight() == Weight::Doubt)
    };
    words(&delivery.text())
        .and_then(|words| read(&words, state)?.ok())
        .is_some_and(|again| {
            again.delivery == *delivery && (is_doubtful(before) || !is_doubtful(&again.notes))
        })
}

/// Whether a text can be a line.
fn fits(text: &str) -> bool {
    text.chars().nth(ADDRESS_LINE_CHARS_MAX).is_none()
}

/// Moves a line "ATTN .." or "C/O .." from below the street to above it (214).
fn attention_up(upper: &mut [String], state: Option<State>, notes: &mut Notes) {
    let [.., street, attention] = upper else {
        return;
    };
    let is_attention = ["ATTN", "ATTENTION", "C/O ", "CARE OF ", "%"]
        .iter()
        .any(|word| {
            let head = attention.as_bytes().get(..word.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
        });
    if !is_attention {
        return;
    }
    let is_street = words(street)
        .and_then(|words| read(&words, state))
        .is_some_and(|read| read.is_ok_and(|read| is_numbered(&read.delivery)));
    if is_street {
        notes.change(
            Component::Line,
            &format!("{street} / {attention}"),
            &format!("{attention} / {street}"),
            Reason::AttentionMoved,
        );
        std::mem::swap(street, attention);
    }
}

/// The units that a line consists of. A line of marks alone has none and stays the recipient's.
fn units_of_line(line: &str, notes: &mut Notes) -> Option<Vec<Unit>> {
    units_of(&words(line)?, notes).filter(|units| !units.is_empty())
}

/// Joins lines that are nothing but units with the street above them, if one line can hold all.
fn unit_line_below(upper: &mut Vec<String>, state: Option<State>, notes: &mut Notes) {
    let is_unit = |line: &&String| units_of_line(line, &mut Notes::default()).is_some();
    let units = upper.iter().rev().take_while(is_unit).count();
    let Some(at) = upper.len().checked_sub(units + 1).filter(|_| units > 0) else {
        return;
    };
    let Some((street_line, unit_lines)) = upper.get(at..).and_then(<[String]>::split_first) else {
        return;
    };
    let street = words(street_line).and_then(|words| street(&words, state, &mut Notes::default()));
    let all = format!("{street_line} {}", unit_lines.join(" "));
    if fits(&all) && street.is_some_and(|street| !street.number.is_empty()) {
        let before = upper.get(at..).unwrap_or(&[]).join(" / ");
        notes.change(Component::Line, &before, &all, Reason::UnitMoved);
        upper.truncate(at);
        upper.push(all);
    }
}

/// Takes a line that is nothing but a unit from above the street, and puts the unit behind it; answers
/// whether it did. A private mailbox stays where it is (285).
fn unit_line_above(
    upper: &mut Vec<String>,
    street: &mut Street,
    state: Option<State>,
    notes: &mut Notes,
) -> bool {
    let Some(line) = upper.last().filter(|_| upper.len() >= 2) else {
        return false;
    };
    let mut unit_notes = Notes::default();
    let Some(units) = units_of_line(line, &mut unit_notes) else {
        return false;
    };
    if street.number.is_empty() || units.iter().any(|unit| unit.designator == "PMB") {
        return false;
    }
    let mut longer = street.clone();
    longer.units.splice(0..0, units);
    let text = longer.text();
    if !fits(&text) || !reads_as_itself(&Delivery::Street(longer.clone()), notes, state) {
        return false;
    }
    notes.change(
        Component::Unit,
        &format!("{line} / {}", street.text()),
        &text,
        Reason::UnitMoved,
    );
    notes.reasons.extend(unit_notes.reasons);
    *street = longer;
    upper.pop();
    true
}

/// "Legislative Hall, 411 Legislative Ave": a name and a street. Answers the name, the words of the street and
/// what they were read as.
fn split_line(
    line: &str,
    lines_above: usize,
    state: Option<State>,
    notes: &mut Notes,
) -> Option<(String, Vec<Word>, Read)> {
    let (name, behind) = line.split_once(',')?;
    let (name, behind) = (name.trim(), behind.trim());
    // The line with the city is still to come.
    if name.is_empty()
        || lines_above + 3 > ADDRESS_LINES_MAX
        || name.bytes().any(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let behind_words = words(behind)?;
    let found = read(&behind_words, state)?
        .ok()
        .filter(|found| is_numbered(&found.delivery) && fits(&found.delivery.text()))?;
    if !fits(&joined(&behind_words)) {
        return None;
    }
    notes.change(
        Component::Line,
        line,
        &format!("{name} / {behind}"),
        Reason::LineSplit,
    );
    Some((name.to_owned(), behind_words, found))
}

/// Whether a word says that an urbanization's name follows.
fn is_urbanization(word: &Word) -> bool {
    matches!(word.text.as_str(), "URB" | "URBANIZACION" | "URBANIZATION")
}

/// Puts an urbanization that stands on the line of the street on a line above it (293).
fn split_urbanization(
    line: &mut String,
    line_words: &mut Vec<Word>,
    upper: &mut Vec<String>,
    notes: &mut Notes,
) {
    let Some(at) = line_words.iter().position(is_urbanization) else {
        return;
    };
    let number = |word: &Word| super::parts::is_number(&word.text);
    let (urb, street) = if at == 0 {
        let Some(from) = line_words.iter().position(number) else {
            return;
        };
        (line_words.get(..from), line_words.get(from..))
    } else {
        (line_words.get(at..), line_words.get(..at))
    };
    let (Some(urb), Some(street)) = (
        urb.filter(|urb| urb.len() >= 2),
        street.filter(|street| street.len() >= 2),
    ) else {
        return;
    };
    if upper.len() + 3 > ADDRESS_LINES_MAX {
        return;
    }
    let (urb, street_line) = (joined(urb), joined(street));
    // Marks that become words of their own make a line longer.
    if !fits(&urb) || !fits(&street_line) {
        return;
    }
    notes.change(
        Component::Line,
        line,
        &format!("{urb} / {street_line}"),
        Reason::Urbanization,
    );
    let street = street.to_vec();
    upper.push(urb);
    *line = street_line;
    *line_words = street;
}

/// The urbanization on the line above the street, which gets its standard form.
fn urbanization_above(upper: &mut [String], notes: &mut Notes) -> Option<String> {
    let line = upper.last_mut()?;
    let found = words(line)?;
    let (first, name) = found.split_first()?;
    if name.is_empty() || !is_urbanization(first) {
        return None;
    }
    let name = joined(name);
    let text = format!("URB {name}");
    if !fits(&text) {
        return None;
    }
    capitals(line, &found, notes);
    notes.change(
        Component::Urbanization,
        &joined(&found),
        &text,
        Reason::Urbanization,
    );
    *line = text;
    Some(name)
}

/// Notes that the line above is a delivery line too: mail goes to the lower one (215).
fn note_dual(upper: &[String], state: Option<State>, notes: &mut Notes) {
    let Some(above) = upper.last().and_then(|line| words(line)) else {
        return;
    };
    let is_dual = match read(&above, state) {
        Some(Ok(Read {
            delivery: Delivery::Street(street),
            ..
        })) => !street.number.is_empty() && street.suffix.is_some(),
        Some(Ok(Read {
            delivery: Delivery::Boxed(_),
            ..
        })) => true,
        Some(Err(_)) | None => false,
    };
    if is_dual {
        notes.note(Reason::DualAddress);
    }
}
