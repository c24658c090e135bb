//! What is true of this engine alone; the contract of every store is `hostile_store::contract`.

mod faults;
mod history;
mod spending;
mod together;

use crate::file::connect;
use crate::{OpenError, SqliteStore, sql};
use hostile_store::sample::{
    SampleOrder, account, chain_write, digest, meter_write, sign_up, user, user_write,
};
use item::{BoxKind, MeterSerial, Subject, Time};
use rusqlite::{Connection, StatementStatus};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Alert, LookUpKey, Store, StoreError, Unavailable, Write, Written};
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    (folder, path)
}

fn raw(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

fn dispense(serial: u32, counter: u64, before: u32, key: u8, pieces: u32) -> Write {
    let body = key;
    meter_write(
        serial,
        1,
        counter,
        before,
        &[SampleOrder { key, body, pieces }],
    )
}

#[test]
fn every_statement_prepares() {
    let (_folder, path) = folder();
    drop(SqliteStore::create(&path).unwrap());
    let connection = connect(&path).unwrap();
    for statement in sql::ALL {
        let prepared = connection.prepare(statement);
        assert!(prepared.is_ok(), "{statement}: {:?}", prepared.err());
    }
}

#[test]
fn no_statement_scans_a_whole_table() {
    let (_folder, path) = folder();
    drop(SqliteStore::create(&path).unwrap());
    let connection = connect(&path).unwrap();
    for statement in sql::ALL {
        let mut plan = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
            .unwrap();
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            // The newest pack is the last row: a walk that stops at once. Open sign-ups are few, and
            // there is one epoch a month.
            let bounded = [sql::PACK_LATEST, sql::EPOCHS].contains(statement)
                || step.contains("signups_open");
            assert!(!step.starts_with("SCAN") || bounded, "{statement}: {step}");
            // The beginning of a key that millions of rows share is no better than a scan.
            let whole_kind = step.ends_with("(box_kind=?)");
            assert!(!whole_kind, "{statement}: {step}");
        }
    }
}

#[test]
fn create_and_open_are_told_apart() {
    let (folder, path) = folder();
    assert!(matches!(
        SqliteStore::open(&path),
        Err(OpenError::Missing(_))
    ));
    assert!(!path.exists(), "open made a file");
    drop(SqliteStore::create(&path).unwrap());
    assert!(matches!(
        SqliteStore::create(&path),
        Err(OpenError::Exists(_))
    ));
    drop(SqliteStore::open(&path).unwrap());
    let nowhere = folder.path().join("no/such/folder");
    assert!(matches!(
        SqliteStore::create(&nowhere),
        Err(OpenError::File { .. })
    ));
}

#[test]
fn what_is_not_ours_is_refused() {
    let (folder, path) = folder();
    std::fs::write(&path, b"").unwrap();
    assert!(matches!(
        SqliteStore::open(&path),
        Err(OpenError::Foreign(_))
    ));
    let text = folder.path().join("text");
    std::fs::write(&text, "not a database ".repeat(100)).unwrap();
    let refused = SqliteStore::open(&text);
    assert!(
        matches!(refused, Err(OpenError::Store(StoreError::Corrupt { .. }))),
        "{refused:?}"
    );
    let newer = folder.path().join("newer");
    drop(SqliteStore::create(&newer).unwrap());
    raw(&newer).pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(
        SqliteStore::open(&newer),
        Err(OpenError::Newer { found: 99, .. })
    ));
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = folder();
    let _store = SqliteStore::create(&path).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn connections_are_set_up_for_durability() {
    let (_folder, path) = folder();
    drop(SqliteStore::create(&path).unwrap());
    let connection = connect(&path).unwrap();
    let text = |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0));
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    assert_eq!(text("journal_mode").unwrap(), "wal");
    assert_eq!(number("synchronous").unwrap(), 2);
    assert_eq!(number("trusted_schema").unwrap(), 0);
}

#[tokio::test]
async fn what_was_answered_is_there_after_reopening() {
    let (_folder, path) = folder();
    let writes = [dispense(1, 1, 0, 1, 3), chain_write(1, 1)];
    let store = SqliteStore::create(&path).unwrap();
    store.begin_sign_up(sign_up(1, "ada")).await.unwrap();
    store.write(&writes).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    let again = store.write(&writes).await.unwrap();
    assert_eq!(again, [Written::AlreadyThere; 2]);
    assert!(store.user(user(1)).await.unwrap().is_some());
}

/// So that a copy of the one file, taken while nothing runs, is a backup.
#[tokio::test]
async fn a_clean_stop_leaves_everything_in_the_one_file() {
    let (folder, path) = folder();
    let mut store = SqliteStore::create(&path).unwrap();
    for counter in 1..=40 {
        store.write(&[user_write(1, counter)]).await.unwrap();
        // Each reader has a connection of its own to close.
        let reads = [(); 8].map(|()| store.user(user(1)));
        for read in reads {
            read.await.unwrap();
        }
        drop(store);
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(files.len(), 1, "{counter}: {files:?}");
        store = SqliteStore::open(&path).unwrap();
    }
}

