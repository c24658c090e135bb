//! Rows that somebody edited while the system was stopped: refused before anything is signed, named
//! in an alert, found by audit; other meters go on (must hold 4).

use audit::Code as Found;
use e2e::{Customer, House, rows};
use item::{BoxKind, ChainEntry, EventKind, Layout};
use rusqlite::Connection;
use sdk::ApiError;
use sdk::api::{DispenseBatch, Items};

/// Two customers, each with one printed item, and then some history.
async fn two_customers() -> (House, Customer, Customer) {
    let house = House::running();
    let ada = house.customer("ada").await;
    let bob = house.customer("bob").await;
    for customer in [&ada, &bob] {
        customer.print("first").await.unwrap();
        customer.print("second").await.unwrap();
    }
    house.assert_clean();
    (house, ada, bob)
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
    let error = outcome.unwrap_err();
    let problem = error.problem().unwrap_or_else(|| panic!("{error:?}"));
    problem.code.clone()
}

fn meter_row(customer: &Customer) -> String {
    format!("serial = {}", customer.meter)
}

fn user_row(customer: &Customer) -> String {
    format!("user = x'{}'", customer.user)
}

fn account_row(customer: &Customer) -> String {
    format!("account = x'{}'", customer.account)
}

fn length(sql: &Connection, table: &str, condition: &str) -> usize {
    let query = format!("SELECT length(record) FROM {table} WHERE {condition}");
    usize::try_from(rows::value::<i64>(sql, &query, [])).unwrap()
}

/// Bytes spread over a record: its first and last, and some between.
fn sample(length: usize) -> impl Iterator<Item = usize> {
    (0..6).map(move |part| part * (length - 1) / 5)
}

#[tokio::test]
async fn an_altered_meter_record_stops_its_meter_alone() {
    let (mut house, mut ada, mut bob) = two_customers().await;
    let row = meter_row(&ada);
    let kept = rows::keep(&house.sql(), "meters", &row);
    let length = length(&house.sql(), "meters", &row);
    for index in sample(length) {
        let at = |sql: &Connection| {
            rows::put_back(sql, &kept);
            rows::flip(sql, "meters", "record", &row, index);
            sql.execute("DELETE FROM alerts", []).unwrap();
        };
        house.edited(at);
        ada.move_to(&house);
        bob.move_to(&house);
        assert_eq!(
            refused(ada.print("third").await),
            "record-refused",
            "byte {index}"
        );
        bob.print(&format!("beside byte {index}")).await.unwrap();
        let alert = house
            .alerts()
            .into_iter()
            .find(|a| a.subject == ada.subject() && a.code != "write-conflict");
        let alert = alert.unwrap_or_else(|| panic!("byte {index}: {:?}", house.alerts()));
        assert!(
            ["altered", "unreadable", "moved", "unknown-epoch"].contains(&alert.code.as_str()),
            "{alert:?}"
        );
        let report = house.audit();
        assert!(!report.is_clean(), "byte {index}");
    }
    house.edited(|sql| rows::put_back(sql, &kept));
    ada.move_to(&house);
    let item = ada.print("third").await.unwrap();
    assert_eq!(item.piece_count, 3);
    house.assert_clean();
}

#[tokio::test]
async fn an_altered_user_record_keeps_its_user_out() {
    let (mut house, mut ada, mut bob) = two_customers().await;
    let row = user_row(&ada);
    let kept = rows::keep(&house.sql(), "users", &row);
    let length = length(&house.sql(), "users", &row);
    for index in sample(length) {
        house.edited(|sql| {
            rows::put_back(sql, &kept);
            rows::flip(sql, "users", "record", &row, index);
            sql.execute("DELETE FROM alerts", []).unwrap();
        });
        assert_eq!(
            refused(ada.log_in(&house).await),
            "record-refused",
            "byte {index}"
        );
        bob.log_in(&house).await.unwrap();
        let subject = ada.user.subject();
        let alert = house
            .alerts()
            .into_iter()
            .find(|a| a.subject == subject && a.code == "altered");
        assert!(alert.is_some(), "byte {index}: {:?}", house.alerts());
        assert!(!house.audit().is_clean(), "byte {index}");
    }
    house.edited(|sql| {
        let newer = rows::keep(sql, "users", &user_row(&bob));
        rows::put_back(sql, &kept);
        assert_eq!(rows::keep(sql, "users", &user_row(&bob)), newer);
    });
    ada.log_in(&house).await.unwrap();
    house.assert_clean();
}

