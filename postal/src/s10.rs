//! S10: the thirteen characters by which posts of different countries know an item, like `RB123456785US`.
//!
//! Not here: which services a service indicator stands for (each post's own list), whether a country code
//! is given to a country. Called when a label of an international item is made or read.
//!
//! Source: UPU standard S10, identification of postal items: two letters of service, eight digits of
//! serial number, a check digit, two letters of the country (ISO 3166-1 alpha-2).

use std::fmt;
use std::str::FromStr;

use crate::limits::S10_SERIAL_MAX;

/// Characters of an identifier.
const LENGTH: usize = 13;

/// What each digit of the serial number counts in the check digit, from the left.
const WEIGHTS: [u32; 8] = [8, 6, 4, 2, 3, 5, 9, 7];

/// The identifier of an item between posts. Its check digit is always right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S10 {
    service: [u8; 2],
    serial: u32,
    country: [u8; 2],
}

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum S10Error {
    /// Not thirteen characters, spaces not counted.
    #[error("an international identifier has 13 characters, like RB123456785US; this has {found}")]
    Length {
        /// Characters without spaces.
        found: usize,
    },
    /// The first two characters are not letters.
    #[error("the service indicator is two letters A to Z, like RB")]
    Service,
    /// One of the nine characters in the middle is not a digit.
    #[error("between service and country stand nine digits, the last of which is the check digit")]
    Digits,
    /// The last two characters are not letters.
    #[error("the country is two letters A to Z, like US")]
    Country,
    /// A serial number of more than eight digits.
    #[error("the serial number is above {S10_SERIAL_MAX}: it has eight digits at most")]
    Serial,
    /// The check digit is another.
    #[error(
        "the check digit is {found} and must be {expected}: a character was misread or mistyped"
    )]
    Check {
        /// What stands there.
        found: u8,
        /// What belongs there.
        expected: u8,
    },
}

impl S10 {
    /// The identifier of these parts; letters may be small ones.
    ///
    /// # Errors
    /// [`S10Error::Service`], [`S10Error::Serial`] above [`S10_SERIAL_MAX`], or [`S10Error::Country`].
    pub fn new(service: &str, serial: u32, country: &str) -> Result<Self, S10Error> {
        if serial > S10_SERIAL_MAX {
            return Err(S10Error::Serial);
        }
        Ok(Self {
            service: letters(service).ok_or(S10Error::Service)?,
            serial,
            country: letters(country).ok_or(S10Error::Country)?,
        })
    }

    /// The service indicator, two capitals.
    pub fn service(&self) -> &str {
        str::from_utf8(&self.service).unwrap_or_default()
    }

    /// The serial number, at most eight digits.
    pub const fn serial(&self) -> u32 {
        self.serial
    }

    /// The check digit, 0 to 9.
    pub fn check_digit(&self) -> u8 {
        check_digit(self.serial)
    }

    /// The country, two capitals.
    pub fn country(&self) -> &str {
        str::from_utf8(&self.country).unwrap_or_default()
    }

    /// As people read it: `RB 123 456 785 US`.
    pub fn grouped(&self) -> String {
        let text = self.to_string();
        [
            &text[..2],
            &text[2..5],
            &text[5..8],
            &text[8..11],
            &text[11..],
        ]
        .join(" ")
    }
}

impl FromStr for S10 {
    type Err = S10Error;

    /// Reads an identifier in either case, with spaces anywhere.
    fn from_str(text: &str) -> Result<Self, S10Error> {
        let characters: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
        if characters.len() != LENGTH {
            return Err(S10Error::Length {
                found: characters.len(),
            });
        }
        let part = |from: usize, to: usize| characters[from..to].iter().collect::<String>();
        let serial = digits(&part(2, 10)).ok_or(S10Error::Digits)?;
        let found = digits(&part(10, 11)).ok_or(S10Error::Digits)?;
        let item = Self::new(&part(0, 2), serial, &part(11, 13))?;
        let expected = item.check_digit();
        if found != u32::from(expected) {
            return Err(S10Error::Check {
                found: found as u8,
                expected,
            });
        }
        Ok(item)
    }
}

impl fmt::Display for S10 {
    /// Thirteen characters without spaces.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}{:08}{}{}",
            self.service(),
            self.serial,
            self.check_digit(),
            self.country()
        )
    }
}

/// The check digit of a serial number of at most eight digits.
fn check_digit(serial: u32) -> u8 {
    let mut rest = serial;
    let mut sum = 0;
    for weight in WEIGHTS.iter().rev() {
        sum += rest % 10 * weight;
        rest /= 10;
    }
    match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        digit => digit as u8,
    }
}

/// Two capitals from two letters of either case.
fn letters(text: &str) -> Option<[u8; 2]> {
    let pair: [u8; 2] = text.as_bytes().try_into().ok()?;
    pair.iter()
        .all(u8::is_ascii_alphabetic)
        .then(|| pair.map(|letter| letter.to_ascii_uppercase()))
}

/// The number of a text that is digits and nothing else.
fn digits(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}
