//! Writing what boxes decided (P15): each delivery whole or not at all.

use crate::engine::{Turn, execute};
use crate::query::{change, integer, one};
use crate::{credits, read, spending, sql};
use item::{AccountId, Counter, MeterSerial};
use rusqlite::Connection;
use store::{ConflictReason, ItemId, ItemLine, KeyLine, Plan, StoreError, Target, Written};

/// Writes one delivery, or nothing of it.
pub(crate) fn apply(turn: &Turn<'_>, plan: &Plan) -> Result<Written, StoreError> {
    if turn.is_together() {
        return match write(turn, plan)? {
            Written::Conflict(_) => Err(StoreError::Statement("a conflict".to_owned())),
            written => Ok(written),
        };
    }
    execute(turn, "SAVEPOINT delivery")?;
    let written = write(turn, plan)?;
    if matches!(written, Written::Conflict(_)) {
        execute(turn, "ROLLBACK TO delivery")?;
    }
    execute(turn, "RELEASE delivery")?;
    Ok(written)
}

fn write(connection: &Connection, plan: &Plan) -> Result<Written, StoreError> {
    let differs = Written::Conflict(ConflictReason::Differs);
    if put_record(connection, plan)? {
        // A row that is there already, byte for byte, was left by a record that has gone back.
        let kept = rows(connection, plan, true)?;
        return Ok(if kept { Written::Written } else { differs });
    }
    let Some((counter, record)) = stored(connection, plan)? else {
        return Ok(Written::Conflict(ConflictReason::Gap));
    };
    if counter < plan.counter.0 {
        return Ok(Written::Conflict(ConflictReason::Gap));
    }
    let there =
        (counter > plan.counter.0 || record == plan.record) && rows(connection, plan, false)?;
    Ok(if there {
        Written::AlreadyThere
    } else {
        differs
    })
}

/// Puts the record where the one before it is, or where none is; says whether that was so.
fn put_record(connection: &Connection, plan: &Plan) -> Result<bool, StoreError> {
    let after = integer(plan.counter.0)?;
    let before = plan.before.map(|counter| integer(counter.0)).transpose()?;
    #[cfg(feature = "planted")]
    let before = planted_before(connection, plan, before)?;
    let record = &plan.record;
    let changed = match (&plan.target, before) {
        (Target::User { user, account }, None) => {
            // A further user of an account is finished with the record; a founder, with the chain.
            change(connection, sql::USER_ADDED, [user.0])?;
            change(connection, sql::USER_INSERT, (user.0, account.0, record))
        }
        (Target::User { user, .. }, Some(before)) => change(
            connection,
            sql::USER_UPDATE,
            (user.0, before, after, record),
        ),
        (Target::ApiKey { key, account }, None) => {
            change(connection, sql::API_KEY_INSERT, (key.0, account.0, record))
        }
        (Target::ApiKey { key, .. }, Some(before)) => change(
            connection,
            sql::API_KEY_UPDATE,
            (key.0, before, after, record),
        ),
        (Target::Chain { account, .. }, None) => {
            change(connection, sql::SIGN_UP_FINISHED, [account.0])?;
            change(connection, sql::CHAIN_INSERT, (account.0, record))
        }
        (Target::Chain { account, .. }, Some(before)) => change(
            connection,
            sql::CHAIN_UPDATE,
            (account.0, before, after, record),
        ),
        (
            Target::Meter {
                serial,
                account,
                state,
                balance_mills,
                ..
            },
            before,
        ) => {
            let balance = integer(*balance_mills)?;
            match before {
                None => change(
                    connection,
                    sql::METER_INSERT,
                    (serial.0, account.0, state, balance, record),
                ),
                Some(before) => change(
                    connection,
                    sql::METER_UPDATE,
                    (serial.0, before, after, state, balance, record),
                ),
            }
        }
    };
    Ok(changed? == 1)
}

/// Whatever counter is stored, as if no condition were asked.
#[cfg(feature = "planted")]
fn planted_before(
    connection: &Connection,
    plan: &Plan,
    before: Option<i64>,
) -> Result<Option<i64>, StoreError> {
    if planted::is(planted::Bug::UnconditionalUpdate)
        && matches!(plan.target, Target::Meter { .. })
        && let Some((counter, _)) = stored(connection, plan)?
    {
        return integer(counter).map(Some);
    }
    Ok(before)
}

