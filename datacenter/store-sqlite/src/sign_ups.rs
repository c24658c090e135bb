//! Sign-ups: names, and who has not been answered yet.

use crate::query::{Columns, all, change, integer, one};
use crate::sql;
use item::{AccountId, Digest, Time, UserId};
use rusqlite::Connection;
use store::limits::LISTED_MAX;
use store::{SignUp, SignUpRow, SignUpStart, StoreError};

pub(crate) fn begin(connection: &Connection, sign_up: &SignUp) -> Result<SignUpStart, StoreError> {
    let inserted = change(
        connection,
        sql::SIGN_UP_INSERT,
        (
            sign_up.user.0,
            sign_up.account.0,
            &sign_up.login,
            &sign_up.display_name,
            sign_up.body_digest.0,
            integer(sign_up.created.0)?,
        ),
    )?;
    if inserted == 1 {
        return Ok(SignUpStart::New);
    }
    let known = one(connection, sql::SIGN_UP_BY_USER, [sign_up.user.0], row)?;
    Ok(match known {
        Some(row) if row.body_digest == sign_up.body_digest => SignUpStart::Known(row),
        Some(_) => SignUpStart::OtherBody,
        None => SignUpStart::LoginTaken,
    })
}

pub(crate) fn pending(
    connection: &Connection,
    older_than: Time,
    limit: u32,
) -> Result<Vec<SignUpRow>, StoreError> {
    let params = (integer(older_than.0)?, limit.min(LISTED_MAX));
    all(connection, sql::SIGN_UPS_OPEN, params, row)
}

fn row(columns: &Columns<'_>) -> Result<SignUpRow, StoreError> {
    Ok(SignUpRow {
        user: UserId(columns.id(0, "signups")?),
        account: AccountId(columns.id(1, "signups")?),
        login: columns.text(2, "signups")?,
        display_name: columns.text(3, "signups")?,
        body_digest: Digest(columns.id(4, "signups")?),
        created: Time(columns.number(5, "signups")?),
    })
}
