//! ZIP codes: syntax, and the routing integer that stands in the payload as the destination.
//!
//! Not here: whether a ZIP exists or belongs to a city (ZIP+4 and delivery points are licensed data: they
//! are taken as given, never invented). Called when an address or a sender's ZIP comes in, and when a
//! payload's destination is shown.

use std::fmt;
use std::str::FromStr;

/// How finely a ZIP points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ZipLevel {
    /// Five digits: a post office or delivery area.
    Zip5,
    /// Nine digits, ZIP+4: a block face or building.
    Zip9,
    /// Eleven digits: one delivery point.
    Zip11,
}

impl ZipLevel {
    const ALL: [Self; 3] = [Self::Zip5, Self::Zip9, Self::Zip11];

    /// How many ZIPs of this level can be written.
    const fn count(self) -> u64 {
        match self {
            Self::Zip5 => 100_000,
            Self::Zip9 => 1_000_000_000,
            Self::Zip11 => 100_000_000_000,
        }
    }

    /// What is added to the digits to make the routing integer (USPS-B-3200, step 1).
    const fn offset(self) -> u64 {
        match self {
            Self::Zip5 => 1,
            Self::Zip9 => 100_001,
            Self::Zip11 => 1_000_100_001,
        }
    }
}

/// A ZIP of 5, 9 or 11 digits, correct in syntax.
///
/// `00000` is never a ZIP: in a meter record it stands for an origin that is not fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zip {
    level: ZipLevel,
    digits: u64,
}

/// Why a ZIP was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZipError {
    /// Not one of the written forms.
    #[error("ZIP {found:?} is not understood: write 95814, 95814-1234 or 95814-1234-56")]
    Syntax {
        /// What was given, cut to 16 characters.
        found: String,
    },
    /// The first five digits are zero.
    #[error("00000 is not a ZIP: give the ZIP of the address")]
    Zero,
    /// No ZIP has this routing integer.
    #[error("{routing} is not the routing integer of a ZIP: the field was not made by this rule")]
    Routing {
        /// What was given.
        routing: u64,
    },
}

impl Zip {
    fn new(level: ZipLevel, digits: u64) -> Result<Self, ZipError> {
        let zip = Self { level, digits };
        if zip.zip5() == 0 {
            Err(ZipError::Zero)
        } else {
            Ok(zip)
        }
    }

    /// Reads `NNNNN`, `NNNNN-NNNN`, `NNNNN-NNNN-NN`, or 9 or 11 digits without hyphens. White space around
    /// it is ignored, nothing else is.
    ///
    /// # Errors
    /// [`ZipError::Syntax`], or [`ZipError::Zero`] for `00000` at the start.
    pub fn parse(text: &str) -> Result<Self, ZipError> {
        let syntax = || ZipError::Syntax {
            found: text.chars().take(16).collect(),
        };
        let trimmed = text.trim();
        let parts: Vec<&str> = trimmed.splitn(4, '-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let level = match lengths.as_slice() {
            [5] => ZipLevel::Zip5,
            [9] | [5, 4] => ZipLevel::Zip9,
            [11] | [5, 4, 2] => ZipLevel::Zip11,
            _ => return Err(syntax()),
        };
        let joined = parts.concat();
        if !joined.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(syntax());
        }
        Self::new(level, joined.parse().map_err(|_| syntax())?)
    }

    /// How finely it points.
    pub const fn level(self) -> ZipLevel {
        self.level
    }

    /// The first five digits as a number, 1..=99,999.
    pub const fn zip5(self) -> u32 {
        // At most 99,999 by construction, so nothing is cut off.
        (self.digits / (self.level.count() / ZipLevel::Zip5.count())) as u32
    }

    /// The same without its delivery point: nine digits at most.
    #[must_use]
    pub const fn without_delivery_point(self) -> Self {
        match self.level {
            ZipLevel::Zip5 | ZipLevel::Zip9 => self,
            ZipLevel::Zip11 => Self {
                level: ZipLevel::Zip9,
                digits: self.digits / (ZipLevel::Zip11.count() / ZipLevel::Zip9.count()),
            },
        }
    }

    /// The destination field of the payload: 1..=101,000,100,000 (fits 40 bits; 0 stands for no ZIP).
    pub const fn routing(self) -> u64 {
        self.digits + self.level.offset()
    }

    /// The ZIP of a destination field; none for 0. The exact inverse of [`Zip::routing`].
    ///
    /// # Errors
    /// [`ZipError::Routing`] above the range, [`ZipError::Zero`] where the digits start with 00000.
    pub fn from_routing(routing: u64) -> Result<Option<Self>, ZipError> {
        if routing == 0 {
            return Ok(None);
        }
        for level in ZipLevel::ALL {
            // The offsets rise and the ranges touch, so the first range that holds it is the only one.
            if let Some(digits) = routing
                .checked_sub(level.offset())
                .filter(|digits| *digits < level.count())
            {
                return Self::new(level, digits).map(Some);
            }
        }
        Err(ZipError::Routing { routing })
    }
}

impl FromStr for Zip {
    type Err = ZipError;

