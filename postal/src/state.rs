//! The two-letter codes that may stand before a ZIP: states, district, territories, freely associated
//! states and the three armed forces regions (USPS Publication 28, appendix B).
//!
//! Not here: names of states, or which ZIPs lie in them. Called by the address rules.

use std::fmt;

/// All codes, sorted.
const CODES: [&str; 62] = [
    "AA", "AE", "AK", "AL", "AP", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "FM", "GA",
    "GU", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MH", "MI", "MN", "MO",
    "MP", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "PR",
    "PW", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY",
];

/// A state, territory or armed forces region of the US post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State(&'static str);

impl State {
    /// The state of a two-letter code, in upper or lower case; none if there is no such code.
    pub fn parse(code: &str) -> Option<Self> {
        CODES
            .iter()
            .find(|known| known.eq_ignore_ascii_case(code))
            .map(|known| Self(known))
    }

    /// The code: two upper-case letters.
    pub const fn code(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{CODES, State};

    #[test]
    fn codes_are_sorted_and_found() {
        assert!(CODES.is_sorted_by(|one, next| one < next));
        for code in CODES {
            assert_eq!(State::parse(code).map(State::code), Some(code));
            assert_eq!(
                State::parse(&code.to_lowercase()).map(State::code),
                Some(code)
            );
        }
        for other in ["", "C", "CAL", "ZZ", "ON", "C A", "California"] {
            assert_eq!(State::parse(other), None, "{other:?}");
        }
    }
}
