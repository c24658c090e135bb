//! A small life of a database with every named transaction in it, and what must be there after any
//! part of it. Not here: faults (`faults`).

use crate::{OpenError, SqliteStore};
use hostile_store::sample::{
    SampleOrder, account, chain_write, digest, meter_write, scan, sign_up, user, user_write,
    with_evidence,
};
use item::{BoxKind, KeyId, MeterSerial, RequestId, Subject, Time};
use rusqlite::Connection;
use std::path::Path;
use store::{
    Accepted, Alert, ItemCursor, LookUpKey, NewScan, Plan, SignUpStart, Store, StoreError, Target,
    Write, Written,
};

/// One call, or one thing that an operator or another process does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Create,
    SignUp(u8, &'static str),
    Write(Vec<Write>),
    Scan(Box<NewScan>),
    Pack(u64),
    Alert(&'static str),
    /// All that is only read.
    Read,
    /// Another process moves everything out of the write-ahead log, and empties it.
    Checkpoint,
    /// A clean stop, and a start.
    Reopen,
}

/// All of it, in order.
pub(super) fn history() -> Vec<Step> {
    let order = |key, pieces| SampleOrder {
        key,
        body: key,
        pieces,
    };
    let dispense = meter_write(1, 1, 2, 0, &[order(1, 3), order(2, 0), order(3, 1)]);
    vec![
        Step::Create,
        Step::SignUp(1, "ada"),
        Step::Write(vec![
            user_write(1, 1),
            chain_write(1, 1),
            meter_write(1, 1, 1, 0, &[]),
        ]),
        Step::Write(vec![with_evidence(dispense, 5, b"what was shown")]),
        Step::Scan(Box::new(scan(1, 1, 1, 1, 1))),
        Step::Scan(Box::new(scan(2, 1, 1, 1, 2))),
        Step::Pack(1),
        Step::Read,
        Step::Checkpoint,
        // More than a page of items.
        Step::Write(vec![
            meter_write(1, 1, 3, 4, &[order(4, 12)]),
            chain_write(1, 2),
        ]),
        Step::Alert("first"),
        Step::Reopen,
        Step::SignUp(2, "bob"),
        Step::Write(vec![user_write(2, 1), user_write(1, 2), chain_write(2, 1)]),
        Step::Alert("second"),
        Step::Read,
    ]
}

/// Whoever calls the store: it knows what it was told.
pub(super) struct Caller<'a> {
    path: &'a Path,
    store: Option<SqliteStore>,
}

impl<'a> Caller<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self { path, store: None }
    }

    /// The process ends; how is the disk's affair.
    pub(super) fn end(&mut self) {
        self.store = None;
    }

    /// Makes the database.
    pub(super) fn create(&mut self) -> Result<(), OpenError> {
        self.store = Some(SqliteStore::create(self.path)?);
        Ok(())
    }

    /// Opens, or opens again.
    pub(super) fn open(&mut self) -> Result<(), OpenError> {
        self.store = None;
        self.store = Some(SqliteStore::open(self.path)?);
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.store.is_some()
    }

    fn store(&self) -> &SqliteStore {
        self.store.as_ref().unwrap()
    }

    /// One step. An error: nothing is known of it but that it may be repeated.
    pub(super) async fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Create => self.create().map_err(text)?,
            Step::Reopen => self.open().map_err(text)?,
            Step::Checkpoint => {
                let other = crate::file::connect(self.path).map_err(text)?;
                let busy = other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                    row.get::<_, i64>(0)
                });
                assert_eq!(busy.map_err(text)?, 0);
            }
            Step::Read => read_all(self.store()).await.map_err(text)?,
            Step::SignUp(n, login) => {
                let start = self.store().begin_sign_up(sign_up(*n, login));
                match start.await.map_err(text)? {
                    SignUpStart::New | SignUpStart::Known(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            Step::Write(writes) => {
                for written in self.store().write(writes).await.map_err(text)? {
                    match written {
                        Written::Written | Written::AlreadyThere => {}
                        Written::Conflict(reason) => panic!("{reason:?}"),
                    }
                }
            }
            Step::Scan(new) => match self
                .store()
                .accept(new.as_ref().clone())
                .await
                .map_err(text)?
            {
                Accepted::First | Accepted::Used { .. } | Accepted::Repeat { .. } => {}
                other => panic!("{other:?}"),
            },
            Step::Pack(n) => self.store().put_pack(*n, b"a pack").await.map_err(text)?,
            Step::Alert(detail) => drop(
                self.store()
                    .raise_alert(alert(detail))
                    .await
                    .map_err(text)?,
            ),
        }
        Ok(())
    }

    /// What may have happened, but was not reported: whole or not at all.
    pub(super) async fn assert_whole_or_nothing(&self, step: &Step) {
        let Step::Write(writes) = step else {
            // One row each: there or not.
            return;
        };
        let mut there = Vec::new();
        for write in writes {
            there.append(&mut parts(self.store(), write).await);
        }
        assert!(
            there.iter().all(|part| *part == there[0]),
            "half of it is there: {there:?}"
        );
    }

    /// What was reported is there, whole; the file is sound, and everything may be read.
    pub(super) async fn assert_done(&self, steps: &[Step]) {
        let store = self.store();
        for step in steps {
            match step {
                Step::SignUp(n, login) => {
                    let row = store.user_by_login(login).await.unwrap().unwrap();
                    assert_eq!(row, store.user(user(*n)).await.unwrap().unwrap());
                }
                Step::Write(writes) => {
                    let again = store.write(writes).await.unwrap();
                    assert!(
                        again.iter().all(|w| *w == Written::AlreadyThere),
                        "{again:?}"
                    );
                }
                Step::Scan(new) => {
                    let Accepted::Repeat { earlier, first } =
                        store.accept(new.as_ref().clone()).await.unwrap()
                    else {
                        panic!("a scan is gone");
                    };
                    let first = first.expect("the scan that won");
                    assert_eq!(first.verifier, KeyId([1; 8]));
                    assert_eq!(earlier.first, new.scan.body.verifier == first.verifier);
                }
                Step::Pack(n) => {
                    assert_eq!(store.latest_pack().await.unwrap().unwrap().sequence, *n);
                }
                Step::Alert(detail) => {
                    let alerts = store.alerts(0, 10).await.unwrap();
                    // Repeated after a failure that was none, it is there twice.
                    let count = alerts
                        .iter()
                        .filter(|row| row.alert.detail == **detail)
                        .count();
                    assert!((1..=2).contains(&count), "{detail}: {count}");
                }
                Step::Create | Step::Read | Step::Checkpoint | Step::Reopen => {}
            }
        }
        read_all(store).await.unwrap();
        let raw = Connection::open(self.path).unwrap();
        let sound: String = raw
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(sound, "ok");
    }
}

