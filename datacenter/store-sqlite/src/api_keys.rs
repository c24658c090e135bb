//! Keys of programs: their names and records.

use crate::query::{Columns, all, change, integer, one};
use crate::sql;
use item::{AccountId, ApiKeyId, Digest, Time, UserId};
use rusqlite::Connection;
use store::limits::LISTED_MAX;
use store::{ApiKeyRow, ApiKeyStart, NewApiKey, StoreError};

pub(crate) fn begin(connection: &Connection, new: &NewApiKey) -> Result<ApiKeyStart, StoreError> {
    let values = (
        new.key.0,
        new.account.0,
        new.user.0,
        &new.name,
        new.body_digest.0,
        integer(new.created.0)?,
    );
    if change(connection, sql::API_KEY_NAME, values)? == 1 {
        return Ok(ApiKeyStart::Named);
    }
    let known = one(connection, sql::API_KEY_BODY, [new.key.0], |row| {
        Ok(Digest(row.id(0, "api_keys")?))
    })?;
    Ok(match known {
        Some(digest) if digest == new.body_digest => ApiKeyStart::Named,
        _ => ApiKeyStart::OtherBody,
    })
}

pub(crate) fn get(connection: &Connection, key: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreError> {
    one(connection, sql::API_KEY, [key.0], row)
}

pub(crate) fn of_account(
    connection: &Connection,
    account: AccountId,
    after: Option<ApiKeyId>,
    limit: u32,
) -> Result<Vec<ApiKeyRow>, StoreError> {
    let limit = limit.min(LISTED_MAX);
    match after {
        None => all(connection, sql::API_KEYS_OF, (account.0, limit), row),
        Some(after) => {
            let params = (account.0, after.0, limit);
            all(connection, sql::API_KEYS_OF_AFTER, params, row)
        }
    }
}

fn row(columns: &Columns<'_>) -> Result<ApiKeyRow, StoreError> {
    Ok(ApiKeyRow {
        key: ApiKeyId(columns.id(0, "api_keys")?),
        account: AccountId(columns.id(1, "api_keys")?),
        user: UserId(columns.id(2, "api_keys")?),
        name: columns.text(3, "api_keys")?,
        created: Time(columns.number(4, "api_keys")?),
        record: columns.optional_bytes(5, "api_key_records")?,
    })
}
