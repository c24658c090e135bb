//! Names of highways (USPS Publication 28, section 237 and appendix F).
//!
//! Not here: house numbers, directionals before the name. Called by the parser of streets before it looks for
//! suffixes, because HIGHWAY, ROAD and ROUTE are suffixes elsewhere.

use super::parts::direction;
use super::states;
use super::suffix::suffix;
use super::words::{Word, has_digit, push};
use crate::state::State;

/// A highway that was recognised.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Highway {
    /// Its standard name, with what belongs to it: INTERSTATE 55 BYP.
    pub(super) name: String,
    /// A directional behind it.
    pub(super) post: Option<&'static str>,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// One meaning.
    Highway(Highway),
    /// More than one: SR is a state road here, a state route there.
    TwoReadings,
}

/// Reads the words of a street as a highway; `state` is that of the last line.
pub(super) fn highway(words: &[Word], state: Option<State>) -> Option<Found> {
    let mut texts: Vec<&str> = Vec::with_capacity(words.len() + 1);
    for word in words {
        texts.extend(split_fused(&word.text));
    }
    let mut name = String::with_capacity(24);
    let mut rest = texts.as_slice();
    if let [old @ ("OLD" | "NEW"), more @ ..] = rest {
        push(&mut name, old);
        rest = more;
    }
    let (prefix, more) = state_before(rest, state);
    rest = more;
    let (kind, more) = match kind(rest, state) {
        Some(Kind::TwoReadings) => return Some(Found::TwoReadings),
        Some(Kind::Name(kind, taken)) => (kind, rest.get(taken..)?),
        // "KENTUCKY 440": the state alone stands for the highway.
        None if prefix.is_some() => ("", rest),
        None => return None,
    };
    let (number, tail) = more.split_first()?;
    let lettered = kind.starts_with("COUNTY") || kind.starts_with("STATE");
    if !is_route(number, lettered) {
        return None;
    }
    push(&mut name, prefix.unwrap_or(""));
    push(&mut name, kind);
    push(&mut name, number);
    let tail = match tail {
        ["BYP" | "BYPASS", tail @ ..] => {
            push(&mut name, "BYP");
            tail
        }
        ["FRONTAGE", "ROAD" | "RD", tail @ ..] => {
            push(&mut name, "FRONTAGE RD");
            tail
        }
        [
            kind @ ("BUS" | "BUSINESS" | "ALT" | "SPUR" | "LOOP"),
            tail @ ..,
        ] => {
            push(&mut name, kind);
            tail
        }
        _ => tail,
    };
    let post = match tail {
        [] => None,
        [one] => Some(direction(one)?),
        _ => return None,
    };
    Some(Found::Highway(Highway { name, post }))
}

