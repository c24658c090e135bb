//! Every kind of act works once: shown twice, shown after a restart, and shown again after its
//! opposite (must hold 5).

use e2e::{Customer, HOUR_MS, House, box_subject, key_of, now};
use item::{ActBody, BoxKind, Day, EnrolledKey, Limits, Mills, Quorum, Suspension, Time, Zip};
use sdk::ApiError;
use sdk::api::Decided;
use signer::SigningKey;

fn limits(day: u64) -> Limits {
    Limits {
        item: Mills(50_000),
        day: Mills(day),
        month: Mills(50_000_000),
        descending: Mills(10_000_000),
    }
}

/// Hands in the same act under a key of its own, as somebody who kept a copy would.
async fn again(house: &House, act: &[u8], key: &str) -> Result<Decided, ApiError> {
    house.client().act(act, key).await
}

/// The act is done; shown twice more it gets the decision that it got, and changes nothing.
async fn works_once(house: &House, customer: &Customer, act: &[u8]) {
    let first = house.hand_in(act).await.unwrap();
    let after = customer.state().await;
    for key in [key_of(act), format!("copy-{}", key_of(act))] {
        let repeated = again(house, act, &key).await.unwrap();
        assert_eq!(repeated.decision, first.decision);
        assert_eq!(customer.state().await.counter, after.counter);
    }
}

#[tokio::test]
async fn every_act_on_a_meter_works_once() {
    let house = House::running();
    let customer = house.newcomer("ada").await;
    let bodies = [
        ActBody::Register {
            origin: Zip(95_814),
            licensing: Zip(95_814),
        },
        ActBody::License {
            limits: limits(5_000_000),
            inspection_due: Day::NONE,
            inspection_interval_days: 0,
            application: item::Digest::ZERO,
        },
        ActBody::Activate,
        ActBody::SetLimits {
            limits: limits(4_000_000),
            inspection_interval_days: 0,
        },
        ActBody::Inspect {
            due: Day::from_decimal(21_990_101).unwrap(),
        },
        ActBody::Suspend(Suspension::LOST),
        ActBody::Resume(Suspension::LOST),
        ActBody::Withdraw,
    ];
    let mut counter = customer.state().await.counter;
    for (body, sequence) in bodies.into_iter().zip(1..) {
        let act = house.act_on_meter(customer.meter, sequence, body);
        works_once(&house, &customer, &act).await;
        counter += 1;
        let state = customer.state().await;
        assert_eq!((state.counter, state.act_sequence), (counter, sequence));
    }
    assert_eq!(customer.state().await.state, "withdrawn");
    house.assert_clean();
}

#[tokio::test]
async fn an_act_shown_again_after_its_opposite_changes_nothing() {
    let mut house = House::running();
    let mut customer = house.customer("ada").await;
    let suspend = |sequence| {
        let body = ActBody::Suspend(Suspension::ABUSE);
        house.act_on_meter(customer.meter, sequence, body)
    };
    let resume = |sequence| {
        let body = ActBody::Resume(Suspension::ABUSE);
        house.act_on_meter(customer.meter, sequence, body)
    };
    let (first, back, second) = (suspend(4), resume(5), suspend(6));
    house.hand_in(&first).await.unwrap();
    let refused = customer.print("while suspended").await.unwrap_err();
    assert!(refused.has_code("meter-suspended"), "{refused:?}");
    house.hand_in(&back).await.unwrap();

    again(&house, &first, "replayed").await.unwrap();
    assert_eq!(customer.state().await.suspended, Vec::<String>::new());
    customer.print("after the replay").await.unwrap();

    house.hand_in(&second).await.unwrap();
    again(&house, &back, "replayed too").await.unwrap();
    assert_eq!(customer.state().await.suspended, ["abuse"]);

    // Nor when everything was started again, and the data centre has lost what it knew of them.
    house.edited(|sql| {
        let removed = sql.execute(
            "DELETE FROM evidence WHERE subject = ?1",
            [customer.subject().0],
        );
        assert!(removed.unwrap() >= 7);
    });
    customer.move_to(&house);
    for act in [&first, &back, &second] {
        let refused = again(&house, act, &format!("late-{}", key_of(act)))
            .await
            .unwrap_err();
        assert!(refused.has_code("act-sequence"), "{refused:?}");
    }
    assert_eq!(customer.state().await.suspended, ["abuse"]);
    assert_eq!(customer.state().await.act_sequence, 6);
    house.assert_found(&[audit::Code::EvidenceMissing]);
}

#[tokio::test]
async fn two_acts_with_one_sequence_work_once() {
    let house = House::running();
    let customer = house.customer("ada").await;
    let acts = [Suspension::LOST, Suspension::ABUSE]
        .map(|reason| house.act_on_meter(customer.meter, 4, ActBody::Suspend(reason)));
    let (a, b) = tokio::join!(house.hand_in(&acts[0]), house.hand_in(&acts[1]));
    let refused = match (a, b) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        other => panic!("{other:?}"),
    };
    assert!(refused.has_code("act-sequence"), "{refused:?}");
    assert_eq!(customer.state().await.suspended.len(), 1);
    house.assert_clean();
}