    fn from_str(text: &str) -> Result<Self, ZipError> {
        Self::parse(text)
    }
}

impl fmt::Display for Zip {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits;
        match self.level {
            ZipLevel::Zip5 => write!(out, "{digits:05}"),
            ZipLevel::Zip9 => write!(out, "{:05}-{:04}", digits / 10_000, digits % 10_000),
            ZipLevel::Zip11 => {
                write!(
                    out,
                    "{:05}-{:04}-{:02}",
                    digits / 1_000_000,
                    digits / 100 % 10_000,
                    digits % 100
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Zip, ZipError, ZipLevel};
    use proptest::prelude::*;

    #[test]
    fn written_forms() {
        let syntax = |found: &str| {
            Err(ZipError::Syntax {
                found: found.into(),
            })
        };
        let cases = [
            ("95814", Ok("95814")),
            (" 06106 ", Ok("06106")),
            ("95814-1234", Ok("95814-1234")),
            ("958141234", Ok("95814-1234")),
            ("01234567891", Ok("01234-5678-91")),
            ("01234-5678-91", Ok("01234-5678-91")),
            ("00501", Ok("00501")),
            ("00000", Err(ZipError::Zero)),
            ("00000-0001", Err(ZipError::Zero)),
            ("00000000011", Err(ZipError::Zero)),
            ("", syntax("")),
            ("9581", syntax("9581")),
            ("958145", syntax("958145")),
            ("95814-", syntax("95814-")),
            ("95814-123", syntax("95814-123")),
            ("95814 1234", syntax("95814 1234")),
            ("9581-41234", syntax("9581-41234")),
            ("95814-123456", syntax("95814-123456")),
            ("95814-1234-5-6", syntax("95814-1234-5-6")),
            ("+9581", syntax("+9581")),
            ("-9581", syntax("-9581")),
            ("9581O", syntax("9581O")),
            ("\u{0669}\u{0669}1", syntax("\u{0669}\u{0669}1")),
            ("SW1A 1AA", syntax("SW1A 1AA")),
        ];
        for (text, expected) in cases {
            assert_eq!(
                Zip::parse(text).map(|zip| zip.to_string()),
                expected.map(String::from),
                "{text:?}"
            );
        }
    }

    #[test]
    fn routing_integers() {
        let cases = [
            (0, Ok(None)),
            (1, Err(ZipError::Zero)),
            (2, Ok(Some("00001"))),
            (1_235, Ok(Some("01234"))),
            (100_000, Ok(Some("99999"))),
            (100_001, Err(ZipError::Zero)),
            (110_000, Err(ZipError::Zero)),
            (110_001, Ok(Some("00001-0000"))),
            (12_445_679, Ok(Some("01234-5678"))),
            (1_000_100_000, Ok(Some("99999-9999"))),
            (1_000_100_001, Err(ZipError::Zero)),
            (2_234_667_892, Ok(Some("01234-5678-91"))),
            (101_000_100_000, Ok(Some("99999-9999-99"))),
            (
                101_000_100_001,
                Err(ZipError::Routing {
                    routing: 101_000_100_001,
                }),
            ),
            (u64::MAX, Err(ZipError::Routing { routing: u64::MAX })),
        ];
        for (routing, expected) in cases {
            let found = Zip::from_routing(routing).map(|zip| zip.map(|zip| zip.to_string()));
            assert_eq!(
                found,
                expected.map(|zip| zip.map(String::from)),
                "{routing}"
            );
        }
    }

    fn any_zip() -> impl Strategy<Value = Zip> {
        prop_oneof![
            (1u64..100_000).prop_map(|digits| Zip::new(ZipLevel::Zip5, digits)),
            (10_000u64..1_000_000_000).prop_map(|digits| Zip::new(ZipLevel::Zip9, digits)),
            (1_000_000u64..100_000_000_000).prop_map(|digits| Zip::new(ZipLevel::Zip11, digits)),
        ]
        .prop_map(|zip| zip.expect("the ranges leave out 00000"))
    }

    proptest! {
        #[test]
        fn routing_and_back(zip in any_zip()) {
            prop_assert!(zip.routing() > 0 && zip.routing() < 1 << 40);
            prop_assert_eq!(Zip::from_routing(zip.routing()), Ok(Some(zip)));
        }

        #[test]
        fn back_and_routing(routing in prop_oneof![1u64..3_000_000_000, 1u64..110_000_000_000, any::<u64>()]) {
            if let Ok(Some(zip)) = Zip::from_routing(routing) {
                prop_assert_eq!(zip.routing(), routing);
            }
        }

        #[test]
        fn written_and_back(zip in any_zip()) {
            let text = zip.to_string();
            prop_assert_eq!(Zip::parse(&text), Ok(zip));
            prop_assert_eq!(Zip::parse(&text.replace('-', "")), Ok(zip));
            prop_assert_eq!(format!("{:05}", zip.zip5()), &text[..5]);
        }

        #[test]
        fn any_text_is_answered(text in "[0-9-]{0,14}|.{0,14}") {
            let _ = Zip::parse(&text);
        }
    }
}
