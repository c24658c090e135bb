//! One payment, however often and wherever it is shown, is credited once (must hold 5).

use e2e::{Boxes, Customer, House, key_of, now, rows};
use functions::Code;
use item::{BoxKind, CreditEvidence, Layout, MultiSigned, RequestId, Time};
use sdk::ApiError;
use signer::{Credit, FundingState, LedgerError};
use std::time::Duration;
use wire::{MeterRequest, Outcome, RefusalCode};

/// The first deposit of every customer.
const FIRST: u64 = 100_000;

/// Registers and deposits are those of these payments, by the data centre and by audit.
async fn assert_credited(house: &House, customers: &[(&Customer, u64)]) {
    let mut sum = 0;
    for (customer, deposits) in customers {
        let meter = customer.state().await;
        assert_eq!(meter.descending_mills + meter.ascending_mills, *deposits);
        sum += deposits;
    }
    let report = house.audit();
    assert!(report.is_clean(), "{:#?}", report.problems);
    assert_eq!(report.totals.deposits_mills, sum);
}

fn code_of<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
    let error = outcome.unwrap_err();
    error
        .problem()
        .unwrap_or_else(|| panic!("{error:?}"))
        .code
        .clone()
}

#[tokio::test]
async fn a_deposit_shown_again_credits_nothing() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "PAY-1");
    let first = ada.refill(&deposit).await.unwrap();
    for key in ["another key", "and another"] {
        let again = ada.client.refill(ada.meter, &deposit, key).await.unwrap();
        assert_eq!(again.decision, first.decision);
    }
    assert_credited(&house, &[(&ada, FIRST + 7_000)]).await;

    house.stop();
    house.up();
    ada.move_to(&house);
    let again = ada.refill(&deposit).await.unwrap();
    assert_eq!(again.decision, first.decision);
    ada.print("a letter").await.unwrap();
    assert_credited(&house, &[(&ada, FIRST + 7_000)]).await;
}

#[tokio::test]
async fn a_deposit_that_the_database_forgot_is_refused_by_the_box() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "PAY-1");
    ada.refill(&deposit).await.unwrap();
    let digest = verify::statement_digest(&deposit).0;
    let mut kept = Vec::new();
    house.edited(|sql| {
        kept = rows::keep(
            sql,
            "evidence",
            &format!("digest = x'{}'", item::Digest(digest)),
        );
        rows::edit(sql, "DELETE FROM evidence WHERE digest = ?1", [digest]);
    });
    ada.move_to(&house);
    // The last decision may still be delivered again; whatever is answered, nothing is credited.
    let _answer = ada.refill(&deposit).await;
    ada.print("a letter").await.unwrap();
    assert_eq!(
        code_of(ada.client.refill(ada.meter, &deposit, "k").await),
        "funding-sequence"
    );
    house.assert_found(&[audit::Code::EvidenceMissing]);
    rows::put_back(&house.sql(), &kept);
    assert_credited(&house, &[(&ada, FIRST + 7_000)]).await;
}

#[tokio::test]
async fn a_deposit_credits_only_the_meter_that_it_names() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let bob = house.customer("bob").await;
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "PAY-1");
    let astray = bob.client.refill(bob.meter, &deposit, "astray");
    let (right, astray) = tokio::join!(ada.refill(&deposit), astray);
    right.unwrap();
    assert_eq!(code_of(astray), "statement-mismatch");
    assert_credited(&house, &[(&ada, FIRST + 7_000), (&bob, FIRST)]).await;
}

/// Also when the data centre shows it with the other meter's record, which an honest one never does.
#[tokio::test]
async fn a_box_that_is_shown_another_meters_deposit_refuses() {
    let house = House::new();
    let boxes = Boxes::start(&house);
    let desk = boxes.desk(&house);
    let ada = desk.patron(&house, "ada").await;
    let bob = desk.patron(&house, "bob").await;
    let deposit = house.deposit_now(ada.meter.0, 2, 7_000, "PAY-1");
    let evidence = MultiSigned::<CreditEvidence>::from_bytes(&deposit).unwrap();
    let shown: Vec<u8> = rows::value(
        &house.sql(),
        "SELECT record FROM meters WHERE serial = ?1",
        [bob.meter.0],
    );
    let entry = wire::Entry {
        request: RequestId([1; 32]),
        subject: bob.meter.subject(),
        shown: item::Bytes::new(shown).unwrap(),
        body: item::Bytes::new(MeterRequest::Refill(evidence).to_bytes()).unwrap(),
    };
    let outcome = desk.boxes.of(BoxKind::Meter).decide(entry).await.unwrap();
    let Outcome::Refused(refusal) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(refusal.code, RefusalCode::Mismatch);
    let problem = desk.centre.refill(bob.meter, &deposit).await.unwrap_err();
    assert_eq!(problem.code, Code::Mismatch);
    assert_eq!(desk.meter(&bob).await.deposits.0, FIRST);
    house.assert_clean();
}

