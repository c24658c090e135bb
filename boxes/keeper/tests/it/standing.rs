//! The clock (P26) and acts on the box (P9), with starts between.

use crate::bench::*;
use crate::toy::Ask;
use crate::world::*;
use item::*;
use keeper::{Caller, Now, Service};
use wire::{Nothing, RefusalCode, Reply, Request};

fn minutes(count: u64) -> u64 {
    count * MINUTE
}

#[test]
fn a_doubtful_clock_stops_signing_and_nothing_else_p26() {
    let mut bench = Bench::new();
    let record = bench.done(subject(1), &[]);
    bench.now.wall.0 += minutes(6);
    let entry = bench.entry(subject(1), &record, Ask::default());
    assert_eq!(bench.send(entry), refused(RefusalCode::ClockDoubtful));
    let doubtful = Reply::Refused(RefusalCode::ClockDoubtful.into());
    assert_eq!(bench.ask(Request::Checkpoint(Nothing)), doubtful);
    let question = Bytes::new(record.clone()).unwrap();
    assert_eq!(bench.ask(Request::Query(question)), doubtful);
    assert_eq!(bench.listed(10), [subject(1)]);
    assert_eq!(bench.acknowledge(&record), 1);
    let status = bench.status();
    assert!(status.clock_doubtful);
    assert_eq!(
        status.time, bench.now.wall,
        "what operators see is the wall clock"
    );
    // It stays so, though the clock agrees again, and no heartbeat makes the journal believe it.
    bench.now.wall.0 -= minutes(6);
    bench.pass(minutes(11));
    bench.tick().unwrap();
    assert!(bench.status().clock_doubtful);
    assert_eq!(bench.status().journal_sequence, status.journal_sequence);
}

#[test]
fn drift_is_noticed_while_nobody_asks_p26() {
    let mut bench = Bench::new();
    bench.now.wall.0 += minutes(6);
    bench.tick().unwrap();
    bench.now.wall.0 -= minutes(6);
    let entry = bench.entry(subject(1), &[], Ask::default());
    assert_eq!(bench.send(entry), refused(RefusalCode::ClockDoubtful));
}

#[test]
fn a_confirmed_time_holds_over_a_start_forwards_and_backwards_p26() {
    let mut bench = Bench::new();
    for shift in [DAY * 30, 0] {
        bench.now = at(NOON + shift);
        bench.restart();
        assert!(bench.status().clock_doubtful);
        let confirm = bench.box_act(ActBody::ConfirmTime(bench.now.wall));
        assert_eq!(bench.ask(confirm), Reply::Acted(None));
        assert!(!bench.status().clock_doubtful);
        bench.restart();
        assert!(!bench.status().clock_doubtful, "started again");
        bench.keeper().compact().unwrap();
        bench.restart();
        assert!(!bench.status().clock_doubtful, "a new segment");
    }
    bench.now = at(NOON - minutes(6));
    bench.restart();
    assert!(bench.status().clock_doubtful, "below the confirmed time");
}

#[test]
fn a_confirmed_time_is_where_box_time_goes_on_p26() {
    let mut bench = Bench::new();
    bench.pass(minutes(60));
    let record = bench.done(subject(1), &[]);
    // An hour back, by act; and the machine's own count goes on.
    bench.now.wall.0 -= minutes(60);
    let confirm = bench.box_act(ActBody::ConfirmTime(bench.now.wall));
    assert_eq!(bench.ask(confirm), Reply::Acted(None));
    bench.pass(1_000);
    let record = bench.done(subject(1), &record);
    let stamped = Sealed::<ChainRecord>::from_bytes(&record).unwrap().body;
    assert_eq!(stamped.last_time, bench.now.wall);
    // A heartbeat is due ten minutes after the act, not after the time that it set back.
    let sequence = bench.status().journal_sequence;
    bench.pass(minutes(9));
    bench.tick().unwrap();
    assert_eq!(bench.status().journal_sequence, sequence);
    bench.pass(minutes(1));
    bench.tick().unwrap();
    assert_eq!(bench.status().journal_sequence, sequence + 1);
}