#[tokio::test]
async fn two_stores_share_the_file() {
    let (_folder, path) = folder();
    let one = Arc::new(SqliteStore::create(&path).unwrap());
    let two = Arc::new(SqliteStore::open(&path).unwrap());
    let mut tasks = Vec::new();
    for n in 0..40_u32 {
        for store in [&one, &two] {
            let store = Arc::clone(store);
            tasks.push(tokio::spawn(async move {
                store.write(&[dispense(n, 1, 0, 1, 2)]).await.unwrap()[0]
            }));
        }
    }
    let mut written = 0;
    for task in tasks {
        match task.await.unwrap() {
            Written::Written => written += 1,
            Written::AlreadyThere => {}
            Written::Conflict(reason) => panic!("{reason:?}"),
        }
    }
    assert_eq!(written, 40);
    // What one wrote, the other sees at once.
    one.write(&[dispense(0, 2, 2, 9, 1)]).await.unwrap();
    let found = two.prior_by_key(account(1), digest(9)).await.unwrap();
    assert_eq!(found.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_done_whole() {
    let (_folder, path) = folder();
    let store = Arc::new(SqliteStore::create(&path).unwrap());
    let writes = [dispense(1, 1, 0, 1, 500), user_write(1, 1)];
    let task = {
        let (store, writes) = (Arc::clone(&store), writes.clone());
        tokio::spawn(async move { store.write(&writes).await })
    };
    tokio::task::yield_now().await;
    task.abort();
    drop(task.await);
    let again = store.write(&writes).await.unwrap();
    assert!(
        again == [Written::AlreadyThere; 2] || again == [Written::Written; 2],
        "{again:?}"
    );
}

#[tokio::test]
async fn a_call_that_fails_does_not_undo_those_joined_with_it() {
    let (_folder, path) = folder();
    let store = Arc::new(SqliteStore::create(&path).unwrap());
    store.put_pack(1, b"one").await.unwrap();
    // The writer is held until all three wait, so that they share a transaction.
    let (release, held) = std::sync::mpsc::channel::<()>();
    let spawn = |n: u8| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.write(&[user_write(n, 1)]).await })
    };
    let holding = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut let_go = false;
            // A call may be run once more.
            let hold = move |_: &crate::engine::Turn<'_>| {
                let_go = let_go || held.recv().is_ok();
                Ok(let_go)
            };
            store.writer.call(0, hold).await
        })
    };
    tokio::task::yield_now().await;
    let before = spawn(1);
    let failing = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.put_pack(1, b"another").await })
    };
    let after = spawn(2);
    tokio::task::yield_now().await;
    release.send(()).unwrap();
    assert!(holding.await.unwrap().unwrap());
    assert_eq!(before.await.unwrap().unwrap(), [Written::Written]);
    let taken = failing.await.unwrap();
    assert_eq!(taken, Err(StoreError::Taken { table: "packs" }));
    assert_eq!(after.await.unwrap().unwrap(), [Written::Written]);
    let again = [user_write(1, 1), user_write(2, 1)];
    let again = store.write(&again).await.unwrap();
    assert_eq!(again, [Written::AlreadyThere; 2]);
}

#[tokio::test]
async fn a_full_disk_is_typed_and_leaves_nothing_half() {
    let (_folder, path) = folder();
    let store = SqliteStore::create(&path).unwrap();
    let limit = |pages: i64| {
        store.writer.call(0, move |db| {
            db.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))
                .and_then(|now| {
                    db.pragma_update_and_check(None, "max_page_count", now + pages, |row| {
                        row.get::<_, i64>(0)
                    })
                })
                .map_err(crate::error::engine)
        })
    };
    limit(5).await.unwrap();
    let writes = [user_write(1, 1), dispense(1, 1, 0, 1, 1_000)];
    let full = store.write(&writes).await.unwrap_err();
    let StoreError::Unavailable { reason, .. } = &full else {
        panic!("{full:?}");
    };
    assert_eq!((*reason, full.retryable()), (Unavailable::Full, false));
    assert_eq!(store.meter(MeterSerial(1)).await.unwrap(), None);
    assert_eq!(store.item(MeterSerial(1), 1).await.unwrap(), None);
    limit(10_000).await.unwrap();
    let again = store.write(&writes).await.unwrap();
    assert_eq!(again, [Written::Written; 2]);
}

#[tokio::test]
async fn a_damaged_row_fails_only_its_own_look_up() {
    let (_folder, path) = folder();
    let store = SqliteStore::create(&path).unwrap();
    for serial in [1, 2] {
        store.write(&[dispense(serial, 1, 0, 1, 1)]).await.unwrap();
    }
    raw(&path)
        .execute("UPDATE meters SET account = x'00' WHERE serial = 1", [])
        .unwrap();
    let keys = [1, 2].map(|serial| LookUpKey {
        account: account(1),
        key_digest: digest(7),
        meter: MeterSerial(serial),
        newest: false,
    });
    let found = store.look_up_many(&keys).await.unwrap();
    let damaged = found[0].as_ref().unwrap_err();
    assert!(matches!(
        damaged,
        StoreError::Corrupt {
            table: "meters",
            ..
        }
    ));
    assert!(!damaged.retryable());
    assert!(found[1].as_ref().unwrap().meter.is_some());
}