#[tokio::test]
async fn an_altered_chain_takes_no_event() {
    let (mut house, mut ada, mut bob) = two_customers().await;
    let row = account_row(&ada);
    let newest =
        format!("{row} AND sequence = (SELECT max(sequence) FROM chain_entries WHERE {row})");
    let oldest = format!("{row} AND sequence = 1");
    let chain = rows::keep(&house.sql(), "chains", &row);
    let entries = rows::keep(&house.sql(), "chain_entries", &row);
    for (table, column, condition, stops) in [
        ("chains", "record", &row, true),
        ("chain_entries", "entry", &newest, true),
        ("chain_entries", "entry", &oldest, false),
    ] {
        let query = format!("SELECT length({column}) FROM {table} WHERE {condition}");
        let length = usize::try_from(rows::value::<i64>(&house.sql(), &query, [])).unwrap();
        for index in [0, length - 1] {
            let state = |sql: &Connection| {
                rows::put_back(sql, &chain);
                rows::put_back(sql, &entries);
                rows::flip(sql, table, column, condition, index);
                sql.execute("DELETE FROM alerts", []).unwrap();
            };
            house.edited(state);
            bob.log_in(&house).await.unwrap();
            let place = format!("{table} byte {index}");
            assert!(!house.audit().is_clean(), "{place}");
            if stops {
                assert_eq!(
                    refused(ada.log_in(&house).await),
                    "record-refused",
                    "{place}"
                );
                let subject = ada.account.subject();
                let alert = house
                    .alerts()
                    .into_iter()
                    .find(|a| a.subject == subject && a.code != "write-conflict");
                assert!(alert.is_some(), "{place}: {:?}", house.alerts());
            }
        }
    }
    house.edited(|sql| {
        rows::put_back(sql, &chain);
        rows::put_back(sql, &entries);
    });
    ada.log_in(&house).await.unwrap();
    house.assert_clean();
}

#[tokio::test]
async fn one_record_over_anothers_is_refused() {
    let (mut house, mut ada, mut bob) = two_customers().await;
    let meters = rows::keep(&house.sql(), "meters", "1");
    let users = rows::keep(&house.sql(), "users", "1");
    house.edited(|sql| {
        for (table, key, from, to) in [
            (
                "meters",
                "serial",
                ada.meter.to_string(),
                bob.meter.to_string(),
            ),
            (
                "users",
                "user",
                format!("x'{}'", ada.user),
                format!("x'{}'", bob.user),
            ),
        ] {
            let statement = format!(
                "UPDATE {table} SET (counter, record) = \
                 (SELECT counter, record FROM {table} WHERE {key} = {from}) WHERE {key} = {to}"
            );
            rows::edit(sql, &statement, []);
        }
    });
    ada.move_to(&house);
    ada.print("third").await.unwrap();
    let session = bob.client.session();
    assert_eq!(refused(bob.log_in(&house).await), "record-refused");
    bob.client.set_session(session);
    assert_eq!(refused(bob.print("third").await), "record-refused");
    assert_eq!(
        house.alert(bob.user.subject(), "altered").subject,
        bob.user.subject()
    );
    assert!(house.alerts().iter().any(|a| a.subject == bob.subject()));
    house.assert_found(&[Found::RecordDiffers]);
    house.edited(|sql| {
        let ours = rows::keep(sql, "meters", &meter_row(&ada));
        rows::put_back(sql, &meters);
        rows::put_back(sql, &ours);
        rows::put_back(sql, &users);
    });
    bob.log_in(&house).await.unwrap();
    assert_eq!(bob.print("third").await.unwrap().piece_count, 3);
    house.assert_clean();
}

