//! One bit of every byte of every stored BLOB, one after the other, and every copied column.

use super::{Site, audit_rows};
use rusqlite::types::Value;

/// Columns that nothing signed covers, each with its reason.
const NOT_COVERED: &[(&str, &str)] = &[
    ("signups", "login"),        // names stay erasable: in no signed record
    ("signups", "display_name"), // likewise
    ("signups", "body_digest"),  // of the request's body, which holds the names
    ("signups", "created"),      // the server's clock
    ("signups", "finished"),     // 0 is what recovery finds after a crash: a notice
    ("api_keys", "name"),        // names stay erasable
    ("api_keys", "body_digest"), // of the request's body, which holds the name
    ("api_keys", "created"),     // the server's clock
    ("scans", "received"),       // the server's clock: only its order counts, tested apart
];

const TABLES: &[&str] = &[
    "signups",
    "users",
    "meters",
    "chains",
    "chain_entries",
    "decisions",
    "evidence",
    "scans",
    "packs",
    "api_keys",
    "api_key_records",
    "item_credits",
    "void_requests",
    "epochs",
    "headings",
    "spending_limits",
    "spending",
    "holds",
    "agreements",
    "licences",
    "daily_totals",
    "items",
];

fn columns(site: &Site, table: &str) -> Vec<(String, bool)> {
    site.connection
        .prepare(&format!(
            "SELECT name, pk FROM pragma_table_info('{table}')"
        ))
        .unwrap()
        .query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? > 0))
        })
        .unwrap()
        .map(Result::unwrap)
        .filter(|(name, _): &(String, bool)| !NOT_COVERED.contains(&(table, name.as_str())))
        .collect()
}

/// Rows as (condition that names the row, its values by column).
fn rows(site: &Site, table: &str) -> Vec<(String, Vec<(String, Value)>)> {
    let all = columns(site, table);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let mut keys: Vec<String> = all
        .iter()
        .filter(|c| c.1)
        .map(|(n, _)| format!("'{n} = ' || quote({n})"))
        .collect();
    if keys.is_empty() {
        // No column is its key: the number of the row.
        keys.push("'rowid = ' || rowid".to_owned());
    }
    let sql = format!(
        "SELECT {}, {} FROM {table}",
        keys.join(" || ' AND ' || "),
        names.join(", ")
    );
    site.connection
        .prepare(&sql)
        .unwrap()
        .query_map([], |row| {
            let values = names
                .iter()
                .zip(1..)
                .map(|(n, i)| (n.to_string(), row.get(i).unwrap()));
            Ok((row.get(0)?, values.collect()))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn altered(value: &Value) -> Vec<Value> {
    match value {
        Value::Integer(number) => vec![Value::Integer(number + 1), Value::Integer(-number - 7)],
        Value::Blob(bytes) => (0..bytes.len())
            .map(|index| {
                let mut bytes = bytes.clone();
                bytes[index] ^= 1 << (index % 8);
                Value::Blob(bytes)
            })
            .chain([
                Value::Blob(Vec::new()),
                Value::Blob([bytes.as_slice(), &[0]].concat()),
            ])
            .collect(),
        Value::Null => vec![Value::Blob(vec![1]), Value::Integer(1)],
        other => panic!("no such column is copied: {other:?}"),
    }
}

fn flip_all(tables: &[&str]) {
    flip_all_of(&Site::build(), tables);
}

pub(super) fn flip_all_of(site: &Site, tables: &[&str]) {
    let mut unnoticed = Vec::new();
    let mut tried = 0;
    for table in tables {
        for (row, values) in rows(site, table) {
            for (column, value) in values {
                for (number, bad) in altered(&value).into_iter().enumerate() {
                    site.connection.execute_batch("SAVEPOINT flip").unwrap();
                    let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {row}");
                    // What a constraint refuses can not be in the database.
                    if site.connection.execute(&sql, [bad]) == Ok(1) {
                        tried += 1;
                        if audit_rows(site).is_clean() {
                            unnoticed.push(format!("{table}.{column} change {number} where {row}"));
                        }
                    }
                    site.connection
                        .execute_batch("ROLLBACK TO flip; RELEASE flip")
                        .unwrap();
                }
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(unnoticed, Vec::<String>::new(), "of {tried}");
    assert!(
        audit_rows(site).is_clean(),
        "the last change was taken back"
    );
}

#[test]
fn every_table_is_flipped() {
    let site = Site::build();
    let tables: Vec<String> = site
        .connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'alerts'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(tables, TABLES);
}

#[test]
fn every_byte_of_records_counts() {
    flip_all(&["signups", "users", "meters", "chains"]);
}

#[test]
fn every_byte_of_chain_entries_counts() {
    flip_all(&["chain_entries"]);
}

#[test]
fn every_byte_of_decisions_counts() {
    flip_all(&["decisions"]);
}

/// With their decisions and the answers to keys.
#[test]
fn every_byte_of_items_counts() {
    flip_all(&["items"]);
}

#[test]
fn every_byte_of_evidence_scans_and_packs_counts() {
    flip_all(&["evidence", "scans", "packs"]);
}

#[test]
fn every_byte_of_daily_totals_counts() {
    let site = Site::build();
    site.sheets(2);
    flip_all_of(&site, &["daily_totals"]);
}

#[test]
fn every_byte_of_an_epoch_counts() {
    flip_all(&["epochs"]);
}

#[test]
fn every_byte_of_licences_counts() {
    flip_all(&["agreements", "licences"]);
}

/// Requests to take items back (`void_requests`) decide nothing, and nothing signed covers them.
#[test]
fn every_byte_of_item_credits_counts() {
    let mut site = Site::build();
    site.take_back(3, 10);
    flip_all_of(&site, &["item_credits", "evidence"]);
}
