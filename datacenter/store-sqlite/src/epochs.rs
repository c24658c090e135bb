//! Epochs: their openings, and which of them records name.

use crate::query::{all, change, integer, one};
use crate::sql;
use item::{BoxKind, Epoch, MeterSerial, Subject, Time};
use rusqlite::Connection;
use store::limits::LISTED_MAX;
use store::{EpochRow, RecordEpochs, StoreError};

/// Keeps an opening, unless its epoch holds another.
pub(crate) fn put(connection: &Connection, row: &EpochRow) -> Result<(), StoreError> {
    let epoch = row.epoch.0;
    let params = (epoch, integer(row.starts.0)?, row.opening.as_slice());
    if change(connection, sql::EPOCH_INSERT, params)? == 1 {
        return Ok(());
    }
    let held = one(connection, sql::EPOCH, [epoch], |row| {
        row.bytes(0, "epochs")
    })?;
    if held.as_ref() == Some(&row.opening) {
        Ok(())
    } else {
        Err(StoreError::Taken { table: "epochs" })
    }
}

/// Every opening.
pub(crate) fn list(connection: &Connection) -> Result<Vec<EpochRow>, StoreError> {
    all(connection, sql::EPOCHS, [], |row| {
        Ok(EpochRow {
            epoch: Epoch(row.number(0, "epochs")?),
            starts: Time(row.number(1, "epochs")?),
            opening: row.bytes(2, "epochs")?,
        })
    })
}

/// Epochs that records behind `after` name.
pub(crate) fn of_records(
    connection: &Connection,
    kind: BoxKind,
    after: Option<Subject>,
    limit: u32,
) -> Result<RecordEpochs, StoreError> {
    let limit = limit.min(LISTED_MAX);
    let by_id = |statement, table: &'static str| {
        // Below every id that is ever given.
        let after = after.unwrap_or(Subject::ZERO);
        all(connection, statement, (after.0, limit), |row| {
            Ok((Subject(row.id(0, table)?), row.bytes(1, table)?))
        })
    };
    let records = match kind {
        BoxKind::Keys => Vec::new(),
        BoxKind::Auth => by_id(sql::USERS_AFTER, "users")?,
        BoxKind::Transaction => by_id(sql::CHAINS_AFTER, "chains")?,
        BoxKind::Meter => {
            let after = after.as_ref().and_then(MeterSerial::of_subject);
            // Below the first serial there could be.
            let params = (after.map_or(-1, |serial| i64::from(serial.0)), limit);
            all(connection, sql::METERS_AFTER, params, |row| {
                let serial = MeterSerial(row.number(0, "meters")?);
                Ok((serial.subject(), row.bytes(1, "meters")?))
            })?
        }
    };
    let mut found = RecordEpochs::default();
    for (subject, record) in records {
        found.count(kind, subject, &record);
    }
    Ok(found)
}