/// Where two records differ in nothing but what is sealed, the sealed bytes of one do not fit the
/// other: token keys (the same offsets in every meter record) are copied alone.
#[tokio::test]
async fn sealed_fields_do_not_fit_another_record() {
    let (mut house, mut ada, bob) = two_customers().await;
    let record = |customer: &Customer| -> Vec<u8> {
        let query = format!("SELECT record FROM meters WHERE {}", meter_row(customer));
        rows::value(&house.sql(), &query, [])
    };
    let (ours, theirs) = (record(&ada), record(&bob));
    let keys = item::Sealed::<item::MeterRecord>::from_bytes(&theirs)
        .unwrap()
        .body
        .token_keys;
    let own = item::Sealed::<item::MeterRecord>::from_bytes(&ours)
        .unwrap()
        .body
        .token_keys;
    let at = ours.windows(120).position(|w| w == own.concat()).unwrap();
    let mut mixed = ours.clone();
    mixed[at..at + 120].copy_from_slice(&keys.concat());
    let kept = rows::keep(&house.sql(), "meters", &meter_row(&ada));
    house.edited(|sql| {
        let statement = format!("UPDATE meters SET record = ?1 WHERE {}", meter_row(&ada));
        rows::edit(sql, &statement, [&mixed]);
    });
    ada.move_to(&house);
    assert_eq!(refused(ada.print("third").await), "record-refused");
    let _named = house.alert(ada.subject(), "altered");
    house.assert_found(&[Found::RecordDiffers]);
    house.edited(|sql| rows::put_back(sql, &kept));
    ada.move_to(&house);
    ada.print("third").await.unwrap();
    house.assert_clean();
}

#[tokio::test]
async fn shown_balances_and_copied_counters_decide_nothing() {
    let (mut house, mut ada, _bob) = two_customers().await;
    let balance = ada.state().await.descending_mills;
    house.edited(|sql| {
        let statement = format!(
            "UPDATE meters SET balance_mills = 999999999, state = 6 WHERE {}",
            meter_row(&ada)
        );
        rows::edit(sql, &statement, []);
    });
    ada.move_to(&house);
    house.assert_found(&[Found::ColumnDiffers]);
    assert_eq!(ada.state().await.descending_mills, balance);
    let item = ada.print("third").await.unwrap();
    assert_eq!(item.descending_mills + item.value_mills, balance);
    // The write put the copies right again.
    house.assert_clean();

    // A counter that was changed lets nothing be written over the record, and so nothing be answered.
    house.edited(|sql| {
        let statement = format!(
            "UPDATE meters SET counter = counter + 1 WHERE {}",
            meter_row(&ada)
        );
        rows::edit(sql, &statement, []);
    });
    ada.move_to(&house);
    house.assert_found(&[Found::ColumnDiffers]);
    assert_eq!(refused(ada.print("fourth").await), "record-refused");
    let _named = house.alert(ada.subject(), "write-conflict");
    house.edited(|sql| {
        let statement = format!(
            "UPDATE meters SET counter = counter - 1 WHERE {}",
            meter_row(&ada)
        );
        rows::edit(sql, &statement, []);
    });
    ada.move_to(&house);
    assert_eq!(ada.print("fourth").await.unwrap().piece_count, 4);
    house.assert_clean();
}

#[tokio::test]
async fn a_deleted_item_is_missed() {
    let (mut house, mut ada, _bob) = two_customers().await;
    let order = DispenseBatch {
        items: vec![e2e::letter().item; 2],
        expected_piece_count: None,
        allow_duplicate: true,
        origin: None,
    };
    let (client, meter) = (&ada.client, ada.meter);
    let pair = client.dispense_batch(meter, &order, "pair").await.unwrap();
    let row = format!("meter = {meter} AND piece_count = 4");
    let kept = rows::keep(&house.sql(), "items", &row);
    house.edited(|sql| rows::edit(sql, &format!("DELETE FROM items WHERE {row}"), []));
    ada.move_to(&house);
    let again = ada.client.dispense_batch(meter, &order, "pair").await;
    assert_eq!(refused(again), "record-refused");
    let _named = house.alert(ada.subject(), "item-missing");
    house.assert_found(&[Found::HeadDiffers]);
    // The meter itself goes on.
    ada.print("third").await.unwrap();
    house.assert_found(&[Found::ItemGap]);
    house.edited(|sql| rows::put_back(sql, &kept));
    ada.move_to(&house);
    let again = ada.client.dispense_batch(meter, &order, "pair").await;
    let payload = |items: Items| items.items.into_iter().map(|item| item.payload);
    assert!(payload(again.unwrap()).eq(payload(pair)));
    house.assert_clean();
}