/// For each row of a delivery, the record's among them: whether it is there.
async fn parts(store: &SqliteStore, write: &Write) -> Vec<bool> {
    let plan = Plan::of(write).unwrap();
    let (kind, subject) = (plan.box_kind, plan.subject);
    let decision = match &plan.target {
        Target::Meter { serial, items, .. } if !items.is_empty() => {
            let first = items[0].piece_count;
            store.decision_at(*serial, first).await.unwrap()
        }
        _ => {
            let row = store.decision(kind, subject, plan.counter).await.unwrap();
            row.map(|row| row.decision)
        }
    };
    let mut parts = vec![decision == Some(plan.decision)];
    if let Some((digest, bytes)) = &plan.evidence {
        let row = store.evidence(*digest).await.unwrap();
        parts.push(row.is_some_and(|row| row.evidence == *bytes));
    }
    let record = match &plan.target {
        Target::User { user, .. } => store.user(*user).await.unwrap().and_then(|u| u.record),
        Target::ApiKey { key, .. } => store.api_key(*key).await.unwrap().and_then(|k| k.record),
        Target::Chain { account, entry } => {
            let before = entry.sequence - 1;
            let rows = store.chain_entries(*account, before, 1).await.unwrap();
            parts.push(rows == std::slice::from_ref(&entry.entry));
            store.chain(*account).await.unwrap().map(|row| row.record)
        }
        Target::Meter {
            serial,
            account,
            items,
            keys,
            ..
        } => {
            for line in items {
                let item = store.item(*serial, line.piece_count).await.unwrap();
                parts.push(item.as_ref() == Some(&line.item));
            }
            for key in keys {
                let prior = store.prior_by_key(*account, key.key_digest).await.unwrap();
                parts.push(prior.is_some_and(|prior| prior.items.len() == key.pieces as usize));
            }
            store.meter(*serial).await.unwrap().map(|row| row.record)
        }
    };
    parts.push(record == Some(plan.record));
    parts
}

async fn read_all(store: &SqliteStore) -> Result<(), StoreError> {
    let (serial, key) = (MeterSerial(1), digest(1));
    let look_up = LookUpKey {
        account: account(1),
        key_digest: key,
        meter: serial,
        newest: false,
    };
    let before = Time(u64::from(u32::MAX));
    let request = RequestId([1; 32]);
    store.pending_sign_ups(before, 10).await?;
    store.user_by_login("ada").await?;
    store.user(user(1)).await?;
    store.chain(account(1)).await?;
    store.chain_entries(account(1), 0, 10).await?;
    store.meter(serial).await?;
    store.meters_of(account(1), None, 10).await?;
    store.look_up(look_up).await?;
    for one in store.look_up_many(&[look_up]).await? {
        one?;
    }
    store.prior_by_key(account(1), key).await?;
    store.item(serial, 1).await?;
    store.items(serial, 1, 10).await?;
    let start = ItemCursor::default();
    store.items_of_account(account(1), start, 10).await?;
    let first = item::Counter(1);
    store
        .decision(BoxKind::Meter, serial.subject(), first)
        .await?;
    store.chain_decision(request).await?;
    store.evidence(digest(5)).await?;
    store.verifier_head(KeyId([1; 8])).await?;
    store.first_scan(serial, 1).await?;
    store.latest_pack().await?;
    store.alerts(0, 10).await.map(drop)
}

fn alert(detail: &str) -> Alert {
    Alert {
        raised: Time(1),
        box_kind: BoxKind::Meter,
        subject: Subject::ZERO,
        code: "test".to_owned(),
        detail: detail.to_owned(),
        evidence: b"signed".to_vec(),
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
