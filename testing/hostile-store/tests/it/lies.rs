//! Each rule tells its lie, and only that one.

use super::wrapped;
use hostile_store::sample::{
    SampleOrder, account, chain_write, digest, meter_write, sign_up, user, user_write,
};
use hostile_store::{HostileStore, Record, Rule, Version};
use item::MeterSerial;
use store::{LookUpKey, Store, StoreError, Write, Written};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

const ONE: MeterSerial = MeterSerial(1);
const TWO: MeterSerial = MeterSerial(2);

fn order(key: u8, pieces: u32) -> SampleOrder {
    SampleOrder {
        key,
        body: key,
        pieces,
    }
}

fn record(write: &Write) -> Vec<u8> {
    write.delivery.record.as_slice().to_vec()
}

/// Meters 1 and 2, user 1, chain 1, each in two versions that were both answered once.
async fn lived() -> (TempDir, HostileStore<SqliteStore>) {
    let (folder, store) = wrapped().await;
    store.begin_sign_up(sign_up(1, "ada")).await.unwrap();
    for writes in [
        [
            meter_write(1, 1, 1, 0, &[order(1, 2)]),
            meter_write(2, 1, 1, 0, &[order(2, 1)]),
            user_write(1, 1),
            chain_write(1, 1),
        ],
        [
            meter_write(1, 1, 2, 2, &[order(3, 1)]),
            meter_write(2, 1, 2, 1, &[]),
            user_write(1, 2),
            chain_write(1, 2),
        ],
    ] {
        assert_eq!(store.write(&writes).await.unwrap(), [Written::Written; 4]);
        store.meters_of(account(1), None, 9).await.unwrap();
        store.user(user(1)).await.unwrap();
        store.chain(account(1)).await.unwrap();
    }
    (folder, store)
}

async fn meter(store: &HostileStore<SqliteStore>, serial: MeterSerial) -> Option<Vec<u8>> {
    store.meter(serial).await.unwrap().map(|row| row.record)
}

#[tokio::test]
async fn older_records_are_served_until_it_stops() {
    let (_folder, store) = lived().await;
    let old = record(&meter_write(1, 1, 1, 0, &[order(1, 2)]));
    assert_ne!(meter(&store, ONE).await, Some(old.clone()));
    store.play(Rule::Older(Record::Meter(ONE), 1));
    store.play(Rule::Older(Record::User(user(1)), 9));
    store.play(Rule::Older(Record::Chain(account(1)), 1));
    assert_eq!(meter(&store, ONE).await, Some(old));
    let row = store.user_by_login("ada").await.unwrap().unwrap();
    assert_eq!(row.record, Some(record(&user_write(1, 1))));
    let chain = store.chain(account(1)).await.unwrap().unwrap();
    let first = chain_write(1, 1);
    assert_eq!(chain.record, record(&first));
    assert_eq!(
        chain.newest_entry.as_deref(),
        Some(first.delivery.rows.as_slice()[0].as_slice())
    );
    assert_eq!(store.lies(), 3);
    store.stop();
    let row = store.user(user(1)).await.unwrap().unwrap();
    assert_eq!(row.record, Some(record(&user_write(1, 2))));
}

#[tokio::test]
async fn another_record_is_served_everywhere() {
    let (_folder, store) = lived().await;
    let other = meter(&store, TWO).await;
    store.play(Rule::Swap(Record::Meter(ONE), Record::Meter(TWO)));
    assert_eq!(meter(&store, ONE).await, other);
    let key = LookUpKey {
        account: account(1),
        key_digest: digest(9),
        meter: ONE,
        newest: false,
    };
    let found = store.look_up(key).await.unwrap().meter.unwrap();
    assert_eq!((found.serial, Some(found.record)), (ONE, other.clone()));
    let many = store.look_up_many(&[key, key]).await.unwrap();
    for found in many {
        assert_eq!(found.unwrap().meter.map(|row| row.record), other);
    }
    assert_eq!(meter(&store, TWO).await, other);
}

