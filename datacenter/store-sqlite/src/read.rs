//! Reads. Each function is called inside one snapshot.

use crate::query::{Columns, all, integer, one};
use crate::{spending, sql};
use item::{AccountId, BoxKind, Counter, Digest, MeterSerial, RequestId, Subject, Time, UserId};
use rusqlite::Connection;
use store::limits::{ANSWER_ITEMS_MAX, LISTED_MAX};
use store::{
    Alert, AlertRow, ChainRow, DecisionRow, EvidenceOf, EvidenceRow, ItemCursor, ItemRow, LookUp,
    LookUpKey, MeterRow, PackRow, PriorAnswer, StoreError, UserRow,
};

type Found<T> = Result<Option<T>, StoreError>;
type Listed<T> = Result<Vec<T>, StoreError>;

fn user_row(row: &Columns<'_>) -> Result<UserRow, StoreError> {
    Ok(UserRow {
        user: UserId(row.id(0, "signups")?),
        account: AccountId(row.id(1, "signups")?),
        login: row.text(2, "signups")?,
        display_name: row.text(3, "signups")?,
        record: row.optional_bytes(4, "users")?,
    })
}

pub(crate) fn user_by_login(connection: &Connection, login: &str) -> Found<UserRow> {
    one(connection, sql::USER_BY_LOGIN, [login], user_row)
}

pub(crate) fn user(connection: &Connection, user: UserId) -> Found<UserRow> {
    one(connection, sql::USER, [user.0], user_row)
}

pub(crate) fn users_of(
    connection: &Connection,
    account: AccountId,
    after: Option<UserId>,
    limit: u32,
) -> Listed<UserRow> {
    let limit = limit.min(LISTED_MAX);
    match after {
        None => all(connection, sql::USERS_OF, (account.0, limit), user_row),
        Some(after) => {
            let params = (account.0, after.0, limit);
            all(connection, sql::USERS_OF_AFTER, params, user_row)
        }
    }
}

pub(crate) fn chain(connection: &Connection, account: AccountId) -> Found<ChainRow> {
    let record = one(connection, sql::CHAIN, [account.0], |row| {
        row.bytes(0, "chains")
    })?;
    let Some(record) = record else {
        return Ok(None);
    };
    let newest_entry = one(connection, sql::ENTRY_NEWEST, [account.0], |row| {
        row.bytes(0, "chain_entries")
    })?;
    Ok(Some(ChainRow {
        record,
        newest_entry,
    }))
}

pub(crate) fn chain_entries(
    connection: &Connection,
    account: AccountId,
    after_sequence: u64,
    limit: u32,
) -> Listed<Vec<u8>> {
    let params = (account.0, integer(after_sequence)?, limit.min(LISTED_MAX));
    all(connection, sql::ENTRIES_AFTER, params, |row| {
        row.bytes(0, "chain_entries")
    })
}

fn meter_row(row: &Columns<'_>) -> Result<MeterRow, StoreError> {
    Ok(MeterRow {
        serial: MeterSerial(row.number(0, "meters")?),
        account: AccountId(row.id(1, "meters")?),
        record: row.bytes(2, "meters")?,
    })
}

pub(crate) fn meter(connection: &Connection, serial: MeterSerial) -> Found<MeterRow> {
    one(connection, sql::METER, [serial.0], meter_row)
}

pub(crate) fn meters_of(
    connection: &Connection,
    account: AccountId,
    after: Option<MeterSerial>,
    limit: u32,
) -> Listed<MeterRow> {
    let after = after.map_or(-1, |serial| i64::from(serial.0));
    let params = (account.0, after, limit.min(LISTED_MAX));
    all(connection, sql::METERS_OF, params, meter_row)
}

pub(crate) fn look_up(connection: &Connection, key: &LookUpKey) -> Result<LookUp, StoreError> {
    Ok(LookUp {
        meter: meter(connection, key.meter)?,
        prior: prior_by_key(connection, key.account, key.key_digest)?,
        newest: match key.newest {
            true => newest_item(connection, key.meter)?,
            false => None,
        },
        limited: spending::is_limited(connection, key.account)?,
    })
}

/// What a key was answered with, its items left out.
pub(crate) fn answer(
    connection: &Connection,
    account: AccountId,
    key_digest: Digest,
) -> Found<PriorAnswer> {
    let params = (account.0, key_digest.0);
    one(connection, sql::PRIOR, params, |row| {
        Ok(PriorAnswer {
            body_digest: Digest(row.id(0, "items")?),
            request: RequestId(row.id(1, "items")?),
            meter: MeterSerial(row.number(2, "items")?),
            counter: Counter(row.number(3, "items")?),
            first_piece: row.number(4, "items")?,
            pieces: row.number(5, "items")?,
            items: Vec::new(),
        })
    })
}

pub(crate) fn prior_by_key(
    connection: &Connection,
    account: AccountId,
    key_digest: Digest,
) -> Found<PriorAnswer> {
    let Some(mut prior) = answer(connection, account, key_digest)? else {
        return Ok(None);
    };
    let count = prior.pieces.min(ANSWER_ITEMS_MAX);
    prior.items = items(connection, prior.meter, prior.first_piece, count)?
        .into_iter()
        // Where one is missing, the limit alone would let in items of the next answer.
        .filter(|row| row.piece_count.saturating_sub(prior.first_piece) < count)
        .map(|row| row.item)
        .collect();
    Ok(Some(prior))
}

