//! Departments, end customers, and several meters: what a mail house keeps its books by.

use std::collections::BTreeSet;

use e2e::{House, letter};
use sdk::HeadingKind::{Department, EndCustomer};
use sdk::api::{DispenseOne, Heading, HeadingChange, ItemOrder, NewHeading};

use crate::raw::Ask;

fn booked(department: u32, end_customer: u32) -> DispenseOne {
    DispenseOne {
        item: ItemOrder {
            department,
            end_customer,
            ..letter().item
        },
        ..letter()
    }
}

fn named(name: &str) -> NewHeading {
    NewHeading {
        name: name.to_owned(),
        ..NewHeading::default()
    }
}

#[tokio::test]
async fn items_are_booked_under_what_the_account_has_and_nothing_else() {
    let house = House::running();
    let customer = house.customer("house").await;
    let other = house.customer("other").await;
    let client = &customer.client;
    let sales = client
        .make_heading(Department, &named("Sales"), "d-1")
        .await
        .unwrap();
    let again = client
        .make_heading(Department, &named("Sales"), "d-1")
        .await
        .unwrap();
    assert_eq!((sales.number, &again), (1, &sales));
    let reused = client
        .make_heading(Department, &named("Claims"), "d-1")
        .await;
    assert!(reused.unwrap_err().has_code("idempotency-key-reused"));
    let acme = NewHeading {
        number: Some(40),
        cost_code: "A-40".to_owned(),
        ..named("Acme")
    };
    client
        .make_heading(EndCustomer, &acme, "c-1")
        .await
        .unwrap();
    let taken = client.make_heading(EndCustomer, &acme, "c-2").await;
    assert!(taken.unwrap_err().has_code("number-taken"));
    for bad in ["", "a\u{7}b"] {
        let refused = client.make_heading(Department, &named(bad), "d-bad").await;
        assert!(refused.unwrap_err().has_code("bad-name"), "{bad:?}");
    }

    let item = client
        .dispense(customer.meter, &booked(1, 40), "i-1")
        .await
        .unwrap();
    assert_eq!((item.department, item.end_customer), (Some(1), Some(40)));
    let before = customer.state().await.piece_count;
    for (order, code) in [
        (booked(2, 0), "department"),
        (booked(1, 1), "end-customer"),
        (booked(40, 0), "department"),
    ] {
        let refused = client.dispense(customer.meter, &order, "i-2").await;
        let error = refused.unwrap_err();
        assert!(error.has_code(code), "{code}: {error}");
    }
    // Another account's numbers are its own.
    let refused = other
        .client
        .dispense(other.meter, &booked(1, 0), "i-1")
        .await;
    assert!(refused.unwrap_err().has_code("department"));
    let theirs = other.client.all_headings(Department).await.unwrap();
    assert_eq!(theirs, [] as [Heading; 0]);
    let change = HeadingChange {
        name: Some("Mine".to_owned()),
        ..HeadingChange::default()
    };
    let refused = other.client.change_heading(Department, 1, &change).await;
    assert!(refused.unwrap_err().has_code("not-found"));

    let archived = HeadingChange {
        archived: Some(true),
        ..HeadingChange::default()
    };
    client
        .change_heading(Department, 1, &archived)
        .await
        .unwrap();
    let refused = client.dispense(customer.meter, &booked(1, 40), "i-3").await;
    assert!(refused.unwrap_err().has_code("department"));
    // What was answered stays answered.
    let same = client
        .dispense(customer.meter, &booked(1, 40), "i-1")
        .await
        .unwrap();
    assert_eq!(same.id, item.id);
    assert_eq!(customer.state().await.piece_count, before);
    house.assert_clean();
}

#[tokio::test]
async fn an_account_has_so_many_departments_and_no_more() {
    let house = House::running();
    let customer = house.newcomer("large").await;
    house
        .sql()
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
             INSERT INTO headings SELECT ?1, 1, i, 'd', '', 0, randomblob(32), zeroblob(32) FROM n",
            [customer.account.0],
        )
        .unwrap();
    let client = &customer.client;
    let refused = client
        .make_heading(Department, &named("One more"), "d")
        .await;
    assert!(refused.unwrap_err().has_code("too-many"));
    assert_eq!(client.all_headings(Department).await.unwrap().len(), 10_000);
}

