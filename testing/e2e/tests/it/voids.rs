//! Items that are taken back, on real processes: credited once, void everywhere (must hold 2).

use e2e::{Boxes, Customer, House, key_of, now};
use functions::Code;
use hostile_store::Rule;
use item::{BoxKind, CreditApproval, Layout, MeterSerial, Payload, Time, Version, Zip};
use sdk::api::{Acceptance, Item, Verification};
use sdk::{ApiError, BooksQuestion};
use signer::{Sighting, Verifier, sign_approval};
use verify::{Pack, Tag};

use crate::statements::{as_lines, recomputes, told};

const LETTER: u64 = 780;

/// An approval of the house's refunder; another one for each `nth`.
pub(crate) fn approval(house: &House, payload: &[u8], nth: u64) -> Vec<u8> {
    let item = Payload::from_bytes(payload).unwrap();
    let approval = CreditApproval {
        version: Version,
        installation: house.installation().transcript().installation,
        meter: item.meter,
        piece_count: item.piece_count,
        value: item.value,
        payload: verify::digest(Tag::PAYLOAD_DIGEST, &[payload]),
        expires: Time(now().0 + 3_600_000 + nth),
    };
    let key = house.key("refunder");
    sign_approval(approval, &[&key]).unwrap().to_bytes()
}

pub(crate) fn payload(item: &Item) -> Vec<u8> {
    sdk::decode(&item.payload).unwrap()
}

fn code_of<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
    let error = outcome.unwrap_err();
    let problem = error.problem().unwrap_or_else(|| panic!("{error:?}"));
    problem.code.clone()
}

async fn assert_balance(customer: &Customer, deposits: u64, credits: u64) {
    let meter = customer.state().await;
    assert_eq!(
        meter.descending_mills + meter.ascending_mills,
        deposits + credits
    );
}

fn sighting(house: &House, verifier: &mut Verifier, payload: &[u8], key: &str) -> Acceptance {
    let sighting = Sighting {
        installation: house.installation().transcript().installation,
        payload,
        place: Zip(95_814),
        time: now(),
        idempotency_key: key,
    };
    Acceptance {
        scan: sdk::encode(&verifier.scan(&sighting).unwrap().to_bytes()),
        payload: sdk::encode(payload),
    }
}

#[tokio::test]
async fn an_item_that_is_taken_back_is_void_everywhere_p23() {
    let mut house = House::without_waiting();
    house.up();
    let mut ada = house.customer("ada").await;
    let bob = house.customer("bob").await;
    let item = ada.print("a letter").await.unwrap();
    let used = ada.print("a used letter").await.unwrap();
    let value = item.value_mills;
    assert!(value > 0 && value < LETTER * 10);

    // Nobody else asks for it, and nothing is approved that nobody asked for.
    assert_eq!(
        code_of(bob.client.request_void(&item.id).await),
        "not-found"
    );
    let early = approval(&house, &payload(&item), 0);
    let api = house.client();
    let refused = api.approve_void(&item.id, &early, &key_of(&early)).await;
    assert_eq!(code_of(refused), "not-found");

    // Asked, cancelled, asked again, rejected, asked again.
    assert_eq!(
        ada.client.request_void(&item.id).await.unwrap().state,
        "requested"
    );
    assert_eq!(
        ada.client.cancel_void(&item.id).await.unwrap().state,
        "cancelled"
    );
    let refused = api.approve_void(&item.id, &early, &key_of(&early)).await;
    assert_eq!(code_of(refused), "void-decided");
    ada.client.request_void(&item.id).await.unwrap();
    house.indicia(&[
        "refunds",
        "reject",
        &item.id,
        "--reason",
        "seen in the mail",
    ]);
    let rejected = ada.client.void(&item.id).await.unwrap();
    assert_eq!(rejected.reason.as_deref(), Some("seen in the mail"));
    ada.client.request_void(&item.id).await.unwrap();
    assert_eq!(ada.client.voids(None).await.unwrap().len(), 1);
    assert_eq!(bob.client.voids(None).await.unwrap().len(), 0);

    // A used item is refused to the mailer, and by tool and server.
    let mut verifier =
        Verifier::open(&house.path("verifier/scans.log"), house.key("verifier")).unwrap();
    ada.client.request_void(&used.id).await.unwrap();
    let scan = sighting(&house, &mut verifier, &payload(&used), "used");
    assert_eq!(api.accept(&scan).await.unwrap().outcome, "accepted");
    let late = approval(&house, &payload(&used), 0);
    let refused = api.approve_void(&used.id, &late, &key_of(&late)).await;
    assert_eq!(code_of(refused), "item-used");
    let tool = house
        .command(&["refunds", "approve", &used.id])
        .output()
        .unwrap();
    assert!(!tool.status.success(), "{tool:?}");

    house.indicia(&["refunds", "approve", &item.id]);
    assert_balance(&ada, 100_000, value).await;
    let shown = ada.client.item(&item.id).await.unwrap();
    assert!(shown.void, "the item says so");
    assert!(!ada.client.item(&used.id).await.unwrap().void);
    let verified = api
        .verify(&Verification {
            payload: Some(item.payload.clone()),
            ..Default::default()
        })
        .await
        .unwrap();
    assert_eq!(verified.verdict, "refuse");
    assert!(verified.findings.iter().any(|f| f.code == "void"));
    let scan = sighting(&house, &mut verifier, &payload(&item), "void");
    assert_eq!(api.accept(&scan).await.unwrap().outcome, "refused");

    // Asked and approved again, also after a restart: credited once.
    drop(verifier);
    house.stop();
    house.up();
    ada.move_to(&house);
    let again = approval(&house, &payload(&item), 9);
    let api = house.client();
    api.approve_void(&item.id, &again, &key_of(&again))
        .await
        .unwrap();
    assert_eq!(
        ada.client.request_void(&item.id).await.unwrap().state,
        "credited"
    );
    assert_balance(&ada, 100_000, value).await;
    house.stop();
    house.assert_clean();
    assert_eq!(house.audit().totals.item_credits_mills, value);
}

