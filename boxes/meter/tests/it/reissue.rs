//! P28 on a meter box: an older record, an act, and the box's memory make a record again.

use crate::desk::*;
use crate::world::*;
use item::*;
use wire::*;

/// A meter whose database went back: `shown` is the older record, the newest is only known.
struct Lost {
    desk: Desk,
    older: MeterRecord,
    newest: MeterRecord,
    /// Sealed, as the box made it.
    newest_bytes: Vec<u8>,
}

/// Two items, a deposit, two acts and a last item that nobody acknowledged.
fn lost() -> Lost {
    let mut desk = Desk::active();
    desk.done_act(ActBody::SetLimits {
        limits: GENEROUS,
        inspection_interval_days: 90,
    });
    let older_bytes = desk.shown.clone();
    let older = desk.record();
    let print = desk.print(&[740, 240]);
    desk.done(print);
    desk.fund(5_000);
    desk.done_act(ActBody::Suspend(Suspension::LOST));
    desk.done_act(ActBody::Resume(Suspension::LOST));
    let print = desk.print(&[1_000]);
    desk.done(print);
    let newest = desk.record();
    let newest_bytes = std::mem::replace(&mut desk.shown, older_bytes);
    Lost {
        desk,
        older,
        newest,
        newest_bytes,
    }
}

fn memory(desk: &mut Desk) -> Memory {
    match desk.ask(Request::Recall(SERIAL.subject())) {
        Reply::Memory(memory) => memory,
        other => panic!("{other:?}"),
    }
}

fn order(desk: &mut Desk) -> (u64, Reissue) {
    let Memory { known, summary } = memory(desk);
    let reissue = Reissue {
        shown: desk.record().counter,
        known,
        memory: summary,
    };
    (summary.act_sequence + 1, reissue)
}

fn sign(desk: &Desk, sequence: u64, reissue: Reissue) -> MultiSigned<Act> {
    let body = ActBody::Reissue(reissue);
    let act = desk.world.act(SERIAL.subject(), sequence, desk.now, body);
    sign_all(act, &OPERATORS)
}

