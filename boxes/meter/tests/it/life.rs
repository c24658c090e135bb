//! Manufacture and acts.

use crate::desk::*;
use crate::world::*;
use item::*;
use wire::{MeterRequest, Outcome, RefusalCode};

#[test]
fn manufacture_makes_an_empty_meter_once_p18() {
    let mut desk = Desk::manufactured();
    let record = desk.record();
    assert_eq!(record.state, MeterState::Manufactured);
    assert_eq!(record.balance_refunds(), Some(Mills::ZERO));
    assert_eq!((record.counter, record.epoch), (Counter(1), EPOCH));
    assert_eq!(record.lowest_creditable_piece, 1);
    assert!(record.specimen);
    let [vendor, postal] = record.token_keys;
    assert_ne!(vendor, postal);

    let again = MeterRequest::Manufacture(World::sign_receipt(desk.world.receipt()));
    assert_eq!(desk.refused(again.clone()), RefusalCode::Exists);
    let written = std::mem::take(&mut desk.shown);
    assert_eq!(desk.refused(again.clone()), RefusalCode::Exists);
    desk.restart();
    assert_eq!(desk.refused(again), RefusalCode::Exists);
    desk.shown = written;
    desk.done_act(register(Zip(0)));
}

#[test]
fn a_receipt_is_refused_by_the_first_reason() {
    let other = |change: fn(&mut ManufactureReceipt)| {
        move |w: &World| {
            let mut receipt = w.receipt();
            change(&mut receipt);
            World::sign_receipt(receipt)
        }
    };
    type Make = Box<dyn Fn(&World) -> Signed<ManufactureReceipt>>;
    let cases: Vec<(&str, Make, RefusalCode)> = vec![
        (
            "another installation",
            Box::new(other(|r| r.installation = InstallationId([1; 16]))),
            RefusalCode::WrongInstallation,
        ),
        (
            "another epoch",
            Box::new(other(|r| r.epoch = Epoch(202_612))),
            RefusalCode::UnknownEpoch,
        ),
        (
            "certificate of another usage",
            Box::new(other(|r| r.key = KeySerial(2))),
            RefusalCode::BadSignature,
        ),
        (
            "no such certificate",
            Box::new(other(|r| r.key = KeySerial(9))),
            RefusalCode::BadSignature,
        ),
        (
            "before the certificate",
            Box::new(other(|r| r.time = Time(NOON - 31 * DAY))),
            RefusalCode::BadSignature,
        ),
        (
            "altered",
            Box::new(|w: &World| {
                let mut signed = World::sign_receipt(w.receipt());
                signed.body.account = AccountId([8; 16]);
                signed
            }),
            RefusalCode::BadSignature,
        ),
        (
            "another serial",
            Box::new(other(|r| r.serial = MeterSerial(5))),
            RefusalCode::Mismatch,
        ),
        (
            "another ceremony",
            Box::new(other(|r| r.transcript = Digest([1; 32]))),
            RefusalCode::Mismatch,
        ),
        (
            "another currency",
            Box::new(other(|r| r.currency = Currency(978))),
            RefusalCode::Mismatch,
        ),
        (
            "another post",
            Box::new(other(|r| r.post = PostId(2))),
            RefusalCode::Mismatch,
        ),
        (
            "another vendor",
            Box::new(other(|r| r.vendor = Ascii::new(*b"XX").unwrap())),
            RefusalCode::Mismatch,
        ),
        (
            "another model",
            Box::new(other(|r| r.model = Ascii::new(*b"XX").unwrap())),
            RefusalCode::Mismatch,
        ),
    ];
    let mut desk = Desk::empty(|_| ());
    let before = desk.journal_sequence();
    for (name, make, code) in cases {
        let receipt = make(&desk.world);
        assert_eq!(
            desk.refused(MeterRequest::Manufacture(receipt)),
            code,
            "{name}"
        );
    }
    let act = MeterRequest::Act(sign_all(
        desk.world.act(SERIAL.subject(), 1, NOON, ActBody::Activate),
        &OPERATORS,
    ));
    assert_eq!(desk.refused(act), RefusalCode::Unknown);
    assert_eq!(desk.journal_sequence(), before, "nothing was kept");
}

