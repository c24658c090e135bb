//! Servers that die or stand still between a box's reply and their write: docs/runbooks/
//! box-ahead.md. Somebody else writes what the box decided; whoever wakes finds it there (P15, P17,
//! P19).

use std::sync::Arc;

use e2e::{Boxes, Desk, House, Patron};
use rustix::process::Signal;

use super::until;
use crate::held::{Held, decided, settled};

/// Two servers over the same boxes and database, and a customer.
struct Two {
    house: House,
    _boxes: Boxes,
    first: Arc<Desk>,
    second: Desk,
    ada: Arc<Patron>,
}

async fn two() -> Two {
    let house = House::new();
    let boxes = Boxes::start(&house);
    let (first, second) = (boxes.desk(&house), boxes.desk(&house));
    let ada = first.patron(&house, "ada").await;
    Two {
        house,
        _boxes: boxes,
        first: Arc::new(first),
        second,
        ada: Arc::new(ada),
    }
}

#[tokio::test]
async fn a_server_that_wakes_after_three_more_dispenses_finds_its_own_written() {
    let two = two().await;
    let mut hold = two.first.store.hold_next_write();
    let asleep = tokio::spawn({
        let (first, ada) = (Arc::clone(&two.first), Arc::clone(&two.ada));
        async move { first.print(&ada, "asleep").await }
    });
    hold.reached().await;
    for (key, piece) in [("one", 2), ("two", 3), ("three", 4)] {
        let item = two.second.print(&two.ada, key).await.unwrap();
        assert_eq!(item.piece_count, piece, "{key}");
        two.second.centre.acknowledge().await.unwrap();
    }
    // The customer has asked the other server, too.
    let asked_again = two.second.print(&two.ada, "asleep").await.unwrap();
    hold.release();
    let woken = asleep.await.unwrap().unwrap();
    assert_eq!(woken, asked_again);
    assert_eq!(woken.piece_count, 1);
    assert_eq!(
        two.first.print(&two.ada, "four").await.unwrap().piece_count,
        5
    );
    let meter = two.second.meter(&two.ada).await;
    assert_eq!((meter.piece_count, meter.ascending.0), (5, 5_000));
    assert!(two.house.alerts().is_empty());
    two.house.assert_clean();
}

/// The same with a log-in, which two boxes decide and one transaction writes.
#[tokio::test]
async fn a_server_that_wakes_after_three_more_log_ins_finds_its_own_written() {
    let two = two().await;
    let mut hold = two.first.store.hold_next_write();
    let asleep = tokio::spawn({
        let (first, ada) = (Arc::clone(&two.first), Arc::clone(&two.ada));
        async move { first.log_in(&ada.login, "asleep").await.map(drop) }
    });
    hold.reached().await;
    for attempt in ["one", "two", "three"] {
        two.second.log_in(&two.ada.login, attempt).await.unwrap();
    }
    hold.release();
    asleep.await.unwrap().unwrap();
    two.first.log_in(&two.ada.login, "four").await.unwrap();
    assert!(two.house.alerts().is_empty());
    two.house.assert_clean();
}

/// Nobody asks again for what a dead server left in a box: another one's recovery worker writes it.
#[tokio::test]
async fn what_a_dead_server_left_is_written_by_another() {
    let two = two().await;
    two.first.centre.acknowledge().await.unwrap();
    let mut hold = two.first.store.hold_next_write();
    let dying = tokio::spawn({
        let (first, ada) = (Arc::clone(&two.first), Arc::clone(&two.ada));
        async move { first.print(&ada, "dead").await }
    });
    hold.reached().await;
    // It never comes to write: the hold outlives the test.
    std::mem::forget(hold);
    dying.abort();
    let open = async || {
        let health = two.second.centre.health().await;
        let status = |h: functions::BoxHealth| h.status.unwrap();
        health.into_iter().map(|h| status(h).open).sum::<u64>()
    };
    two.second.centre.recover().await.unwrap();
    assert_eq!(
        open().await,
        1,
        "young decisions are still in somebody's hands"
    );
    until("recovered", async || {
        two.second.centre.recover().await.unwrap() > 0
    })
    .await;
    assert_eq!(two.second.meter(&two.ada).await.piece_count, 1);
    two.second.centre.acknowledge().await.unwrap();
    assert_eq!(open().await, 0);
    let item = two.second.print(&two.ada, "dead").await.unwrap();
    assert_eq!(item.piece_count, 1);
    two.house.assert_clean();
}

/// The first of these on real processes: SIGSTOP, three dispenses of another server, SIGCONT.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_process_that_wakes_answers_what_was_written_for_it() {
    let mut house = House::running();
    let ada = Arc::new(house.customer("ada").await);
    let held = Held::by_us(&house);
    let asleep = tokio::spawn({
        let ada = Arc::clone(&ada);
        async move { ada.print("asleep").await }
    });
    decided(&house, "meter").await;
    house.signal("datacenter", Signal::STOP);
    held.release();

    let boxes = Boxes::of(&house);
    let other = boxes.desk(&house);
    let session = other.log_in(&ada.login, "other").await.unwrap();
    let patron = Patron {
        login: ada.login.clone(),
        account: ada.account,
        user: ada.user,
        meter: item::MeterSerial(ada.meter),
        session,
    };
    for (key, piece) in [("one", 2), ("two", 3), ("three", 4)] {
        let item = other.print(&patron, key).await.unwrap();
        assert_eq!(item.piece_count, piece, "{key}");
    }
    house.signal("datacenter", Signal::CONT);
    assert_eq!(asleep.await.unwrap().unwrap().piece_count, 1);
    assert_eq!(ada.print("asleep").await.unwrap().piece_count, 1);
    assert_eq!(ada.print("four").await.unwrap().piece_count, 5);
    settled(&house).await;
    assert!(house.alerts().is_empty());
    house.stop();
    house.assert_clean();
}