#[tokio::test]
async fn a_deposit_shown_many_times_at_once_is_credited_once() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "PAY-1");
    let keys: Vec<String> = (0..12).map(|n| format!("copy-{n}")).collect();
    let mut calls = tokio::task::JoinSet::new();
    for key in keys {
        let (client, deposit, meter) = (house.client(), deposit.clone(), ada.meter);
        calls.spawn(async move { client.refill(meter, &deposit, &key).await });
    }
    // While items are printed from the same meter.
    let (a, b) = tokio::join!(ada.print("one"), ada.print("two"));
    assert_ne!(a.unwrap().piece_count, b.unwrap().piece_count);
    let mut decisions = Vec::new();
    while let Some(outcome) = calls.join_next().await {
        // Whoever comes second gets the decision of the first.
        decisions.push(outcome.unwrap().unwrap().decision);
    }
    decisions.dedup();
    assert_eq!(decisions.len(), 1);
    assert_credited(&house, &[(&ada, FIRST + 7_000)]).await;
}

#[tokio::test]
async fn of_two_deposits_with_one_sequence_one_is_credited() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let a = house.deposit_now(ada.meter, 2, 7_000, "PAY-A");
    let b = house.deposit_now(ada.meter, 2, 9_000, "PAY-B");
    let (a, b) = tokio::join!(ada.refill(&a), ada.refill(&b));
    let (credited, lost) = match (a, b) {
        (Ok(_), Err(error)) => (7_000, error),
        (Err(error), Ok(_)) => (9_000, error),
        other => panic!("{other:?}"),
    };
    assert!(lost.has_code("funding-sequence"), "{lost:?}");
    assert_credited(&house, &[(&ada, FIRST + credited)]).await;
}

#[tokio::test]
async fn a_deposit_of_a_later_sequence_waits_for_the_one_before() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let second = house.deposit_now(ada.meter, 2, 7_000, "PAY-2");
    let third = house.deposit_now(ada.meter, 3, 9_000, "PAY-3");
    assert_eq!(code_of(ada.refill(&third).await), "funding-sequence");
    ada.refill(&second).await.unwrap();
    ada.refill(&third).await.unwrap();
    assert_credited(&house, &[(&ada, FIRST + 16_000)]).await;
}

#[tokio::test]
async fn a_deposit_signed_again_after_expiry_is_credited_once() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let again = |expires| house.deposit(ada.meter, 2, 7_000, "PAY-1", Time(expires));
    let late = again(now().0 - 1);
    assert_eq!(code_of(ada.refill(&late).await), "statement-expired");
    let (one, two) = (again(now().0 + 60_000), again(now().0 + 70_000));
    ada.refill(&one).await.unwrap();
    assert_eq!(code_of(ada.refill(&two).await), "funding-sequence");
    assert_eq!(code_of(ada.refill(&late).await), "funding-sequence");
    assert_credited(&house, &[(&ada, FIRST + 7_000)]).await;
}

#[tokio::test]
async fn the_ledger_signs_an_expired_payment_under_the_same_sequence() {
    let house = House::running();
    let ada = house.newcomer("ada").await;
    for act in house.commission(ada.meter) {
        house.hand_in(&act).await.unwrap();
    }
    let installation = house.installation();
    let key = house.key("treasury");
    let credit = Credit {
        meter: item::MeterSerial(ada.meter),
        reference: "PAY-1",
        amount: item::Mills(7_000),
        currency: installation.transcript().currency,
        kind: item::EvidenceKind::Deposit,
    };
    let mut ledger = house.ledger();
    let hour = Duration::from_secs(3_600);
    let past = Time(now().0 - 2 * 3_600_000);
    let late = ledger
        .credit(&installation, &credit, past, hour, &[&key])
        .unwrap();
    assert_eq!(
        code_of(ada.refill(&late.to_bytes()).await),
        "statement-expired"
    );
    let fresh = ledger
        .credit(&installation, &credit, now(), hour, &[&key])
        .unwrap();
    assert_eq!(fresh.body.id, late.body.id);
    assert_eq!(fresh.body.funding_sequence, late.body.funding_sequence);
    // A second payment must wait until it is known where this sequence went.
    let other = Credit {
        reference: "PAY-2",
        ..credit
    };
    let refused = ledger.credit(&installation, &other, now(), hour, &[&key]);
    assert!(
        matches!(refused, Err(LedgerError::Outstanding { .. })),
        "{refused:?}"
    );
    let decided = ada.refill(&fresh.to_bytes()).await.unwrap();
    let decision = item::Signed::from_bytes(&sdk::decode(&decided.decision).unwrap()).unwrap();
    let settled = ledger.settle(decision, &installation).unwrap();
    assert_eq!(settled.state, FundingState::Credited);
    // Asked for once more, it is the evidence that was used, which credits nothing.
    let same = ledger
        .credit(&installation, &credit, now(), hour, &[&key])
        .unwrap();
    assert_eq!(same, fresh);
    ada.refill(&same.to_bytes()).await.unwrap();
    assert_credited(&house, &[(&ada, 7_000)]).await;
}