#[test]
fn what_each_state_allows() {
    use MeterState::*;
    use RefusalCode as R;
    let suspend = ActBody::Suspend(Suspension::LOST);
    let resume = ActBody::Resume(Suspension::LOST);
    let limits = set_limits(GENEROUS);
    let inspect = ActBody::Inspect { due: Day::NONE };
    // Result of each act in: manufactured, registered, licensed, active, pending, withdrawn.
    let no = Err(R::WrongState);
    let table: [(ActBody, [Result<MeterState, R>; 6]); 8] = [
        (register(Zip(0)), [Ok(Registered), no, no, no, no, no]),
        (license(GENEROUS), [no, Ok(Licensed), no, no, no, no]),
        (ActBody::Activate, [no, no, Ok(Active), no, no, no]),
        (
            suspend,
            [
                no,
                Ok(Registered),
                Ok(Licensed),
                Ok(Active),
                Ok(WithdrawalPending),
                no,
            ],
        ),
        (resume, [no, no, no, no, no, no]),
        (limits, [no, no, Ok(Licensed), Ok(Active), no, no]),
        (
            inspect,
            [no, Ok(Registered), Ok(Licensed), Ok(Active), no, no],
        ),
        (
            ActBody::Withdraw,
            [
                Ok(Withdrawn),
                Ok(Withdrawn),
                Ok(Withdrawn),
                Ok(Withdrawn),
                Ok(WithdrawalPending),
                no,
            ],
        ),
    ];
    let states: [fn(&mut MeterRecord); 6] = [
        |r| r.state = Manufactured,
        |r| r.state = Registered,
        |r| r.state = Licensed,
        |r| r.state = Active,
        |r| {
            r.state = WithdrawalPending;
            r.deposits = Mills(5);
            r.descending = Mills(5);
        },
        |r| r.state = Withdrawn,
    ];
    for (place, prepare) in states.into_iter().enumerate() {
        for (body, results) in &table {
            let mut desk = Desk::prepared(prepare);
            let act = desk.act(body.clone());
            let before = desk.shown.clone();
            let result = match desk.decide(act) {
                Outcome::Done(delivery) => {
                    desk.shown = delivery.record.as_slice().to_vec();
                    assert_eq!(desk.record().act_sequence, 1);
                    Ok(desk.record().state)
                }
                Outcome::Refused(refusal) => Err(refusal.code),
                other => panic!("{other:?}"),
            };
            assert_eq!(result, results[place], "{:?} in state {place}", body.kind());
            assert_eq!(result.is_err(), desk.shown == before);
        }
    }
}

