//! Boxes of the post office, rural routes, highway contract routes, general delivery, and military lines
//! (USPS Publication 28, sections 238, 24, 25, 26 and 28).
//!
//! Not here: streets. Called for the delivery line before anybody looks for a street in it.

use super::reason::{Component, Notes, Reason};
use super::words::{Word, has_digit, joined, push};

/// A delivery line that is no street.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boxed {
    /// A box at a post office.
    PoBox {
        /// Its number, leading zeros kept (282).
        number: String,
    },
    /// A rural route.
    Rural {
        /// Its number.
        route: String,
        /// The box, empty where none is given.
        boxed: String,
    },
    /// A highway contract route.
    Contract {
        /// Its number.
        route: String,
        /// The box, empty where none is given.
        boxed: String,
    },
    /// General delivery.
    General,
    /// A postal service centre, common mail room or unit abroad.
    Military {
        /// PSC, CMR or UNIT.
        kind: &'static str,
        /// Its number.
        number: String,
        /// The box, empty where none is given.
        boxed: String,
    },
    /// A ship.
    Ship {
        /// With its prefix: USS, USNS or USCGC.
        name: String,
    },
}

impl Boxed {
    /// As it is written on one line.
    pub fn text(&self) -> String {
        let (head, number, boxed) = match self {
            Self::PoBox { number } => ("PO BOX", number.as_str(), ""),
            Self::Rural { route, boxed } => ("RR", route.as_str(), boxed.as_str()),
            Self::Contract { route, boxed } => ("HC", route.as_str(), boxed.as_str()),
            Self::General => ("GENERAL DELIVERY", "", ""),
            Self::Military {
                kind,
                number,
                boxed,
            } => (*kind, number.as_str(), boxed.as_str()),
            Self::Ship { name } => (name.as_str(), "", ""),
        };
        let mut text = head.to_owned();
        push(&mut text, number);
        if !boxed.is_empty() {
            push(&mut text, "BOX");
            push(&mut text, boxed);
        }
        text
    }
}

/// What was found in a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// One of the kinds.
    Boxed(Boxed),
    /// A box, and something else beside it: a street, or what could be one.
    TwoReadings,
}

/// Reads a line; none if it is none of the kinds.
pub(super) fn boxed(words: &[Word], notes: &mut Notes) -> Option<Found> {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let (found, reason) = match read(&texts)? {
        Read::One(found, reason) => (found, reason),
        Read::TwoReadings => return Some(Found::TwoReadings),
    };
    let lost_zero = match &found {
        Boxed::Rural { route, .. } | Boxed::Contract { route, .. } => texts
            .iter()
            .any(|text| text.starts_with('0') && text.trim_start_matches('0') == route),
        _ => false,
    };
    notes.change(
        Component::Box,
        &joined(words),
        &found.text(),
        if lost_zero {
            Reason::LeadingZero
        } else {
            reason
        },
    );
    let boxless = match &found {
        Boxed::Rural { boxed, .. }
        | Boxed::Contract { boxed, .. }
        | Boxed::Military { boxed, .. } => boxed.is_empty(),
        Boxed::PoBox { .. } | Boxed::General | Boxed::Ship { .. } => false,
    };
    if boxless {
        notes.note(Reason::BoxMissing);
    }
    Some(Found::Boxed(found))
}

enum Read {
    One(Boxed, Reason),
    TwoReadings,
}

fn read(words: &[&str]) -> Option<Read> {
    if let ["GENERAL" | "GEN", "DELIVERY" | "DEL" | "DELV"] = words {
        return Some(Read::One(Boxed::General, Reason::GeneralDelivery));
    }
    if let ["USS" | "USNS" | "USCGC", _, ..] = words {
        let name = words.join(" ");
        return Some(Read::One(Boxed::Ship { name }, Reason::MilitaryForm));
    }
    if let Some(behind) = after_po_box(words) {
        return match behind {
            [number] if has_digit(number) || number.len() == 1 => {
                let number = (*number).to_owned();
                Some(Read::One(Boxed::PoBox { number }, Reason::BoxDesignation))
            }
            [] => None,
            _ => Some(Read::TwoReadings),
        };
    }
    // A box behind a street.
    let starts_box = |at: usize| {
        words
            .get(at..)
            .and_then(after_po_box)
            .is_some_and(|behind| !behind.is_empty())
    };
    if words.first().is_some_and(|first| has_digit(first))
        && (2..words.len()).any(|at| {
            matches!(words.get(at), Some(&("PO" | "POBOX" | "POB" | "POST"))) && starts_box(at)
        })
    {
        return Some(Read::TwoReadings);
    }
    if let ["BOX", number] = words {
        // Of the post office, or of a route that is not given?
        return has_digit(number).then_some(Read::TwoReadings);
    }
    route(words).or_else(|| military(words))
}