#[test]
fn a_heartbeat_comes_every_ten_minutes_and_is_on_the_disk_p26() {
    let mut bench = Bench::new();
    let sequence = bench.status().journal_sequence;
    let files = bench.files();
    for minute in 1..=30 {
        bench.pass(MINUTE);
        bench.tick().unwrap();
        let expected = sequence + minute / 10;
        assert_eq!(bench.status().journal_sequence, expected, "minute {minute}");
    }
    assert_eq!(bench.files(), files, "no new segment for so little");
    // The box ends without another commit; the time of the last one is known.
    bench.now = at(NOON + minutes(30) - minutes(5) - 1);
    bench.restart();
    assert!(bench.status().clock_doubtful);
    bench.now = at(NOON + minutes(25));
    bench.restart();
    assert!(!bench.status().clock_doubtful);
}

#[test]
fn the_time_of_a_decision_is_remembered_over_a_start_p26() {
    let mut bench = Bench::new();
    bench.pass(minutes(8));
    bench.done(subject(1), &[]);
    bench.now = at(NOON + minutes(3) - 1);
    bench.restart();
    assert!(bench.status().clock_doubtful);
    bench.now = at(NOON + minutes(3));
    bench.restart();
    assert!(!bench.status().clock_doubtful);
}

#[test]
fn box_time_does_not_start_below_what_the_journal_knows_p26() {
    let mut bench = Bench::new();
    bench.pass(minutes(8));
    let record = bench.done(subject(1), &[]);
    bench.now = at(NOON + minutes(4));
    bench.restart();
    let record = bench.done(subject(1), &record);
    let stamped = Sealed::<ChainRecord>::from_bytes(&record).unwrap().body;
    assert_eq!(stamped.last_time, Time(NOON + minutes(8)));
}

#[test]
fn an_act_on_the_box_expires_by_the_wall_clock_p9() {
    let mut bench = Bench::new();
    let early = bench.box_act(ActBody::Unlatch);
    // Box time stands still while it is in doubt; the act's hour does not.
    bench.now = Now {
        wall: Time(NOON + 61 * MINUTE),
        since_boot: NOON,
    };
    assert!(bench.status().clock_doubtful);
    let refused = Reply::Refused(RefusalCode::Expired.into());
    assert_eq!(bench.ask(early), refused);
    let fresh = bench.box_act(ActBody::ConfirmTime(bench.now.wall));
    assert_eq!(bench.ask(fresh), Reply::Acted(None));
}

#[test]
fn the_latch_holds_over_starts_and_segments_until_an_act_p16() {
    let mut bench = Bench::new();
    let record = bench.done(subject(1), &[]);
    let mut twin = Sealed::<ChainRecord>::from_bytes(&record).unwrap().body;
    twin.head = Digest([1; 32]);
    let (forged, _) = World::records().seal(&subject(1), twin).unwrap();
    let entry = bench.entry(subject(1), &forged, Ask::default());
    assert_eq!(bench.send(entry), refused(RefusalCode::Fork));
    for round in 0..3 {
        let entry = bench.entry(subject(2), &[], Ask::default());
        assert_eq!(bench.send(entry), refused(RefusalCode::Latched), "{round}");
        bench.keeper().compact().unwrap();
        bench.restart();
    }
    let unlatch = bench.box_act(ActBody::Unlatch);
    assert_eq!(bench.ask(unlatch), Reply::Acted(None));
    let record = bench.done(subject(1), &record);
    bench.restart();
    bench.done(subject(1), &record);
}