/// Each byte of an item, shown again to its customer or not, is told from the genuine one.
#[tokio::test]
async fn an_altered_item_is_not_answered() {
    let (mut house, mut ada, _bob) = two_customers().await;
    let row = format!("meter = {} AND piece_count = 1", ada.meter);
    let kept = rows::keep(&house.sql(), "items", &row);
    let query = format!("SELECT length(item) FROM items WHERE {row}");
    let length = usize::try_from(rows::value::<i64>(&house.sql(), &query, [])).unwrap();
    for index in sample(length) {
        house.edited(|sql| {
            rows::put_back(sql, &kept);
            rows::flip(sql, "items", "item", &row, index);
            sql.execute("DELETE FROM alerts", []).unwrap();
        });
        ada.move_to(&house);
        assert_eq!(
            refused(ada.print("first").await),
            "record-refused",
            "byte {index}"
        );
        let id = format!("{}-1", ada.meter);
        assert_eq!(
            refused(ada.client.item(&id).await),
            "record-refused",
            "byte {index}"
        );
        assert!(
            house.alerts().iter().any(|a| a.subject == ada.subject()),
            "byte {index}"
        );
        assert!(!house.audit().is_clean(), "byte {index}");
    }
    house.edited(|sql| rows::put_back(sql, &kept));
    ada.move_to(&house);
    ada.print("first").await.unwrap();
    ada.print("third").await.unwrap();
    house.assert_clean();
}

/// Decisions are shown to nobody but who repeats what they answered, and to audit.
#[tokio::test]
async fn an_altered_decision_is_not_answered() {
    let (mut house, mut ada, _bob) = two_customers().await;
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "PAY-1");
    ada.refill(&deposit).await.unwrap();
    let of_meter = format!(
        "box_kind = {} AND subject = x'{}'",
        BoxKind::Meter.code(),
        ada.subject()
    );
    let refill = format!("{of_meter} AND counter = {}", ada.state().await.counter);
    let first = format!("meter = {} AND piece_count = 1", ada.meter);
    let kept = [("decisions", &refill), ("items", &first)]
        .map(|(table, row)| rows::keep(&house.sql(), table, row));
    for (table, row, index) in [
        ("decisions", &refill, 0),
        ("decisions", &refill, 150),
        ("decisions", &refill, 280),
        ("items", &first, 20),
        ("items", &first, 200),
    ] {
        house.edited(|sql| {
            kept.iter().for_each(|rows| rows::put_back(sql, rows));
            rows::flip(sql, table, "decision", row, index);
            sql.execute("DELETE FROM alerts", []).unwrap();
        });
        ada.move_to(&house);
        let told = match table {
            "items" => ada.print("first").await.map(drop),
            _ => ada.refill(&deposit).await.map(drop),
        };
        assert_eq!(refused(told), "record-refused", "{table}, byte {index}");
        let _named = house.alert(ada.subject(), "decision-altered");
        assert!(!house.audit().is_clean());
    }
    house.edited(|sql| kept.iter().for_each(|rows| rows::put_back(sql, rows)));
    ada.move_to(&house);
    ada.refill(&deposit).await.unwrap();
    assert_eq!(ada.print("first").await.unwrap().piece_count, 1);
    house.assert_clean();
}

