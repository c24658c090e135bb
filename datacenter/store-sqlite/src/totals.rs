//! Sheets of daily totals, and the meters that they are made of.

use crate::error::corrupt;
use crate::query::{Columns, all, change, integer, one};
use crate::sql;
use item::{AccountId, Day, MeterSerial};
use rusqlite::Connection;
use store::limits::LISTED_MAX;
use store::{MeterRow, StoreError, TotalsRow};

const TABLE: &str = "daily_totals";

/// Keeps a sheet, unless its sequence holds another.
pub(crate) fn put(connection: &Connection, new: &TotalsRow) -> Result<(), StoreError> {
    let sequence = integer(new.sequence)?;
    let values = (sequence, new.day.decimal(), new.sheet.as_slice());
    if change(connection, sql::TOTALS_INSERT, values)? == 1 {
        return Ok(());
    }
    let before = (sequence.saturating_sub(1), 1);
    let held = one(connection, sql::TOTALS_AFTER, before, row)?;
    if held.as_ref() == Some(new) {
        Ok(())
    } else {
        Err(StoreError::Taken { table: TABLE })
    }
}

pub(crate) fn latest(connection: &Connection) -> Result<Option<TotalsRow>, StoreError> {
    one(connection, sql::TOTALS_LATEST, [], row)
}

pub(crate) fn list(
    connection: &Connection,
    after: u64,
    day: Option<Day>,
    limit: u32,
) -> Result<Vec<TotalsRow>, StoreError> {
    let (after, limit) = (integer(after)?, limit.min(LISTED_MAX));
    match day {
        None => all(connection, sql::TOTALS_AFTER, (after, limit), row),
        Some(day) => {
            let values = (after, limit, day.decimal());
            all(connection, sql::TOTALS_OF_DAY, values, row)
        }
    }
}

fn row(columns: &Columns<'_>) -> Result<TotalsRow, StoreError> {
    let day = Day::from_decimal(columns.number(1, TABLE)?);
    Ok(TotalsRow {
        sequence: columns.number(0, TABLE)?,
        day: day.ok_or_else(|| corrupt(TABLE, "no day"))?,
        sheet: columns.bytes(2, TABLE)?,
    })
}

pub(crate) fn meters(
    connection: &Connection,
    after: Option<MeterSerial>,
    limit: u32,
) -> Result<Vec<MeterRow>, StoreError> {
    // Below the first serial there could be.
    let after = after.map_or(-1, |serial| i64::from(serial.0));
    let values = (after, limit.min(LISTED_MAX));
    all(connection, sql::METERS_ALL, values, |columns| {
        Ok(MeterRow {
            serial: MeterSerial(columns.number(0, "meters")?),
            account: AccountId(columns.id(1, "meters")?),
            record: columns.bytes(2, "meters")?,
        })
    })
}