pub(crate) fn item(
    connection: &Connection,
    meter: MeterSerial,
    piece_count: u32,
) -> Found<Vec<u8>> {
    one(connection, sql::ITEM, (meter.0, piece_count), |row| {
        row.bytes(0, "items")
    })
}

fn newest_item(connection: &Connection, meter: MeterSerial) -> Found<Vec<u8>> {
    one(connection, sql::ITEM_NEWEST, [meter.0], |row| {
        row.bytes(0, "items")
    })
}

fn item_row(row: &Columns<'_>) -> Result<ItemRow, StoreError> {
    Ok(ItemRow {
        meter: MeterSerial(row.number(0, "items")?),
        piece_count: row.number(1, "items")?,
        item: row.bytes(2, "items")?,
    })
}

pub(crate) fn items(
    connection: &Connection,
    meter: MeterSerial,
    first: u32,
    count: u32,
) -> Listed<ItemRow> {
    let params = (meter.0, first, count.min(LISTED_MAX));
    all(connection, sql::ITEMS_FROM, params, item_row)
}

pub(crate) fn items_of_account(
    connection: &Connection,
    account: AccountId,
    after: ItemCursor,
    limit: u32,
) -> Listed<ItemRow> {
    let limit = limit.min(LISTED_MAX);
    let rest = (account.0, after.meter.0, after.piece_count, limit);
    let mut found = all(connection, sql::ITEMS_REST_OF_METER, rest, item_row)?;
    let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
    let later = (account.0, after.meter.0, left);
    found.extend(all(connection, sql::ITEMS_LATER_METERS, later, item_row)?);
    Ok(found)
}

fn decision_row(row: &Columns<'_>) -> Result<DecisionRow, StoreError> {
    Ok(DecisionRow {
        box_kind: row.box_kind(0, "decisions")?,
        subject: Subject(row.id(1, "decisions")?),
        counter: Counter(row.number(2, "decisions")?),
        request: RequestId(row.id(3, "decisions")?),
        decision: row.bytes(4, "decisions")?,
    })
}

pub(crate) fn decision(
    connection: &Connection,
    box_kind: BoxKind,
    subject: Subject,
    counter: Counter,
) -> Found<DecisionRow> {
    let params = (box_kind.code(), subject.0, integer(counter.0)?);
    one(connection, sql::DECISION, params, decision_row)
}

pub(crate) fn decision_at(
    connection: &Connection,
    meter: MeterSerial,
    first_piece: u32,
) -> Found<Vec<u8>> {
    let params = (meter.0, first_piece);
    one(connection, sql::DECISION_AT, params, |row| {
        row.bytes(0, "items")
    })
}

pub(crate) fn chain_decision(connection: &Connection, request: RequestId) -> Found<DecisionRow> {
    one(connection, sql::CHAIN_DECISION, [request.0], decision_row)
}

pub(crate) fn evidence(connection: &Connection, digest: Digest) -> Found<EvidenceRow> {
    one(connection, sql::EVIDENCE, [digest.0], |row| {
        Ok(EvidenceRow {
            box_kind: row.box_kind(0, "evidence")?,
            subject: Subject(row.id(1, "evidence")?),
            counter: Counter(row.number(2, "evidence")?),
            evidence: row.bytes(3, "evidence")?,
        })
    })
}

pub(crate) fn latest_pack(connection: &Connection) -> Found<PackRow> {
    one(connection, sql::PACK_LATEST, [], |row| {
        Ok(PackRow {
            sequence: row.number(0, "packs")?,
            pack: row.bytes(1, "packs")?,
        })
    })
}

pub(crate) fn alerts(connection: &Connection, after: u64, limit: u32) -> Listed<AlertRow> {
    let params = (integer(after)?, limit.min(LISTED_MAX));
    all(connection, sql::ALERTS_AFTER, params, |row| {
        Ok(AlertRow {
            id: row.number(0, "alerts")?,
            alert: Alert {
                raised: Time(row.number(1, "alerts")?),
                box_kind: row.box_kind(2, "alerts")?,
                subject: Subject(row.id(3, "alerts")?),
                code: row.text(4, "alerts")?,
                detail: row.text(5, "alerts")?,
                evidence: row.bytes(6, "alerts")?,
            },
        })
    })
}

pub(crate) fn evidence_of(
    connection: &Connection,
    box_kind: BoxKind,
    subject: Subject,
    after: Counter,
    limit: u32,
) -> Listed<EvidenceOf> {
    let limit = limit.min(LISTED_MAX);
    let params = (box_kind.code(), subject.0, integer(after.0)?, limit);
    all(connection, sql::EVIDENCE_OF, params, |row| {
        Ok(EvidenceOf {
            counter: Counter(row.number(0, "evidence")?),
            evidence: row.bytes(1, "evidence")?,
        })
    })
}

pub(crate) fn item_before(
    connection: &Connection,
    meter: MeterSerial,
    piece_count: u32,
) -> Found<Vec<u8>> {
    let params = (meter.0, 0, piece_count, 1);
    one(connection, sql::ITEMS_DOWN, params, |row| {
        row.bytes(0, "items")
    })
}
