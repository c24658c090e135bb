//! Disks that are full, read-only, or fail: docs/runbooks/disk.md.

use std::sync::Arc;

use e2e::{Disk, House};

use super::{PAUSE, printed, status, until};

const METER: &[&str] = &["indicia-box-meter"];
const DATACENTER: &[&str] = &["indicia-datacenter"];

/// Longer than any other failure to start is borne.
async fn a_long_time() {
    tokio::time::sleep(PAUSE * 200).await;
}

/// The box ends rather than answer what it can not keep, comes back by itself once there is space,
/// and nobody has to do anything else: not even the customer who waits. Other boxes go on all the
/// while.
async fn heals_by_itself(how: Disk, words: &str) {
    let mut house = House::on_ground(METER, "boxes");
    house.up();
    let ada = Arc::new(house.customer("ada").await);
    printed(&ada, "before").await;
    let mut other = house.newcomer("bob").await;
    house.ground().disk(how);
    let waits = tokio::spawn({
        let ada = Arc::clone(&ada);
        async move { printed(&ada, "meanwhile").await }
    });
    until("status tells", async || {
        status(&house).contains("; see run/meter.log")
    })
    .await;
    a_long_time().await;
    other.log_in(&house).await.unwrap();
    assert_eq!(ada.state().await.piece_count, 1);
    assert!(!waits.is_finished());
    house.ground().disk(Disk::Well);
    assert_eq!(waits.await.unwrap().piece_count, 2);
    assert_eq!(printed(&ada, "after").await.piece_count, 3);
    let log = house.log("meter");
    for words in [words, "docs/runbooks/disk.md"] {
        assert!(log.contains(words), "{words}: {log}");
    }
    house.stop();
    house.assert_clean();
}

#[tokio::test]
async fn a_full_disk_under_a_box_heals_by_itself_once_there_is_space() {
    heals_by_itself(Disk::Full, "the disk is full (segment-").await;
}

#[tokio::test]
async fn a_read_only_disk_under_a_box_heals_by_itself_once_it_is_not() {
    heals_by_itself(Disk::ReadOnly, "Read-only file system").await;
}

/// After a sync that failed, the next one says that all is well, of bytes that it never wrote. The
/// box does not ask it: it ends, and what it had decided is written again at its start.
#[tokio::test]
async fn a_sync_that_fails_ends_the_box_and_the_next_one_is_not_believed() {
    let mut house = House::on_ground(METER, "boxes");
    house.up();
    let ada = house.customer("ada").await;
    let before = house.pid("meter");
    house.ground().disk(Disk::SyncFails);
    assert_eq!(printed(&ada, "first").await.piece_count, 1);
    assert_ne!(house.pid("meter"), before, "it went on");
    let log = house.log("meter");
    assert!(log.contains("sync segment-"), "{log}");
    assert!(log.contains("start it again"), "{log}");
    house.stop();
    house.assert_clean();
}

/// The box has decided, the database takes nothing: nobody gets an item, and everybody gets it once
/// there is space, with the same key or by the recovery worker.
async fn database_heals_by_itself(how: Disk) {
    let mut house = House::on_ground(DATACENTER, "data");
    house.up();
    let ada = house.customer("ada").await;
    let bob = house.customer("bob").await;
    house.ground().disk(how);
    let order = e2e::letter();
    let (first, second) = tokio::join!(
        ada.client.dispense(ada.meter, &order, "meanwhile"),
        bob.client.dispense(bob.meter, &order, "meanwhile")
    );
    for refused in [first, second] {
        let refused = refused.unwrap_err();
        let problem = refused.problem().unwrap();
        assert_eq!(
            (problem.code.as_str(), problem.charged),
            ("unavailable", None)
        );
    }
    // Reading goes on, and status says what is wrong.
    assert_eq!(ada.state().await.piece_count, 0);
    let told = status(&house);
    assert!(told.contains("can not be written"), "{told}");
    house.ground().disk(Disk::Well);
    // Nobody asks again for bob's: the recovery worker writes it.
    until("recovered", async || bob.state().await.piece_count == 1).await;
    assert_eq!(printed(&ada, "meanwhile").await.piece_count, 1);
    assert_eq!(printed(&bob, "meanwhile").await.piece_count, 1);
    until("status is well", async || {
        status(&house).contains("database     ok")
    })
    .await;
    let log = house.log("datacenter");
    for words in ["docs/runbooks/disk.md", "the database takes writes again"] {
        assert!(log.contains(words), "{words}: {log}");
    }
    house.stop();
    house.assert_clean();
}

#[tokio::test]
async fn a_full_disk_under_the_database_heals_by_itself_once_there_is_space() {
    database_heals_by_itself(Disk::Full).await;
}

#[tokio::test]
async fn a_read_only_disk_under_the_database_heals_by_itself_once_it_is_not() {
    database_heals_by_itself(Disk::ReadOnly).await;
}