#[tokio::test]
async fn bits_are_flipped_and_bytes_replaced() {
    let (_folder, store) = lived().await;
    let truth = meter(&store, ONE).await.unwrap();
    store.play_times(Rule::Flip(Record::Meter(ONE), 8 * 3 + 1), 1);
    let shown = meter(&store, ONE).await.unwrap();
    let differing: Vec<_> = (0..truth.len())
        .filter(|at| truth[*at] != shown[*at])
        .collect();
    assert_eq!((differing, truth[3] ^ shown[3]), (vec![3], 2));
    assert_eq!(meter(&store, ONE).await, Some(truth));

    let version = Version {
        record: vec![1, 2, 3],
        entry: None,
    };
    store.play(Rule::Show(Record::Meter(TWO), version));
    assert_eq!(meter(&store, TWO).await, Some(vec![1, 2, 3]));

    let entry = async || store.chain(account(1)).await.unwrap().unwrap().newest_entry;
    let truth = entry().await.unwrap();
    store.play_times(Rule::FlipEntry(account(1), 0), 1);
    let shown = entry().await.unwrap();
    assert_eq!((shown[0], &shown[1..]), (truth[0] ^ 1, &truth[1..]));
    store.play(Rule::HideEntry(account(1)));
    assert_eq!(entry().await, None);
}

#[tokio::test]
async fn records_go_missing() {
    let (_folder, store) = lived().await;
    store.play(Rule::Hide(Record::Meter(ONE)));
    store.play(Rule::Hide(Record::User(user(1))));
    store.play(Rule::Hide(Record::Chain(account(1))));
    assert_eq!(meter(&store, ONE).await, None);
    let listed = store.meters_of(account(1), None, 9).await.unwrap();
    assert_eq!(listed.len(), 1);
    let row = store.user(user(1)).await.unwrap().unwrap();
    assert_eq!((row.login.as_str(), row.record), ("ada", None));
    assert_eq!(store.chain(account(1)).await.unwrap(), None);
}

#[tokio::test]
async fn prior_answers_and_items_are_hidden_mixed_and_altered() {
    let (_folder, store) = lived().await;
    let prior = async |byte| {
        let found = store.prior_by_key(account(1), digest(byte)).await;
        found.unwrap()
    };
    let truth = prior(1).await.unwrap();
    store.play_times(Rule::HidePrior(account(1), digest(1)), 1);
    assert_eq!(prior(1).await, None);
    store.play_times(Rule::SwapPrior(account(1), digest(1), digest(2)), 1);
    assert_eq!(prior(1).await.unwrap().meter, TWO);
    assert_eq!(prior(1).await, Some(truth.clone()));

    store.play(Rule::HideItem(ONE, 1));
    let shown = prior(1).await.unwrap();
    assert_eq!((shown.pieces, &shown.items[..]), (2, &truth.items[1..]));
    assert_eq!(store.item(ONE, 1).await.unwrap(), None);
    assert_eq!(store.items(ONE, 1, 9).await.unwrap().len(), 2);
    store.stop();
    store.play(Rule::FlipItem(ONE, 2, 0));
    let mut flipped = truth.items[1].clone();
    flipped[0] ^= 1;
    assert_eq!(
        prior(1).await.unwrap().items,
        [truth.items[0].clone(), flipped.clone()]
    );
    assert_eq!(store.item(ONE, 2).await.unwrap(), Some(flipped));
}

#[tokio::test]
async fn writes_are_dropped_doubled_and_disowned() {
    let (_folder, store) = wrapped().await;
    let write = |n| [user_write(n, 1)];
    let held = async |n| {
        let again = store.inner().write(&write(n)).await.unwrap();
        again == [Written::AlreadyThere]
    };
    store.play_times(Rule::DropWrites, 1);
    assert_eq!(store.write(&write(1)).await.unwrap(), [Written::Written]);
    assert!(!held(1).await);
    store.play_times(Rule::DuplicateWrites, 1);
    assert_eq!(
        store.write(&write(2)).await.unwrap(),
        [Written::AlreadyThere]
    );
    store.play_times(Rule::LoseReplies, 1);
    let lost: Result<_, StoreError> = store.write(&write(3)).await;
    assert!(lost.unwrap_err().retryable());
    assert!(held(3).await);
    store.play_times(Rule::FailWrites, 1);
    assert!(store.write(&write(4)).await.is_err());
    assert_eq!(store.write(&write(4)).await.unwrap(), [Written::Written]);
    assert_eq!(store.lies(), 4);
}
