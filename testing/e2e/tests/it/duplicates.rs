//! The duplicate guard: a piece like the one just before is asked about, and bought when it is meant.

use e2e::{Customer, House, letter};
use sdk::api::{DispenseBatch, DispenseOne, Item, ItemOrder, Mailing, MailingLine, MailingRow};
use sdk::{ApiError, Client};
use std::process::Output;

fn asked(house: u32) -> ItemOrder {
    ItemOrder {
        recipient: vec![
            "State Capitol".to_owned(),
            format!("{house} 10th St"),
            "Sacramento, CA 95814".to_owned(),
        ],
        ..letter().item
    }
}

async fn one(customer: &Customer, house: u32, key: &str, allow: bool) -> Result<Item, ApiError> {
    let order = DispenseOne {
        item: asked(house),
        expected_piece_count: None,
        allow_duplicate: allow,
    };
    customer.client.dispense(customer.meter, &order, key).await
}

/// Refused, with the item that it looks like; nothing was charged.
async fn suspected<T: std::fmt::Debug>(
    customer: &Customer,
    told: Result<T, ApiError>,
    item: &Item,
) {
    let before = customer.state().await;
    let error = told.unwrap_err();
    let problem = error.problem().unwrap();
    assert_eq!(problem.code, "duplicate-suspected");
    assert_eq!((problem.status, problem.charged), (409, Some(false)));
    let earlier = problem.earlier.as_ref().unwrap();
    assert_eq!((&earlier.item, &earlier.time), (&item.id, &item.time));
    assert_eq!(before.descending_mills, item.descending_mills);
}

#[tokio::test]
async fn a_piece_like_the_one_before_is_bought_when_it_is_meant() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let first = one(&ada, 1, "first", false).await.unwrap();
    suspected(&ada, one(&ada, 1, "second", false).await, &first).await;
    // The same request is no duplicate of itself, whatever it says of duplicates.
    for allow in [false, true] {
        assert_eq!(one(&ada, 1, "first", allow).await.unwrap().id, first.id);
    }
    // Meant: under the key that was refused, which therefore stands for it.
    let second = one(&ada, 1, "second", true).await.unwrap();
    assert_eq!(second.piece_count, first.piece_count + 1);
    assert_eq!(one(&ada, 1, "second", false).await.unwrap().id, second.id);
    // Another address or amount asks nothing; the guard looks at the item just before only.
    let heavier = DispenseOne {
        item: ItemOrder {
            weight_oz: Some("2".to_owned()),
            ..asked(1)
        },
        expected_piece_count: None,
        allow_duplicate: false,
    };
    ada.client
        .dispense(ada.meter, &heavier, "heavy")
        .await
        .unwrap();
    one(&ada, 2, "third", false).await.unwrap();
    one(&ada, 1, "fourth", false).await.unwrap();
    // Another meter is another meter.
    let bob = house.customer("bob").await;
    one(&bob, 1, "first", false).await.unwrap();
    house.assert_clean();
}

#[tokio::test]
async fn a_batch_is_compared_as_a_whole() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let batch = |houses: &[u32], allow_duplicate| DispenseBatch {
        items: houses.iter().map(|house| asked(*house)).collect(),
        expected_piece_count: None,
        allow_duplicate,
        origin: None,
    };
    // Alike within a list is what the list says.
    let told = ada
        .client
        .dispense_batch(ada.meter, &batch(&[1, 1, 2], false), "a")
        .await;
    let last = told.unwrap().items.pop().unwrap();
    // Its first is like the last one; and the same list again.
    for houses in [&[2, 3][..], &[1, 1, 2]] {
        let told = ada
            .client
            .dispense_batch(ada.meter, &batch(houses, false), "b")
            .await;
        suspected(&ada, told, &last).await;
    }
    let told = ada
        .client
        .dispense_batch(ada.meter, &batch(&[1, 1, 2], true), "b")
        .await;
    let last = told.unwrap().items.pop().unwrap();
    let told = ada
        .client
        .dispense_batch(ada.meter, &batch(&[1, 1, 2], false), "c")
        .await;
    suspected(&ada, told, &last).await;
    house.assert_clean();
}

async fn mail(
    client: &Client,
    meter: u32,
    body: &Mailing,
    key: &str,
) -> Result<Vec<Item>, ApiError> {
    let mut items = Vec::new();
    let told = |line: MailingLine| {
        if let MailingLine::Bought(row) = line {
            items.push(row.item);
        }
    };
    client.buy_mailing(meter, body, key, told).await?;
    Ok(items)
}

#[tokio::test]
async fn a_mailing_asks_before_it_begins_and_goes_on_once_begun() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let mailing = |rows: &[(u32, Option<&str>)]| Mailing {
        rows: rows
            .iter()
            .map(|(house, reference)| MailingRow {
                reference: reference.map(str::to_owned),
                item: asked(*house),
            })
            .collect(),
        correct_addresses: false,
        partial: false,
        allow_duplicate: false,
        origin: None,
    };
    // Alike rows without a name, or with names of their own, are what the list says.
    let alike = mailing(&[(1, None), (1, None), (2, Some("a")), (2, Some("b"))]);
    let items = mail(&ada.client, ada.meter, &alike, "alike").await.unwrap();
    let again = mail(&ada.client, ada.meter, &alike, "alike").await.unwrap();
    assert_eq!(items.len(), 4);
    assert_eq!(items[3].id, again[3].id, "once begun it goes on");
    // The same mailing under another key, and one that begins like the last piece.
    let told = mail(&ada.client, ada.meter, &alike, "other").await;
    suspected(&ada, told, &items[3]).await;
    let told = mail(&ada.client, ada.meter, &mailing(&[(2, None)]), "next").await;
    suspected(&ada, told, &items[3]).await;
    // One row twice, by its name: no earlier item is named.
    let twice = mailing(&[(3, Some("x")), (4, Some("y")), (4, Some("y"))]);
    let error = mail(&ada.client, ada.meter, &twice, "twice")
        .await
        .unwrap_err();
    let problem = error.problem().unwrap();
    assert!(problem.code == "duplicate-suspected" && problem.earlier.is_none());
    assert!(
        problem.detail.contains("Rows 2 and 3"),
        "{}",
        problem.detail
    );
    let meant = Mailing {
        allow_duplicate: true,
        origin: None,
        ..twice.clone()
    };
    let items = mail(&ada.client, ada.meter, &meant, "twice").await.unwrap();
    let again = mail(&ada.client, ada.meter, &twice, "twice").await.unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(items[0].id, again[0].id);
    house.assert_clean();
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn the_command_line_asks_nobody_and_names_the_flag() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let password = house.beside("password");
    std::fs::write(&password, e2e::PASSWORD).unwrap();
    let password = password.to_str().unwrap();
    house.indicia(&["login", "--login", &ada.login, "--password-file", password]);
    let out = house.beside("envelope.pdf");
    let print = [
        "print",
        "--to",
        "State Capitol;1315 10th St;Sacramento, CA 95814",
        "--out",
        out.to_str().unwrap(),
    ];
    house.indicia(&print);
    let refused = house.command(&print).output().unwrap();
    let said = words(&refused);
    assert!(
        !refused.status.success() && said.contains("duplicate-suspected"),
        "{said}"
    );
    assert!(said.contains("--allow-duplicate"), "{said}");
    house.indicia(&[&print[..], &["--allow-duplicate"]].concat());
    assert_eq!(ada.state().await.piece_count, 2);
    house.assert_clean();
}