#[tokio::test]
async fn rows_that_vanished_are_noticed_and_come_back_with_their_record() {
    let (_folder, path) = folder();
    let store = SqliteStore::create(&path).unwrap();
    let (first, second) = (dispense(1, 1, 0, 1, 2), dispense(1, 2, 2, 2, 2));
    store.write(std::slice::from_ref(&first)).await.unwrap();
    let older: Vec<u8> = store.meter(MeterSerial(1)).await.unwrap().unwrap().record;
    store.write(std::slice::from_ref(&second)).await.unwrap();
    let vandal = raw(&path);
    let prior = async || store.prior_by_key(account(1), digest(2)).await.unwrap();
    for (piece, left) in [(4, Some((2, 1))), (3, None)] {
        vandal
            .execute("DELETE FROM items WHERE piece_count = ?1", [piece])
            .unwrap();
        let found = prior().await.map(|prior| (prior.pieces, prior.items.len()));
        assert_eq!(found, left);
        let again = store.write(std::slice::from_ref(&second)).await.unwrap();
        assert!(matches!(again[..], [Written::Conflict(_)]), "{again:?}");
    }
    // The record goes back too: redelivery (P19) restores both.
    vandal
        .execute("UPDATE meters SET counter = 1, record = ?1", [&older])
        .unwrap();
    let again = store.write(&[first, second]).await.unwrap();
    assert_eq!(again, [Written::AlreadyThere, Written::Written]);
    assert!(store.item(MeterSerial(1), 3).await.unwrap().is_some());
    assert_eq!(prior().await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn a_missing_item_is_not_filled_up_with_the_next_answers() {
    let (_folder, path) = folder();
    let store = SqliteStore::create(&path).unwrap();
    let writes = [dispense(1, 1, 0, 1, 2), dispense(1, 2, 2, 2, 2)];
    store.write(&writes).await.unwrap();
    raw(&path)
        .execute("DELETE FROM items WHERE piece_count = 2", [])
        .unwrap();
    let prior = store.prior_by_key(account(1), digest(1)).await.unwrap();
    let first = writes[0].delivery.rows.as_slice()[0].as_slice();
    assert_eq!(prior.unwrap().items, [first]);
}

#[tokio::test]
async fn secrets_are_never_in_the_file() {
    let (folder, path) = folder();
    let store = SqliteStore::create(&path).unwrap();
    let write = dispense(1, 1, 0, 1, 1);
    assert_eq!(write.delivery.secret.as_slice(), b"never written");
    store.write(&[write]).await.unwrap();
    let alert = Alert {
        raised: Time(1),
        box_kind: BoxKind::Meter,
        subject: Subject::ZERO,
        code: "test".to_owned(),
        detail: "a planted sentence".to_owned(),
        evidence: Vec::new(),
    };
    store.raise_alert(alert).await.unwrap();
    let mut found = (0, 0);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let count = |text: &[u8]| bytes.windows(text.len()).filter(|w| *w == text).count();
        found.0 += count(b"never written");
        found.1 += count(b"a planted sentence");
    }
    assert_eq!(found.0, 0);
    assert_ne!(found.1, 0, "the search itself finds nothing");
}

mod in_memory {
    use super::*;

    hostile_store::contract!(async {
        let (store, memory) = SqliteStore::in_memory().unwrap();
        (memory, store)
    });

    #[tokio::test]
    async fn contents_come_back_as_they_were_kept() {
        let (store, memory) = SqliteStore::in_memory().unwrap();
        let there = async |serial| store.meter(MeterSerial(serial)).await.unwrap().is_some();
        store.write(&[dispense(1, 1, 0, 1, 1)]).await.unwrap();
        memory.keep().unwrap();
        for _ in 0..2 {
            store.write(&[dispense(2, 1, 0, 2, 1)]).await.unwrap();
            assert!(there(2).await);
            memory.put_back().unwrap();
            assert!(there(1).await && !there(2).await);
        }
    }
}

/// A statement whose plan hangs on a value is planned anew whenever a value is bound: that takes longer
/// than to run it.
#[test]
fn no_statement_is_planned_twice() {
    let (_folder, path) = folder();
    drop(SqliteStore::create(&path).unwrap());
    let connection = connect(&path).unwrap();
    for statement in sql::ALL {
        let mut statement = connection.prepare(statement).unwrap();
        for value in 0..3 {
            for place in 1..=statement.parameter_count() {
                statement.raw_bind_parameter(place, value).unwrap();
            }
            // Values of the wrong type are refused where something is stored: it has run by then.
            let _ = statement.raw_query().next();
        }
        let again = statement.get_status(StatementStatus::RePrepare);
        assert_eq!(again, 0, "{statement:?}");
    }
}
