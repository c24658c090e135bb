//! What every keeper does beside deciding, seen on a meter box: checkpoints, acknowledgements,
//! listings, compaction, acts on the box, and its clock.

use crate::desk::*;
use crate::world::*;
use item::*;
use keeper::Now;
use wire::*;

const OF_BOX: Subject = Subject([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);

fn box_act(desk: &Desk, sequence: u64, body: ActBody) -> Request {
    let act = desk.world.act(OF_BOX, sequence, desk.now, body);
    Request::BoxAct(sign_all(act, &OPERATORS))
}

fn listed(desk: &mut Desk) -> Vec<Delivery> {
    match desk.ask(Request::ListOpen(10)) {
        Reply::Open(open) => open.into_vec(),
        other => panic!("{other:?}"),
    }
}

fn mark(desk: &Desk) -> Acknowledgement {
    Acknowledgement {
        subject: SERIAL.subject(),
        counter: desk.record().counter,
        digest: verify::record_digest(&desk.shown).short(),
    }
}

fn acknowledge(desk: &mut Desk, mark: Acknowledgement) -> Reply {
    desk.ask(Request::Acknowledge(List::new(vec![mark]).unwrap()))
}

#[test]
fn a_checkpoint_sums_what_the_records_say_p8() {
    let mut desk = Desk::active();
    let print = desk.print(&[740, 240]);
    desk.done(print);
    let sequence = desk.journal_sequence() - 1;
    let Reply::Checkpoint(signed) = desk.ask(Request::Checkpoint(Nothing)) else {
        panic!("no checkpoint");
    };
    let key = signed.body.key;
    let checkpoint = desk
        .world
        .installation
        .open_statement(
            signed,
            key,
            BoxKind::Meter,
            KeyUsage::Decision,
            Time(desk.now),
        )
        .unwrap();
    let record = desk.record();
    assert_eq!(checkpoint.journal_sequence, sequence);
    assert_eq!(
        checkpoint.sums,
        Sums {
            subjects: 1,
            counters: record.counter.0,
            pieces: 2,
            ascending: Mills(980),
            descending: Mills(1_000_000 - 980),
            deposits: Mills(1_000_000),
            item_credits: Mills(0),
        }
    );
    let digest = verify::record_digest(&desk.shown).short();
    let subject = SERIAL.subject();
    let expected = verify::checkpoint_digest([(&subject, record.counter, digest)]);
    assert_eq!(checkpoint.digest, expected);
}

#[test]
fn an_acknowledgement_frees_exactly_what_was_written_p19() {
    let mut desk = Desk::active();
    let print = desk.print(&[740]);
    let delivery = desk.done(print);
    let open = listed(&mut desk);
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].decision, delivery.decision);
    let right = mark(&desk);
    for wrong in [
        Acknowledgement {
            counter: Counter(right.counter.0 + 1),
            ..right
        },
        Acknowledgement {
            digest: ShortDigest([1; 16]),
            ..right
        },
        Acknowledgement {
            subject: MeterSerial(5).subject(),
            ..right
        },
    ] {
        assert_eq!(acknowledge(&mut desk, wrong), Reply::Acknowledged(0));
    }
    assert_eq!(listed(&mut desk).len(), 1);
    assert_eq!(acknowledge(&mut desk, right), Reply::Acknowledged(1));
    assert_eq!(acknowledge(&mut desk, right), Reply::Acknowledged(0));
    assert!(listed(&mut desk).is_empty());
    // The next decision rests on what was acknowledged.
    let print = desk.print(&[740]);
    desk.done(print);
}

#[test]
fn an_acknowledgement_of_what_was_not_written_withholds_and_mints_nothing() {
    let mut desk = Desk::active();
    let before = desk.shown.clone();
    let print = desk.print(&[740]);
    desk.done(print);
    let lie = mark(&desk);
    acknowledge(&mut desk, lie);
    // The server never wrote it: its database shows the record before, which is stale now.
    let newest = std::mem::replace(&mut desk.shown, before);
    let print = desk.print(&[740]);
    assert_eq!(desk.refused(print), RefusalCode::Stale);
    // An act delivers the bytes again, once.
    let counter = Sealed::<MeterRecord>::from_bytes(&newest)
        .unwrap()
        .body
        .counter;
    let again = box_act(
        &desk,
        1,
        ActBody::Redeliver {
            subject: SERIAL.subject(),
            counter,
        },
    );
    let Reply::Acted(Some(delivery)) = desk.ask(again.clone()) else {
        panic!("not delivered");
    };
    assert_eq!(delivery.record.as_slice(), newest);
    assert!(delivery.secret.is_empty());
    assert_eq!(
        desk.ask(again),
        Reply::Refused(RefusalCode::ActSequence.into())
    );
    desk.shown = newest;
    let print = desk.print(&[740]);
    desk.done(print);
    assert_eq!(desk.record().piece_count, 2);
}

