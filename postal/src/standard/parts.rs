//! Directionals, units, and the numbers of houses: the small parts of a delivery line.
//!
//! Not here: where they may stand (module street).

use super::reason::{Component, Notes, Reason};
use super::suffix::suffix;
use super::words::{Word, has_digit, ordinal, push};

/// A part of a building: `APT 5`, `# 5`, `REAR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The standard designator (Publication 28, appendix C2), `#`, or `PMB` for a private mailbox (285).
    pub designator: &'static str,
    /// What stands behind it; empty where it may stand alone.
    pub number: String,
}

impl Unit {
    /// As it is written on the envelope.
    pub fn text(&self) -> String {
        let mut text = self.designator.to_owned();
        push(&mut text, &self.number);
        text
    }
}

/// The abbreviation of a directional in capitals, spelled out or short (233).
pub(super) fn direction(word: &str) -> Option<&'static str> {
    Some(match word {
        "N" | "NORTH" => "N",
        "S" | "SOUTH" => "S",
        "E" | "EAST" => "E",
        "W" | "WEST" => "W",
        "NE" | "NORTHEAST" => "NE",
        "NW" | "NORTHWEST" => "NW",
        "SE" | "SOUTHEAST" => "SE",
        "SW" | "SOUTHWEST" => "SW",
        _ => return None,
    })
}

/// Two directionals that make one: NORTH EAST is NE, EAST NORTH is nothing.
pub(super) fn combined(first: &str, second: &str) -> Option<&'static str> {
    Some(match (direction(first)?, direction(second)?) {
        ("N", "E") => "NE",
        ("N", "W") => "NW",
        ("S", "E") => "SE",
        ("S", "W") => "SW",
        _ => return None,
    })
}

/// How sure a word means a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Needs a number, which may be any last word: APT.
    Any,
    /// Needs a number with a digit or of one or two letters, for the word has other meanings: KEY.
    Number,
    /// May stand alone: REAR.
    Nothing,
}

/// The 24 designators of appendix C2 and their spellings.
fn designator(word: &str) -> Option<(&'static str, Need)> {
    use Need::{Any, Nothing, Number};
    Some(match word {
        "APT" | "APARTMENT" | "APTMT" | "APMT" => ("APT", Any),
        "BLDG" | "BUILDING" | "BLD" => ("BLDG", Any),
        "STE" => ("STE", Number),
        "SUITE" | "SUIT" => ("STE", Any),
        "UNIT" | "UNT" => ("UNIT", Any),
        "RM" => ("RM", Number),
        "ROOM" => ("RM", Any),
        "FL" | "FLR" | "FLOOR" => ("FL", Number),
        "DEPT" | "DEPARTMENT" => ("DEPT", Any),
        "HNGR" | "HANGAR" | "HANGER" => ("HNGR", Number),
        "KEY" => ("KEY", Number),
        "LOT" => ("LOT", Number),
        "PIER" => ("PIER", Number),
        "SLIP" => ("SLIP", Number),
        "SPC" | "SPACE" => ("SPC", Number),
        "STOP" => ("STOP", Number),
        "TRLR" | "TRAILER" => ("TRLR", Number),
        "BSMT" | "BASEMENT" => ("BSMT", Nothing),
        "FRNT" | "FRONT" => ("FRNT", Nothing),
        "LBBY" | "LOBBY" => ("LBBY", Nothing),
        "LOWR" | "LOWER" => ("LOWR", Nothing),
        "OFC" | "OFFICE" => ("OFC", Nothing),
        "PH" | "PENTHOUSE" => ("PH", Nothing),
        "REAR" => ("REAR", Nothing),
        "SIDE" => ("SIDE", Nothing),
        "UPPR" | "UPPER" => ("UPPR", Nothing),
        "PMB" => ("PMB", Any),
        "#" => ("#", Any),
        _ => return None,
    })
}

/// Whether a word names a kind of unit.
pub(super) fn is_designator(word: &str) -> bool {
    designator(word).is_some()
}

/// Whether a word names a kind of unit that can not do without a number.
pub(super) fn needs_number(word: &str) -> bool {
    matches!(designator(word), Some((_, Need::Any)))
}

