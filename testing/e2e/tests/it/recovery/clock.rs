//! Clocks that jump, and boxes that stood still: docs/runbooks/clock.md (P26).

use audit::Code as Found;
use e2e::{Customer, House, KINDS};

use super::{code_of, printed, status};

const ALL: &[&str] = &[
    "indicia",
    "indicia-box-keys",
    "indicia-box-auth",
    "indicia-box-meter",
    "indicia-box-transaction",
    "indicia-datacenter",
];
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// The command of the runbook, for every box.
fn confirm_time(house: &House) {
    for kind in KINDS {
        house.indicia(&["act", "confirm-time", "--box", kind]);
    }
    assert!(!status(house).contains("clock-doubtful"));
}

/// Nothing is signed, and status names each box and the command.
async fn assert_doubtful(house: &House, customer: &Customer, key: &str) {
    let refused = customer.print(key).await.unwrap_err();
    let problem = refused.problem().unwrap();
    assert_eq!(problem.code, "clock-doubtful");
    assert_eq!(problem.charged, Some(false));
    assert!(problem.detail.contains("confirm the time"), "{problem:?}");
    let told = status(house);
    for kind in KINDS {
        let advice = format!("`indicia act confirm-time --box {kind}`");
        assert!(told.contains(&advice), "{told}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_while_it_runs_stops_issuing_until_it_is_confirmed() {
    let mut house = House::on_ground(ALL, "boxes");
    house.up();
    let ada = house.customer("ada").await;
    house.ground().wall(4 * MINUTE);
    assert_eq!(printed(&ada, "a little").await.piece_count, 1);

    // Forward by ten minutes: if that is the right time, an act says so.
    house.ground().wall(10 * MINUTE);
    assert_doubtful(&house, &ada, "ahead").await;
    confirm_time(&house);
    let mut ada = ada;
    ada.log_in(&house).await.unwrap();
    assert_eq!(printed(&ada, "ahead").await.piece_count, 2);

    // Back by ten: the wrong time was confirmed. Set right, and confirmed, it goes on.
    house.ground().wall(0);
    assert_doubtful(&house, &ada, "back").await;
    confirm_time(&house);
    ada.log_in(&house).await.unwrap();
    assert_eq!(printed(&ada, "back").await.piece_count, 3);

    // Whose own clock is wrong confirms nothing.
    house.ground().wall(10 * MINUTE);
    assert_doubtful(&house, &ada, "doubt").await;
    let now = house.act(
        item::BoxKind::Meter,
        e2e::box_subject(),
        3,
        item::ActBody::ConfirmTime(e2e::now()),
    );
    assert_eq!(code_of(house.hand_in(&now).await), "clock-doubtful");
    house.ground().wall(0);
    // The clock set right is not enough for a box that has doubted: a start is.
    assert_eq!(code_of(ada.print("doubt").await), "clock-doubtful");
    house.stop();
    house.up();
    ada.log_in(&house).await.unwrap();
    assert_eq!(printed(&ada, "doubt").await.piece_count, 4);
    house.stop();
    // What was decided at the wrong time stays on record, and nothing else is found.
    let found = house.audit().problems;
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|p| p.code == Found::TimeFalls),
        "{found:#?}"
    );
}

/// A start the next day, and after a week less an hour, needs nobody; after more than a week, and
/// at a time before the last one journaled, an act.
#[tokio::test]
async fn after_seven_days_of_standing_still_the_time_is_confirmed_by_act() {
    let mut house = House::on_ground(ALL, "boxes");
    house.up();
    let mut ada = house.customer("ada").await;
    let mut pieces = 0;
    let mut days = 0;
    for (stood_still, act) in [
        (DAY, false),
        (7 * DAY - 60 * MINUTE, false),
        (7 * DAY + 60 * MINUTE, true),
        (-60 * MINUTE, true),
    ] {
        house.stop();
        days += stood_still;
        house.ground().wall(days);
        house.up();
        ada.move_to(&house);
        let told = status(&house);
        assert_eq!(
            told.contains("clock-doubtful"),
            act,
            "{stood_still}: {told}"
        );
        if act {
            confirm_time(&house);
        }
        ada.log_in(&house).await.unwrap();
        pieces += 1;
        let item = printed(&ada, &format!("after {stood_still}")).await;
        assert_eq!(item.piece_count, pieces);
    }
    house.stop();
}
