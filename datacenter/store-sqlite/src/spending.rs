//! Limits of users and departments: what is spent, what is held.

use crate::query::{Columns, all, change, integer, one};
use crate::{read, sql};
use item::{AccountId, Day, ItemRecord, Layout, MeterSerial, Mills, RequestId, Time};
use rusqlite::Connection;
use std::collections::BTreeMap;
use store::limits::LISTED_MAX;
use store::{
    Booked, DaySums, OldHold, Reservation, Reserved, Spender, Spending, SpendingLimit, StoreError,
};

/// Whether anybody of the account has a limit.
pub(crate) fn is_limited(connection: &Connection, account: AccountId) -> Result<bool, StoreError> {
    let found = one(connection, sql::LIMITED, [account.0], |_| Ok(()))?;
    Ok(found.is_some())
}

/// How a spender stands on a day; none without a limit.
pub(crate) fn standing(
    connection: &Connection,
    account: AccountId,
    spender: Spender,
    day: Day,
) -> Result<Option<Spending>, StoreError> {
    let (kind, who) = spender.stored();
    let key = (account.0, kind, &who);
    let Some(limit) = one(connection, sql::LIMIT, key, limit_row)? else {
        return Ok(None);
    };
    let sum = |columns: &Columns<'_>| Ok(Mills(columns.number(0, "spending")?));
    let since = |day: Day| {
        let params = (account.0, kind, &who, day.decimal());
        one(connection, sql::SPENT_SINCE, params, sum).map(Option::unwrap_or_default)
    };
    Ok(Some(Spending {
        limit,
        day: since(day)?,
        month: since(first_of_month(day))?,
        held: one(connection, sql::HELD, key, sum)?.unwrap_or_default(),
    }))
}

pub(crate) fn reserve(
    connection: &Connection,
    asked: &Reservation,
) -> Result<Reserved, StoreError> {
    if read::answer(connection, asked.account, asked.key_digest)?.is_some() {
        return Ok(Reserved::Held);
    }
    let day = Day::of_time(asked.now);
    for (spender, mills) in &asked.sums {
        let Some(spending) = standing(connection, asked.account, *spender, day)? else {
            continue;
        };
        let (kind, who) = spender.stored();
        let key = (asked.account.0, kind, &who, asked.request.0);
        let held = one(connection, sql::HOLD, key, |row| row.number(0, "holds"))?;
        let more = mills.0.saturating_sub(held.unwrap_or(0));
        let over = |limit: Option<Mills>, spent: Mills| {
            let wanted = spent.0.saturating_add(spending.held.0).saturating_add(more);
            limit.is_some_and(|limit| wanted > limit.0)
        };
        let is_day = over(spending.limit.day, spending.day);
        // What is held already may pass a limit that was lowered meanwhile.
        if more > 0 && (is_day || over(spending.limit.month, spending.month)) {
            return Ok(Reserved::Over {
                spender: *spender,
                spending,
                is_day,
            });
        }
    }
    for (spender, mills) in &asked.sums {
        let (kind, who) = spender.stored();
        let values = (
            asked.account.0,
            kind,
            &who,
            asked.request.0,
            integer(mills.0)?,
            asked.meter.0,
            integer(asked.now.0)?,
        );
        change(connection, sql::HOLD_TAKE, values)?;
    }
    Ok(Reserved::Held)
}

/// One call with this request has ended without items.
pub(crate) fn release(
    connection: &Connection,
    account: AccountId,
    request: RequestId,
) -> Result<(), StoreError> {
    let key = (account.0, request.0);
    change(connection, sql::HOLD_LET_GO, key)?;
    change(connection, sql::HOLDS_EMPTY, key).map(drop)
}

/// Whatever is held for this request is spent, or nothing came of it.
pub(crate) fn settle(
    connection: &Connection,
    account: AccountId,
    request: RequestId,
) -> Result<(), StoreError> {
    change(connection, sql::HOLDS_SETTLED, (account.0, request.0)).map(drop)
}

/// Counts an item that was written now.
pub(crate) fn spend(
    connection: &Connection,
    account: AccountId,
    booked: &Booked,
) -> Result<(), StoreError> {
    let spenders = [
        Spender::User(booked.user),
        Spender::Department(booked.department),
    ];
    for spender in spenders {
        let (kind, who) = spender.stored();
        let values = (
            account.0,
            kind,
            &who,
            booked.day.decimal(),
            integer(booked.value.0)?,
        );
        change(connection, sql::SPEND, values)?;
    }
    Ok(())
}