#[test]
fn compaction_keeps_everything_p19() {
    let mut desk = Desk::active();
    let unknown = box_act(
        &desk,
        1,
        ActBody::Redeliver {
            subject: SERIAL.subject(),
            counter: Counter(99),
        },
    );
    assert_eq!(
        desk.ask(unknown),
        Reply::Refused(RefusalCode::Unknown.into())
    );
    let unlatch = box_act(&desk, 1, ActBody::Unlatch);
    assert_eq!(desk.ask(unlatch.clone()), Reply::Acted(None));
    let print = desk.print(&[740]);
    let waiting = desk.entry(print);
    let Outcome::Done(first) = desk.send(waiting.clone()) else {
        panic!("not done");
    };
    let old = desk.shown.clone();
    for round in 0..2 {
        desk.compact();
        desk.restart();
        // The waiting decision is still there, byte for byte, for the request that it answers.
        assert_eq!(
            desk.send(waiting.clone()),
            Outcome::Done(first.clone()),
            "{round}"
        );
        assert_eq!(desk.status().act_sequence, 1, "{round}");
        assert_eq!(
            desk.ask(unlatch.clone()),
            Reply::Refused(RefusalCode::ActSequence.into())
        );
    }
    desk.shown = first.record.as_slice().to_vec();
    let print = desk.print(&[740]);
    desk.done(print);
    // An acknowledged record is remembered as well.
    let right = mark(&desk);
    acknowledge(&mut desk, right);
    desk.compact();
    desk.restart();
    assert!(listed(&mut desk).is_empty());
    let newest = std::mem::replace(&mut desk.shown, old);
    let print = desk.print(&[740]);
    assert_eq!(desk.refused(print), RefusalCode::Stale);
    desk.shown = newest;
    // Bytes of the segments before are delivered again by act.
    let again = box_act(
        &desk,
        2,
        ActBody::Redeliver {
            subject: SERIAL.subject(),
            counter: Sealed::<MeterRecord>::from_bytes(first.record.as_slice())
                .unwrap()
                .body
                .counter,
        },
    );
    assert_eq!(desk.ask(again), Reply::Acted(Some(*first)));
}

#[test]
fn a_doubtful_clock_stops_issuing_until_an_act_p26() {
    let mut desk = Desk::active();
    // Eight days off: too long to believe the wall clock.
    desk.now += 8 * DAY;
    desk.restart();
    let print = desk.print(&[740]);
    assert_eq!(desk.refused(print.clone()), RefusalCode::ClockDoubtful);
    assert!(desk.status().clock_doubtful);
    let wrong = box_act(&desk, 1, ActBody::ConfirmTime(Time(desk.now - DAY)));
    assert_eq!(
        desk.ask(wrong),
        Reply::Refused(RefusalCode::ClockDoubtful.into())
    );
    let right = box_act(&desk, 1, ActBody::ConfirmTime(Time(desk.now + MINUTE)));
    assert_eq!(desk.ask(right.clone()), Reply::Acted(None));
    assert_eq!(
        desk.ask(right),
        Reply::Refused(RefusalCode::ActSequence.into())
    );
    desk.done(print);
    // While it runs, the wall clock may not run away from the time since boot.
    let jumped = Now {
        wall: Time(desk.now + 6 * MINUTE),
        since_boot: desk.now,
    };
    let print = desk.print(&[740]);
    let entry = desk.entry(print);
    let decide = Request::Decide(List::new(vec![entry]).unwrap());
    match desk.ask_at(jumped, decide) {
        Reply::Decided(outcomes) => assert_eq!(
            outcomes.as_slice(),
            [Outcome::Refused(RefusalCode::ClockDoubtful.into())]
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_signed_with_a_key_whose_certificate_has_ended_p2() {
    let mut desk = Desk::active();
    let print = desk.print(&[740]);
    desk.done(print);
    let until = desk
        .world
        .installation
        .certificates()
        .filter(|c| c.box_kind == BoxKind::Meter)
        .map(|c| c.not_after.0)
        .min()
        .unwrap();
    while desk.now + DAY < until {
        desk.wait(DAY);
    }
    let print = desk.print(&[740]);
    desk.done(print);
    desk.wait(DAY);
    let print = desk.print(&[740]);
    assert_eq!(desk.refused(print), RefusalCode::KeyExpired);
}

#[test]
fn a_heartbeat_moves_the_time_that_a_start_compares_with_p26() {
    let mut desk = Desk::active();
    for _ in 0..9 {
        desk.wait(DAY);
    }
    let kept = desk.now;
    desk.now = kept - 6 * MINUTE;
    desk.restart();
    assert!(desk.status().clock_doubtful, "below the journaled time");
    desk.now = kept + 6 * DAY;
    desk.restart();
    assert!(!desk.status().clock_doubtful, "six days off");
}

#[test]
fn enrolled_operators_replace_the_ones_before_p9() {
    let mut desk = Desk::active();
    let quorum = Quorum::new(
        1,
        vec![EnrolledKey {
            name: Bytes::new(b"stranger".to_vec()).unwrap(),
            key: signer(STRANGER).public().clone(),
        }],
    )
    .unwrap();
    let enrol = box_act(&desk, 1, ActBody::Enrol(quorum));
    assert_eq!(desk.ask(enrol), Reply::Acted(None));
    desk.restart();
    assert_eq!(
        desk.refused_act(ActBody::Suspend(Suspension::ABUSE)),
        RefusalCode::BadSignature
    );
    let act = desk.next_act(ActBody::Suspend(Suspension::ABUSE));
    desk.done(MeterRequest::Act(sign_all(act, &[STRANGER])));
    assert!(!desk.record().suspended.is_empty());
}
