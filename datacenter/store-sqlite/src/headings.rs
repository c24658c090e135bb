//! Departments and end customers.

use crate::query::{Columns, all, change, one};
use crate::sql;
use item::{AccountId, Digest};
use rusqlite::Connection;
use store::limits::{HEADINGS_MAX, LISTED_MAX};
use store::{HeadingChange, HeadingKind, HeadingMade, HeadingRow, NewHeading, StoreError};

const TABLE: &str = "headings";

pub(crate) fn make(connection: &Connection, new: &NewHeading) -> Result<HeadingMade, StoreError> {
    let (account, kind) = (new.account.0, new.kind.code());
    let key = (account, kind, new.key_digest.0);
    let known = one(connection, sql::HEADING_BY_KEY, key, |columns| {
        Ok((row(columns)?, Digest(columns.id(4, TABLE)?)))
    })?;
    if let Some((known, body_digest)) = known {
        // Once it was changed nobody can say what the body was.
        let same = body_digest == new.body_digest || body_digest == Digest::ZERO;
        return Ok(if same {
            HeadingMade::Made(known)
        } else {
            HeadingMade::OtherBody
        });
    }
    let (count, highest) = one(connection, sql::HEADING_COUNT, (account, kind), |columns| {
        Ok((
            columns.number::<u32>(0, TABLE)?,
            columns.number::<u32>(1, TABLE)?,
        ))
    })?
    .unwrap_or_default();
    let number = new.number.or_else(|| highest.checked_add(1));
    let Some(number) = number.filter(|_| count < HEADINGS_MAX) else {
        return Ok(HeadingMade::Full);
    };
    let values = (
        account,
        kind,
        number,
        &new.name,
        &new.cost_code,
        new.key_digest.0,
        new.body_digest.0,
    );
    Ok(match change(connection, sql::HEADING_INSERT, values)? {
        0 => HeadingMade::Taken,
        _ => HeadingMade::Made(HeadingRow {
            number,
            name: new.name.clone(),
            cost_code: new.cost_code.clone(),
            archived: false,
        }),
    })
}

pub(crate) fn after(
    connection: &Connection,
    account: AccountId,
    kind: HeadingKind,
    after: u32,
    limit: u32,
) -> Result<Vec<HeadingRow>, StoreError> {
    let params = (account.0, kind.code(), after, limit.min(LISTED_MAX));
    all(connection, sql::HEADINGS_AFTER, params, row)
}

pub(crate) fn one_of(
    connection: &Connection,
    account: AccountId,
    kind: HeadingKind,
    number: u32,
) -> Result<Option<HeadingRow>, StoreError> {
    one(
        connection,
        sql::HEADING,
        (account.0, kind.code(), number),
        row,
    )
}

pub(crate) fn change_one(
    connection: &Connection,
    account: AccountId,
    kind: HeadingKind,
    number: u32,
    to: &HeadingChange,
) -> Result<Option<HeadingRow>, StoreError> {
    let values = (
        account.0,
        kind.code(),
        number,
        &to.name,
        &to.cost_code,
        to.archived,
    );
    change(connection, sql::HEADING_UPDATE, values)?;
    one_of(connection, account, kind, number)
}

fn row(columns: &Columns<'_>) -> Result<HeadingRow, StoreError> {
    Ok(HeadingRow {
        number: columns.number(0, TABLE)?,
        name: columns.text(1, TABLE)?,
        cost_code: columns.text(2, TABLE)?,
        archived: columns.flag(3, TABLE)?,
    })
}
