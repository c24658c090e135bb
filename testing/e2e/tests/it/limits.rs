//! Limits of users and departments: not passed in parallel, held before a box is asked, and settled by what
//! became of the order, whoever died in between. Named after failures seen in the field.

use std::sync::Arc;

use e2e::{Customer, House, letter, within_one_day};
use rustix::process::Signal;
use sdk::Spender;
use sdk::api::{DispenseOne, ItemOrder, NewHeading, Spending, SpendingLimit};
use tokio::task::JoinSet;

use crate::held::{Held, decided, settled};

/// A letter of one dollar for department 1.
fn dollar() -> DispenseOne {
    DispenseOne {
        item: ItemOrder {
            value_mills: Some(1_000),
            department: 1,
            ..ItemOrder::default()
        },
        ..letter()
    }
}

/// A customer whose department 1 may spend so much a day.
async fn limited(house: &House, mills: u64) -> Customer {
    within_one_day();
    let customer = house.customer("limited").await;
    let sales = NewHeading {
        name: "Sales".to_owned(),
        ..NewHeading::default()
    };
    let kind = sdk::HeadingKind::Department;
    customer
        .client
        .make_heading(kind, &sales, "d")
        .await
        .unwrap();
    let limit = SpendingLimit {
        day_mills: Some(mills),
        month_mills: None,
    };
    let spender = Spender::Department(1);
    customer
        .client
        .set_spending_limit(&spender, &limit)
        .await
        .unwrap();
    customer
}

async fn spending(customer: &Customer) -> Spending {
    let spender = Spender::Department(1);
    customer.client.spending(&spender).await.unwrap()
}

/// Waits until something is held.
async fn held(customer: &Customer) -> u64 {
    for _ in 0..500 {
        let held = spending(customer).await.held_mills;
        if held > 0 {
            return held;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("nothing is held");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_not_passed_in_parallel() {
    let house = House::running();
    let customer = Arc::new(limited(&house, 7_000).await);
    let mut orders = JoinSet::new();
    for number in 0..24 {
        let customer = Arc::clone(&customer);
        orders.spawn(async move {
            let key = format!("order-{number}");
            let client = &customer.client;
            client.dispense(customer.meter, &dollar(), &key).await
        });
    }
    let (mut bought, mut refused) = (0, 0);
    while let Some(done) = orders.join_next().await {
        match done.unwrap() {
            Ok(_) => bought += 1,
            Err(error) => {
                assert!(error.has_code("department-limit"), "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!((bought, refused), (7, 17));
    let shown = spending(&customer).await;
    assert_eq!((shown.day_spent_mills, shown.held_mills), (7_000, 0));
    assert_eq!(customer.state().await.piece_count, 7);
    // A user's limit counts what the user spent before it was set.
    let limit = SpendingLimit {
        day_mills: None,
        month_mills: Some(7_500),
    };
    let user = Spender::User(customer.user.to_string());
    let set = customer.client.set_spending_limit(&user, &limit).await;
    assert_eq!(set.unwrap().month_spent_mills, 7_000);
    let mut order = dollar();
    order.item.department = 0;
    let over = customer
        .client
        .dispense(customer.meter, &order, "u-1")
        .await;
    let problem = over.unwrap_err();
    assert!(problem.has_code("user-limit"), "{problem}");
    order.item.value_mills = Some(500);
    let rest = customer
        .client
        .dispense(customer.meter, &order, "u-2")
        .await;
    assert_eq!(rest.unwrap().value_mills, 500);
    house.assert_clean();
}

#[tokio::test]
async fn what_a_box_refuses_is_held_no_longer() {
    let house = House::running();
    let customer = limited(&house, 900_000).await;
    let mut dear = dollar();
    dear.item.value_mills = Some(150_000);
    let refused = customer
        .client
        .dispense(customer.meter, &dear, "dear")
        .await;
    let error = refused.unwrap_err();
    assert!(!error.has_code("department-limit"), "{error}");
    let shown = spending(&customer).await;
    assert_eq!((shown.day_spent_mills, shown.held_mills), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_outlives_its_server_and_its_request_uses_it() {
    let mut house = House::running();
    let mut customer = limited(&house, 1_000).await;
    // The server dies between the reservation and the box.
    house.signal("meter", Signal::STOP);
    let asked = {
        let client = house.client();
        client.set_session(customer.client.session());
        let meter = customer.meter;
        tokio::spawn(async move { client.dispense(meter, &dollar(), "first").await })
    };
    assert_eq!(held(&customer).await, 1_000);
    asked.abort();
    tokio::task::block_in_place(|| house.kill_supervisor());
    house.up();
    customer.log_in(&house).await.unwrap();
    let shown = spending(&customer).await;
    assert_eq!((shown.day_spent_mills, shown.held_mills), (0, 1_000));
    let other = customer
        .client
        .dispense(customer.meter, &dollar(), "second")
        .await;
    assert!(
        other.unwrap_err().has_code("department-limit"),
        "hold not counted"
    );
    // The same request is what it was held for.
    let client = &customer.client;
    let item = client.dispense(customer.meter, &dollar(), "first").await;
    let again = client.dispense(customer.meter, &dollar(), "first").await;
    assert_eq!(item.unwrap().id, again.unwrap().id);
    let shown = spending(&customer).await;
    assert_eq!((shown.day_spent_mills, shown.held_mills), (1_000, 0));
    house.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_and_not_written_is_spent_once() {
    let mut house = House::running();
    let mut customer = limited(&house, 2_000).await;
    house.signal("meter", Signal::STOP);
    let asked = {
        let client = house.client();
        client.set_session(customer.client.session());
        let meter = customer.meter;
        tokio::spawn(async move { client.dispense(meter, &dollar(), "first").await })
    };
    held(&customer).await;
    // The server dies between the box and the write.
    let lock = Held::by_us(&house);
    house.signal("meter", Signal::CONT);
    decided(&house, "meter").await;
    asked.abort();
    tokio::task::block_in_place(|| house.kill_supervisor());
    lock.release();
    house.up();
    customer.log_in(&house).await.unwrap();
    settled(&house).await;
    let shown = spending(&customer).await;
    assert_eq!((shown.day_spent_mills, shown.held_mills), (1_000, 0));
    let client = &customer.client;
    let item = client.dispense(customer.meter, &dollar(), "first").await;
    assert_eq!(item.unwrap().piece_count, 1);
    assert_eq!(spending(&customer).await, shown, "counted twice");
    house.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_repeats_is_free_again_when_it_is_old() {
    let mut house = House::running();
    let mut customer = limited(&house, 1_000).await;
    house.signal("meter", Signal::STOP);
    let asked = {
        let client = house.client();
        client.set_session(customer.client.session());
        let meter = customer.meter;
        tokio::spawn(async move { client.dispense(meter, &dollar(), "first").await })
    };
    held(&customer).await;
    asked.abort();
    tokio::task::block_in_place(|| house.kill_supervisor());
    house.up();
    customer.log_in(&house).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(spending(&customer).await.held_mills, 1_000, "still young");
    let two_hours = 2 * 3_600 * 1_000;
    house.edited(|sql| {
        sql.execute("UPDATE holds SET held = held - ?1", [two_hours])
            .unwrap();
    });
    customer.log_in(&house).await.unwrap();
    for _ in 0..500 {
        if spending(&customer).await.held_mills == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let client = &customer.client;
    let item = client.dispense(customer.meter, &dollar(), "second").await;
    assert_eq!(item.unwrap().piece_count, 1);
    house.assert_clean();
}
