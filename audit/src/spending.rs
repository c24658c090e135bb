//! Limits of users and departments: what the database says was spent, against the item records.
//!
//! These limits are the customer's own, and nothing signed covers them; but a sum that is too low lets
//! more be spent than the customer wants, so it is recomputed.

use crate::Code;
use crate::context::Audit;
use crate::rows::{Hex, array, blob, place, unsigned};
use item::{Day, ItemRecord, Layout, Mills};
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;

/// Whose limit.
enum Who {
    User([u8; 16]),
    Department(u32),
}

/// A limit whose sums are to be recomputed.
struct Limited {
    place: String,
    account: [u8; 16],
    kind: u64,
    who: Vec<u8>,
    from: u32,
}

pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement =
        connection.prepare("SELECT account, kind, who, counted_from FROM spending_limits")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        audit.row();
        let place = place("spending_limits", row, 3);
        let limited = array(row, 0).zip(unsigned(row, 1)).zip(blob(row, 2));
        let from = unsigned(row, 3).and_then(|day| u32::try_from(day).ok());
        let from = from.filter(|day| Day::from_decimal(*day).is_some());
        let Some((((account, kind), who), from)) = limited.zip(from) else {
            audit.problem(
                Code::UnreadableRow,
                place,
                "columns of a wrong type",
                Mills::ZERO,
            );
            continue;
        };
        let who = who.to_vec();
        compare(
            audit,
            &Limited {
                place,
                account,
                kind,
                who,
                from,
            },
        )?;
    }
    drop(rows);
    orphans(audit)
}

/// Sums of nobody's limit.
fn orphans(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    for table in ["spending", "holds"] {
        let found = audit
            .connection
            .query_row(
                &format!(
                    "SELECT t.account FROM {table} t LEFT JOIN spending_limits l ON l.account = t.account \
                     AND l.kind = t.kind AND l.who = t.who WHERE l.who IS NULL LIMIT 1"
                ),
                [],
                |row| Ok(blob(row, 0).map(<[u8]>::to_vec).unwrap_or_default()),
            )
            .optional()?;
        if let Some(account) = found {
            let place = format!("{table} {}", Hex(&account));
            audit.problem(Code::SpendingDiffers, place, "of no limit", Mills::ZERO);
        }
    }
    Ok(())
}

fn compare(audit: &mut Audit<'_>, limited: &Limited) -> rusqlite::Result<()> {
    let who = match (limited.kind, limited.who.as_slice()) {
        (1, user) => user.try_into().ok().map(Who::User),
        (2, number) => number
            .try_into()
            .ok()
            .map(|bytes| Who::Department(u32::from_be_bytes(bytes))),
        _ => None,
    };
    let Some(who) = who else {
        let message = "neither a user nor a department";
        audit.problem(Code::UnreadableRow, &limited.place, message, Mills::ZERO);
        return Ok(());
    };
    let mut days = spent(audit, limited, &who)?;
    let mut statement = audit.connection.prepare_cached(
        "SELECT day, mills FROM spending WHERE account = ?1 AND kind = ?2 AND who = ?3",
    )?;
    let key = (limited.account, limited.kind.cast_signed(), &limited.who);
    let mut rows = statement.query(key)?;
    while let Some(row) = rows.next()? {
        let day = unsigned(row, 0).and_then(|day| u32::try_from(day).ok());
        let (Some(day), Some(said)) = (day, unsigned(row, 1)) else {
            let message = "columns of a wrong type";
            audit.problem(Code::UnreadableRow, &limited.place, message, Mills::ZERO);
            continue;
        };
        differs(audit, limited, day, said, days.remove(&day).unwrap_or(0));
    }
    for (day, sum) in days {
        differs(audit, limited, day, 0, sum);
    }
    Ok(())
}

fn differs(audit: &mut Audit<'_>, limited: &Limited, day: u32, said: u64, sum: u64) {
    audit.expect(
        said == sum,
        Code::SpendingDiffers,
        format!("{}/{day}", limited.place),
        format!("says {}, items say {}", Mills(said), Mills(sum)),
        Mills(said.abs_diff(sum)),
    );
}

/// What the item records say, by day.
fn spent(audit: &Audit<'_>, limited: &Limited, who: &Who) -> rusqlite::Result<BTreeMap<u32, u64>> {
    let mut days = BTreeMap::new();
    let mut statement = audit.connection.prepare_cached(
        "SELECT i.item FROM meters m JOIN items i ON i.meter = m.serial WHERE m.account = ?1",
    )?;
    let mut rows = statement.query([limited.account])?;
    while let Some(row) = rows.next()? {
        // One that is no item record is named by the pass over meters.
        let Some(item) = blob(row, 0).and_then(|bytes| ItemRecord::from_bytes(bytes).ok()) else {
            continue;
        };
        let is_theirs = match who {
            Who::User(user) => item.user.0 == *user,
            Who::Department(number) => item.department.0 == *number,
        };
        let day = Day::of_time(item.time).decimal();
        if is_theirs && day >= limited.from {
            let sum: &mut u64 = days.entry(day).or_default();
            *sum = sum.saturating_add(item.value.0);
        }
    }
    Ok(days)
}
