//! Applications for licences. The act that grants one is noted by `write`, in the transaction that
//! writes the act.

use crate::query::{Columns, all, change, one};
use crate::sql;
use item::{AccountId, Digest};
use rusqlite::Connection;
use store::limits::LISTED_MAX;
use store::{LicenceRow, Licences, NewLicence, StoreError};

pub(crate) fn put(connection: &Connection, new: &NewLicence) -> Result<(), StoreError> {
    let (agreement, text) = &new.agreement;
    change(connection, sql::AGREEMENT_INSERT, (agreement.0, text))?;
    let values = (
        new.digest.0,
        new.account.0,
        new.meter.0,
        &new.application,
        &new.details,
    );
    change(connection, sql::LICENCE_INSERT, values)?;
    Ok(())
}

pub(crate) fn refuse(
    connection: &Connection,
    digest: Digest,
    refusal: &[u8],
) -> Result<(), StoreError> {
    change(connection, sql::LICENCE_REFUSE, (digest.0, refusal))?;
    Ok(())
}

pub(crate) fn get(
    connection: &Connection,
    digest: Digest,
) -> Result<Option<LicenceRow>, StoreError> {
    one(connection, sql::LICENCE, [digest.0], row)
}

pub(crate) fn list(
    connection: &Connection,
    which: Licences,
    after: Option<Digest>,
    limit: u32,
) -> Result<Vec<LicenceRow>, StoreError> {
    // An empty BLOB stands before every digest.
    let after = after.map_or_else(Vec::new, |digest| digest.0.to_vec());
    let limit = limit.min(LISTED_MAX);
    match which {
        Licences::Of(account) => all(connection, sql::LICENCES_OF, (account.0, after, limit), row),
        Licences::Open => all(connection, sql::LICENCES_OPEN, (after, limit), row),
    }
}

fn row(columns: &Columns<'_>) -> Result<LicenceRow, StoreError> {
    let act = columns.optional_bytes(5, "licences")?;
    Ok(LicenceRow {
        digest: Digest(columns.id(0, "licences")?),
        account: AccountId(columns.id(1, "licences")?),
        application: columns.bytes(2, "licences")?,
        details: columns.optional_bytes(3, "licences")?,
        refusal: columns.optional_bytes(4, "licences")?,
        act: match act {
            Some(_) => Some(Digest(columns.id(5, "licences")?)),
            None => None,
        },
    })
}