fn ask(desk: &mut Desk, act: MultiSigned<Act>) -> Outcome {
    let shown = Bytes::new(desk.shown.clone()).unwrap();
    match desk.ask(Request::Reissue(ReissueRequest { shown, act })) {
        Reply::Decided(outcomes) => outcomes.into_vec().pop().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Re-issues, and writes it as the database would.
fn reissue(desk: &mut Desk) -> (Delivery, Digest) {
    let (sequence, body) = order(desk);
    let act = sign(desk, sequence, body);
    let digest = verify::statement_digest(&act.to_bytes());
    match ask(desk, act) {
        Outcome::Done(delivery) => {
            desk.shown = delivery.record.as_slice().to_vec();
            (*delivery, digest)
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn code(outcome: Outcome) -> RefusalCode {
    match outcome {
        Outcome::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reissue_takes_money_from_memory_and_permissions_from_nowhere_p28() {
    let Lost {
        mut desk,
        older,
        newest,
        ..
    } = lost();
    let (delivery, act) = reissue(&mut desk);
    let record = desk.record();
    let decision = Signed::<Decision>::from_bytes(delivery.decision.as_slice()).unwrap();
    let before = verify::record_digest(
        &World::records()
            .seal(&SERIAL.subject(), older.clone())
            .unwrap()
            .0,
    );
    assert_eq!(decision.body.decision, DecisionKind::Reissue);
    assert_eq!(decision.body.counter, Counter(newest.counter.0 + 1));
    assert_eq!(decision.body.old, before);
    assert_eq!((decision.body.head, decision.body.evidence), (act, act));
    assert_eq!(
        verify::statement_digest(delivery.evidence.as_slice()),
        act,
        "the act is kept with it"
    );
    // Everything that money hangs on is the newest, the unacknowledged item included (V1, V2).
    assert_eq!(
        record,
        MeterRecord {
            counter: Counter(newest.counter.0 + 1),
            suspended: Suspension::RECONCILED,
            act_sequence: newest.act_sequence + 1,
            lowest_creditable_piece: 4,
            limits: Limits {
                item: Mills(0),
                day: Mills(0),
                month: Mills(0),
                descending: Mills(0)
            },
            day: desk.today(),
            day_used: Mills(0),
            month: desk.today().month(),
            month_used: Mills(0),
            inspection_interval_days: 0,
            item_head: act,
            last_time: record.last_time,
            last_decision: record.last_decision,
            ..newest.clone()
        }
    );
    assert_eq!(record.balance_refunds(), Some(Mills::ZERO));

    // Nothing is dispensed before an act ends the suspension, nor before one sets limits.
    let print = desk.print(&[740]);
    assert_eq!(desk.refused(print.clone()), RefusalCode::Suspended);
    desk.done_act(ActBody::Resume(Suspension::RECONCILED));
    assert_eq!(desk.refused(print.clone()), RefusalCode::ItemLimit);
    desk.done_act(set_limits(GENEROUS));
    let item = &rows(&desk.done(print))[0];
    assert_eq!(item.piece_count, 4);
    assert_eq!(item.previous, act, "the chain of items begins with the act");
    assert_eq!(item.ascending, Mills(newest.ascending.0 + 740));
    desk.fund(1_000);
    assert_eq!(desk.record().funding_sequence, newest.funding_sequence + 1);
}

#[test]
fn an_act_that_says_anything_else_than_the_box_remembers_reissues_nothing_p28() {
    let Lost { mut desk, .. } = lost();
    let before = desk.journal_sequence();
    let (sequence, right) = order(&mut desk);
    type Lie = fn(&mut Reissue);
    let lies: [(&str, Lie); 10] = [
        ("shown", |r| r.shown.0 -= 1),
        ("known", |r| r.known.0 -= 1),
        ("pieces", |r| r.memory.pieces -= 1),
        ("ascending", |r| r.memory.ascending.0 -= 740),
        ("descending", |r| r.memory.descending.0 += 740),
        ("deposits", |r| r.memory.deposits.0 += 1),
        ("credits", |r| r.memory.item_credits.0 += 1),
        ("state", |r| r.memory.state = MeterState::Withdrawn.code()),
        ("funding", |r| r.memory.funding_sequence -= 1),
        ("acts", |r| r.memory.act_sequence -= 1),
    ];
    for (name, lie) in lies {
        let mut wrong = right;
        lie(&mut wrong);
        let act = sign(&desk, sequence, wrong);
        assert_eq!(code(ask(&mut desk, act)), RefusalCode::Mismatch, "{name}");
    }
    // The sequence is the box's, not that of the record that was shown.
    for used in [desk.record().act_sequence + 1, sequence + 1] {
        let act = sign(&desk, used, right);
        assert_eq!(code(ask(&mut desk, act)), RefusalCode::ActSequence);
    }
    let body = ActBody::Reissue(right);
    let act = desk
        .world
        .act(SERIAL.subject(), sequence, desk.now, body.clone());
    let alone = sign_all(act.clone(), &OPERATORS[..1]);
    assert_eq!(code(ask(&mut desk, alone)), RefusalCode::BadSignature);
    let late = Act {
        expires: Time(desk.now),
        ..act.clone()
    };
    let late = sign_all(late, &OPERATORS);
    assert_eq!(code(ask(&mut desk, late)), RefusalCode::Expired);
    let other = sign_all(
        desk.world
            .act(MeterSerial(5).subject(), sequence, desk.now, body),
        &OPERATORS,
    );
    assert_eq!(code(ask(&mut desk, other)), RefusalCode::Mismatch);
    let genuine = desk.shown.clone();
    desk.shown[200] ^= 1;
    let act = sign(&desk, sequence, right);
    assert_eq!(code(ask(&mut desk, act.clone())), RefusalCode::Altered);
    desk.shown = genuine;
    // Nor in the place of an act on the record.
    let entry = desk.entry(MeterRequest::Act(act));
    assert_eq!(code(desk.send(entry)), RefusalCode::Stale);
    assert_eq!(desk.journal_sequence(), before, "nothing was kept");
}

#[test]
fn what_is_not_lost_is_not_reissued_p28() {
    let Lost {
        mut desk,
        newest_bytes,
        newest,
        ..
    } = lost();
    // The record before a waiting decision: that is delivered, not given up.
    let older = std::mem::replace(&mut desk.shown, newest_bytes);
    let print = desk.print(&[740]);
    let Outcome::Done(waiting) = desk.decide(print) else {
        panic!("not done");
    };
    let (sequence, body) = order(&mut desk);
    let act = sign(&desk, sequence, body);
    assert_eq!(ask(&mut desk, act), Outcome::Open(waiting.clone()));
    // The newest record.
    desk.shown = waiting.record.as_slice().to_vec();
    let (sequence, body) = order(&mut desk);
    let act = sign(&desk, sequence, body);
    assert_eq!(code(ask(&mut desk, act)), RefusalCode::Mismatch);
    assert_eq!(desk.record().piece_count, newest.piece_count + 1);
    // A record that the box never made.
    let mut twin = desk.record();
    twin.counter = Counter(99);
    desk.shown = World::records().seal(&SERIAL.subject(), twin).unwrap().0;
    let act = sign(&desk, sequence, body);
    assert_eq!(code(ask(&mut desk, act.clone())), RefusalCode::Fork);
    desk.shown = older;
    assert_eq!(code(ask(&mut desk, act)), RefusalCode::Latched);
}

#[test]
fn a_reissue_that_waits_is_delivered_again_and_its_act_works_once_p28() {
    let Lost {
        mut desk,
        newest_bytes,
        newest,
        ..
    } = lost();
    let (sequence, body) = order(&mut desk);
    let act = sign(&desk, sequence, body);
    let first = ask(&mut desk, act.clone());
    let Outcome::Done(delivery) = first.clone() else {
        panic!("{first:?}");
    };
    assert_eq!(desk.status().open, 1, "the item that waited was given up");
    desk.restart();
    assert_eq!(ask(&mut desk, act.clone()), first, "after a restart");
    let print = desk.print(&[740]);
    assert_eq!(desk.decide(print), Outcome::Open(delivery.clone()));
    // What the act gave up is older than what the box knows, and no fork.
    let older = std::mem::replace(&mut desk.shown, newest_bytes.clone());
    let print = desk.print(&[740]);
    let Outcome::Refused(refusal) = desk.decide(print) else {
        panic!("not refused");
    };
    assert_eq!(refusal.code, RefusalCode::Stale);
    let statement = Signed::<StaleStatement>::from_bytes(refusal.statement.as_slice()).unwrap();
    assert_eq!(statement.body.shown_counter, newest.counter);
    assert!(statement.body.shown_counter < statement.body.known_counter);
    let mark = Acknowledgement {
        subject: SERIAL.subject(),
        counter: newest.counter,
        digest: verify::record_digest(&newest_bytes).short(),
    };
    let told = desk.ask(Request::Acknowledge(List::new(vec![mark]).unwrap()));
    assert_eq!(told, Reply::Acknowledged(0));
    assert!(!desk.status().latched);
    // Written; then the same act finds its sequence used, on every record.
    desk.shown = delivery.record.as_slice().to_vec();
    desk.done_act(set_limits(GENEROUS));
    assert_eq!(code(ask(&mut desk, act.clone())), RefusalCode::Mismatch);
    desk.shown = older;
    assert_eq!(code(ask(&mut desk, act)), RefusalCode::ActSequence);
    // Lost once more: once more by the next act.
    let (again, _) = reissue(&mut desk);
    let again = Sealed::<MeterRecord>::from_bytes(again.record.as_slice()).unwrap();
    assert_eq!(again.body.counter, Counter(newest.counter.0 + 3));
    assert_eq!(again.body.ascending, newest.ascending);
}

#[test]
fn a_record_from_before_the_meter_had_an_origin_reissues_nothing_p28() {
    let mut desk = Desk::manufactured();
    let made = desk.shown.clone();
    desk.done_act(register(Zip(95_814)));
    let registered = desk.shown.clone();
    desk.done_act(license(GENEROUS));
    desk.done_act(ActBody::Activate);
    desk.shown = made;
    let (sequence, body) = order(&mut desk);
    let act = sign(&desk, sequence, body);
    assert_eq!(code(ask(&mut desk, act)), RefusalCode::WrongState);
    desk.shown = registered;
    reissue(&mut desk);
    assert_eq!(desk.record().origin, Zip(95_814));
    assert_eq!(desk.record().state, MeterState::Active);
}

#[test]
fn nobody_but_the_box_knows_and_it_says_so_of_its_own_subjects_only() {
    let Lost {
        mut desk, newest, ..
    } = lost();
    let told = memory(&mut desk);
    assert_eq!(told.known, newest.counter);
    assert_eq!(told.summary.ascending, newest.ascending);
    assert_eq!(told.summary.act_sequence, newest.act_sequence);
    let unknown = desk.ask(Request::Recall(MeterSerial(5).subject()));
    assert_eq!(unknown, Reply::Refused(RefusalCode::Unknown.into()));
}

#[test]
fn what_the_older_record_had_used_and_credited_is_not_taken_over_p28() {
    let mut desk = Desk::prepared(|r| {
        r.state = MeterState::Active;
        r.limits = GENEROUS;
        r.deposits = Mills(10_000);
        r.descending = Mills(10_000);
        r.credited_digest = Digest([1; 32]);
    });
    let print = desk.print(&[740]);
    desk.done(print);
    let older = desk.shown.clone();
    assert_eq!(desk.record().day_used, Mills(740));
    for _ in 0..2 {
        let print = desk.print(&[240]);
        desk.done(print);
    }
    desk.shown = older;
    reissue(&mut desk);
    let record = desk.record();
    assert_eq!(
        (record.day_used, record.month_used),
        (Mills::ZERO, Mills::ZERO)
    );
    assert_eq!(record.credited_digest, Digest::ZERO);
    assert_eq!(record.descending, Mills(10_000 - 740 - 480));
}
