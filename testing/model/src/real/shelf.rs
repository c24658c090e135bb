//! The real store, asked and told as `datacenter/functions` does.

use super::house::{ACCOUNT, SERIAL, key_digest};
use item::{BoxKind, ItemRecord, Layout};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use store::{ConflictReason, LookUp, LookUpKey, Store, Write, Written};
use store_sqlite::{Memory, SqliteStore};
use wire::Delivery;

/// SQLite in memory.
pub(crate) struct Shelf {
    store: SqliteStore,
    memory: Memory,
}

/// A store in memory works on the caller's thread: its futures never wait.
fn done<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a store in memory never waits"),
    }
}

impl Shelf {
    /// With everything up to the last of these, which is the one that a run begins with.
    pub(crate) fn new(deliveries: &[Delivery]) -> Self {
        let (store, memory) = SqliteStore::in_memory().expect("a database in memory");
        let shelf = Self { store, memory };
        let (first, before) = deliveries.split_last().expect("a meter has a life");
        for delivery in before {
            shelf.write(delivery);
        }
        shelf.memory.keep().expect("a database in memory");
        shelf.write(first);
        shelf
    }

    /// Goes back to before the deposit, and forward again by these.
    pub(crate) fn restore(&self, deliveries: &[Delivery]) {
        self.memory.put_back().expect("a database in memory");
        for delivery in deliveries {
            self.write(delivery);
        }
    }

    /// The conditional write (P15).
    pub(crate) fn write(&self, delivery: &Delivery) -> crate::database::Written {
        let write = Write {
            box_kind: BoxKind::Meter,
            delivery: delivery.clone(),
        };
        let results = done(self.store.write(&[write])).expect("a database in memory");
        match results.as_slice() {
            [Written::Written] => crate::database::Written::Written,
            [Written::AlreadyThere] => crate::database::Written::AlreadyThere,
            [Written::Conflict(ConflictReason::Gap)] => crate::database::Written::Gap,
            [Written::Conflict(ConflictReason::Differs)] => crate::database::Written::Differs,
            other => panic!("no such end of a write: {other:?}"),
        }
    }

    /// Keys and record in one snapshot (P10).
    pub(crate) fn look_up(&self, keys: crate::Set) -> Vec<(u8, LookUp)> {
        let asked: Vec<LookUpKey> = keys
            .iter()
            .map(|key| LookUpKey {
                account: ACCOUNT,
                key_digest: key_digest(key),
                meter: SERIAL,
                newest: false,
            })
            .collect();
        let found = done(self.store.look_up_many(&asked)).expect("a database in memory");
        let found = found.into_iter().map(|one| one.expect("whole rows"));
        keys.iter().zip(found).collect()
    }

    /// The meter's record.
    pub(crate) fn record(&self) -> Vec<u8> {
        let row = done(self.store.meter(SERIAL)).expect("a database in memory");
        row.expect("the meter").record
    }

    /// Whether decision and items of a delivery are there, byte for byte.
    pub(crate) fn holds(&self, delivery: &Delivery, decision: &item::Decision) -> bool {
        let first = delivery.rows.as_slice().first();
        let row = match first.map(|row| ItemRecord::from_bytes(row.as_slice())) {
            Some(item) => {
                let piece = item.expect("an item").piece_count;
                done(self.store.decision_at(SERIAL, piece))
            }
            None => {
                let (kind, subject) = (BoxKind::Meter, SERIAL.subject());
                done(self.store.decision(kind, subject, decision.counter))
                    .map(|row| row.map(|row| row.decision))
            }
        };
        let row = row.expect("a database in memory");
        if row.is_none_or(|row| row != delivery.decision.as_slice()) {
            return false;
        }
        let items = done(self.store.items(SERIAL, 0, 1_000)).expect("a database in memory");
        let mut rows = delivery.rows.as_slice().iter();
        rows.all(|row| items.iter().any(|item| item.item == row.as_slice()))
    }
}
