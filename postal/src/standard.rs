//! Addresses of the United States in the form that the post prints: USPS Publication 28.
//!
//! Not here: whether anybody lives there. No ZIP+4 is found, no delivery point, no carrier route: those need
//! licensed data. Nothing is invented, and nothing is guessed in silence: where two readings are possible the
//! text stays, and a reason says so. Called by the data centre and the command line before an item is priced;
//! [`crate::Address`] stays what is printed and digested.
//!
//! Numbers in brackets are sections of Publication 28. Only some of its pages were at hand (234.2, 245, D1, D2, the
//! contents); the other numbers are from memory and may have moved between editions.
//!
//! An address is read from the bottom: the last line (city, state, ZIP), the delivery line above it, then
//! whatever stands above, which is the recipient's and left alone. Standardising twice changes nothing.

mod boxes;
mod highway;
mod last_line;
mod lines;
mod parts;
mod reason;
mod states;
mod street;
mod suffix;
mod words;

pub use boxes::Boxed;
pub use last_line::LastLine;
pub use parts::Unit;
pub use reason::{Change, Component, Reason, Weight};
pub use street::Street;
pub(crate) use words::plain_letter;

use crate::address::{Address, AddressError};
use crate::places::Place;

/// What the address came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// As the standard wants it, but for capitals and punctuation.
    Good,
    /// Something was written differently; it means the same.
    Corrected,
    /// Something may be wrong: the reasons say what, the candidates what may be meant.
    Doubtful,
    /// No city, state and ZIP were found; the lines are as they were.
    NotUnderstood,
}

impl Verdict {
    /// The stable name: lower case with hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Corrected => "corrected",
            Self::Doubtful => "doubtful",
            Self::NotUnderstood => "not-understood",
        }
    }
}

/// Where in the last line's area the mail is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// A street.
    Street(Street),
    /// A box, route, military unit or general delivery.
    Boxed(Boxed),
}

impl Delivery {
    /// As it is written on one line.
    pub fn text(&self) -> String {
        match self {
            Self::Street(street) => street.text(),
            Self::Boxed(boxed) => boxed.text(),
        }
    }
}

/// An address in standard form, and how it came to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standardised {
    /// The lines to print, top to bottom: the recipient's as given, the others in capitals.
    pub lines: Vec<String>,
    /// The delivery line in its parts; none where it was not understood or is not there.
    pub delivery: Option<Delivery>,
    /// The urbanization (Puerto Rico) without URB.
    pub urbanization: Option<String>,
    /// The last line in its parts; none where it was not understood.
    pub last_line: Option<LastLine>,
    /// What is to be said, each once, in the order of [`Reason::ALL`].
    pub reasons: Vec<Reason>,
    /// What was changed, in the order in which it was read.
    pub changes: Vec<Change>,
    /// Places that may be meant where city, state and ZIP do not belong together, likeliest first, at most
    /// [`crate::limits::CANDIDATES_MAX`].
    pub candidates: Vec<Place>,
    /// All in one word.
    pub verdict: Verdict,
}

/// Brings an address of the United States into the form of Publication 28. Lines go from the name down to the
/// city; empty ones are left out.
///
/// Takes some microseconds and holds no lock; the first call reads the table of places (some milliseconds).
///
/// # Errors
/// [`AddressError`] for lines that could not be printed, as [`Address::parse`]: an address that is not
/// understood is an answer, no error.
pub fn standardise<Line: AsRef<str>>(
    lines: impl IntoIterator<Item = Line>,
) -> Result<Standardised, AddressError> {
    let given = lines
        .into_iter()
        .filter(|line| !line.as_ref().trim().is_empty());
    let address = Address::parse(given)?;
    Ok(lines::standardise(address.lines()))
}