#[tokio::test]
async fn a_chain_without_its_tail_takes_no_event() {
    let (mut house, mut ada, mut bob) = two_customers().await;
    let row = account_row(&ada);
    let newest =
        format!("{row} AND sequence = (SELECT max(sequence) FROM chain_entries WHERE {row})");
    let kept = rows::keep(&house.sql(), "chain_entries", &row);
    house.edited(|sql| {
        rows::edit(
            sql,
            &format!("DELETE FROM chain_entries WHERE {newest}"),
            [],
        )
    });
    assert_eq!(refused(ada.log_in(&house).await), "record-refused");
    bob.log_in(&house).await.unwrap();
    assert!(
        house
            .alerts()
            .iter()
            .any(|a| a.subject == ada.account.subject()),
        "{:?}",
        house.alerts()
    );
    house.assert_found(&[Found::EntryGap]);
    house.edited(|sql| rows::put_back(sql, &kept));
    ada.log_in(&house).await.unwrap();
    house.assert_clean();
}

#[tokio::test]
async fn an_inserted_log_in_is_found_out() {
    let (mut house, mut ada, _bob) = two_customers().await;
    let row = account_row(&ada);
    house.edited(|sql| {
        // The newest entry once more, as the next one: what an editor can make without any key.
        let statement = format!(
            "INSERT INTO chain_entries SELECT account, sequence + 1, event, recorded, entry \
             FROM chain_entries WHERE {row} ORDER BY sequence DESC LIMIT 1"
        );
        rows::edit(sql, &statement, []);
    });
    house.assert_found(&[Found::EntryGap]);
    // As good as it can be made: with its sequence in the entry, and linked.
    house.edited(|sql| {
        let newest =
            format!("{row} AND sequence = (SELECT max(sequence) FROM chain_entries WHERE {row})");
        let query = format!("SELECT entry FROM chain_entries WHERE {newest}");
        let bytes: Vec<u8> = rows::value(sql, &query, []);
        let mut entry = ChainEntry::from_bytes(&bytes).unwrap();
        entry.previous = verify::statement_digest(&bytes);
        entry.sequence += 1;
        entry.event = EventKind::LogIn;
        let statement = format!("UPDATE chain_entries SET event = ?1, entry = ?2 WHERE {newest}");
        rows::edit(sql, &statement, (EventKind::LogIn.code(), entry.to_bytes()));
    });
    let report = house.audit();
    assert!(!report.is_clean());
    assert_eq!(refused(ada.log_in(&house).await), "record-refused");
    assert!(
        house
            .alerts()
            .iter()
            .any(|a| a.subject == ada.account.subject()),
        "{:?}",
        house.alerts()
    );
    house.edited(|sql| {
        let newest =
            format!("{row} AND sequence = (SELECT max(sequence) FROM chain_entries WHERE {row})");
        rows::edit(
            sql,
            &format!("DELETE FROM chain_entries WHERE {newest}"),
            [],
        );
    });
    ada.log_in(&house).await.unwrap();
    house.assert_clean();
}

/// V8: what a database that hides an answer can do. The item is recorded, and audit names the pair.
#[tokio::test]
async fn a_deleted_answer_costs_a_second_recorded_item() {
    let (mut house, mut ada, _bob) = two_customers().await;
    let first = ada.print("first").await.unwrap();
    house.edited(|sql| {
        let statement = format!(
            "UPDATE items SET account = NULL, key_digest = NULL, body_digest = NULL, request = NULL, \
             pieces = NULL WHERE meter = {} AND piece_count = 1",
            ada.meter
        );
        rows::edit(sql, &statement, []);
    });
    ada.move_to(&house);
    house.assert_found(&[Found::AnswerMissing]);
    // A caller who must exclude even that says which piece he expects.
    let mut order = e2e::letter();
    order.expected_piece_count = Some(0);
    let told = ada.client.dispense(ada.meter, &order, "first").await;
    assert!(
        matches!(refused(told).as_str(), "piece-count"),
        "the box compares"
    );
    let second = ada.print("first").await.unwrap();
    assert_eq!((first.piece_count, second.piece_count), (1, 3));
    let report = house.audit();
    let pair = report
        .problems
        .iter()
        .find(|p| p.code == Found::AnsweredTwice)
        .unwrap();
    let words = format!("{} {}", pair.place, pair.message);
    assert!(words.contains('1') && words.contains('3'), "{words}");
    assert_eq!(report.counts.items, 5);
}
