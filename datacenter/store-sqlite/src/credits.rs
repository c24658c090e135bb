//! Items that are taken back (P23): credits, which boxes decided, and requests, which decide nothing.

use crate::error::corrupt;
use crate::query::{Columns, all, change, integer, one};
use crate::{read, sql};
use item::{AccountId, MeterSerial, Time, UserId};
use rusqlite::Connection;
use store::limits::{CREDITS_MAX, LISTED_MAX};
use store::{
    CreditRow, CreditedMeter, ItemCursor, ItemId, NewVoid, StoreError, VoidRow, VoidState, VoidsOf,
};

/// A meter, and those of its credits that can be on its list.
pub(crate) fn credited_meter(
    connection: &Connection,
    serial: MeterSerial,
) -> Result<Option<CreditedMeter>, StoreError> {
    let Some(meter) = read::meter(connection, serial)? else {
        return Ok(None);
    };
    let most = u32::try_from(CREDITS_MAX).unwrap_or(u32::MAX);
    let credits = all(connection, sql::CREDITS_LISTED, (serial.0, most), |row| {
        row.bytes(0, "item_credits")
    })?;
    Ok(Some(CreditedMeter { meter, credits }))
}

/// The credit of one item.
pub(crate) fn credit(connection: &Connection, item: ItemId) -> Result<Option<Vec<u8>>, StoreError> {
    let key = (item.meter.0, item.piece_count);
    one(connection, sql::CREDIT, key, |row| {
        row.bytes(0, "item_credits")
    })
}

pub(crate) fn credits(
    connection: &Connection,
    after: ItemCursor,
    limit: u32,
) -> Result<Vec<CreditRow>, StoreError> {
    let limit = limit.min(LISTED_MAX);
    let rest = (after.meter.0, after.piece_count, limit);
    let mut found = all(connection, sql::CREDITS_REST_OF_METER, rest, credit_row)?;
    let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
    let later = (after.meter.0, left);
    found.extend(all(
        connection,
        sql::CREDITS_LATER_METERS,
        later,
        credit_row,
    )?);
    Ok(found)
}

fn credit_row(row: &Columns<'_>) -> Result<CreditRow, StoreError> {
    Ok(CreditRow {
        item: item_id(row)?,
        journal: row.number(2, "item_credits")?,
        credit: row.bytes(3, "item_credits")?,
    })
}

fn item_id(row: &Columns<'_>) -> Result<ItemId, StoreError> {
    Ok(ItemId {
        meter: MeterSerial(row.number(0, "meter")?),
        piece_count: row.number(1, "piece_count")?,
    })
}

pub(crate) fn ask(connection: &Connection, asked: &NewVoid) -> Result<VoidRow, StoreError> {
    let values = (
        asked.item.meter.0,
        asked.item.piece_count,
        asked.account.0,
        asked.user.0,
        integer(asked.requested.0)?,
    );
    change(connection, sql::VOID_ASKED, values)?;
    request(connection, asked.item)?
        .ok_or_else(|| StoreError::Statement("an insert left no row".to_owned()))
}

pub(crate) fn end(
    connection: &Connection,
    item: ItemId,
    state: VoidState,
    reason: &str,
    now: Time,
) -> Result<Option<VoidRow>, StoreError> {
    let values = (
        item.meter.0,
        item.piece_count,
        state.code(),
        integer(now.0)?,
        reason,
    );
    change(connection, sql::VOID_ENDED, values)?;
    request(connection, item)
}

/// The request was carried out, whatever became of it meanwhile.
pub(crate) fn carried_out(
    connection: &Connection,
    item: ItemId,
    time: Time,
) -> Result<(), StoreError> {
    let values = (item.meter.0, item.piece_count, integer(time.0)?);
    change(connection, sql::VOID_CREDITED, values).map(|_| ())
}

pub(crate) fn request(
    connection: &Connection,
    item: ItemId,
) -> Result<Option<VoidRow>, StoreError> {
    let key = (item.meter.0, item.piece_count);
    one(connection, sql::VOID_REQUEST, key, row)
}

pub(crate) fn requests(
    connection: &Connection,
    of: VoidsOf,
    after: ItemCursor,
    limit: u32,
) -> Result<Vec<VoidRow>, StoreError> {
    let limit = limit.min(LISTED_MAX);
    let (meter, piece) = (after.meter.0, after.piece_count);
    match of {
        VoidsOf::Account(account) => {
            let key = (meter, piece, limit, account.0);
            all(connection, sql::VOIDS_OF_ACCOUNT, key, row)
        }
        VoidsOf::Waiting => all(connection, sql::VOIDS_WAITING, (meter, piece, limit), row),
    }
}

fn row(columns: &Columns<'_>) -> Result<VoidRow, StoreError> {
    let code: u8 = columns.number(5, "void_requests")?;
    let state = VoidState::ALL.iter().find(|state| state.code() == code);
    Ok(VoidRow {
        asked: NewVoid {
            item: item_id(columns)?,
            account: AccountId(columns.id(2, "void_requests")?),
            user: UserId(columns.id(3, "void_requests")?),
            requested: Time(columns.number(4, "void_requests")?),
        },
        state: *state.ok_or_else(|| corrupt("void_requests", "an unknown state"))?,
        changed: Time(columns.number(6, "void_requests")?),
        reason: columns.text(7, "void_requests")?,
    })
}