/// The unit that the words begin with, and how many words it takes.
pub(super) fn unit_at(words: &[Word]) -> Option<(Unit, usize)> {
    let first = words.first()?.text.as_str();
    let next = words.get(1).map(|word| word.text.as_str());
    // "2ND FLOOR" is FL 2.
    if let (Some(number), Some("FL" | "FLR" | "FLOOR")) = (ordinal(first), next) {
        return Some((unit("FL", number), 2));
    }
    if let Some((short, need)) = designator(first) {
        // "APT # 5": the designator says it already.
        let skipped = usize::from(next == Some("#") && short != "#");
        let number = words.get(1 + skipped);
        let fits = number.is_some_and(|number| match need {
            Need::Any => words.len() == 2 + skipped || is_unit_number(&number.text),
            Need::Number | Need::Nothing => has_digit(&number.text) || number.text.len() == 1,
        } && !is_designator(&number.text) && suffix(&number.text).is_none());
        if let Some(number) = number.filter(|_| fits) {
            let number = number.text.as_str();
            let number = if short == "FL" {
                ordinal(number).unwrap_or(number)
            } else {
                number
            };
            return Some((unit(short, number), 2 + skipped));
        }
        return (need == Need::Nothing && skipped == 0).then(|| (unit(short, ""), 1));
    }
    // "APT5", "STE200".
    let digit = first.find(|character: char| character.is_ascii_digit())?;
    let (letters, number) = first.split_at_checked(digit)?;
    match designator(letters)? {
        (short @ ("APT" | "BLDG" | "STE" | "UNIT" | "RM" | "PMB"), _) => {
            Some((unit(short, number), 1))
        }
        _ => None,
    }
}

fn unit(designator: &'static str, number: &str) -> Unit {
    Unit {
        designator,
        number: number.to_owned(),
    }
}

fn is_unit_number(word: &str) -> bool {
    has_digit(word) || (word.len() <= 2 && word != "#" && word != "&")
}

/// All the words as units, one behind the other; none if anything else is among them. Notes what was
/// shortened.
pub(super) fn units_of(mut words: &[Word], notes: &mut Notes) -> Option<Vec<Unit>> {
    let mut units = Vec::new();
    while !words.is_empty() {
        let (mut unit, mut taken) = unit_at(words)?;
        // "APT 3 B": one letter or number more, as long as nothing else can be meant.
        if let Some(more) = words.get(taken)
            && !unit.number.is_empty()
            && (more.text.len() == 1 || has_digit(&more.text))
            && unit_at(words.get(taken..)?).is_none()
            && !is_designator(&more.text)
        {
            push(&mut unit.number, &more.text);
            taken += 1;
        }
        notes.change(
            Component::Unit,
            &super::words::joined(words.get(..taken)?),
            &unit.text(),
            Reason::UnitAbbreviated,
        );
        units.push(unit);
        words = words.get(taken..)?;
    }
    Some(units)
}

/// Whether a word can be the number of a house: 123, 123A, 112-10, A17, N6W23001, 123-1/2, but not 5TH.
pub(super) fn is_number(word: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'/';
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    has_digit(word)
        && word.bytes().all(allowed)
        && letters <= 3
        && ordinal(word).is_none()
        && !is_fraction(word)
}

/// Whether a word is a fraction: 1/2.
pub(super) fn is_fraction(word: &str) -> bool {
    word.split_once('/').is_some_and(|(over, under)| {
        let is_small = |part: &str| {
            (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        is_small(over) && is_small(under)
    })
}

#[cfg(test)]
mod tests {
    use super::{Unit, combined, direction, is_number, units_of};
    use crate::standard::reason::Notes;
    use crate::standard::words::words;

    #[test]
    fn units() {
        let cases = [
            ("Apt 5", "APT 5"),
            ("APT # 5", "APT 5"),
            ("#5", "# 5"),
            ("Suite 200, Bldg B", "STE 200|BLDG B"),
            ("2nd floor", "FL 2"),
            ("Fl 3", "FL 3"),
            ("Floor 3rd", "FL 3"),
            ("Rear", "REAR"),
            ("Ste200", "STE 200"),
            ("Apt 3 B", "APT 3 B"),
            ("Basement Apt A", "BSMT|APT A"),
            ("Penthouse 2", "PH 2"),
            ("PMB 234", "PMB 234"),
            ("Bldg East", "BLDG EAST"),
        ];
        for (line, expected) in cases {
            let units = units_of(&words(line).unwrap(), &mut Notes::default()).unwrap();
            let texts: Vec<String> = units.iter().map(Unit::text).collect();
            assert_eq!(texts.join("|"), expected, "{line}");
        }
        for line in [
            "Key West",
            "Ste Genevieve",
            "Lot",
            "Apt",
            "123 Main",
            "State Capitol",
        ] {
            assert_eq!(
                units_of(&words(line).unwrap(), &mut Notes::default()),
                None,
                "{line}"
            );
        }
    }

    #[test]
    fn directions_and_numbers() {
        assert_eq!(direction("NORTHWEST"), Some("NW"));
        assert_eq!(combined("SOUTH", "E"), Some("SE"));
        assert_eq!(combined("EAST", "SOUTH"), None);
        for number in ["1", "123A", "112-10", "A17", "N6W23001", "123-1/2"] {
            assert!(is_number(number), "{number}");
        }
        for other in ["5TH", "1/2", "MAIN", "39.2", "ABCD5", ""] {
            assert!(!is_number(other), "{other}");
        }
    }
}
