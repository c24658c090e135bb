//! A postal address as it is printed: 2 to 7 lines of text, and where it goes.
//!
//! Not here: correction or completion of an address, the address digest of a payload (crate item).
//! Called when a request or a batch row names a sender or a receiver.

use crate::limits::{ADDRESS_LINE_CHARS_MAX, ADDRESS_LINES_MAX, ADDRESS_LINES_MIN};
use crate::state::State;
use crate::zip::{Zip, ZipError};

/// Lines of an address: each trimmed, not empty, within the limits, nothing invisible in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    lines: Vec<String>,
}

/// What the last line of a US address says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The city as written.
    pub city: String,
    /// The state, territory or armed forces region.
    pub state: State,
    /// The ZIP.
    pub zip: Zip,
}

/// Why an address was refused. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// One line or none.
    #[error(
        "the address has {found} lines: give at least {ADDRESS_LINES_MIN}, the last with city, state and ZIP"
    )]
    TooFewLines {
        /// How many there were.
        found: usize,
    },
    /// More lines than fit an envelope.
    #[error("the address has more than {ADDRESS_LINES_MAX} lines: join or shorten some")]
    TooManyLines,
    /// A line without text.
    #[error("line {line} of the address is empty: leave it out")]
    EmptyLine {
        /// Which one.
        line: usize,
    },
    /// A line that does not fit.
    #[error(
        "line {line} of the address is longer than {ADDRESS_LINE_CHARS_MAX} characters: shorten it or use two lines"
    )]
    LongLine {
        /// Which one.
        line: usize,
    },
    /// A character that prints as nothing, or turns the text around it.
    #[error(
        "line {line} of the address has a control character (U+{code:04X}): remove it; give each line by itself"
    )]
    ControlCharacter {
        /// Which line.
        line: usize,
        /// The character's code point.
        code: u32,
    },
    /// The last line has no city, state and ZIP.
    #[error("the last line of the address must be like \"Sacramento, CA 95814\": city, state, ZIP")]
    LastLine,
    /// No such state.
    #[error("{found:?} in the last line is not a state: write its two-letter code, like CA")]
    UnknownState {
        /// What stands there, cut to 16 characters.
        found: String,
    },
    /// The ZIP of the last line.
    #[error("in the last line of the address: {0}")]
    Zip(#[from] ZipError),
}

impl Address {
    /// Takes the lines of an address, from the name down to the line with the ZIP. White space around a
    /// line is removed; nothing else is changed.
    ///
    /// # Errors
    /// [`AddressError`] for the first line that is not printable as it stands. Where the address leads is
    /// asked with [`Address::destination`].
    pub fn parse<Line: AsRef<str>>(
        lines: impl IntoIterator<Item = Line>,
    ) -> Result<Self, AddressError> {
        let mut kept = Vec::new();
        for (index, line) in lines.into_iter().enumerate() {
            if index == ADDRESS_LINES_MAX {
                return Err(AddressError::TooManyLines);
            }
            kept.push(checked_line(line.as_ref(), index + 1)?);
        }
        if kept.len() < ADDRESS_LINES_MIN {
            return Err(AddressError::TooFewLines { found: kept.len() });
        }
        Ok(Self { lines: kept })
    }

    /// The lines, top to bottom.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// City, state and ZIP of the last line: "Sacramento, CA 95814-1234" or "SACRAMENTO CA 95814".
    ///
    /// # Errors
    /// [`AddressError::LastLine`], [`AddressError::UnknownState`] or [`AddressError::Zip`].
    pub fn destination(&self) -> Result<Destination, AddressError> {
        let last = self.lines.last().map_or("", String::as_str);
        let (before_zip, zip) = last
            .rsplit_once(char::is_whitespace)
            .ok_or(AddressError::LastLine)?;
        if !zip.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(AddressError::LastLine);
        }
        let zip = Zip::parse(zip)?;
        let before_zip = before_zip.trim_end().trim_end_matches(',');
        let (city, code) = before_zip
            .rsplit_once([' ', ','])
            .ok_or(AddressError::LastLine)?;
        let state = State::parse(code).ok_or_else(|| AddressError::UnknownState {
            found: code.chars().take(16).collect(),
        })?;
        let city = city.trim_end_matches([' ', ',']);
        if !city.contains(char::is_alphabetic) {
            return Err(AddressError::LastLine);
        }
        Ok(Destination {
            city: city.to_owned(),
            state,
            zip,
        })
    }
}

/// The line, trimmed, if it can be printed as it stands; `line` counts from 1.
fn checked_line(text: &str, line: usize) -> Result<String, AddressError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AddressError::EmptyLine { line });
    }
    // Counts no further than the limit: the text may be of any length.
    if text.len() > ADDRESS_LINE_CHARS_MAX && text.chars().nth(ADDRESS_LINE_CHARS_MAX).is_some() {
        return Err(AddressError::LongLine { line });
    }
    // Most lines are ASCII, and seen to be good by their bytes.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(text.to_owned());
    }
    match text.chars().find(|character| is_invisible(*character)) {
        Some(character) => Err(AddressError::ControlCharacter {
            line,
            code: character.into(),
        }),
        None => Ok(text.to_owned()),
    }
}