/// Many approvals of one item at once, beside a deposit: credited once, and the deposit, too.
#[tokio::test]
async fn an_item_approved_many_times_at_once_is_credited_once_p23() {
    let mut house = House::without_waiting();
    house.up();
    let ada = house.customer("ada").await;
    let item = ada.print("a letter").await.unwrap();
    ada.client.request_void(&item.id).await.unwrap();
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "PAY-1");
    let mut approvals = tokio::task::JoinSet::new();
    for nth in 0..8 {
        let bytes = approval(&house, &payload(&item), nth / 2);
        let (api, id) = (house.client(), item.id.clone());
        approvals.spawn(async move { api.approve_void(&id, &bytes, &key_of(&bytes)).await });
    }
    let refilled = ada.refill(&deposit).await;
    let mut decisions = Vec::new();
    while let Some(approved) = approvals.join_next().await {
        decisions.push(approved.unwrap().unwrap().decision);
    }
    decisions.dedup();
    assert_eq!(decisions.len(), 1, "all were answered with one decision");
    refilled.unwrap();
    assert_balance(&ada, 107_000, item.value_mills).await;
    // The first pack names it, and closes the meter box's total: offline, too, it is void.
    let pack = sdk::decode(&house.client().latest_pack().await.unwrap().pack).unwrap();
    let root = house.installation().transcript().root.clone();
    let pack = Pack::open(&pack, &root, &house.root()).unwrap();
    let piece = Payload::from_bytes(&payload(&item)).unwrap();
    assert!(pack.is_void(piece.meter, piece.piece_count));
    assert_ne!(pack.body().closes, item::Digest::ZERO);
    let place = house.beside("void.bin");
    std::fs::write(&place, payload(&item)).unwrap();
    house.indicia(&["pack"]);
    let checked = house
        .command(&["verify", place.to_str().unwrap(), "--offline"])
        .output()
        .unwrap();
    assert_eq!(checked.status.code(), Some(3), "{checked:?}");
    house.stop();
    house.assert_clean();
}

