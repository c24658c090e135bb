//! A meter with a floating origin: each item says where it is deposited, by API, list and command.

use e2e::{Customer, House, letter};
use item::{ActBody, Day, Limits, Mills, Zip};
use sdk::api::{DispenseBatch, DispenseOne, ItemOrder, Mailing, MailingLine, MailingRow};

const LIMITS: Limits = Limits {
    item: Mills(50_000),
    day: Mills(5_000_000),
    month: Mills(50_000_000),
    descending: Mills(10_000_000),
};

/// A customer whose meter leaves the origin open.
async fn floating(house: &House, name: &str) -> Customer {
    let customer = house.newcomer(name).await;
    let bodies = [
        ActBody::Register {
            origin: Zip(0),
            licensing: Zip(95_814),
        },
        ActBody::License {
            limits: LIMITS,
            inspection_due: Day::NONE,
            inspection_interval_days: 0,
            application: item::Digest::ZERO,
        },
        ActBody::Activate,
    ];
    for (body, sequence) in bodies.into_iter().zip(1..) {
        let act = house.act_on_meter(customer.meter, sequence, body);
        house.hand_in(&act).await.unwrap();
    }
    let deposit = house.deposit_now(customer.meter, 1, 100_000, &format!("first-{name}"));
    customer.refill(&deposit).await.unwrap();
    customer
}

fn from(origin: Option<&str>) -> ItemOrder {
    ItemOrder {
        origin: origin.map(str::to_owned),
        ..letter().item
    }
}

#[tokio::test]
async fn each_item_of_a_floating_meter_says_where_it_is_deposited() {
    let house = House::running();
    let ada = floating(&house, "ada").await;
    assert_eq!(ada.state().await.origin, "00000");
    let one = |origin| DispenseOne {
        item: from(origin),
        ..letter()
    };
    let told = ada
        .client
        .dispense(ada.meter, &one(Some("10001")), "one")
        .await;
    assert_eq!(told.unwrap().origin, "10001");
    for (order, key) in [(one(None), "none"), (one(Some("00000")), "zero")] {
        let refused = ada
            .client
            .dispense(ada.meter, &order, key)
            .await
            .unwrap_err();
        assert!(refused.has_code("origin"), "{refused:?}");
    }

    // A batch and a mailing have a usual one; what an item says goes first.
    let batch = |origin: Option<&str>| DispenseBatch {
        items: vec![from(None), from(Some("60601"))],
        expected_piece_count: None,
        allow_duplicate: true,
        origin: origin.map(str::to_owned),
    };
    let refused = ada
        .client
        .dispense_batch(ada.meter, &batch(None), "b")
        .await;
    assert!(refused.unwrap_err().has_code("origin"));
    let told = ada
        .client
        .dispense_batch(ada.meter, &batch(Some("94111")), "b")
        .await;
    let origins: Vec<String> = told.unwrap().items.into_iter().map(|i| i.origin).collect();
    assert_eq!(origins, ["94111", "60601"]);
    let mailing = Mailing {
        rows: [from(None), from(Some("60601"))]
            .map(|item| MailingRow {
                reference: None,
                item,
            })
            .to_vec(),
        correct_addresses: false,
        partial: false,
        allow_duplicate: true,
        origin: Some("33101".to_owned()),
    };
    let mut origins = Vec::new();
    let told = |line: MailingLine| {
        if let MailingLine::Bought(row) = line {
            origins.push(row.item.origin);
        }
    };
    ada.client
        .buy_mailing(ada.meter, &mailing, "m", told)
        .await
        .unwrap();
    assert_eq!(origins, ["33101", "60601"]);

    // A meter that is bound to its origin takes no other.
    let bob = house.customer("bob").await;
    let refused = bob
        .client
        .dispense(bob.meter, &one(Some("10001")), "one")
        .await;
    assert!(refused.unwrap_err().has_code("origin"));
    house.assert_clean();
}

#[tokio::test]
async fn the_command_line_says_where_items_are_deposited() {
    let house = House::running();
    let ada = floating(&house, "ada").await;
    let password = house.beside("password");
    std::fs::write(&password, e2e::PASSWORD).unwrap();
    let password = password.to_str().unwrap();
    house.indicia(&["login", "--login", &ada.login, "--password-file", password]);
    let pdf = house.beside("envelope.pdf");
    let print = [
        "print",
        "--to",
        "State Capitol;1315 10th St;Sacramento, CA 95814",
        "--out",
        pdf.to_str().unwrap(),
    ];
    let refused = house.command(&print).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("origin"));
    house.indicia(&[&print[..], &["--origin", "10001"]].concat());
    let list = house.beside("list.csv");
    let rows = "name,line1,city,state,zip,origin\n\
        State House,24 Beacon St,Boston,MA,02133,60601\n\
        State Capitol,1315 10th St,Sacramento,CA,95814,\n";
    std::fs::write(&list, rows).unwrap();
    let out = house.beside("letters");
    house.indicia(&[
        "batch",
        list.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--origin",
        "94111",
    ]);
    let mut origins = Vec::new();
    for piece in 1..=3 {
        let item = ada.client.item(&format!("{}-{piece}", ada.meter)).await;
        origins.push(item.unwrap().origin);
    }
    assert_eq!(origins, ["10001", "60601", "94111"]);
    house.assert_clean();
}