/// Controls, and the Unicode characters that break lines, reorder text or print nothing: with them an
/// address could read differently from what is signed.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError};
    use proptest::prelude::*;

    const STREET: &str = "1315 10th St";
    const CITY: &str = "Sacramento, CA 95814";

    #[test]
    fn lines_within_limits() {
        use AddressError::{ControlCharacter, EmptyLine, LongLine, TooFewLines, TooManyLines};
        let (long, longest) = ("x".repeat(65), "\u{e9}".repeat(64));
        let cases: [(&[&str], Result<usize, AddressError>); 15] = [
            (&[STREET, CITY], Ok(2)),
            (&["  a ", STREET, "\u{3000}b\u{3000}", CITY], Ok(4)),
            (&["1", "2", "3", "4", "5", "6", CITY], Ok(7)),
            (
                &["1", "2", "3", "4", "5", "6", "7", CITY],
                Err(TooManyLines),
            ),
            (&[CITY], Err(TooFewLines { found: 1 })),
            (&[], Err(TooFewLines { found: 0 })),
            (&["", CITY], Err(EmptyLine { line: 1 })),
            (&[STREET, " \t ", CITY], Err(EmptyLine { line: 2 })),
            (&[&longest, CITY], Ok(2)),
            (&[STREET, &long], Err(LongLine { line: 2 })),
            (
                &["a\nb", CITY],
                Err(ControlCharacter {
                    line: 1,
                    code: 0x0A,
                }),
            ),
            (
                &["a\tb", CITY],
                Err(ControlCharacter {
                    line: 1,
                    code: 0x09,
                }),
            ),
            (
                &["a\u{85}b", CITY],
                Err(ControlCharacter {
                    line: 1,
                    code: 0x85,
                }),
            ),
            (
                &["a\u{202E}b", CITY],
                Err(ControlCharacter {
                    line: 1,
                    code: 0x202E,
                }),
            ),
            (
                &["a\u{2028}b", CITY],
                Err(ControlCharacter {
                    line: 1,
                    code: 0x2028,
                }),
            ),
        ];
        for (lines, expected) in cases {
            assert_eq!(
                Address::parse(lines).map(|address| address.lines().len()),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn lines_are_trimmed_only() {
        let address = Address::parse([" Jos\u{e9}  Sm\u{f8}rg ", CITY]).unwrap();
        assert_eq!(address.lines(), ["Jos\u{e9}  Sm\u{f8}rg", CITY]);
    }

    #[test]
    fn destination_of_the_last_line() {
        let cases = [
            ("Sacramento, CA 95814", "Sacramento/CA/95814"),
            ("Sacramento, CA 95814-1234", "Sacramento/CA/95814-1234"),
            ("SACRAMENTO CA 95814", "SACRAMENTO/CA/95814"),
            ("sacramento,ca  95814", "sacramento/CA/95814"),
            ("Sacramento , CA, 95814", "Sacramento/CA/95814"),
            (
                "Salt Lake City UT 841031234",
                "Salt Lake City/UT/84103-1234",
            ),
            ("St. Paul, MN 55155-0001-99", "St. Paul/MN/55155-0001-99"),
            ("APO AE 09001", "APO/AE/09001"),
            ("Hag\u{e5}t\u{f1}a, GU 96910", "Hag\u{e5}t\u{f1}a/GU/96910"),
        ];
        for (last, expected) in cases {
            let found = Address::parse([STREET, last])
                .unwrap()
                .destination()
                .unwrap();
            assert_eq!(
                format!("{}/{}/{}", found.city, found.state, found.zip),
                expected,
                "{last:?}"
            );
        }
    }

    #[test]
    fn last_lines_that_lead_nowhere() {
        let cases = [
            ("USA", "must be like"),
            ("95814", "must be like"),
            ("CA 95814", "must be like"),
            (", CA 95814", "must be like"),
            ("12 CA 95814", "must be like"),
            ("Sacramento, CA", "must be like"),
            ("London SW1A 1AA", "1AA"),
            ("Sacramento 95814", "must be like"),
            (
                "Sacramento, California 95814",
                "\"California\" in the last line is not a state",
            ),
            ("Toronto ON 95814", "\"ON\" in the last line is not a state"),
            ("Sacramento, CA 9581", "ZIP \"9581\" is not understood"),
            ("Sacramento, CA 00000", "00000 is not a ZIP"),
            (
                "Sacramento, CA 95814 1234",
                "ZIP \"1234\" is not understood",
            ),
        ];
        for (last, expected) in cases {
            let error = Address::parse([STREET, last])
                .unwrap()
                .destination()
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{last:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_lines_are_answered_and_kept_lines_are_clean(lines in prop::collection::vec(".{0,70}", 0..9)) {
            if let Ok(address) = Address::parse(&lines) {
                prop_assert_eq!(Address::parse(address.lines()), Ok(address.clone()));
                let _ = address.destination();
            }
        }

        #[test]
        fn written_destination_is_found(
            city in "[A-Z][a-z]{1,10}( [A-Z][a-z]{1,10})?", zip5 in 1u32..100_000, comma in "[,]?",
        ) {
            let last = format!("{city}{comma} NV {zip5:05}");
            let found = Address::parse([STREET, &last]).unwrap().destination().unwrap();
            prop_assert_eq!((found.city, found.state.code(), found.zip.zip5()), (city, "NV", zip5));
        }
    }
}