#[tokio::test]
async fn names_are_erased_by_another_and_are_nowhere_signed() {
    let house = House::running();
    let customer = house.customer("house").await;
    let client = &customer.client;
    let secret = "Zyxwvut Holdings";
    client
        .make_heading(EndCustomer, &named(secret), "c-1")
        .await
        .unwrap();
    client
        .dispense(customer.meter, &booked(0, 1), "i-1")
        .await
        .unwrap();
    let change = HeadingChange {
        name: Some("gone".to_owned()),
        archived: Some(true),
        ..HeadingChange::default()
    };
    client
        .change_heading(EndCustomer, 1, &change)
        .await
        .unwrap();
    let left: Vec<String> = house
        .sql()
        .prepare("SELECT name FROM headings")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(left, ["gone"]);
    let signed: u32 = house
        .sql()
        .query_row(
            "SELECT count(*) FROM items WHERE instr(item, CAST(?1 AS BLOB)) > 0",
            [secret],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(signed, 0);
    let listed = client.all_headings(EndCustomer).await.unwrap();
    assert!(listed[0].archived && listed[0].name == "gone");
}

#[tokio::test]
async fn another_meter_is_ordered_once_and_dispenses_when_commissioned() {
    let mut house = House::running();
    let mut customer = house.customer("many").await;
    let order = |key: &'static str| {
        let client = &customer.client;
        async move { client.order_meter(key).await.unwrap().serial }
    };
    // The same key at the same time, and again after a restart, is one meter.
    let (one, same, another) = tokio::join!(order("m-1"), order("m-1"), order("m-2"));
    assert_eq!(one, same);
    let serials = BTreeSet::from([customer.meter, one, another]);
    assert_eq!(serials.len(), 3);
    house.stop();
    house.up();
    customer.log_in(&house).await.unwrap();
    assert_eq!(
        customer.client.order_meter("m-1").await.unwrap().serial,
        one
    );
    let listed = customer.client.all_meters().await.unwrap();
    let listed: BTreeSet<u32> = listed.iter().map(|meter| meter.serial).collect();
    assert_eq!(listed, serials);
    let fresh = customer.client.dispense(one, &letter(), "i-1").await;
    assert!(fresh.unwrap_err().has_code("wrong-state"));
    for act in house.commission(one) {
        house.hand_in(&act).await.unwrap();
    }
    let deposit = house.deposit_now(one, 1, 5_000, "second-meter");
    let key = e2e::key_of(&deposit);
    customer.client.refill(one, &deposit, &key).await.unwrap();
    let item = customer.client.dispense(one, &letter(), "i-2").await;
    assert_eq!(item.unwrap().meter, one);
    let nobody = Ask::post("/v1/meters", &serde_json::json!({})).key("m-3");
    let refused = nobody.send(&house.api()).await.problem();
    assert_eq!(refused.code, "sign-on-needed");
    house.assert_clean();
}

#[test]
fn the_command_line_books_a_list_under_names_and_codes() {
    let house = House::running();
    let password = house.beside("password.txt");
    std::fs::write(&password, e2e::PASSWORD).unwrap();
    let password = password.to_str().unwrap();
    let me = ["signup", "--login", "me@example.com", "--name", "Me"];
    house.indicia(&[&me[..], &["--password-file", password]].concat());
    house.indicia(&[
        "act",
        "commission",
        "--meter",
        "10000001",
        "--origin",
        "95814",
    ]);
    house.indicia(&[
        "fund",
        "10000001",
        "--amount",
        "50.00",
        "--reference",
        "P-1",
    ]);
    house.indicia(&["department", "add", "Sales", "--cost-code", "4711"]);
    house.indicia(&["customer", "add", "Acme Insurance", "--number", "12"]);
    let list = house.beside("list.csv");
    let rows = "name,street,city,state,zip,cost code,end customer\n\
                A,1 Main St,Reno,NV,89501,4711,acme insurance\n\
                B,2 Main St,Reno,NV,89501,,12\n";
    std::fs::write(&list, rows).unwrap();
    let out = house.beside("letters");
    let (list, out) = (list.to_str().unwrap(), out.to_str().unwrap());
    house.indicia(&["batch", list, "--out", out]);
    let said = house.indicia(&["department", "list"]);
    assert!(said.contains("1  Sales [4711]"), "{said}");
    let items: Vec<Vec<u8>> = house
        .sql()
        .prepare("SELECT item FROM items ORDER BY piece_count")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let booked: Vec<(u32, u32)> = items
        .iter()
        .map(|bytes| <item::ItemRecord as item::Layout>::from_bytes(bytes).unwrap())
        .map(|item| (item.department.0, item.end_customer.0))
        .collect();
    assert_eq!(booked, [(1, 12), (0, 12)]);
    let ordered = house.indicia(&["meter", "order"]);
    assert!(ordered.contains("10000002"), "{ordered}");
}