fn stored(connection: &Connection, plan: &Plan) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
    let state = |sql, table, key: &dyn rusqlite::ToSql| {
        one(connection, sql, [key], |row| {
            Ok((row.number(0, table)?, row.bytes(1, table)?))
        })
    };
    match &plan.target {
        Target::User { user, .. } => state(sql::USER_STATE, "users", &user.0),
        Target::ApiKey { key, .. } => state(sql::API_KEY_STATE, "api_key_records", &key.0),
        Target::Meter { serial, .. } => state(sql::METER_STATE, "meters", &serial.0),
        Target::Chain { account, .. } => state(sql::CHAIN_STATE, "chains", &account.0),
    }
}

/// Adds (or, without `add`, only looks for) everything that goes with the record. False: other
/// bytes, or none, are there.
fn rows(connection: &Connection, plan: &Plan, add: bool) -> Result<bool, StoreError> {
    if let (Some(licence), Some((act, _))) = (plan.licence, &plan.evidence) {
        // Also of an act that is there already: the application may have come back after it.
        change(connection, sql::LICENCE_GRANT, (licence.0, act.0))?;
    }
    Ok(decision(connection, plan, add)?
        && evidence(connection, plan, add)?
        && match &plan.target {
            Target::User { .. } | Target::ApiKey { .. } => true,
            Target::Chain { .. } => entry(connection, plan, add)?,
            Target::Meter { .. } => items(connection, plan, add)? && credit(connection, plan, add)?,
        })
}

/// Inserts, if it may, and otherwise compares what is there.
fn keep(
    bytes: &[u8],
    add: bool,
    insert: impl FnOnce() -> Result<usize, StoreError>,
    look: impl FnOnce() -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<bool, StoreError> {
    Ok((add && insert()? == 1) || look()?.as_deref() == Some(bytes))
}

/// The decision, unless it made items: then it stands with the first of them.
fn decision(connection: &Connection, plan: &Plan, add: bool) -> Result<bool, StoreError> {
    if matches!(&plan.target, Target::Meter { items, .. } if !items.is_empty()) {
        return Ok(true);
    }
    let (kind, subject, bytes) = (plan.box_kind.code(), plan.subject.0, &plan.decision);
    let values = (
        kind,
        subject,
        integer(plan.counter.0)?,
        plan.request.0,
        bytes,
    );
    keep(
        bytes,
        add,
        || change(connection, sql::DECISION_INSERT, values),
        || {
            let found = read::decision(connection, plan.box_kind, plan.subject, plan.counter)?;
            Ok(found.map(|row| row.decision))
        },
    )
}

fn evidence(connection: &Connection, plan: &Plan, add: bool) -> Result<bool, StoreError> {
    let Some((digest, bytes)) = &plan.evidence else {
        return Ok(true);
    };
    let (kind, subject) = (plan.box_kind.code(), plan.subject.0);
    let values = (digest.0, kind, subject, integer(plan.counter.0)?, bytes);
    keep(
        bytes,
        add,
        || change(connection, sql::EVIDENCE_INSERT, values),
        || Ok(read::evidence(connection, *digest)?.map(|row| row.evidence)),
    )
}

fn entry(connection: &Connection, plan: &Plan, add: bool) -> Result<bool, StoreError> {
    let Target::Chain { account, entry } = &plan.target else {
        return Ok(true);
    };
    let sequence = integer(entry.sequence)?;
    let (recorded, bytes) = (integer(entry.recorded.0)?, &entry.entry);
    let values = (account.0, sequence, entry.event, recorded, bytes);
    keep(
        bytes,
        add,
        || change(connection, sql::ENTRY_INSERT, values),
        || {
            one(connection, sql::ENTRY, (account.0, sequence), |row| {
                row.bytes(0, "chain_entries")
            })
        },
    )
}

fn items(connection: &Connection, plan: &Plan, add: bool) -> Result<bool, StoreError> {
    let Target::Meter {
        serial,
        account,
        items,
        keys,
        ..
    } = &plan.target
    else {
        return Ok(true);
    };
    let is_limited = add && !items.is_empty() && spending::is_limited(connection, *account)?;
    let mut orders = keys.iter().peekable();
    for (place, line) in items.iter().enumerate() {
        let made = Made {
            serial: *serial,
            account: *account,
            counter: plan.counter,
            line,
            decision: (place == 0).then_some(plan.decision.as_slice()),
            key: orders.next_if(|key| key.first_piece == line.piece_count),
        };
        let answered = add && made.insert(connection, made.key)?;
        // Its key may be held by another order, which has answered it.
        let is_new = answered || add && made.key.is_some() && made.insert(connection, None)?;
        if is_new && is_limited {
            spending::spend(connection, *account, &line.booked)?;
        }
        if !(is_new || made.is_there(connection)?) || !(answered || made.key_is_kept(connection)?) {
            return Ok(false);
        }
    }
    if is_limited {
        // What was held for them is spent now, in this transaction.
        for key in keys {
            spending::settle(connection, *account, key.request)?;
        }
    }
    Ok(true)
}

/// A row of items: with the first of a decision that decision, with the first of an order its key.
struct Made<'a> {
    serial: MeterSerial,
    account: AccountId,
    counter: Counter,
    line: &'a ItemLine,
    decision: Option<&'a [u8]>,
    key: Option<&'a KeyLine>,
}

