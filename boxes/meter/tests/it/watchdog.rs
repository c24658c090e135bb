//! The inspection watchdog: what sets the day, what puts it off, and the lock at the day.

use crate::desk::*;
use crate::world::*;
use item::*;
use wire::*;

const INTERVAL: u16 = 90;

/// An active, funded meter that is to be in touch every 90 days.
fn watched() -> Desk {
    let mut desk = Desk::manufactured();
    desk.done_act(register(Zip(0)));
    desk.done_act(ActBody::License {
        limits: GENEROUS,
        inspection_due: Day::NONE,
        inspection_interval_days: INTERVAL,
        application: Digest::ZERO,
    });
    desk.done_act(ActBody::Activate);
    desk.fund(1_000_000);
    desk
}

fn report(desk: &Desk) -> StatusReport {
    let record = desk.record();
    StatusReport {
        version: Version,
        installation: desk.world.installation.transcript().installation,
        meter: SERIAL,
        user: USER,
        request: RequestId([7; 32]),
        ascending: record.ascending,
        descending: record.descending,
        piece_count: record.piece_count,
    }
}

fn by(authority: Authority, report: StatusReport) -> MeterRequest {
    MeterRequest::Report(Report {
        authority: World::seal_authority(authority),
        report,
    })
}

fn reported(desk: &Desk, report: StatusReport) -> MeterRequest {
    by(World::authority(desk.now), report)
}

/// So many days pass, in steps that the box accepts without an act.
fn pass(desk: &mut Desk, days: u64) {
    for _ in 0..days {
        desk.now += DAY;
        let now = at(desk.now);
        desk.ask_at(now, Request::Status(Nothing));
    }
}

#[test]
fn a_meter_out_of_touch_is_locked_at_its_day_and_a_report_unlocks_it() {
    let mut desk = watched();
    let due = desk.today().plus_days(INTERVAL);
    assert_eq!(desk.record().inspection_due, due);
    pass(&mut desk, u64::from(INTERVAL) - 1);
    let print = desk.print(&[740]);
    desk.done(print);
    pass(&mut desk, 1);
    let print = desk.print(&[740]);
    refused_alone(&mut desk, "at the day", print, RefusalCode::InspectionDue);

    let said = report(&desk);
    let request = reported(&desk, said.clone());
    let delivery = desk.done(request);
    let record = desk.record();
    assert_eq!(record.inspected, desk.today());
    assert_eq!(record.inspection_due, desk.today().plus_days(INTERVAL));
    let decision = Signed::<Decision>::from_bytes(delivery.decision.as_slice()).unwrap();
    assert_eq!(decision.body.decision, DecisionKind::Report);
    assert_eq!(delivery.evidence.as_slice(), said.to_bytes());
    assert_eq!(
        decision.body.evidence,
        verify::statement_digest(&said.to_bytes())
    );
    let print = desk.print(&[740]);
    desk.done(print);
}

#[test]
fn a_funding_puts_the_day_off_and_a_correction_does_not() {
    let mut desk = watched();
    let first = desk.record().inspection_due;
    pass(&mut desk, 10);
    let mut correction = desk.deposit(5);
    correction.kind = EvidenceKind::Correction;
    correction.amount = Mills::ZERO;
    desk.done(refill(correction));
    assert_eq!(desk.record().inspection_due, first);
    desk.fund(5);
    let record = desk.record();
    assert_eq!(record.inspection_due, desk.today().plus_days(INTERVAL));
    assert_eq!(record.inspected, Day::NONE, "nobody inspected it");
    // Also past the day: it unlocks.
    pass(&mut desk, u64::from(INTERVAL));
    let print = desk.print(&[740]);
    assert_eq!(desk.refused(print.clone()), RefusalCode::InspectionDue);
    desk.fund(5);
    desk.done(print);
}

#[test]
fn without_an_interval_neither_report_nor_funding_moves_the_day() {
    let mut desk = Desk::active();
    assert_eq!(desk.record().inspection_due, Day::NONE);
    let request = reported(&desk, report(&desk));
    desk.done(request);
    assert_eq!(desk.record().inspection_due, Day::NONE);
    assert_eq!(desk.record().inspected, desk.today());
    // An inspection by people stays due until people record it.
    desk.done_act(ActBody::Inspect { due: desk.today() });
    let request = reported(&desk, report(&desk));
    desk.done(request);
    desk.fund(5);
    let print = desk.print(&[740]);
    assert_eq!(desk.refused(print.clone()), RefusalCode::InspectionDue);
    desk.done_act(ActBody::Inspect { due: Day::NONE });
    desk.done(print);
}