#[tokio::test]
async fn an_act_on_a_user_works_once() {
    let house = House::running();
    let mut customer = house.customer("ada").await;
    let set = |sequence, ceiling| {
        let rights = item::Rights::ALL;
        let ceiling = Mills(ceiling);
        let body = ActBody::SetUser { rights, ceiling };
        house.act(BoxKind::Auth, customer.user.subject(), sequence, body)
    };
    let (low, high) = (set(1, 1), set(2, 1_000_000));
    house.hand_in(&low).await.unwrap();
    // It ended the sessions.
    customer.log_in(&house).await.unwrap();
    let refused = customer.print("above the ceiling").await.unwrap_err();
    assert!(refused.has_code("ceiling"), "{refused:?}");
    house.hand_in(&high).await.unwrap();
    again(&house, &low, "replayed").await.unwrap();
    customer.log_in(&house).await.unwrap();
    customer.print("below the ceiling").await.unwrap();
    house.assert_clean();
}

async fn box_sequence(house: &House, kind: BoxKind) -> u64 {
    let health = house.client().health().await.unwrap();
    let one = |b: &&sdk::api::BoxHealth| b.kind.eq_ignore_ascii_case(kind.name());
    health.boxes.iter().find(one).unwrap().act_sequence
}

#[tokio::test]
async fn acts_on_a_box_work_once() {
    let mut house = House::running();
    for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
        let confirm = house.act(kind, box_subject(), 1, ActBody::ConfirmTime(now()));
        house.hand_in(&confirm).await.unwrap();
        assert_eq!(box_sequence(&house, kind).await, 1);
        for key in ["again", "and again"] {
            let refused = again(&house, &confirm, key).await.unwrap_err();
            assert!(refused.has_code("act-sequence"), "{refused:?}");
        }
        let unlatch = house.act(kind, box_subject(), 2, ActBody::Unlatch);
        house.hand_in(&unlatch).await.unwrap();
        let refused = again(&house, &unlatch, "again").await.unwrap_err();
        assert!(refused.has_code("act-sequence"), "{refused:?}");
        assert_eq!(box_sequence(&house, kind).await, 2);
    }
    house.stop();
    house.up();
    for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
        let late = house.act(kind, box_subject(), 2, ActBody::Unlatch);
        let refused = house.hand_in(&late).await.unwrap_err();
        assert!(refused.has_code("act-sequence"), "{refused:?}");
        assert_eq!(box_sequence(&house, kind).await, 2);
    }
}

#[tokio::test]
async fn operators_that_an_act_replaced_order_nothing_more() {
    let house = House::running();
    let customer = house.customer("ada").await;
    let new = SigningKey::generate("operator-2").unwrap();
    let old = house.key("operator");
    let quorum = |key: &SigningKey| {
        let enrolled: EnrolledKey = key.enrolled().clone();
        Quorum::new(1, vec![enrolled]).unwrap()
    };
    let enrol = house.act(
        BoxKind::Meter,
        box_subject(),
        1,
        ActBody::Enrol(quorum(&new)),
    );
    house.hand_in(&enrol).await.unwrap();
    let refused = again(&house, &enrol, "again").await.unwrap_err();
    // Its signer is no operator any more; its sequence is used too.
    assert!(refused.has_code("bad-signature"), "{refused:?}");
    let suspend = ActBody::Suspend(Suspension::LOST);
    let by_old = house.act_on_meter(customer.meter, 4, suspend.clone());
    let refused = house.hand_in(&by_old).await.unwrap_err();
    assert!(refused.has_code("bad-signature"), "{refused:?}");
    // And back again: the first enrolment, shown once more, still changes nothing.
    new.save(&house.beside("new.key")).unwrap();
    std::fs::rename(house.path("keys/operator.key"), house.beside("old.key")).unwrap();
    std::fs::copy(house.beside("new.key"), house.path("keys/operator.key")).unwrap();
    let back = house.act(
        BoxKind::Meter,
        box_subject(),
        2,
        ActBody::Enrol(quorum(&old)),
    );
    house.hand_in(&back).await.unwrap();
    let refused = again(&house, &enrol, "once more").await.unwrap_err();
    assert!(refused.has_code("act-sequence"), "{refused:?}");
    house.hand_in(&by_old).await.unwrap();
}

#[tokio::test]
async fn an_expired_act_and_one_for_another_box_are_refused() {
    let house = House::running();
    let customer = house.customer("ada").await;
    let subject = customer.subject();
    let key = house.key("operator");
    let act = |box_kind, expires| {
        let act = item::Act {
            version: item::Version,
            installation: house.installation().transcript().installation,
            box_kind,
            subject,
            sequence: 4,
            issued: Time(now().0 - HOUR_MS),
            expires,
            body: ActBody::Suspend(Suspension::LOST),
        };
        item::Layout::to_bytes(&signer::sign_act(act, &[&key]).unwrap())
    };
    let late = act(BoxKind::Meter, Time(now().0 - 1));
    let refused = house.hand_in(&late).await.unwrap_err();
    assert!(refused.has_code("statement-expired"), "{refused:?}");
    let astray = act(BoxKind::Transaction, Time(now().0 + HOUR_MS));
    let refused = house.hand_in(&astray).await.unwrap_err();
    assert!(refused.has_code("statement-mismatch"), "{refused:?}");
    assert_eq!(customer.state().await.suspended, Vec::<String>::new());
    house.assert_clean();
}
