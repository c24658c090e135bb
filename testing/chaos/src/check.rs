//! After the storm: the ledger of the clients against the database, and everything that an operator
//! would look at. Not here: asking (`load`, `door`); the audit itself (`audit`).

use crate::book::{Bought, Pages};
use crate::load::{Shift, again};
use crate::notes::Notes;
use crate::site::Site;
use anyhow::{Context, Result, bail};
use e2e::House;
use fastrand::Rng;
use item::{ItemRecord, Layout, MeterRecord, Sealed, Suspension};
use rusqlite::Connection;
use sdk::Client;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// For the data centre to write down, by itself, what boxes have decided.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Keys that are asked for at once.
const ASKERS: usize = 8;

/// Waits until no decision waits and every box is well, as each server sees it.
pub(crate) async fn settled(site: &Site, notes: &Notes) -> Result<()> {
    let begun = notes.time();
    for door in site.doors() {
        let client = Client::new(&door)?;
        loop {
            let last = match client.health().await {
                Ok(health) if health.status == "ok" && health.boxes.iter().all(|b| b.open == 0) => {
                    break;
                }
                Ok(health) => format!("{health:?}"),
                Err(error) => error.to_string(),
            };
            if notes.time() > begun + SETTLE_TIMEOUT {
                bail!("not settled without a person after {SETTLE_TIMEOUT:?}: {last}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}

/// Asks for every key once more; each must say what it said.
pub(crate) async fn every_key_again(shift: &Arc<Shift>, rng: &mut Rng) -> usize {
    let keys: Vec<String> = shift.book.open().purchases.keys().cloned().collect();
    let count = keys.len();
    let mut askers = JoinSet::new();
    for part in keys.chunks(count.div_ceil(ASKERS).max(1)) {
        let (shift, part, mut rng) = (Arc::clone(shift), part.to_vec(), rng.fork());
        askers.spawn(async move {
            for key in part {
                again(&shift, &mut rng, &key).await?;
            }
            Some(())
        });
    }
    while let Some(ended) = askers.join_next().await {
        if let Err(error) = ended {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    count
}

/// Compares the ledger with the database; every difference is a violation.
pub(crate) fn ledger_and_database(pages: &Pages, house: &House, notes: &Notes) -> Result<()> {
    let sql = house.sql();
    let must = |holds: bool, what: &dyn Fn() -> String| {
        if !holds {
            notes.violation(what());
        }
    };
    for (key, purchase) in &pages.purchases {
        must(purchase.answer.is_some(), &|| {
            format!("{key} has no answer")
        });
    }
    let bought: BTreeSet<&Bought> = pages.items.iter().collect();
    must(bought.len() == pages.items.len(), &|| {
        "one item was given to two keys".to_owned()
    });
    let kept = recorded(&sql)?;
    for item in &bought {
        must(kept.contains(*item), &|| {
            format!("acknowledged, but not in the database: {item:?}")
        });
    }
    for item in &kept {
        must(bought.contains(item), &|| {
            format!("in the database, but nobody got it: {item:?}")
        });
    }
    for customer in &pages.customers {
        let record: Vec<u8> = e2e::rows::value(
            &sql,
            "SELECT record FROM meters WHERE serial = ?1",
            [customer.meter],
        );
        let record = Sealed::<MeterRecord>::from_bytes(&record)
            .ok()
            .with_context(|| format!("record of meter {}", customer.meter))?
            .body;
        let paid: u64 = of_meter(pages, customer.meter)
            .map(|s| s.deposit_mills)
            .sum();
        let items = pages.items.iter().filter(|i| i.meter == customer.meter);
        let (count, spent) = items.fold((0, 0), |(count, sum), item| {
            (count + 1, sum + item.value_mills)
        });
        must(record.piece_count == count, &|| {
            format!("{count} items were got from {record:?}")
        });
        must(record.ascending.0 == spent, &|| {
            format!("{spent} mills were spent from {record:?}")
        });
        must(record.ascending.0 + record.descending.0 == paid, &|| {
            format!("{paid} mills were paid into {record:?}")
        });
        let statements = of_meter(pages, customer.meter).count() as u64;
        must(
            record.act_sequence + record.funding_sequence == statements,
            &|| format!("{statements} statements were handed in about {record:?}"),
        );
        must(record.suspended == Suspension::NONE, &|| {
            format!("resumed last: {record:?}")
        });
    }
    counts(pages, &sql, &must);
    scans(pages, &sql, &must)
}

fn of_meter(pages: &Pages, meter: u32) -> impl Iterator<Item = &crate::book::Statement> {
    let statements = pages.statements.values();
    statements.filter(move |s| s.meter == meter && s.decision.is_some())
}

/// As many rows as were asked for, of everything.
fn counts(pages: &Pages, sql: &Connection, must: &dyn Fn(bool, &dyn Fn() -> String)) {
    let accounts: BTreeSet<&String> = pages.customers.iter().map(|c| &c.account).collect();
    let meters: BTreeSet<u32> = pages.customers.iter().map(|c| c.meter).collect();
    must(accounts.len() == meters.len(), &|| {
        "a meter of two".to_owned()
    });
    for (table, expected) in [
        ("users", accounts.len()),
        ("chains", accounts.len()),
        ("meters", meters.len()),
        ("signups WHERE finished = 1", accounts.len()),
        ("signups", accounts.len()),
        ("items WHERE key_digest IS NOT NULL", pages.purchases.len()),
        ("scans", pages.scans.len()),
        ("alerts", 0),
    ] {
        let count: i64 = e2e::rows::value(sql, &format!("SELECT count(*) FROM {table}"), []);
        must(usize::try_from(count) == Ok(expected), &|| {
            format!("{table}: {count} rows, {expected} expected")
        });
    }
}

fn scans(pages: &Pages, sql: &Connection, must: &dyn Fn(bool, &dyn Fn() -> String)) -> Result<()> {
    let mut rows =
        sql.prepare("SELECT first, meter, piece_count, verifier FROM scans WHERE key_digest = ?1")?;
    for (key, scan) in &pages.scans {
        let found: (bool, u32, u32, [u8; 8]) = rows.query_row([key.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        let expected = (scan.first, scan.meter, scan.piece_count, scan.verifier.0);
        must(scan.answered && found == expected, &|| {
            format!("{scan:?} is stored as {found:?}")
        });
    }
    Ok(())
}

/// All items of the database, as their buyers know them.
fn recorded(sql: &Connection) -> Result<BTreeSet<Bought>> {
    let mut statement = sql.prepare("SELECT item FROM items")?;
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    rows.map(|bytes| {
        let record = ItemRecord::from_bytes(&bytes?).ok().context("an item")?;
        Ok(Bought {
            meter: record.meter.0,
            piece_count: record.piece_count,
            value_mills: record.value.0,
            payload: sdk::encode(record.payload.as_slice()),
        })
    })
    .collect()
}

/// What an operator looks at when all has stopped: audit, alerts, logs.
pub(crate) fn house_in_order(house: &House, notes: &Notes) -> String {
    let report = house.audit();
    for problem in &report.problems {
        notes.violation(format!("audit: {problem:?}"));
    }
    for alert in house.alerts() {
        notes.violation(format!("alert: {alert:?}"));
    }
    for log in std::fs::read_dir(house.path("run"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let text = std::fs::read(log.path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        for line in text.lines().filter(|line| line.contains("panicked at")) {
            notes.violation(format!("{}: {line}", log.file_name().display()));
        }
    }
    let counts = &report.counts;
    let mut notices: BTreeMap<&str, u64> = BTreeMap::new();
    for notice in &report.notices {
        *notices.entry(notice.code.name()).or_default() += 1;
    }
    format!(
        "audit: {} items, {} decisions, {} meters, {} deposits and acts, {} scans, {} checkpoints; \
         {} problems; notices {notices:?}",
        counts.items,
        counts.decisions,
        counts.meters,
        counts.evidence,
        counts.scans,
        counts.checkpoints,
        report.problems_total,
    )
}