impl Made<'_> {
    /// False: there is an item of this piece count, or the key is held.
    fn insert(&self, connection: &Connection, key: Option<&KeyLine>) -> Result<bool, StoreError> {
        let values = (
            self.serial.0,
            self.line.piece_count,
            integer(self.counter.0)?,
            &self.line.item,
            self.decision,
            key.map(|_| self.account.0),
            key.map(|key| key.key_digest.0),
            key.map(|key| key.body_digest.0),
            key.map(|key| key.request.0),
            key.map(|key| key.pieces),
        );
        Ok(change(connection, sql::ITEM_INSERT, values)? == 1)
    }

    fn is_there(&self, connection: &Connection) -> Result<bool, StoreError> {
        let place = (self.serial.0, self.line.piece_count);
        let found = one(connection, sql::ITEM_WHOLE, place, |row| {
            Ok((row.bytes(0, "items")?, row.optional_bytes(1, "items")?))
        })?;
        Ok(found.is_some_and(|(item, decision)| {
            item == self.line.item && decision.as_deref() == self.decision
        }))
    }

    /// Keys are kept by their first answer. The same key may have been answered by another meter at
    /// the same time, or by an earlier decision that a look-up did not show (V8): that order's items
    /// stand, its value is spent, only the key leads elsewhere. Audit names the pair.
    fn key_is_kept(&self, connection: &Connection) -> Result<bool, StoreError> {
        let Some(key) = self.key else {
            return Ok(true);
        };
        let held = read::answer(connection, self.account, key.key_digest)?;
        Ok(held.is_some_and(|held| {
            (held.meter, held.request) != (self.serial, key.request)
                || held.counter < self.counter
                || (held.counter, held.body_digest) == (self.counter, key.body_digest)
                    && (held.first_piece, held.pieces) == (key.first_piece, key.pieces)
        }))
    }
}

/// The credit of an item that was taken back, and its customer's request.
fn credit(connection: &Connection, plan: &Plan, add: bool) -> Result<bool, StoreError> {
    let Target::Meter {
        serial,
        credit: Some(line),
        ..
    } = &plan.target
    else {
        return Ok(true);
    };
    let item = ItemId {
        meter: *serial,
        piece_count: line.piece_count,
    };
    let values = (
        serial.0,
        line.piece_count,
        integer(plan.counter.0)?,
        line.last_day,
        line.day,
        integer(line.journal)?,
        &line.credit,
    );
    let kept = keep(
        &line.credit,
        add,
        || change(connection, sql::CREDIT_INSERT, values),
        || credits::credit(connection, item),
    )?;
    if kept {
        credits::carried_out(connection, item, line.time)?;
    }
    Ok(kept)
}
