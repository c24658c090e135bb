//! Columns of a row, whatever somebody may have put there: `None` instead of an error.

use item::Subject;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use std::fmt;

/// An integer that is not negative.
pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> Option<u64> {
    match row.get_ref(column) {
        Ok(ValueRef::Integer(value)) => u64::try_from(value).ok(),
        _ => None,
    }
}

pub(crate) fn blob<'r>(row: &'r Row<'_>, column: usize) -> Option<&'r [u8]> {
    match row.get_ref(column) {
        Ok(ValueRef::Blob(value)) => Some(value),
        _ => None,
    }
}

pub(crate) fn text<'r>(row: &'r Row<'_>, column: usize) -> Option<&'r str> {
    match row.get_ref(column) {
        Ok(ValueRef::Text(value)) => std::str::from_utf8(value).ok(),
        _ => None,
    }
}

/// A BLOB of exactly `N` bytes.
pub(crate) fn array<const N: usize>(row: &Row<'_>, column: usize) -> Option<[u8; N]> {
    blob(row, column)?.try_into().ok()
}

pub(crate) fn subject(row: &Row<'_>, column: usize) -> Option<Subject> {
    array(row, column).map(Subject)
}

/// The form in which SQLite keeps an unsigned integer: values above its range become negative,
/// and then name no row.
pub(crate) fn stored(value: u64) -> i64 {
    value.cast_signed()
}

/// Table and key of a row whose first columns are its key.
pub(crate) fn place(table: &str, row: &Row<'_>, keys: usize) -> String {
    let mut out = table.to_owned();
    for column in 0..keys {
        out.push(if column == 0 { ' ' } else { '/' });
        match row.get_ref(column) {
            Ok(ValueRef::Integer(value)) => out.push_str(&value.to_string()),
            Ok(ValueRef::Blob(value)) => out.push_str(&Hex(value).to_string()),
            Ok(ValueRef::Text(value)) => out.push_str(&String::from_utf8_lossy(value)),
            _ => out.push('?'),
        }
    }
    out
}

/// Bytes as lower-case hex, at most the first 32.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .take(32)
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