#[test]
fn an_act_is_refused_by_name() {
    let mut desk = Desk::active();
    let before = desk.journal_sequence();
    let other = |change: fn(&mut Act), desk: &Desk| {
        let mut act = desk.next_act(ActBody::Suspend(Suspension::LOST));
        change(&mut act);
        MeterRequest::Act(sign_all(act, &OPERATORS))
    };
    let act = desk.next_act(ActBody::Suspend(Suspension::LOST));
    let mut altered = sign_all(act.clone(), &OPERATORS);
    altered.body.body = ActBody::Suspend(Suspension::ABUSE);
    let cases = [
        (
            "one signature of two",
            MeterRequest::Act(sign_all(act.clone(), &OPERATORS[..1])),
            RefusalCode::BadSignature,
        ),
        (
            "a stranger's too",
            MeterRequest::Act(sign_all(act.clone(), &[OPERATORS[0], STRANGER])),
            RefusalCode::BadSignature,
        ),
        (
            "treasury keys",
            MeterRequest::Act(sign_all(act, &TREASURY)),
            RefusalCode::BadSignature,
        ),
        (
            "altered",
            MeterRequest::Act(altered),
            RefusalCode::BadSignature,
        ),
        (
            "another installation",
            other(|a| a.installation = InstallationId([1; 16]), &desk),
            RefusalCode::WrongInstallation,
        ),
        (
            "another meter",
            other(|a| a.subject = MeterSerial(5).subject(), &desk),
            RefusalCode::Mismatch,
        ),
        (
            "another kind of box",
            other(|a| a.box_kind = BoxKind::Auth, &desk),
            RefusalCode::Mismatch,
        ),
        (
            "an act on the box",
            desk.act(ActBody::Unlatch),
            RefusalCode::Mismatch,
        ),
        (
            "a sequence left out",
            other(|a| a.sequence += 1, &desk),
            RefusalCode::ActSequence,
        ),
        (
            "the sequence before",
            other(|a| a.sequence -= 1, &desk),
            RefusalCode::ActSequence,
        ),
        (
            "past its expiry",
            other(|a| a.expires = Time(NOON), &desk),
            RefusalCode::Expired,
        ),
        (
            "no reason to suspend for",
            desk.act(ActBody::Suspend(Suspension::NONE)),
            RefusalCode::WrongState,
        ),
        (
            "an item above the day",
            desk.act(set_limits(Limits {
                day: Mills(99_999),
                ..GENEROUS
            })),
            RefusalCode::BadValue,
        ),
        (
            "a day above the month",
            desk.act(set_limits(Limits {
                month: Mills(999_999),
                ..GENEROUS
            })),
            RefusalCode::BadValue,
        ),
        (
            "an item above what a payload holds",
            desk.act(set_limits(Limits {
                item: Mills(1 << 32),
                day: Mills(1 << 33),
                month: Mills(1 << 33),
                ..GENEROUS
            })),
            RefusalCode::BadValue,
        ),
        (
            "nothing to resume from",
            desk.act(ActBody::Resume(Suspension::NONE)),
            RefusalCode::WrongState,
        ),
        (
            "more than a payload holds",
            desk.act(set_limits(Limits {
                descending: Mills(1 << 32),
                ..GENEROUS
            })),
            RefusalCode::BadValue,
        ),
    ];
    for (name, request, code) in cases {
        assert_eq!(desk.refused(request), code, "{name}");
    }
    assert_eq!(desk.journal_sequence(), before, "nothing was kept");
    let mut fresh = Desk::manufactured();
    for (origin, licensing) in [(100_000, 94_111), (94_111, 100_000)] {
        let body = ActBody::Register {
            origin: Zip(origin),
            licensing: Zip(licensing),
        };
        assert_eq!(fresh.refused_act(body), RefusalCode::Origin);
    }
    fresh.done_act(register(Zip(99_999)));
    let insane = Limits {
        day: Mills(99_999),
        ..GENEROUS
    };
    assert_eq!(fresh.refused_act(license(insane)), RefusalCode::BadValue);
}

#[test]
fn an_act_writes_what_it_says_and_its_decision_names_it_p7() {
    let widest = Limits {
        item: Mills(u32::MAX.into()),
        day: Mills(u32::MAX.into()),
        month: Mills(u32::MAX.into()),
        descending: Mills(u32::MAX.into()),
    };
    let due = Day::from_decimal(20_271_231).unwrap();
    let mut desk = Desk::manufactured();
    let act = desk.act(register(Zip(95_814)));
    let MeterRequest::Act(signed) = act.clone() else {
        panic!("no act");
    };
    let delivery = desk.done(act);
    assert_eq!(delivery.evidence.as_slice(), signed.to_bytes());
    let decision = Signed::<Decision>::from_bytes(delivery.decision.as_slice()).unwrap();
    assert_eq!(decision.body.decision, DecisionKind::Act);
    assert_eq!(
        decision.body.evidence,
        verify::statement_digest(&signed.to_bytes())
    );
    let record = desk.record();
    assert_eq!(
        (record.origin, record.licensing),
        (Zip(95_814), Zip(94_111))
    );
    desk.done_act(ActBody::License {
        limits: widest,
        inspection_due: due,
        inspection_interval_days: 0,
        application: Digest::ZERO,
    });
    let record = desk.record();
    assert_eq!((record.limits, record.inspection_due), (widest, due));
    desk.done_act(set_limits(GENEROUS));
    assert_eq!(desk.record().limits, GENEROUS);
}

#[test]
fn a_new_meter_names_its_receipt_p18() {
    let mut desk = Desk::empty(|_| ());
    let receipt = World::sign_receipt(desk.world.receipt());
    let delivery = desk.done(MeterRequest::Manufacture(receipt.clone()));
    assert_eq!(delivery.evidence.as_slice(), receipt.to_bytes());
    let decision = Signed::<Decision>::from_bytes(delivery.decision.as_slice()).unwrap();
    assert_eq!(decision.body.decision, DecisionKind::Manufacture);
    assert_eq!(
        decision.body.evidence,
        verify::statement_digest(&receipt.to_bytes())
    );
    let (record, body) = (desk.record(), receipt.body);
    assert_eq!(record.manufacturing_number, body.manufacturing_number);
    assert_eq!((record.account, record.serial), (body.account, body.serial));
    assert_eq!((record.post, record.currency), (body.post, body.currency));
    assert_eq!((record.vendor, record.model), (body.vendor, body.model));
}