#[test]
fn a_new_interval_brings_the_day_forward_and_never_back() {
    let mut desk = watched();
    let today = desk.today();
    let set = |days| ActBody::SetLimits {
        limits: GENEROUS,
        inspection_interval_days: days,
    };
    for (days, due) in [(30, 30), (60, 30), (0, 30), (u16::MAX, 30), (7, 7)] {
        desk.done_act(set(days));
        let record = desk.record();
        assert_eq!(record.inspection_interval_days, days);
        assert_eq!(record.inspection_due, today.plus_days(due), "{days}");
    }
    let explicit = today.plus_days(3);
    desk.done_act(ActBody::Inspect { due: explicit });
    desk.done_act(set(5));
    assert_eq!(desk.record().inspection_due, explicit);
    // A licence with both: the earlier.
    let mut new = Desk::manufactured();
    new.done_act(register(Zip(0)));
    new.done_act(ActBody::License {
        limits: GENEROUS,
        inspection_due: today.plus_days(5),
        inspection_interval_days: 30,
        application: Digest::ZERO,
    });
    assert_eq!(new.record().inspection_due, today.plus_days(5));
}

#[test]
fn a_report_is_refused_by_name_and_says_nothing_of_the_registers() {
    let mut desk = watched();
    let print = desk.print(&[740]);
    desk.done(print);
    type Alter = fn(&mut Authority, &mut StatusReport);
    let cases: [(&str, Alter, RefusalCode); 12] = [
        (
            "another installation",
            |_, r| r.installation = InstallationId([1; 16]),
            RefusalCode::WrongInstallation,
        ),
        (
            "another meter",
            |_, r| r.meter = MeterSerial(5),
            RefusalCode::Mismatch,
        ),
        (
            "another epoch",
            |a, _| a.epoch = Epoch(202_610),
            RefusalCode::BadAuthority,
        ),
        (
            "past its five minutes",
            |a, _| a.expires = Time(NOON),
            RefusalCode::AuthorityExpired,
        ),
        (
            "another account",
            |a, _| a.account = AccountId([1; 16]),
            RefusalCode::NotCovered,
        ),
        (
            "other meters",
            |a, _| a.meters = List::new(vec![MeterSerial(5)]).unwrap(),
            RefusalCode::NotCovered,
        ),
        (
            "right to read",
            |a, _| a.rights = Rights::READ,
            RefusalCode::NotCovered,
        ),
        (
            "in another's name",
            |_, r| r.user = UserId([1; 16]),
            RefusalCode::NotCovered,
        ),
        (
            "a mill more spent",
            |_, r| r.ascending.0 += 1,
            RefusalCode::ReportDiffers,
        ),
        (
            "a mill less left",
            |_, r| r.descending.0 -= 1,
            RefusalCode::ReportDiffers,
        ),
        (
            "a piece more",
            |_, r| r.piece_count += 1,
            RefusalCode::ReportDiffers,
        ),
        (
            "of another's meter, wrong",
            |a, r| {
                a.account = AccountId([1; 16]);
                r.piece_count += 1;
            },
            RefusalCode::NotCovered,
        ),
    ];
    for (name, alter, code) in cases {
        let (mut authority, mut said) = (World::authority(desk.now), report(&desk));
        alter(&mut authority, &mut said);
        let request = by(authority, said);
        refused_alone(&mut desk, name, request.clone(), code);
        match desk.decide(request) {
            Outcome::Refused(refusal) => assert_eq!(refusal, code.into(), "{name}: only the code"),
            other => panic!("{other:?}"),
        }
    }
    let request = reported(&desk, report(&desk));
    desk.done(request);
}

#[test]
fn a_forged_authority_reports_nothing() {
    let mut desk = watched();
    let mut authority = World::seal_authority(World::authority(desk.now));
    authority.mac[0] ^= 1;
    let request = MeterRequest::Report(Report {
        authority,
        report: report(&desk),
    });
    assert_eq!(desk.refused(request), RefusalCode::BadAuthority);
}

#[test]
fn only_a_licensed_or_active_meter_is_reported_on() {
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
                r.suspended = Suspension::INSPECTION;
            },
            true,
        ),
        (|r| r.state = WithdrawalPending, false),
        (|r| r.state = Withdrawn, false),
    ];
    for (place, (prepare, taken)) in states.into_iter().enumerate() {
        let mut desk = Desk::prepared(prepare);
        let request = reported(&desk, report(&desk));
        if taken {
            desk.done(request);
        } else {
            assert_eq!(desk.refused(request), RefusalCode::WrongState, "{place}");
        }
    }
}

#[test]
fn a_report_that_waits_is_delivered_again_p17() {
    let mut desk = watched();
    let request = reported(&desk, report(&desk));
    let entry = desk.entry(request);
    let (first, again) = (desk.send(entry.clone()), desk.send(entry));
    assert_eq!(first, again);
    assert!(matches!(first, Outcome::Done(_)));
}