pub(crate) fn old_holds(
    connection: &Connection,
    before: Time,
    limit: u32,
) -> Result<Vec<OldHold>, StoreError> {
    let params = (integer(before.0)?, limit.min(LISTED_MAX));
    all(connection, sql::HOLDS_OLD, params, |row| {
        Ok(OldHold {
            account: AccountId(row.id(0, "holds")?),
            request: RequestId(row.id(1, "holds")?),
            meter: MeterSerial(row.number(2, "holds")?),
        })
    })
}

/// Sets a limit or, with none, takes it away. What was spent this month is `sums`, and whatever was written
/// since they were taken.
pub(crate) fn set_limit(
    connection: &Connection,
    account: AccountId,
    spender: Spender,
    limit: SpendingLimit,
    today: Day,
    sums: &DaySums,
) -> Result<(), StoreError> {
    let (kind, who) = spender.stored();
    let key = (account.0, kind, &who);
    if limit.is_none() {
        for statement in [sql::LIMIT_DELETE, sql::SPENDING_DELETE, sql::HOLDS_DELETE] {
            change(connection, statement, key)?;
        }
        return Ok(());
    }
    let mills = |limit: Option<Mills>| limit.map(|mills| integer(mills.0)).transpose();
    let (day, month) = (mills(limit.day)?, mills(limit.month)?);
    let updated = (account.0, kind, &who, day, month);
    if change(connection, sql::LIMIT_UPDATE, updated)? == 1 {
        return Ok(());
    }
    let from = first_of_month(today);
    let values = (account.0, kind, &who, day, month, from.decimal());
    change(connection, sql::LIMIT_INSERT, values)?;
    let later = spent_since(connection, account, spender, from, &sums.pieces)?;
    for (day, mills) in sums.days.iter().chain(&later.days) {
        let values = (account.0, kind, &who, day.decimal(), integer(mills.0)?);
        change(connection, sql::SPENDING_ADD, values)?;
    }
    Ok(())
}

/// What a spender spent this month, so far.
pub(crate) fn month_so_far(
    connection: &Connection,
    account: AccountId,
    spender: Spender,
    today: Day,
) -> Result<DaySums, StoreError> {
    spent_since(
        connection,
        account,
        spender,
        first_of_month(today),
        &BTreeMap::new(),
    )
}

/// What a spender spent from a day on, by day, newest pieces first down to those that are named.
fn spent_since(
    connection: &Connection,
    account: AccountId,
    spender: Spender,
    from: Day,
    down_to: &BTreeMap<MeterSerial, u32>,
) -> Result<DaySums, StoreError> {
    let mut sums = DaySums::default();
    let mut after = None;
    loop {
        let meters = read::meters_of(connection, account, after, LISTED_MAX)?;
        let Some(last) = meters.last() else {
            return Ok(sums);
        };
        after = Some(last.serial);
        for row in &meters {
            let stop = down_to.get(&row.serial).copied().unwrap_or(0);
            let mut below = u32::MAX;
            while let Some(lowest) = add_page(
                connection,
                row.serial,
                (stop, below),
                spender,
                from,
                &mut sums,
            )? {
                below = lowest;
            }
        }
    }
}

/// Adds a page of pieces above `stop` and below `below`; the lowest of them, none where there is no more
/// to add.
fn add_page(
    connection: &Connection,
    meter: MeterSerial,
    (stop, below): (u32, u32),
    spender: Spender,
    from: Day,
    sums: &mut DaySums,
) -> Result<Option<u32>, StoreError> {
    let params = (meter.0, stop, below, LISTED_MAX);
    let items = all(connection, sql::ITEMS_DOWN, params, |row| {
        row.bytes(0, "items")
    })?;
    let mut lowest = None;
    for bytes in items {
        let item = ItemRecord::from_bytes(&bytes)
            .map_err(|_| crate::error::corrupt("items", "no item record"))?;
        let day = Day::of_time(item.time);
        if day < from {
            return Ok(None);
        }
        lowest = Some(item.piece_count);
        sums.pieces.entry(meter).or_insert(item.piece_count);
        let is_theirs = match spender {
            Spender::User(user) => item.user == user,
            Spender::Department(department) => item.department == department,
        };
        if is_theirs {
            let sum = sums.days.entry(day).or_default();
            *sum = Mills(sum.0.saturating_add(item.value.0));
        }
    }
    Ok(lowest)
}

fn first_of_month(day: Day) -> Day {
    Day::from_decimal(day.decimal() / 100 * 100 + 1).unwrap_or(day)
}

fn limit_row(row: &Columns<'_>) -> Result<SpendingLimit, StoreError> {
    let mills = |index| {
        let mills = row.optional_number(index, "spending_limits")?;
        Ok::<_, StoreError>(mills.map(Mills))
    };
    Ok(SpendingLimit {
        day: mills(0)?,
        month: mills(1)?,
    })
}
