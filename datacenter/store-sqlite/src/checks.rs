//! What a verification asks: whether an item is on record, and which scan used it. Called inside one
//! snapshot.

use crate::{credits, read, scans};
use rusqlite::Connection;
use store::{ItemId, ItemUse, StoreError};

/// Record and use of one item.
pub(crate) fn item_use(connection: &Connection, id: &ItemId) -> Result<ItemUse, StoreError> {
    Ok(ItemUse {
        item: read::item(connection, id.meter, id.piece_count)?,
        first: scans::first_scan(connection, id.meter, id.piece_count)?,
        credit: credits::credit(connection, *id)?,
    })
}