enum Kind {
    Name(&'static str, usize),
    TwoReadings,
}

/// The kind of highway that the words begin with, and how many words say so.
fn kind(words: &[&str], state: Option<State>) -> Option<Kind> {
    let is_highway = |word: &str| suffix(word).is_some_and(|found| found.short == "HWY");
    let road = |word: &str| match word {
        "ROAD" | "RD" => Some("ROAD"),
        "ROUTE" | "RTE" | "RT" => Some("ROUTE"),
        _ if is_highway(word) => Some("HIGHWAY"),
        _ => None,
    };
    let name = |text, taken| Some(Kind::Name(text, taken));
    match words {
        ["FARM", "TO", "MARKET", "ROAD" | "RD", ..] => name("FM", 4),
        ["FARM", "TO", "MARKET", ..] => name("FM", 3),
        ["FARM-TO-MARKET", "ROAD" | "RD", ..] | ["FM", "ROAD" | "RD", ..] => name("FM", 2),
        ["FARM-TO-MARKET" | "FM", ..] => name("FM", 1),
        [word, "FM", ..] if is_highway(word) => name("FM", 2),
        ["RANCH", "ROAD" | "RD", ..] => name("RANCH ROAD", 2),
        ["TOWNSHIP" | "TWP", "ROAD" | "RD", ..] => name("TOWNSHIP ROAD", 2),
        ["TSR", ..] => name("TOWNSHIP ROAD", 1),
        // In Colorado CO may be the state's code.
        ["CO", word, ..]
            if road(word).is_some() && state.is_some_and(|state| state.code() == "CO") =>
        {
            Some(Kind::TwoReadings)
        }
        ["COUNTY" | "CO" | "CNTY" | "CTY", word, ..] => match road(word)? {
            "ROAD" => name("COUNTY ROAD", 2),
            "ROUTE" => name("COUNTY ROUTE", 2),
            _ => name("COUNTY HIGHWAY", 2),
        },
        ["CR" | "CORD", ..] => name("COUNTY ROAD", 1),
        ["STATE" | "ST", word, ..] => match road(word)? {
            "ROAD" => name("STATE ROAD", 2),
            "ROUTE" => name("STATE ROUTE", 2),
            _ => name("STATE HIGHWAY", 2),
        },
        ["SR", number, ..] if is_route(number, true) => Some(Kind::TwoReadings),
        ["US", "ROUTE" | "RTE" | "RT", ..] => name("US ROUTE", 2),
        ["US", word, ..] if is_highway(word) => name("US HIGHWAY", 2),
        ["US", ..] => name("US HIGHWAY", 1),
        ["INTERSTATE" | "I" | "IH", word, ..] if is_highway(word) => name("INTERSTATE", 2),
        ["INTERSTATE" | "I" | "IH", ..] => name("INTERSTATE", 1),
        ["ROUTE" | "RTE" | "RT", ..] => name("ROUTE", 1),
        ["ROAD" | "RD", ..] => name("ROAD", 1),
        [word, ..] if is_highway(word) => name("HIGHWAY", 1),
        _ => None,
    }
}

/// The state before a highway: its full name, or its code where the last line has the same state.
fn state_before<'words, 'text>(
    words: &'words [&'text str],
    state: Option<State>,
) -> (Option<&'static str>, &'words [&'text str]) {
    let follows = |rest: &[&str]| match rest {
        [word, ..] => {
            word.bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_digit())
                || matches!(*word, "STATE" | "COUNTY" | "CNTY" | "ROUTE" | "RTE" | "RT")
                || suffix(word).is_some_and(|found| found.short == "HWY")
        }
        [] => false,
    };
    for taken in [1, 2] {
        let Some((head, rest)) = words.split_at_checked(taken) else {
            break;
        };
        let Some(found) = states::full_name_of(head) else {
            continue;
        };
        let is_code = taken == 1 && head.first().is_some_and(|word| word.len() == 2);
        // CO HIGHWAY is a county's, IN 5 and LA 5 are highways only where the last line says so.
        let may = !is_code
            || (state.is_some_and(|state| Some(&state.code()) == head.first()) && head != ["CO"]);
        if may && follows(rest) {
            return (Some(found), rest);
        }
    }
    (None, words)
}

/// Whether a word can be the number of a highway: 5, 60E, 12-34, or a letter or two of a county's.
fn is_route(word: &str, lettered: bool) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    if has_digit(word) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        letters <= 2
            && word.bytes().all(plain)
            && word.as_bytes().first().is_some_and(u8::is_ascii_digit)
            && super::words::ordinal(word).is_none()
    } else {
        lettered && letters == word.len() && (1..=2).contains(&letters)
    }
}

/// `I-10` and `US41` as two words, anything else as one.
fn split_fused(word: &str) -> impl Iterator<Item = &str> {
    let heads: [&'static str; 7] = ["INTERSTATE", "IH", "I", "US", "CR", "SR", "FM"];
    let fused = heads.iter().find_map(|head| {
        let number = word.strip_prefix(head)?;
        let number = number.strip_prefix('-').unwrap_or(number);
        let is_number = number.starts_with(|first: char| first.is_ascii_digit());
        is_number.then_some((*head, number))
    });
    match fused {
        Some((head, number)) => [Some(head), Some(number)],
        None => [Some(word), None],
    }
    .into_iter()
    .flatten()
}
