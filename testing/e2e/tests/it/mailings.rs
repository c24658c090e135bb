//! Mailings: checked as a whole, bought once, whatever happens on the way; and what the command line makes of
//! a list.

use std::collections::BTreeSet;
use std::fs;

use e2e::{Customer, House, PASSWORD};
use sdk::api::{BoughtRow, ItemOrder, Mailing, MailingLine, MailingRow};

use crate::held::settled;

/// Rows to streets of their own; every `bad`-th has no ZIP.
fn mailing(count: usize, bad: Option<usize>) -> Mailing {
    let row = |number: usize| {
        let zip = if bad.is_some_and(|bad| number.is_multiple_of(bad)) {
            ""
        } else {
            "95814"
        };
        let street = format!("{number} Tenth Street");
        MailingRow {
            reference: Some(format!("row-{number}")),
            item: ItemOrder {
                value_mills: Some(10),
                recipient: ["State Capitol", &street, &format!("Sacramento, CA {zip}")]
                    .map(str::to_owned)
                    .to_vec(),
                ..ItemOrder::default()
            },
        }
    };
    Mailing {
        rows: (1..=count).map(row).collect(),
        correct_addresses: true,
        partial: bad.is_some(),
        allow_duplicate: true,
        origin: None,
    }
}

/// What buying told, and its end.
async fn buy(
    customer: &Customer,
    mailing: &Mailing,
    key: &str,
) -> (Vec<BoughtRow>, Vec<u32>, Result<u32, sdk::ApiError>) {
    let (mut bought, mut rejected) = (Vec::new(), Vec::new());
    let told = |line| match line {
        MailingLine::Bought(row) => bought.push(*row),
        MailingLine::Rejected(row) => rejected.push(row.row),
        MailingLine::Done(_) | MailingLine::Stopped(_) => {}
    };
    let client = &customer.client;
    let done = client.buy_mailing(customer.meter, mailing, key, told).await;
    (bought, rejected, done.map(|done| done.items))
}

fn ids(bought: &[BoughtRow]) -> BTreeSet<String> {
    bought.iter().map(|row| row.item.id.clone()).collect()
}

#[tokio::test]
async fn a_mailing_is_checked_then_bought_once() {
    let mut house = House::running();
    let customer = house.customer("mailer").await;
    let asked = mailing(2_500, Some(1_000));

    let checked = customer
        .client
        .check_mailing(customer.meter, &asked)
        .await
        .unwrap();
    assert_eq!((checked.accepted, checked.rejected), (2_498, 2));
    assert_eq!(checked.total_mills, 24_980);
    assert_eq!(checked.descending_mills, 100_000);
    assert_eq!(
        checked.rows[0].recipient,
        ["State Capitol", "1 TENTH ST", "SACRAMENTO CA 95814"]
    );
    assert!(
        checked.rows[0]
            .address_notes
            .contains(&"suffix-abbreviated".to_owned())
    );
    let refused = checked.rows[999].problem.as_ref().unwrap();
    assert_eq!(
        (refused.code.as_str(), refused.charged),
        ("bad-address", Some(false))
    );
    assert_eq!(
        customer.state().await.piece_count,
        0,
        "a check buys nothing"
    );

    let (bought, rejected, done) = buy(&customer, &asked, "mailing").await;
    assert_eq!((done.unwrap(), bought.len()), (2_498, 2_498));
    assert_eq!(rejected, [1_000, 2_000]);
    for row in &bought {
        assert_eq!(
            row.reference.as_deref(),
            Some(format!("row-{}", row.row).as_str())
        );
        assert_eq!(row.recipient[1], format!("{} TENTH ST", row.row));
    }
    let state = customer.state().await;
    assert_eq!(
        (state.piece_count, state.descending_mills),
        (2_498, 100_000 - 24_980)
    );

    let (again, _, done) = buy(&customer, &asked, "mailing").await;
    assert_eq!(done.unwrap(), 2_498);
    assert_eq!(ids(&again), ids(&bought));
    assert_eq!(customer.state().await.piece_count, 2_498, "bought once");
    let progress = customer
        .client
        .mailing_progress(customer.meter, "mailing")
        .await
        .unwrap();
    assert_eq!((progress.items, progress.total_mills), (2_498, 24_980));

    let mut other = asked.clone();
    other.rows[0].item.value_mills = Some(20);
    let (_, _, done) = buy(&customer, &other, "mailing").await;
    assert!(done.unwrap_err().has_code("idempotency-key-reused"));
    house.stop();
    house.assert_clean();
}

