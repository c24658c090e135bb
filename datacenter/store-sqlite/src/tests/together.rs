//! Look-ups that share a snapshot: each gets its own answer, whatever becomes of the others.

use super::{dispense, folder};
use crate::SqliteStore;
use hostile_store::sample::{account, digest};
use item::MeterSerial;
use std::mem::take;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use store::{LookUp, LookUpKey, Store};
use tempfile::TempDir;

/// A store with meters 1 to 3, each with an answer to the key of its number.
async fn store() -> (TempDir, SqliteStore) {
    let (folder, path) = folder();
    let store = SqliteStore::create(&path).unwrap();
    for number in 1..=3 {
        let one = [dispense(u32::from(number), 1, 0, number, 1)];
        store.write(&one).await.unwrap();
    }
    (folder, store)
}

fn key(serial: u8) -> LookUpKey {
    LookUpKey {
        account: account(1),
        key_digest: digest(serial),
        meter: MeterSerial(u32::from(serial)),
        newest: false,
    }
}

/// Goes as far as this can without being waited for.
fn begin<F: Future>(call: Pin<&mut F>) {
    let begun = call.poll(&mut Context::from_waker(Waker::noop()));
    assert!(begun.is_pending());
}

fn is_of(found: &LookUp, serial: u8) -> bool {
    let serial = MeterSerial(u32::from(serial));
    let is_its = |meter: MeterSerial| meter == serial;
    found.meter.as_ref().is_some_and(|row| is_its(row.serial))
        && found
            .prior
            .as_ref()
            .is_some_and(|prior| is_its(prior.meter))
}

#[tokio::test]
async fn each_is_answered_by_its_own_rows() {
    let (_folder, store) = store().await;
    let mut first = pin!(store.look_up(key(1)));
    let mut second = pin!(store.look_up(key(2)));
    begin(first.as_mut());
    begin(second.as_mut());
    assert!(is_of(&second.await.unwrap(), 2));
    assert!(store.look_ups.asked().is_empty(), "both were read");
    assert!(is_of(&first.await.unwrap(), 1));
}

#[tokio::test]
async fn who_is_dropped_before_it_reads_keeps_nobody_waiting() {
    let (_folder, store) = store().await;
    let mut second = pin!(store.look_up(key(2)));
    {
        let mut first = pin!(store.look_up(key(1)));
        begin(first.as_mut());
        begin(second.as_mut());
    }
    assert!(is_of(&second.await.unwrap(), 2));
}

#[tokio::test]
async fn who_was_taken_along_by_one_that_is_lost_reads_alone() {
    let (_folder, store) = store().await;
    let mut left = pin!(store.look_up(key(3)));
    begin(left.as_mut());
    drop(take(&mut *store.look_ups.asked()));
    assert!(is_of(&left.await.unwrap(), 3));
}
