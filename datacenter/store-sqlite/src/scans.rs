//! Acceptance scans and packs: what belongs to the post.

use crate::error::corrupt;
use crate::query::{Columns, change, integer, one};
use crate::{credits, sql};
use item::{Digest, KeyId, Layout, MeterSerial, Time};
use rusqlite::Connection;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use store::{Accepted, ItemId, NewScan, ScanRow, StoreError};

/// The last sequence of each verifier that was looked at in a transaction; 0 for none.
type Ends = HashMap<KeyId, u64>;

/// One scan.
pub(crate) fn accept(connection: &Connection, new: &NewScan) -> Result<Accepted, StoreError> {
    accept_behind(connection, new, &mut Ends::new())
}

/// Many scans, each behind those before it.
pub(crate) fn accept_many(
    connection: &Connection,
    scans: &[NewScan],
) -> Result<Vec<Accepted>, StoreError> {
    let mut ends = Ends::new();
    let accept = |new| accept_behind(connection, new, &mut ends);
    scans.iter().map(accept).collect()
}

/// Runs in an immediate transaction, so nothing comes between look and insert; the unique indexes
/// hold should that ever change.
fn accept_behind(
    connection: &Connection,
    new: &NewScan,
    ends: &mut Ends,
) -> Result<Accepted, StoreError> {
    let scan = &new.scan.body;
    let by_key = (scan.verifier.0, scan.key_digest.0);
    let first = first_scan(connection, scan.meter, scan.piece_count)?;
    // It may have been taken back since the caller looked.
    let item = ItemId {
        meter: scan.meter,
        piece_count: scan.piece_count,
    };
    let sound = new.sound && credits::credit(connection, item)?.is_none();
    if let Some(earlier) = one(connection, sql::SCAN_BY_KEY, by_key, row)? {
        if (earlier.meter, earlier.piece_count) != (scan.meter, scan.piece_count) {
            return Ok(Accepted::KeyReused { earlier });
        }
        return Ok(Accepted::Repeat { earlier, first });
    }
    let end = match ends.entry(scan.verifier) {
        Entry::Occupied(end) => end.into_mut(),
        Entry::Vacant(end) => {
            let head = head(connection, scan.verifier)?;
            end.insert(head.map_or(0, |head| head.sequence))
        }
    };
    let expected = end
        .checked_add(1)
        .ok_or_else(|| corrupt("scans", "no sequence follows"))?;
    if scan.sequence != expected {
        return Ok(Accepted::SequenceGap { expected });
    }
    change(
        connection,
        sql::SCAN_INSERT,
        (
            scan.verifier.0,
            integer(scan.sequence)?,
            scan.meter.0,
            scan.piece_count,
            sound && first.is_none(),
            integer(new.received.0)?,
            scan.key_digest.0,
            new.scan.to_bytes(),
        ),
    )?;
    *end = expected;
    Ok(match first {
        _ if !sound => Accepted::Refused,
        None => Accepted::First,
        Some(first) => Accepted::Used { first },
    })
}

pub(crate) fn first_scan(
    connection: &Connection,
    meter: MeterSerial,
    piece_count: u32,
) -> Result<Option<ScanRow>, StoreError> {
    one(connection, sql::SCAN_FIRST, (meter.0, piece_count), row)
}

pub(crate) fn head(
    connection: &Connection,
    verifier: KeyId,
) -> Result<Option<ScanRow>, StoreError> {
    one(connection, sql::SCAN_HEAD, [verifier.0], row)
}

fn row(columns: &Columns<'_>) -> Result<ScanRow, StoreError> {
    Ok(ScanRow {
        verifier: KeyId(columns.id(0, "scans")?),
        sequence: columns.number(1, "scans")?,
        meter: MeterSerial(columns.number(2, "scans")?),
        piece_count: columns.number(3, "scans")?,
        first: columns.flag(4, "scans")?,
        received: Time(columns.number(5, "scans")?),
        key_digest: Digest(columns.id(6, "scans")?),
        scan: columns.bytes(7, "scans")?,
    })
}

/// Keeps a pack, unless its sequence holds another.
pub(crate) fn put_pack(
    connection: &Connection,
    sequence: u64,
    pack: &[u8],
) -> Result<(), StoreError> {
    let sequence = integer(sequence)?;
    if change(connection, sql::PACK_INSERT, (sequence, pack))? == 1 {
        return Ok(());
    }
    let held = one(connection, sql::PACK, [sequence], |row| {
        row.bytes(0, "packs")
    })?;
    if held.as_deref() == Some(pack) {
        Ok(())
    } else {
        Err(StoreError::Taken { table: "packs" })
    }
}
