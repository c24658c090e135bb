//! The price of a piece with its services, from a signed rate table with effective dates.
//!
//! Not here: the signature's algorithm and key (the caller brings the check), today's date, the zone of two
//! ZIPs ([`crate::zone`]), prices that a user enters by hand, any floating point. Opened by the data centre
//! at its start, asked for each item; the command line asks it for a quote.
//!
//! A file each: `words` (shapes, channels), `table` (what a table holds), `file` (its written form and
//! rules), `request` and `quote` (what is asked and answered), `services` (what goes with what), `error`.

mod error;
mod file;
mod quote;
mod request;
mod services;
mod table;
mod words;

pub use error::RateError;
pub use quote::{Line, Quote};
pub use request::{RateRequest, Reach, ServiceRequest};
pub use table::{Band, Class, Fee, Group, Period, Rate, Service, Span, Step, Surcharge};
pub use words::{Channel, Shape};

use crate::date::is_date;
use crate::limits::RATE_TABLE_BYTES_MAX;

/// The illustrative table of US mail that comes with this crate: TOML, not signed.
///
/// An installation signs these bytes at its ceremony and opens them with [`RateTable::open`].
pub const US_FIRST_CLASS: &str = include_str!("../rates/us-first-class.toml");

/// An opened rate table: signature checked, content consistent.
#[derive(Debug, Clone)]
pub struct RateTable {
    title: String,
    illustrative: bool,
    classes: Vec<Class>,
    /// By rising date, not overlapping.
    periods: Vec<Period>,
}

impl RateTable {
    /// Opens a table: size, then signature, then content; nothing of it is read before the signature holds.
    ///
    /// `check` is given the table's bytes and the signature, and says whether it is valid. The bytes go to
    /// it as they are: a domain tag is the caller's to add.
    ///
    /// # Errors
    /// [`RateError::TableTooLarge`], [`RateError::Signature`], [`RateError::Format`] or
    /// [`RateError::Inconsistent`].
    pub fn open(
        table_bytes: &[u8],
        signature: &[u8],
        check: impl Fn(&[u8], &[u8]) -> bool,
    ) -> Result<Self, RateError> {
        if table_bytes.len() > RATE_TABLE_BYTES_MAX {
            return Err(RateError::TableTooLarge);
        }
        if !check(table_bytes, signature) {
            return Err(RateError::Signature);
        }
        file::read(table_bytes)
    }

    /// What the table is called, one line.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Whether the table says of itself that its prices are not to be charged to anyone.
    pub const fn is_illustrative(&self) -> bool {
        self.illustrative
    }

    /// The classes of mail that the table knows, in its order.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// All periods, by rising date.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// What holds on a date (decimal YYYYMMDD): rates, surcharges, services and countries, for a list.
    ///
    /// # Errors
    /// [`RateError::NotADate`] or [`RateError::NoRateOnDate`].
    pub fn period(&self, date: u32) -> Result<&Period, RateError> {
        if !is_date(date) {
            return Err(RateError::NotADate { date });
        }
        let holds = |period: &&Period| period.from <= date && period.to.is_none_or(|to| date <= to);
        self.periods
            .iter()
            .find(holds)
            .ok_or(RateError::NoRateOnDate { date })
    }
}

#[cfg(test)]
mod tests;
