//! Mailer ids: the number by which the post knows a mailer, of six or nine digits.
//!
//! Not here: whose number it is. Called by both barcodes of the post.

use std::fmt;
use std::str::FromStr;

/// The lowest id of nine digits. Short ids begin with 0 to 8 and long ones with 9, so that the first digit
/// tells a reader how long the id is (USPS-B-3200, mailer identifier).
const LONG_FIRST: u32 = 900_000_000;

/// The highest id of nine digits.
const LONG_LAST: u32 = 999_999_999;

/// The highest id of six digits.
const SHORT_LAST: u32 = 899_999;

/// A mailer id: six digits that begin with 0 to 8, or nine that begin with 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailerId(u32);

/// Not a mailer id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{found:?} is not a mailer id: six digits that begin with 0 to 8, or nine that begin with 9, as the post gave it"
)]
pub struct MailerIdError {
    /// What was given, cut to 16 characters.
    pub found: String,
}

impl MailerId {
    /// The id of this number.
    ///
    /// # Errors
    /// [`MailerIdError`] outside of 0..=899,999 and 900,000,000..=999,999,999.
    pub fn new(number: u32) -> Result<Self, MailerIdError> {
        if number <= SHORT_LAST || (LONG_FIRST..=LONG_LAST).contains(&number) {
            Ok(Self(number))
        } else {
            Err(MailerIdError {
                found: number.to_string(),
            })
        }
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Whether it has nine digits.
    pub const fn is_long(self) -> bool {
        self.0 >= LONG_FIRST
    }

    /// How many digits it has, 6 or 9.
    pub const fn digits(self) -> usize {
        if self.is_long() { 9 } else { 6 }
    }

    /// The highest serial number beside it in an Intelligent Mail barcode: both have fifteen digits.
    pub const fn imb_serial_max(self) -> u32 {
        if self.is_long() { 999_999 } else { 999_999_999 }
    }
}

impl FromStr for MailerId {
    type Err = MailerIdError;

    /// Reads exactly six or nine digits.
    fn from_str(text: &str) -> Result<Self, MailerIdError> {
        let refused = || MailerIdError {
            found: text.chars().take(16).collect(),
        };
        let id = text
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse().ok().and_then(|number| Self::new(number).ok()))
            .flatten()
            .ok_or_else(refused)?;
        if id.digits() == text.len() {
            Ok(id)
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for MailerId {
    /// Six or nine digits.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:0width$}", self.0, width = self.digits())
    }
}
