//! Names of states (USPS Publication 28, appendix B), and older abbreviations that people still write.
//!
//! Not here: the two-letter codes (module state).

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::state::State;

const NAMES: [(&str, &str); 62] = [
    ("ALABAMA", "AL"),
    ("ALASKA", "AK"),
    ("AMERICAN SAMOA", "AS"),
    ("ARIZONA", "AZ"),
    ("ARKANSAS", "AR"),
    ("ARMED FORCES AMERICAS", "AA"),
    ("ARMED FORCES EUROPE", "AE"),
    ("ARMED FORCES PACIFIC", "AP"),
    ("CALIFORNIA", "CA"),
    ("COLORADO", "CO"),
    ("CONNECTICUT", "CT"),
    ("DELAWARE", "DE"),
    ("DISTRICT OF COLUMBIA", "DC"),
    ("FEDERATED STATES OF MICRONESIA", "FM"),
    ("FLORIDA", "FL"),
    ("GEORGIA", "GA"),
    ("GUAM", "GU"),
    ("HAWAII", "HI"),
    ("IDAHO", "ID"),
    ("ILLINOIS", "IL"),
    ("INDIANA", "IN"),
    ("IOWA", "IA"),
    ("KANSAS", "KS"),
    ("KENTUCKY", "KY"),
    ("LOUISIANA", "LA"),
    ("MAINE", "ME"),
    ("MARSHALL ISLANDS", "MH"),
    ("MARYLAND", "MD"),
    ("MASSACHUSETTS", "MA"),
    ("MICHIGAN", "MI"),
    ("MINNESOTA", "MN"),
    ("MISSISSIPPI", "MS"),
    ("MISSOURI", "MO"),
    ("MONTANA", "MT"),
    ("NEBRASKA", "NE"),
    ("NEVADA", "NV"),
    ("NEW HAMPSHIRE", "NH"),
    ("NEW JERSEY", "NJ"),
    ("NEW MEXICO", "NM"),
    ("NEW YORK", "NY"),
    ("NORTH CAROLINA", "NC"),
    ("NORTH DAKOTA", "ND"),
    ("NORTHERN MARIANA ISLANDS", "MP"),
    ("OHIO", "OH"),
    ("OKLAHOMA", "OK"),
    ("OREGON", "OR"),
    ("PALAU", "PW"),
    ("PENNSYLVANIA", "PA"),
    ("PUERTO RICO", "PR"),
    ("RHODE ISLAND", "RI"),
    ("SOUTH CAROLINA", "SC"),
    ("SOUTH DAKOTA", "SD"),
    ("TENNESSEE", "TN"),
    ("TEXAS", "TX"),
    ("UTAH", "UT"),
    ("VERMONT", "VT"),
    ("VIRGIN ISLANDS", "VI"),
    ("VIRGINIA", "VA"),
    ("WASHINGTON", "WA"),
    ("WEST VIRGINIA", "WV"),
    ("WISCONSIN", "WI"),
    ("WYOMING", "WY"),
];

/// Abbreviations from before the codes, and short names.
const OLDER: [(&str, &str); 37] = [
    ("ALA", "AL"),
    ("ARIZ", "AZ"),
    ("ARK", "AR"),
    ("CALIF", "CA"),
    ("CAL", "CA"),
    ("COLO", "CO"),
    ("CONN", "CT"),
    ("DEL", "DE"),
    ("D C", "DC"),
    ("FLA", "FL"),
    ("ILL", "IL"),
    ("IND", "IN"),
    ("KANS", "KS"),
    ("MASS", "MA"),
    ("MICH", "MI"),
    ("MINN", "MN"),
    ("MISS", "MS"),
    ("MONT", "MT"),
    ("NEBR", "NE"),
    ("NEV", "NV"),
    ("N H", "NH"),
    ("N J", "NJ"),
    ("N MEX", "NM"),
    ("N Y", "NY"),
    ("N C", "NC"),
    ("N DAK", "ND"),
    ("OKLA", "OK"),
    ("OREG", "OR"),
    ("PENNA", "PA"),
    ("R I", "RI"),
    ("S C", "SC"),
    ("S DAK", "SD"),
    ("TENN", "TN"),
    ("TEX", "TX"),
    ("WASH", "WA"),
    ("W VA", "WV"),
    ("WISC", "WI"),
];

/// The state that some words in capitals name, spelled out or by an older abbreviation; not by its code.
pub(super) fn named(words: &str) -> Option<State> {
    static STATES: OnceLock<HashMap<&'static str, State>> = OnceLock::new();
    let states = STATES.get_or_init(|| {
        let all = NAMES.iter().chain(&OLDER);
        all.filter_map(|(name, code)| Some((*name, State::parse(code)?)))
            .collect()
    });
    states.get(words).copied()
}

/// The full name of a state given by one word, its name or code, or by two words.
pub(super) fn full_name_of(words: &[&str]) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(name, code)| match words {
            [one] => one == name || one == code,
            [first, second] => {
                let rest = name
                    .strip_prefix(first)
                    .and_then(|rest| rest.strip_prefix(' '));
                rest == Some(second)
            }
            _ => false,
        })
        .map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::{NAMES, full_name_of, named};
    use crate::state::State;

    #[test]
    fn every_state_has_a_name() {
        for (name, code) in NAMES {
            assert_eq!(named(name).map(State::code), Some(code));
        }
        assert_eq!(named("CALIF").map(State::code), Some("CA"));
        assert_eq!(named("CA"), None);
        assert_eq!(full_name_of(&["WEST", "VIRGINIA"]), Some("WEST VIRGINIA"));
        assert_eq!(full_name_of(&["KY"]), Some("KENTUCKY"));
        assert_eq!(full_name_of(&["MAIN"]), None);
    }
}
