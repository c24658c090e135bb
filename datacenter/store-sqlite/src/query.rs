//! Running one statement, and reading its columns strictly.

use crate::error::{corrupt, engine};
use item::BoxKind;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row};
use store::StoreError;

/// Runs a change; returns how many rows it touched.
pub(crate) fn change(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<usize, StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .map_err(engine)
}

/// The first row, if there is one.
pub(crate) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Columns<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(engine)?;
    let mut rows = statement.query(params).map_err(engine)?;
    let row = rows.next().map_err(engine)?;
    row.map(|row| read(&Columns(row))).transpose()
}

/// Every row.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(engine)?;
    let mut rows = statement.query(params).map_err(engine)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(engine)? {
        found.push(read(&Columns(row))?);
    }
    Ok(found)
}

/// An integer as SQLite keeps it.
pub(crate) fn integer(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Statement("an integer above 2^63".to_owned()))
}

/// One row. Whatever does not have the shape that we write is [`StoreError::Corrupt`].
pub(crate) struct Columns<'a>(&'a Row<'a>);

impl Columns<'_> {
    fn value(&self, index: usize) -> Result<ValueRef<'_>, StoreError> {
        self.0.get_ref(index).map_err(engine)
    }

    /// A BLOB of any length.
    pub(crate) fn bytes(&self, index: usize, table: &'static str) -> Result<Vec<u8>, StoreError> {
        match self.value(index)? {
            ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
            _ => Err(corrupt(table, "not a BLOB")),
        }
    }

    /// A BLOB, or NULL where an outer join found nothing.
    pub(crate) fn optional_bytes(
        &self,
        index: usize,
        table: &'static str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match self.value(index)? {
            ValueRef::Null => Ok(None),
            _ => self.bytes(index, table).map(Some),
        }
    }

    /// A BLOB of exactly this length.
    pub(crate) fn id<const N: usize>(
        &self,
        index: usize,
        table: &'static str,
    ) -> Result<[u8; N], StoreError> {
        match self.value(index)? {
            ValueRef::Blob(bytes) => bytes
                .try_into()
                .map_err(|_| corrupt(table, "an id of another length")),
            _ => Err(corrupt(table, "not a BLOB")),
        }
    }

    /// An integer within the range of `T`.
    pub(crate) fn number<T: TryFrom<i64>>(
        &self,
        index: usize,
        table: &'static str,
    ) -> Result<T, StoreError> {
        match self.value(index)? {
            ValueRef::Integer(value) => {
                T::try_from(value).map_err(|_| corrupt(table, "an integer out of range"))
            }
            _ => Err(corrupt(table, "not an integer")),
        }
    }

    /// An integer within the range of `T`, or NULL.
    pub(crate) fn optional_number<T: TryFrom<i64>>(
        &self,
        index: usize,
        table: &'static str,
    ) -> Result<Option<T>, StoreError> {
        match self.value(index)? {
            ValueRef::Null => Ok(None),
            _ => self.number(index, table).map(Some),
        }
    }

    /// A flag.
    pub(crate) fn flag(&self, index: usize, table: &'static str) -> Result<bool, StoreError> {
        match self.number::<u8>(index, table)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(corrupt(table, "not a flag")),
        }
    }

    /// A kind of box.
    pub(crate) fn box_kind(
        &self,
        index: usize,
        table: &'static str,
    ) -> Result<BoxKind, StoreError> {
        let code: u8 = self.number(index, table)?;
        BoxKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.code() == code)
            .ok_or_else(|| corrupt(table, "an unknown kind of box"))
    }

    /// Text.
    pub(crate) fn text(&self, index: usize, table: &'static str) -> Result<String, StoreError> {
        match self.value(index)? {
            ValueRef::Text(text) => String::from_utf8(text.to_vec())
                .map_err(|_| corrupt(table, "text that is not UTF-8")),
            _ => Err(corrupt(table, "not text")),
        }
    }
}
