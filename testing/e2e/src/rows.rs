//! The database in an editor's hands. Not here: what the product makes of an edit.

use crate::Alert;
use item::Subject;
use rusqlite::types::Value;
use rusqlite::{Connection, Params};
use std::path::Path;

/// Opens the file as `sqlite3` does.
///
/// # Panics
/// If it can not be opened.
#[must_use]
pub fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .busy_timeout(std::time::Duration::from_secs(10))
        .unwrap();
    connection
}

/// One change of exactly one row.
///
/// # Panics
/// If it changed none or many: the test would test nothing.
pub fn edit(sql: &Connection, statement: &str, values: impl Params) {
    assert_eq!(sql.execute(statement, values).unwrap(), 1, "{statement}");
}

/// One value.
///
/// # Panics
/// If there is none.
pub fn value<T: rusqlite::types::FromSql>(sql: &Connection, query: &str, values: impl Params) -> T {
    sql.query_row(query, values, |row| row.get(0)).unwrap()
}

/// A whole row, to be put back later.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    table: &'static str,
    columns: Vec<(String, Value)>,
}

/// Keeps all rows of a table that fit a condition.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn keep(sql: &Connection, table: &'static str, condition: &str) -> Vec<Kept> {
    let mut statement = sql
        .prepare(&format!("SELECT * FROM {table} WHERE {condition}"))
        .unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows: Vec<Kept> = statement
        .query_map([], |row| {
            let columns = names
                .iter()
                .enumerate()
                .map(|(index, name)| Ok((name.clone(), row.get(index)?)))
                .collect::<Result<_, rusqlite::Error>>()?;
            Ok(Kept { table, columns })
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(!rows.is_empty(), "nothing in {table} where {condition}");
    rows
}

/// Puts rows back as they were, over what is there.
///
/// # Panics
/// If the database does not take them.
pub fn put_back(sql: &Connection, rows: &[Kept]) {
    for row in rows {
        let names: Vec<&str> = row.columns.iter().map(|(name, _)| name.as_str()).collect();
        let marks = vec!["?"; names.len()].join(", ");
        let statement = format!(
            "INSERT OR REPLACE INTO {} ({}) VALUES ({marks})",
            row.table,
            names.join(", ")
        );
        let values = row.columns.iter().map(|(_, value)| value);
        sql.execute(&statement, rusqlite::params_from_iter(values))
            .unwrap();
    }
}

/// Flips one bit of byte `index` of a BLOB column in the one row of a condition.
///
/// # Panics
/// If there is no such row or byte.
pub fn flip(sql: &Connection, table: &str, column: &str, condition: &str, index: usize) {
    let mut bytes: Vec<u8> = value(
        sql,
        &format!("SELECT {column} FROM {table} WHERE {condition}"),
        [],
    );
    bytes[index] ^= 1 << (index % 8);
    edit(
        sql,
        &format!("UPDATE {table} SET {column} = ?1 WHERE {condition}"),
        [bytes],
    );
}

/// A table's name and every row of it.
pub type Table = (String, Vec<Vec<Value>>);

/// Every row of every table.
///
/// # Panics
/// If the database can not be read.
#[must_use]
pub fn dump(sql: &Connection) -> Vec<Table> {
    let query = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut names = sql.prepare(query).unwrap();
    let names = names.query_map([], |row| row.get(0)).unwrap();
    names
        .map(|name| {
            let name: String = name.unwrap();
            let mut rows = sql.prepare(&format!("SELECT * FROM {name}")).unwrap();
            let columns = rows.column_count();
            let rows = rows.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
            let rows = rows.unwrap().map(Result::unwrap).collect();
            (name, rows)
        })
        .collect()
}

/// Names of the tables that differ.
#[must_use]
pub fn changed(before: &[Table], after: &[Table]) -> Vec<String> {
    let pairs = before.iter().zip(after);
    pairs
        .filter(|(old, new)| old != new)
        .map(|(old, _)| old.0.clone())
        .collect()
}

pub(crate) fn alerts(sql: &Connection) -> Vec<Alert> {
    sql.prepare("SELECT subject, code, detail, evidence FROM alerts ORDER BY id")
        .unwrap()
        .query_map([], |row| {
            Ok(Alert {
                subject: Subject(row.get(0)?),
                code: row.get(1)?,
                detail: row.get(2)?,
                evidence: row.get(3)?,
            })
        })
        .unwrap()
        .map(Result::unwrap)
        .collect()
}
