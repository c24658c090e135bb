//! The inspection watchdog, from the warning to the lock and back: what a customer sees and does.

use e2e::{Customer, House, letter, now, within_one_day};
use item::{ActBody, Day, Limits, Mills};
use sdk::api::{StatusReport, Warning};

const LIMITS: Limits = Limits {
    item: Mills(50_000),
    day: Mills(5_000_000),
    month: Mills(50_000_000),
    descending: Mills(10_000_000),
};

fn today() -> Day {
    Day::of_time(now())
}

fn codes(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|w| w.code.as_str()).collect()
}

async fn order(house: &House, customer: &Customer, body: ActBody) {
    let next = customer.state().await.act_sequence + 1;
    let act = house.act_on_meter(customer.meter, next, body);
    house.hand_in(&act).await.unwrap();
}

async fn known(customer: &Customer) -> StatusReport {
    let state = customer.state().await;
    StatusReport {
        ascending_mills: state.ascending_mills,
        descending_mills: state.descending_mills,
        piece_count: state.piece_count,
    }
}

#[tokio::test]
async fn a_meter_warns_is_locked_and_goes_on_after_a_report_or_a_deposit() {
    within_one_day();
    let house = House::running();
    let (ada, bob) = (house.customer("ada").await, house.customer("bob").await);
    let meter = ada.state().await;
    assert_eq!(
        (meter.inspection.due, meter.inspection.interval_days),
        (None, 0)
    );
    assert_eq!(codes(&ada.print("quiet").await.unwrap().warnings), [""; 0]);

    // Ten days are near.
    let watch = ActBody::SetLimits {
        limits: LIMITS,
        inspection_interval_days: 10,
    };
    order(&house, &ada, watch).await;
    let due = today().plus_days(10).to_string();
    let meter = ada.state().await;
    assert_eq!(meter.inspection.due, Some(due.clone()));
    assert_eq!(codes(&meter.warnings), ["inspection-near"]);
    let item = ada.print("near").await.unwrap();
    assert_eq!(codes(&item.warnings), ["inspection-near"]);
    let alert = house.alert(ada.subject(), "inspection-near");
    assert!(alert.detail.contains(&due), "{}", alert.detail);

    // The day itself.
    order(&house, &ada, ActBody::Inspect { due: today() }).await;
    assert_eq!(codes(&ada.state().await.warnings), ["inspection-due"]);
    let refused = ada.print("locked").await.unwrap_err();
    assert!(refused.has_code("inspection-due"), "{refused:?}");

    // A wrong report is refused, says nothing and changes nothing.
    let right = known(&ada).await;
    let before = ada.state().await.counter;
    for wrong in [
        StatusReport {
            ascending_mills: right.ascending_mills + 1,
            ..right.clone()
        },
        StatusReport {
            descending_mills: right.descending_mills - 1,
            ..right.clone()
        },
        StatusReport {
            piece_count: right.piece_count + 1,
            ..right.clone()
        },
    ] {
        let refused = ada.client.report(ada.meter, &wrong, "wrong").await;
        let refused = refused.unwrap_err();
        assert!(refused.has_code("report-differs"), "{refused:?}");
        let text = format!("{refused:?}");
        for secret in [right.ascending_mills, right.descending_mills] {
            assert!(!text.contains(&secret.to_string()), "{text}");
        }
    }
    let foreign = bob.client.report(ada.meter, &right, "foreign").await;
    assert!(foreign.unwrap_err().has_code("not-found"));
    let nobody = house.client().report(ada.meter, &right, "nobody").await;
    assert!(matches!(nobody, Err(sdk::ApiError::NoSession)));
    assert_eq!(ada.state().await.counter, before);

    // The right one unlocks it, once for its key.
    let first = ada.client.report(ada.meter, &right, "right").await.unwrap();
    let again = ada.client.report(ada.meter, &right, "right").await.unwrap();
    assert_eq!(first.decision, again.decision);
    let meter = ada.state().await;
    assert_eq!(meter.counter, before + 1);
    assert_eq!(meter.inspection.due, Some(due));
    assert_eq!(meter.inspection.last, Some(today().to_string()));
    ada.print("unlocked").await.unwrap();

    // So does a deposit.
    order(&house, &ada, ActBody::Inspect { due: today() }).await;
    let deposit = house.deposit_now(ada.meter, 2, 5_000, "second");
    ada.refill(&deposit).await.unwrap();
    ada.print("funded").await.unwrap();

    // The command line does the same.
    let password = house.beside("password");
    std::fs::write(&password, e2e::PASSWORD).unwrap();
    let password = password.to_str().unwrap();
    house.indicia(&["login", "--login", &ada.login, "--password-file", password]);
    order(&house, &ada, ActBody::Inspect { due: today() }).await;
    assert!(house.indicia(&["meter"]).contains("dispenses nothing"));
    let wrong = [
        "inspect-report",
        "--ascending",
        "1",
        "--descending",
        "1",
        "--pieces",
        "1",
    ];
    let refused = house.command(&wrong).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("report-differs"), "{said}");
    let told = house.indicia(&["inspect-report", "--as-shown"]);
    assert!(told.contains("inspection      due on"), "{told}");
    ada.print("by command").await.unwrap();

    // Everything of it is in the audit, and once a day is once a day.
    let mine = house.alerts();
    let near = mine.iter().filter(|a| a.code == "inspection-near").count();
    let due = mine.iter().filter(|a| a.code == "inspection-due").count();
    assert!(near + due == 1, "{mine:?}");
    house.assert_clean();
}

#[tokio::test]
async fn a_batch_warns_once_and_not_for_each_item() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let watch = ActBody::SetLimits {
        limits: LIMITS,
        inspection_interval_days: 14,
    };
    order(&house, &ada, watch).await;
    let batch = sdk::api::DispenseBatch {
        items: vec![letter().item, letter().item],
        expected_piece_count: None,
        allow_duplicate: true,
        origin: None,
    };
    let items = ada.client.dispense_batch(ada.meter, &batch, "two").await;
    let items = items.unwrap();
    assert_eq!(codes(&items.warnings), ["inspection-near"]);
    assert!(items.items.iter().all(|item| item.warnings.is_empty()));
    house.assert_clean();
}