#[test]
fn operators_that_were_enrolled_hold_over_a_new_segment_p9() {
    let mut bench = Bench::new();
    let one = EnrolledKey {
        name: Bytes::new(b"new".to_vec()).unwrap(),
        key: signer(STRANGER).public().clone(),
    };
    let enrol = bench.box_act(ActBody::Enrol(Quorum::new(1, vec![one]).unwrap()));
    assert_eq!(bench.ask(enrol), Reply::Acted(None));
    bench.keeper().compact().unwrap();
    bench.restart();
    let by_the_old = bench.box_act(ActBody::Unlatch);
    let refused = Reply::Refused(RefusalCode::BadSignature.into());
    assert_eq!(bench.ask(by_the_old), refused);
}

#[test]
fn what_was_decided_a_moment_ago_is_found_by_act_p19() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    let entry = bench.entry(subject(1), &first, Ask::default());
    let other = bench.entry(subject(2), &[], Ask::default());
    let act = bench.box_act(ActBody::Redeliver {
        subject: subject(1),
        counter: Counter(2),
    });
    let now = bench.now;
    let keeper = bench.keeper();
    let decided = keeper.handle(Caller(0), decide(vec![entry, other]), now);
    let found = keeper.handle(Caller(0), act, now);
    let committed = keeper.commit().unwrap();
    let Some(Reply::Decided(outcomes)) = decided.release(&committed) else {
        panic!("not decided");
    };
    let delivery = done(outcomes.as_slice()[0].clone());
    assert_eq!(
        found.release(&committed),
        Some(Reply::Acted(Some(delivery)))
    );
}

#[test]
fn acknowledged_bytes_stay_a_day_and_then_go_p19() {
    let mut bench = Bench::new();
    let find = |bench: &mut Bench, number| {
        let act = bench.box_act(ActBody::Redeliver {
            subject: subject(number),
            counter: Counter(1),
        });
        match bench.ask(act) {
            Reply::Acted(Some(delivery)) => Ok(delivery.subject),
            Reply::Refused(refusal) => Err(refusal.code),
            other => panic!("{other:?}"),
        }
    };
    let written = |bench: &mut Bench, number| {
        let record = bench.done(subject(number), &[]);
        assert_eq!(bench.acknowledge(&record), 1);
    };
    written(&mut bench, 1);
    bench.keeper().compact().unwrap();
    bench.pass(DAY - 1);
    written(&mut bench, 2);
    bench.keeper().compact().unwrap();
    assert_eq!(find(&mut bench, 1), Ok(subject(1)));
    bench.pass(1);
    written(&mut bench, 3);
    bench.keeper().compact().unwrap();
    assert_eq!(find(&mut bench, 1), Err(RefusalCode::Unknown));
    assert_eq!(
        find(&mut bench, 2),
        Ok(subject(2)),
        "from the segment after"
    );
    bench.restart();
    assert_eq!(find(&mut bench, 2), Ok(subject(2)), "started again");
}

#[test]
fn a_box_signs_until_the_first_of_its_own_certificates_ends_p2() {
    let mut bench = Bench::new();
    let ends = |usage| {
        let mut certificates = bench.world.installation.certificates();
        certificates.find(|c| c.usage == usage).unwrap().not_after
    };
    let (item, decision) = (ends(KeyUsage::Item), ends(KeyUsage::Decision));
    assert!(item < decision);
    assert!(ends(KeyUsage::Receipt) < item, "another box's");
    let start = {
        let mut certificates = bench.world.installation.certificates();
        certificates.find(|c| c.usage == KeyUsage::Item).unwrap()
    }
    .not_before;
    let ground = bench.keeper().ground();
    assert_eq!(ground.signs, start..item);
    for (time, outcome) in [
        (start.0 - 1, Err(RefusalCode::ClockDoubtful)),
        (start.0, Ok(())),
        (item.0 - 1, Ok(())),
        (item.0, Err(RefusalCode::KeyExpired)),
    ] {
        assert_eq!(ground.signs_at(Time(time)), outcome, "{time}");
    }
}