#[tokio::test]
async fn a_mailing_that_can_not_be_bought_whole_is_not_begun() {
    let house = House::running();
    let customer = house.customer("mailer").await;
    let strict = Mailing {
        partial: false,
        allow_duplicate: true,
        origin: None,
        ..mailing(1_500, Some(1_400))
    };
    let (bought, _, done) = buy(&customer, &strict, "strict").await;
    let error = done.unwrap_err();
    assert!(error.has_code("rows-rejected"), "{error}");
    assert!(error.to_string().contains("row 1400"), "{error}");
    assert!(bought.is_empty());

    let mut dear = mailing(1_500, None);
    for row in &mut dear.rows {
        row.item.value_mills = Some(100);
    }
    let (bought, _, done) = buy(&customer, &dear, "dear").await;
    let error = done.unwrap_err();
    assert!(error.has_code("insufficient-funds"), "{error}");
    assert!(bought.is_empty(), "1,000 of them would have been covered");
    assert_eq!(customer.state().await.piece_count, 0);

    let none = Mailing {
        rows: Vec::new(),
        ..strict
    };
    let (_, _, done) = buy(&customer, &none, "none").await;
    assert!(done.unwrap_err().has_code("item-count"));
    let missing = customer
        .client
        .mailing_progress(customer.meter, "strict")
        .await;
    assert!(missing.unwrap_err().has_code("not-found"));
}

#[tokio::test]
async fn a_mailing_goes_on_after_its_server_was_killed_v4() {
    let mut house = House::running();
    let mut customer = house.customer("mailer").await;
    let asked = mailing(4_000, None);
    let (pieces, told) = tokio::sync::oneshot::channel();
    let mut pieces = Some(pieces);
    let buying = customer
        .client
        .buy_mailing(customer.meter, &asked, "mailing", |line| {
            if let (MailingLine::Bought(_), Some(first)) = (line, pieces.take()) {
                let _ = first.send(());
            }
        });
    // The client tries for some seconds; the server is back at another address by then.
    let killing = async {
        let _ = told.await;
        house.kill("datacenter");
    };
    let (first, ()) = tokio::join!(buying, killing);
    house.stop();
    house.up();
    customer.move_to(&house);
    settled(&house).await;
    let before = customer.state().await.piece_count;
    assert!(before >= 1_000, "{before}");
    let (bought, _, done) = buy(&customer, &asked, "mailing").await;
    assert_eq!(done.unwrap(), 4_000, "{first:?}");
    assert_eq!(ids(&bought).len(), 4_000);
    let state = customer.state().await;
    assert_eq!((state.piece_count, state.ascending_mills), (4_000, 40_000));
    house.stop();
    house.assert_clean();
}

#[tokio::test]
async fn a_list_of_a_spreadsheet_becomes_letters() {
    let house = House::running();
    let customer = house.customer("mailer").await;
    let password = house.beside("password");
    fs::write(&password, PASSWORD).unwrap();
    let password = password.to_str().unwrap();
    house.indicia(&[
        "login",
        "--login",
        &customer.login,
        "--password-file",
        password,
    ]);
    let list = house.beside("list.csv");
    fs::write(
        &list,
        "Ref;Contact;Street Address;City;ST;Zip Code;Weight (oz);Phone\r\n\
         A1;State Capitol;1315 Tenth Street;Sacramento;California;95814;1;5\r\n\
         A2;State House;24 Beacon St;Boston;MA;2133;1,5;5\r\n\
         A3;Nobody;12 Nowhere Rd;Springfield;ZZ;99;1;5\r\n",
    )
    .unwrap();
    let (list, out) = (list.to_str().unwrap(), house.beside("letters"));
    let batch = |more: &[&str]| {
        let usual = ["batch", list, "--out", out.to_str().unwrap(), "--json"];
        let run = house
            .command(&[&usual[..], more].concat())
            .output()
            .unwrap();
        let said = String::from_utf8(run.stdout).unwrap();
        (run.status.code(), said)
    };
    let (code, said) = batch(&["--dry-run"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, &said["accepted"], &said["rejected"]),
        (Some(1), &2.into(), &1.into())
    );
    assert_eq!(said["total_mills"], 1_770);
    let checked = fs::read_to_string(out.join("checked.csv")).unwrap();
    assert!(
        checked.contains("1315 TENTH ST; SACRAMENTO CA 95814"),
        "{checked}"
    );
    let (code, _) = batch(&[]);
    assert_eq!(code, Some(1), "a rejected row refuses all");
    assert_eq!(customer.state().await.piece_count, 0);
    for stock in ["envelope-10", "sheet-5160"] {
        let (code, said) = batch(&["--partial", "--stock", stock]);
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(
            (code, &said["items"], &said["total_mills"]),
            (Some(0), &2.into(), &1_770.into())
        );
    }
    let rejected = fs::read_to_string(out.join("rejected.csv")).unwrap();
    assert!(
        rejected.starts_with("Ref;Contact;") && rejected.contains("\nA3;"),
        "{rejected}"
    );
    assert_eq!(rejected.lines().count(), 2);
    let (code, _) = batch(&["--partial", "--format", "zpl", "--stock", "label-4x6"]);
    assert_eq!(code, Some(0));
    assert!(
        fs::read(out.join("envelopes.zpl"))
            .unwrap()
            .starts_with(b"^XA")
    );
    assert_eq!(
        customer.state().await.piece_count,
        2,
        "drawn three times, paid once"
    );
    let pdf = out.join("envelopes.pdf");
    let verdict = house.indicia(&["verify", pdf.to_str().unwrap()]);
    assert!(verdict.starts_with("ACCEPT item"), "{verdict}");
}
