//! Credit evidence, and V2.

use crate::desk::*;
use crate::world::*;
use item::*;
use wire::{MeterRequest, RefusalCode};

#[test]
fn a_deposit_is_credited_once_p22() {
    let mut desk = Desk::active();
    let deposit = refill(desk.deposit(50_000));
    desk.done(deposit.clone());
    let record = desk.record();
    assert_eq!(
        (record.descending, record.deposits, record.funding_sequence),
        (Mills(1_050_000), Mills(1_050_000), 2)
    );
    assert_eq!(desk.refused(deposit.clone()), RefusalCode::FundingSequence);
    desk.restart();
    assert_eq!(desk.refused(deposit.clone()), RefusalCode::FundingSequence);
    let mut signed_again = desk.world.evidence(2, 50_000, NOON + DAY);
    assert_eq!(
        desk.refused(refill(signed_again.clone())),
        RefusalCode::FundingSequence
    );
    signed_again.reference = Digest([44; 32]);
    assert_eq!(
        desk.refused(refill(signed_again)),
        RefusalCode::FundingSequence
    );
    desk.fund(1);
    assert_eq!(desk.refused(deposit), RefusalCode::FundingSequence);
    assert_eq!(desk.record().descending, Mills(1_050_001));
}

#[test]
fn a_refill_says_by_what_evidence_p22() {
    let mut desk = Desk::active();
    let signed = sign_all(desk.deposit(5), &TREASURY);
    let delivery = desk.done(MeterRequest::Refill(signed.clone()));
    assert_eq!(delivery.evidence.as_slice(), signed.to_bytes());
    let decision = Signed::<Decision>::from_bytes(delivery.decision.as_slice()).unwrap();
    assert_eq!(decision.body.decision, DecisionKind::Refill);
    assert_eq!(
        decision.body.evidence,
        verify::statement_digest(&signed.to_bytes())
    );
}

#[test]
fn no_register_takes_more_than_its_width_p22() {
    // A limit that no act can set: the payload's width holds all the same.
    let mut wide = Desk::prepared(|r| {
        r.state = MeterState::Active;
        r.limits = Limits {
            descending: Mills(u64::MAX),
            ..GENEROUS
        };
    });
    let deposit = wide.deposit(u64::from(u32::MAX) + 1);
    assert_eq!(wide.refused(refill(deposit)), RefusalCode::DescendingLimit);
    wide.fund(u32::MAX.into());
    // Everything that ever came in, but for one mill, and most of it was paid back.
    let mut full = Desk::prepared(|r| {
        r.state = MeterState::Active;
        r.limits = GENEROUS;
        r.deposits = Mills(u64::MAX - 1);
    });
    let deposit = full.deposit(2);
    assert_eq!(full.refused(refill(deposit)), RefusalCode::RegisterWidth);
    full.fund(1);
}

#[test]
fn a_correction_takes_a_sequence_back_p22() {
    let mut desk = Desk::active();
    let late = desk.deposit(70);
    let mut correction = late.clone();
    correction.kind = EvidenceKind::Correction;
    correction.amount = Mills::ZERO;
    desk.done(refill(correction));
    assert_eq!(desk.record().descending, Mills(1_000_000));
    assert_eq!(desk.refused(refill(late)), RefusalCode::FundingSequence);
}