#[tokio::test]
async fn fund_repeated_at_the_command_line_credits_once() {
    let mut house = House::running();
    let mut ada = house.newcomer("ada").await;
    let mut bob = house.newcomer("bob").await;
    for customer in [&ada, &bob] {
        for act in house.commission(customer.meter) {
            house.hand_in(&act).await.unwrap();
        }
    }
    let fund = |house: &House, meter: u32, amount: &str| {
        let meter = meter.to_string();
        let words = [
            "--json",
            "fund",
            &meter,
            "--amount",
            amount,
            "--reference",
            "PAY-1",
        ];
        house.command(&words).output().unwrap()
    };
    let said = fund(&house, ada.meter, "7.00");
    assert!(said.status.success(), "{said:?}");
    for _ in 0..2 {
        let again = fund(&house, ada.meter, "7.00");
        let json: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
        assert_eq!(json["already"], true, "{json}");
        house.stop();
        house.up();
    }
    for refused in [
        fund(&house, bob.meter, "7.00"),
        fund(&house, ada.meter, "8.00"),
    ] {
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    }
    ada.move_to(&house);
    bob.move_to(&house);
    assert_credited(&house, &[(&ada, 7_000), (&bob, 0)]).await;
}

/// After an older database was put back, the box still knows the credit: shown again, it credits
/// nothing, neither there nor once the right database is back.
#[tokio::test]
async fn an_older_database_does_not_make_a_deposit_new() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "PAY-1");
    house.stop();
    std::fs::copy(house.database(), house.beside("older")).unwrap();
    house.up();
    ada.move_to(&house);
    ada.refill(&deposit).await.unwrap();
    ada.print("newer than the copy").await.unwrap();
    house.stop();
    std::fs::rename(house.database(), house.beside("right")).unwrap();
    std::fs::copy(house.beside("older"), house.database()).unwrap();
    house.up();
    ada.move_to(&house);
    for key in ["copy 1", "copy 2"] {
        let refused = ada.client.refill(ada.meter, &deposit, key).await;
        assert_eq!(code_of(refused), "record-refused");
    }
    let alert = house.alert(ada.subject(), "rolled-back");
    assert!(!alert.evidence.is_empty());
    house.assert_found(&[audit::Code::PutBack]);
    house.stop();
    std::fs::rename(house.beside("right"), house.database()).unwrap();
    house.up();
    ada.move_to(&house);
    let again = ada.refill(&deposit).await.unwrap();
    assert_eq!(again.meter.unwrap().funding_sequence, 2);
    let other_copy = house.deposit(ada.meter, 2, 7_000, "PAY-1", Time(now().0 + 5_000_000));
    assert_eq!(code_of(ada.refill(&other_copy).await), "funding-sequence");
    assert_credited(&house, &[(&ada, FIRST + 7_000)]).await;
}

/// A treasurer who signs one payment twice, past the ledger, is what audit is for: no box can know.
#[tokio::test]
async fn audit_names_a_payment_that_was_signed_for_two_meters() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let bob = house.customer("bob").await;
    for customer in [&ada, &bob] {
        let deposit = house.deposit_now(customer.meter, 2, 7_000, "PAY-1");
        customer.refill(&deposit).await.unwrap();
    }
    let report = house.audit();
    let twice = |p: &&audit::Problem| p.code == audit::Code::CreditedTwice;
    let problem = report.problems.iter().find(twice).unwrap();
    assert_eq!(problem.value_mills, 7_000);
}

#[tokio::test]
async fn an_altered_deposit_is_refused_at_every_byte() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "PAY-1");
    for index in 0..deposit.len() {
        let mut altered = deposit.clone();
        altered[index] ^= 1 << (index % 8);
        let refused = ada
            .client
            .refill(ada.meter, &altered, &key_of(&altered))
            .await;
        let code = code_of(refused);
        let known = [
            "bad-statement",
            "bad-signature",
            "statement-mismatch",
            "funding-sequence",
            "statement-expired",
        ];
        assert!(known.contains(&code.as_str()), "byte {index}: {code}");
    }
    ada.refill(&deposit).await.unwrap();
    assert_credited(&house, &[(&ada, FIRST + 7_000)]).await;
}