/// A database that hides what was credited: refused before anything changes, whatever it hides.
#[tokio::test]
async fn a_credited_list_that_is_shortened_hidden_or_altered_is_refused_p23() {
    let house = House::without_waiting();
    let boxes = Boxes::start(&house);
    let desk = boxes.desk(&house);
    let ada = desk.patron(&house, "ada").await;
    let mut made = Vec::new();
    for key in ["one", "two", "three"] {
        let item = desk.print(&ada, key).await.unwrap();
        let id = store::ItemId {
            meter: item.meter,
            piece_count: item.piece_count,
        };
        desk.centre.ask_void(&ada.session, id).await.unwrap();
        made.push((id, item.payload.as_slice().to_vec()));
    }
    for (id, payload) in &made[..2] {
        let bytes = approval(&house, payload, 0);
        desk.centre.approve_void(*id, &bytes).await.unwrap();
    }
    let before = desk.meter(&ada).await;
    let meter = ada.meter;
    let (first, third) = (&made[0], &made[2]);
    for (rule, tried) in [
        // The third item, and the first once more where its credit is hidden from the server, too.
        (Rule::HideCredit(meter, 1), &[third, first][..]),
        (Rule::HideCredit(meter, 2), &[third]),
        (Rule::HideCredits(meter), &[third, first]),
        (Rule::FlipCredit(meter, 1, 200), &[third, first]),
    ] {
        for (id, payload) in tried {
            let bytes = approval(&house, payload, 7);
            let again = desk.centre.approve_void(*id, &bytes);
            let outcome = desk.lying(rule.clone(), again).await;
            if let Err(problem) = outcome {
                let known = [Code::RecordRefused, Code::VoidDecided];
                assert!(known.contains(&problem.code), "{rule:?}: {problem}");
            } else {
                assert_eq!(*id, first.0, "{rule:?}");
            }
            assert_eq!(desk.meter(&ada).await, before, "{rule:?}");
        }
    }
    let (id, payload) = &made[2];
    let bytes = approval(&house, payload, 0);
    desk.centre.approve_void(*id, &bytes).await.unwrap();
    let alerts = house.alerts();
    let subject = MeterSerial::subject(meter);
    assert!(
        alerts
            .iter()
            .any(|alert| alert.subject == subject && alert.code == "credited-list"),
        "{alerts:?}"
    );
    assert_eq!(desk.boxes.of(BoxKind::Meter).kind(), BoxKind::Meter);
}

/// Withdrawal, with an item that comes back meanwhile; then the balance to another meter, once.
#[tokio::test]
async fn a_withdrawn_meter_pays_its_balance_out_once_p24() {
    let mut house = House::without_waiting();
    house.up();
    let ada = house.customer("ada").await;
    let bob = house.newcomer("bob").await;
    for act in house.commission(bob.meter) {
        house.hand_in(&act).await.unwrap();
    }
    let item = ada.print("a letter").await.unwrap();
    ada.client.request_void(&item.id).await.unwrap();
    let (from, to) = (ada.meter.to_string(), bob.meter.to_string());
    // A transfer is numbered by the treasury's own book, which has to have booked what came before.
    house.indicia(&["fund", &to, "--amount", "100.00", "--reference", "PAY-BOB"]);
    let early = house.command(&["payout", &from]).output().unwrap();
    assert!(!early.status.success(), "it is in use");
    house.indicia(&["act", "withdraw", "--meter", &from]);
    house.indicia(&["refunds", "approve", &item.id]);
    assert_eq!(ada.state().await.descending_mills, 100_000);
    house.indicia(&["payout", &from, "--to-meter", &to]);
    let closed = ada.state().await;
    assert_eq!((&*closed.state, closed.descending_mills), ("withdrawn", 0));
    assert_eq!(bob.state().await.descending_mills, 200_000);
    let again = house.command(&["payout", &from]).output().unwrap();
    assert!(!again.status.success(), "there is nothing left");
    assert_eq!(bob.state().await.descending_mills, 200_000);
    let listed = house.indicia(&["payout"]);
    assert!(listed.contains("balance-refund-"), "{listed}");
    // The statement has all of it, to the mill.
    let (entries, _, sums) = told(&ada, &BooksQuestion::default()).await;
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    let expected = [
        "opening",
        "deposit",
        "item",
        "item-credit",
        "balance-refund",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        (
            sums.deposits_mills,
            sums.item_credits_mills,
            sums.items_mills
        ),
        (100_000, item.value_mills, item.value_mills)
    );
    assert_eq!(
        (sums.balance_refunds_mills, sums.closing_mills),
        (100_000, 0)
    );
    assert_eq!(sums.differences_mills, 0);
    recomputes(&house, &as_lines(&house, &ada).await);
    house.stop();
    house.assert_clean();
    let report = house.audit();
    assert_eq!(report.totals.refunds_mills, 100_000);
    assert_eq!(report.totals.item_credits_mills, item.value_mills);
}