/// What stands behind the words for a box of the post office (281, 283).
fn after_po_box<'words, 'text>(words: &'words [&'text str]) -> Option<&'words [&'text str]> {
    let behind = match words {
        ["POST", "OFFICE", "BOX" | "DRAWER" | "BIN", behind @ ..]
        | ["P", "O", "BOX" | "DRAWER" | "BIN", behind @ ..]
        | [
            "PO",
            "BOX" | "DRAWER" | "BIN" | "CALLER" | "LOCKBOX",
            behind @ ..,
        ]
        | ["POSTOFFICE" | "POSTAL", "BOX", behind @ ..]
        | ["FIRM", "CALLER", behind @ ..]
        | ["LOCK", "BOX", behind @ ..]
        | [
            "POBOX" | "POB" | "LOCKBOX" | "CALLER" | "DRAWER" | "BIN",
            behind @ ..,
        ] => behind,
        _ => return None,
    };
    Some(match behind {
        ["#" | "NO" | "NBR" | "NUMBER", behind @ ..] if !behind.is_empty() => behind,
        behind => behind,
    })
}

/// Rural and highway contract routes.
fn route(words: &[&str]) -> Option<Read> {
    enum Kind {
        Rural,
        Contract,
    }
    // `sure` is false for words that begin a street's name as well: they need a box.
    let (kind, sure, behind) = match words {
        [
            "HIGHWAY" | "HWY",
            "CONTRACT",
            "ROUTE" | "RTE" | "RT",
            behind @ ..,
        ]
        | ["STAR", "ROUTE" | "RTE" | "RT", behind @ ..]
        | ["HC" | "HCR", behind @ ..]
        | ["HIGHWAY" | "HWY", "CONTRACT", behind @ ..] => (Kind::Contract, true, behind),
        ["RURAL", "ROUTE" | "RTE" | "RT" | "DELIVERY", behind @ ..]
        | ["RFD", "ROUTE" | "RTE" | "RT", behind @ ..]
        | ["R", "R", behind @ ..]
        | ["RR" | "RFD", behind @ ..] => (Kind::Rural, true, behind),
        ["RT" | "RTE" | "ROUTE" | "RD", behind @ ..] => (Kind::Rural, false, behind),
        _ => return fused_route(words),
    };
    let behind = match behind {
        ["#" | "NO", behind @ ..] => behind,
        behind => behind,
    };
    let (number, behind) = behind
        .split_first()
        .filter(|(number, _)| is_route_number(number))?;
    let route = number.trim_start_matches('0').to_owned();
    let reason = match kind {
        Kind::Rural => Reason::RuralDesignation,
        Kind::Contract => Reason::ContractDesignation,
    };
    let made = |boxed: &str| {
        let (route, boxed) = (route.clone(), boxed.to_owned());
        match kind {
            Kind::Rural => Boxed::Rural { route, boxed },
            Kind::Contract => Boxed::Contract { route, boxed },
        }
    };
    match behind {
        [] if sure => Some(Read::One(made(""), reason)),
        ["BOX" | "BX", "#" | "NO", boxed] | ["BOX" | "BX" | "#", boxed] if has_digit(boxed) => {
            Some(Read::One(made(boxed), reason))
        }
        ["BOX" | "BX" | "#", ..] => Some(Read::TwoReadings),
        // "RR 2 NORTH ST": something that belongs above the line (245).
        _ => sure.then_some(Read::TwoReadings),
    }
}

/// `RR2 BOX 5`, `HC68`.
fn fused_route(words: &[&str]) -> Option<Read> {
    let (first, behind) = words.split_first()?;
    let (head, number) = ["HCR", "HC", "RR", "RFD"]
        .iter()
        .find_map(|head| Some((*head, first.strip_prefix(head)?)))?;
    if !is_route_number(number) {
        return None;
    }
    let mut apart = vec![head, number];
    apart.extend(behind);
    route(&apart)
}

fn is_route_number(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    has_digit(word)
        && letters <= 1
        && word.len() <= 5
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && word.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

/// `PSC 802 BOX 74`, `CMR 1250`, `UNIT 2050 BOX 4190`.
fn military(words: &[&str]) -> Option<Read> {
    let (first, behind) = words.split_first()?;
    let kinds = ["PSC", "CMR", "UNIT"];
    let kind = kinds.into_iter().find(|kind| first.starts_with(kind))?;
    let (number, behind) = match first.strip_prefix(kind)? {
        "" => {
            let behind = match behind {
                ["#" | "NO", behind @ ..] => behind,
                behind => behind,
            };
            let (number, behind) = behind.split_first()?;
            (*number, behind)
        }
        number => (number, behind),
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let boxed = match behind {
        [] if kind != "UNIT" => "",
        ["BOX" | "BX", "#" | "NO" | "NUMBER", boxed] | ["BOX" | "BX", boxed]
            if has_digit(boxed) =>
        {
            boxed
        }
        _ => return None,
    };
    let (number, boxed) = (number.to_owned(), boxed.to_owned());
    Some(Read::One(
        Boxed::Military {
            kind,
            number,
            boxed,
        },
        Reason::MilitaryForm,
    ))
}