#[test]
fn evidence_is_refused_by_name() {
    let mut desk = Desk::active();
    let before = desk.journal_sequence();
    type Alter = fn(&mut CreditEvidence);
    let cases: [(&str, Alter, RefusalCode); 14] = [
        (
            "another installation",
            |e| e.installation = InstallationId([1; 16]),
            RefusalCode::WrongInstallation,
        ),
        (
            "a sequence left out",
            |e| *e = World::new().evidence(3, 1, NOON),
            RefusalCode::FundingSequence,
        ),
        (
            "sequence zero",
            |e| *e = World::new().evidence(0, 1, NOON),
            RefusalCode::FundingSequence,
        ),
        (
            "past its expiry",
            |e| e.expires = Time(NOON),
            RefusalCode::Expired,
        ),
        (
            "another meter",
            |e| {
                e.meter = MeterSerial(5);
                e.id = verify::evidence_id(e.meter, e.funding_sequence, &e.reference);
            },
            RefusalCode::Mismatch,
        ),
        (
            "another currency",
            |e| e.currency = Currency(978),
            RefusalCode::Mismatch,
        ),
        (
            "another id",
            |e| e.id = Digest([1; 32]),
            RefusalCode::Mismatch,
        ),
        (
            "another reference than its id",
            |e| e.reference = Digest([1; 32]),
            RefusalCode::Mismatch,
        ),
        ("nothing", |e| e.amount = Mills::ZERO, RefusalCode::BadValue),
        (
            "a credit line of nothing",
            |e| {
                e.kind = EvidenceKind::CreditLine;
                e.amount = Mills::ZERO;
            },
            RefusalCode::BadValue,
        ),
        (
            "a correction of something",
            |e| e.kind = EvidenceKind::Correction,
            RefusalCode::BadValue,
        ),
        (
            "one above the limit",
            |e| e.amount = Mills(4_000_001),
            RefusalCode::DescendingLimit,
        ),
        (
            "more than 64 bits",
            |e| e.amount = Mills(u64::MAX),
            RefusalCode::DescendingLimit,
        ),
        (
            "expired and of another meter",
            |e| {
                e.expires = Time(NOON);
                e.meter = MeterSerial(5);
            },
            RefusalCode::Expired,
        ),
    ];
    for (name, alter, code) in cases {
        let mut evidence = desk.deposit(100);
        alter(&mut evidence);
        assert_eq!(desk.refused(refill(evidence)), code, "{name}");
    }
    for (name, names) in [
        ("one signature of two", &TREASURY[..1]),
        ("operators", &OPERATORS[..]),
        ("a stranger's too", &[TREASURY[0], STRANGER]),
        ("none", &[]),
    ] {
        let evidence = sign_all(desk.deposit(100), names);
        assert_eq!(
            desk.refused(MeterRequest::Refill(evidence)),
            RefusalCode::BadSignature,
            "{name}"
        );
    }
    assert_eq!(desk.journal_sequence(), before, "nothing was kept");
    desk.fund(4_000_000);
    assert_eq!(desk.record().descending, GENEROUS.descending);
}

#[test]
fn only_a_licensed_or_active_meter_is_credited() {
    use MeterState::*;
    type Prepare = fn(&mut MeterRecord);
    let states: [(Prepare, bool); 7] = [
        (|r| r.state = Manufactured, false),
        (|r| r.state = Registered, false),
        (|r| r.state = Licensed, true),
        (|r| r.state = Active, true),
        (
            |r| {
                r.state = Active;
                r.suspended = Suspension::NO_FUNDS;
            },
            true,
        ),
        (|r| r.state = WithdrawalPending, false),
        (|r| r.state = Withdrawn, false),
    ];
    for (place, (prepare, credited)) in states.into_iter().enumerate() {
        let mut desk = Desk::prepared(prepare);
        let deposit = desk.deposit(5);
        if credited {
            // A new record's limits are zero.
            assert_eq!(
                desk.refused(refill(deposit)),
                RefusalCode::DescendingLimit,
                "{place}"
            );
            desk.done_act(set_limits(GENEROUS));
            desk.fund(5);
            assert_eq!(desk.record().descending, Mills(5), "{place}");
        } else {
            assert_eq!(
                desk.refused(refill(deposit)),
                RefusalCode::WrongState,
                "{place}"
            );
        }
    }
}

#[test]
fn a_genuine_fresh_record_that_breaks_v2_is_refused() {
    let broken: [fn(&mut MeterRecord); 3] = [
        |r| r.descending = Mills(1),
        |r| {
            r.deposits = Mills(10);
            r.ascending = Mills(6);
            r.descending = Mills(5);
        },
        |r| {
            r.deposits = Mills(u64::MAX);
            r.item_credits = Mills(1);
        },
    ];
    for (place, breaks) in broken.into_iter().enumerate() {
        let mut desk = Desk::prepared(breaks);
        let before = desk.journal_sequence();
        let requests = [
            desk.act(register(Zip(0))),
            desk.act(ActBody::Withdraw),
            refill(desk.deposit(5)),
            desk.print(&[740]),
        ];
        for request in requests {
            assert_eq!(desk.refused(request), RefusalCode::Equation, "{place}");
        }
        assert_eq!(desk.journal_sequence(), before, "{place}: nothing was kept");
    }
}

#[test]
fn earlier_balance_refunds_stay_as_they_are() {
    let mut desk = Desk::prepared(|r| {
        r.state = MeterState::Active;
        r.limits = GENEROUS;
        r.deposits = Mills(10_000);
        r.ascending = Mills(2_000);
        r.descending = Mills(5_000);
    });
    let print = desk.print(&[740, 240]);
    desk.done(print);
    desk.fund(100);
    desk.done_act(ActBody::Suspend(Suspension::CREDIT));
    assert_eq!(desk.record().balance_refunds(), Some(Mills(3_000)));
}
