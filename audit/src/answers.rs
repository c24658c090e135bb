//! Answers to idempotency keys (V8): account, key, body, request and number of items with the first item of
//! each order, and with no other.

use crate::context::Audit;
use crate::items::{Group, order_of};
use crate::{Code, rows};
use item::{ItemRecord, Layout, MeterRecord, Mills};
use rusqlite::{OptionalExtension, Row, params};

/// The answer to a key of an account. The index holds the beginning of each.
pub(crate) const BY_KEY: &str = "SELECT meter, piece_count, pieces, body_digest, request FROM items
     WHERE substr(account, 1, 8) = substr(?1, 1, 8)
     AND substr(key_digest, 1, 16) = substr(?2, 1, 16) AND account = ?1 AND key_digest = ?2";

/// Checks that the items of one order are the answer to its key.
pub(crate) fn answered(
    audit: &mut Audit<'_>,
    group: &Group,
    record: Option<&MeterRecord>,
) -> rusqlite::Result<()> {
    let Some(record) = record else { return Ok(()) };
    let first = &group.first;
    let place = format!("items {}/{}", first.meter.0, first.piece_count);
    let found = audit
        .connection
        .prepare_cached(BY_KEY)?
        .query_row(params![record.account.0, first.key_digest.0], |row| {
            let numbers = [0, 1, 2].map(|column| rows::unsigned(row, column));
            Ok((numbers, (rows::array(row, 3), rows::array(row, 4))))
        })
        .optional()?;
    let Some(([meter, piece, pieces], digests)) = found else {
        let message = "no answer to its idempotency key is kept";
        audit.problem(Code::AnswerMissing, place, message, group.value);
        return Ok(());
    };
    let (Some(meter), Some(piece)) = (meter, piece) else {
        let message = "the columns of its answer are not an answer's";
        audit.problem(Code::UnreadableRow, place, message, group.value);
        return Ok(());
    };
    let position = (u64::from(first.meter.0) == meter)
        .then(|| piece.checked_sub(u64::from(first.piece_count)))
        .flatten();
    let elsewhere = position.is_none_or(|position| position >= u64::from(group.pieces));
    if elsewhere && key_of(audit, meter, piece)? == Some(first.key_digest.0) {
        let message = format!("its key was also charged at items {meter}/{piece}");
        audit.problem(Code::AnsweredTwice, place, message, group.value);
        return Ok(());
    }
    audit.expect(
        position == Some(0)
            && pieces == Some(u64::from(group.pieces))
            && digests == (Some(first.body_digest.0), Some(first.request.0)),
        Code::AnswerDiffers,
        place,
        "the answer to its idempotency key is not these items",
        group.value,
    );
    Ok(())
}

/// Digest of the idempotency key of an item, if there is such an item.
fn key_of(audit: &Audit<'_>, meter: u64, piece: u64) -> rusqlite::Result<Option<[u8; 32]>> {
    let found = audit
        .connection
        .prepare_cached("SELECT item FROM items WHERE meter = ?1 AND piece_count = ?2")?
        .query_row(params![rows::stored(meter), rows::stored(piece)], |row| {
            Ok(item(row, 0))
        })
        .optional()?
        .flatten();
    Ok(found.map(|item| item.key_digest.0))
}

fn item(row: &Row<'_>, column: usize) -> Option<ItemRecord> {
    rows::blob(row, column).and_then(|bytes| ItemRecord::from_bytes(bytes).ok())
}

/// Every answer stands with its items. Whether its other columns are right was seen from the items.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    // As the rows lie: the item before one is most often its neighbour.
    let mut statement = connection.prepare_cached(
        "SELECT i.meter, i.piece_count, i.account, i.key_digest, i.body_digest, i.request, i.pieces,
             i.item, m.account, b.item
         FROM items i NOT INDEXED
         LEFT JOIN meters m ON m.serial = i.meter
         LEFT JOIN items b ON b.meter = i.meter AND b.piece_count = i.piece_count - 1
         WHERE coalesce(i.account, i.key_digest, i.body_digest, i.request, i.pieces) IS NOT NULL",
    )?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.answers = audit.report.counts.answers.saturating_add(1);
        let place = rows::place("items", row, 2);
        let (Some(account), Some(key), Some(_), Some(_), Some(_)) = (
            rows::array::<16>(row, 2),
            rows::array::<32>(row, 3),
            rows::array::<32>(row, 4),
            rows::array::<32>(row, 5),
            rows::unsigned(row, 6),
        ) else {
            let message = "columns are not an answer's";
            audit.problem(Code::UnreadableRow, place, message, Mills::ZERO);
            continue;
        };
        let has_items = first_of_order(row).is_some_and(|item| item.key_digest.0 == key);
        let owned = rows::array(row, 8) == Some(account);
        let message = "it is not the first item of the account's meters with this key";
        audit.expect(
            has_items && owned,
            Code::AnswerOrphan,
            place,
            message,
            Mills::ZERO,
        );
    }
    Ok(())
}

/// The item of a row of [`pass`], unless the item before it is of the same order.
fn first_of_order(row: &Row<'_>) -> Option<ItemRecord> {
    let same = |one: &ItemRecord, other: &ItemRecord| {
        one.counter == other.counter && order_of(one) == order_of(other)
    };
    let before = item(row, 9);
    item(row, 7).filter(|item| !before.is_some_and(|before| same(&before, item)))
}