#[test]
fn every_act_works_once_even_after_its_opposite_p9() {
    let mut desk = Desk::active();
    let suspend = desk.act(ActBody::Suspend(Suspension::LOST.with(Suspension::CREDIT)));
    desk.done(suspend.clone());
    assert_eq!(desk.refused(suspend.clone()), RefusalCode::ActSequence);
    let resume = desk.act(ActBody::Resume(Suspension::LOST));
    desk.done(resume.clone());
    assert_eq!(desk.record().suspended, Suspension::CREDIT);
    assert_eq!(desk.refused(resume.clone()), RefusalCode::ActSequence);
    assert_eq!(
        desk.refused_act(ActBody::Resume(Suspension::LOST)),
        RefusalCode::WrongState
    );
    assert_eq!(desk.refused(suspend), RefusalCode::ActSequence);
    desk.restart();
    assert_eq!(desk.refused(resume), RefusalCode::ActSequence);
    desk.done_act(ActBody::Resume(Suspension::CREDIT));
    let print = desk.print(&[740]);
    desk.done(print);
}

#[test]
fn withdrawal_waits_for_the_balance() {
    let mut desk = Desk::active();
    desk.done_act(ActBody::Withdraw);
    assert_eq!(desk.record().state, MeterState::WithdrawalPending);
    let print = desk.print(&[740]);
    assert_eq!(desk.refused(print), RefusalCode::WrongState);
    let deposit = desk.deposit(5);
    assert_eq!(desk.refused(refill(deposit)), RefusalCode::WrongState);
}

fn refund(amount: u64, beneficiary: Beneficiary) -> ActBody {
    ActBody::RefundBalance(BalanceRefund {
        amount: Mills(amount),
        beneficiary,
    })
}

/// All of the balance, once, to the one who is named; then the meter is closed for good.
#[test]
fn a_balance_is_paid_out_once_to_one_beneficiary_p24() {
    let mut desk = Desk::active();
    let print = desk.print(&[740]);
    desk.done(print);
    let other = Beneficiary::Meter {
        serial: MeterSerial(5),
        funding_sequence: 3,
    };
    let own = Beneficiary::Meter {
        serial: SERIAL,
        funding_sequence: 2,
    };
    assert_eq!(
        desk.refused_act(refund(999_260, Beneficiary::Treasury)),
        RefusalCode::WrongState,
        "not while it is in use"
    );
    desk.done_act(ActBody::Withdraw);
    for (amount, beneficiary) in [
        (999_259, Beneficiary::Treasury),
        (999_261, other),
        (0, Beneficiary::Treasury),
        (999_260, own),
    ] {
        assert_eq!(
            desk.refused_act(refund(amount, beneficiary)),
            RefusalCode::Mismatch
        );
    }
    let act = desk.act(refund(999_260, other));
    let delivery = desk.done(act.clone());
    let decision = Signed::<Decision>::from_bytes(delivery.decision.as_slice()).unwrap();
    assert_eq!(decision.body.decision, DecisionKind::BalanceRefund);
    assert!(delivery.rows.as_slice().is_empty() && delivery.secret.is_empty());
    let record = desk.record();
    assert_eq!(
        (record.descending, record.state),
        (Mills(0), MeterState::Withdrawn)
    );
    assert_eq!(record.balance_refunds(), Some(Mills(999_260)));
    for restarted in [false, true] {
        if restarted {
            desk.restart();
        }
        assert_eq!(desk.refused(act.clone()), RefusalCode::ActSequence);
        assert_eq!(
            desk.refused_act(refund(0, Beneficiary::Treasury)),
            RefusalCode::WrongState
        );
    }
    let print = desk.print(&[740]);
    assert_eq!(desk.refused(print), RefusalCode::WrongState);
}

#[test]
fn a_body_that_is_no_request_is_malformed() {
    let mut desk = Desk::active();
    for body in [vec![], vec![9], vec![2, 1]] {
        let mut entry = desk.entry(MeterRequest::Dispense(wire::Dispense {
            authorities: List::default(),
            orders: List::default(),
        }));
        entry.body = Bytes::new(body).unwrap();
        assert_eq!(
            desk.send(entry),
            Outcome::Refused(RefusalCode::Malformed.into())
        );
    }
}
