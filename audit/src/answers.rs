//! Answers to idempotency keys (V8): one row for the items of each request, and no other.

use crate::context::Audit;
use crate::items::Group;
use crate::{Code, rows};
use item::{ItemRecord, Layout, MeterRecord, Mills};
use rusqlite::{OptionalExtension, params};

/// Checks that the items of one request are the answer to its key.
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
        .prepare_cached(
            "SELECT body_digest, request, meter, counter, first_piece, pieces FROM idempotency
             WHERE substr(account, 1, 8) = substr(?1, 1, 8)
             AND substr(key_digest, 1, 16) = substr(?2, 1, 16) AND account = ?1 AND key_digest = ?2",
        )?
        .query_row(params![record.account.0, first.key_digest.0], |row| {
            let digests = (rows::array(row, 0), rows::array(row, 1));
            Ok((
                digests,
                [2, 3, 4, 5].map(|column| rows::unsigned(row, column)),
            ))
        })
        .optional()?;
    let Some((digests, numbers)) = found else {
        let message = "no answer to its idempotency key is kept";
        audit.problem(Code::AnswerMissing, place, message, group.value);
        return Ok(());
    };
    let [meter, counter, first_piece, _] = numbers;
    let due = [
        u64::from(first.meter.0),
        first.counter.0,
        u64::from(first.piece_count),
        u64::from(group.pieces),
    ];
    let (Some(meter), Some(first_piece)) = (meter, first_piece) else {
        let message = "the columns of its answer are not an answer's";
        audit.problem(Code::UnreadableRow, place, message, group.value);
        return Ok(());
    };
    let elsewhere = (Some(u64::from(first.meter.0)), counter, first_piece)
        != (
            Some(meter),
            Some(first.counter.0),
            u64::from(first.piece_count),
        );
    if elsewhere && key_of(audit, meter, first_piece)? == Some(first.key_digest.0) {
        let message = format!("its key was also charged at items {meter}/{first_piece}");
        audit.problem(Code::AnsweredTwice, place, message, group.value);
        return Ok(());
    }
    audit.expect(
        digests == (Some(first.body_digest.0), Some(first.request.0)) && numbers == due.map(Some),
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
            Ok(rows::blob(row, 0).and_then(|bytes| ItemRecord::from_bytes(bytes).ok()))
        })
        .optional()?
        .flatten();
    Ok(found.map(|item| item.key_digest.0))
}

/// Every row has its items. Whether its other columns are right was seen from the items.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT i.account, i.key_digest, i.meter, i.first_piece, m.account
         FROM idempotency i LEFT JOIN meters m ON m.serial = i.meter",
    )?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.answers = audit.report.counts.answers.saturating_add(1);
        let place = rows::place("idempotency", row, 2);
        let (Some(account), Some(key), Some(meter), Some(piece)) = (
            rows::array::<16>(row, 0),
            rows::array::<32>(row, 1),
            rows::unsigned(row, 2),
            rows::unsigned(row, 3),
        ) else {
            let message = "columns are not an answer's";
            audit.problem(Code::UnreadableRow, place, message, Mills::ZERO);
            continue;
        };
        let has_items = key_of(audit, meter, piece)? == Some(key);
        let owned = rows::array(row, 4) == Some(account);
        let message = "no items of the account's meters have this key";
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
