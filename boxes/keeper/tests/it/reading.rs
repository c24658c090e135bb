//! Listings, questions and checkpoints over several subjects (P8, P19).

use crate::bench::*;
use crate::toy::Ask;
use item::*;
use wire::{Nothing, RefusalCode, Reply, Request};

fn standing(bench: &mut Bench, shown: &[u8]) -> Result<Vec<u8>, RefusalCode> {
    match bench.ask(Request::Query(Bytes::new(shown.to_vec()).unwrap())) {
        Reply::Answer(answer) => Ok(answer.into_vec()),
        Reply::Refused(refusal) => Err(refusal.code),
        other => panic!("{other:?}"),
    }
}

fn checkpoint(bench: &mut Bench) -> Checkpoint {
    match bench.ask(Request::Checkpoint(Nothing)) {
        Reply::Checkpoint(signed) => signed.body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_waits_is_listed_oldest_first_also_after_a_new_segment_p19() {
    let mut bench = Bench::new();
    let order = [3, 1, 4, 2].map(subject);
    for one in order {
        bench.done(one, &[]);
    }
    assert_eq!(bench.listed(10), order);
    assert_eq!(bench.listed(2), order[..2]);
    assert_eq!(bench.listed(u32::MAX), order);
    bench.restart();
    assert_eq!(bench.listed(10), order, "started again");
    for _ in 0..2 {
        bench.keeper().compact().unwrap();
        bench.restart();
        assert_eq!(bench.listed(10), order, "a new segment");
    }
    assert_eq!(bench.status().open, 4);
}

#[test]
fn a_record_shown_with_a_question_is_the_newest_or_older() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    assert_eq!(standing(&mut bench, &first).unwrap(), b"newest");
    let second = bench.done(subject(1), &first);
    assert_eq!(standing(&mut bench, &first).unwrap(), b"older");
    assert_eq!(
        standing(&mut bench, &second).unwrap(),
        b"newest",
        "not written yet"
    );
    bench.acknowledge(&second);
    assert_eq!(standing(&mut bench, &second).unwrap(), b"newest");
    let mut altered = second.clone();
    altered[60] ^= 1;
    assert_eq!(standing(&mut bench, &altered), Err(RefusalCode::Altered));
    let mut stranger = Bench::new();
    assert_eq!(standing(&mut stranger, &second), Err(RefusalCode::Unknown));
}

#[test]
fn a_record_of_another_epoch_is_told_from_an_altered_one_p3() {
    let mut bench = Bench::new();
    let shown = bench.done(subject(1), &[]);
    let mut sealed = Sealed::<ChainRecord>::from_bytes(&shown).unwrap();
    sealed.body.epoch = Epoch(202_612);
    let entry = bench.entry(subject(1), &sealed.to_bytes(), Ask::default());
    assert_eq!(bench.send(entry), refused(RefusalCode::UnknownEpoch));
}

#[test]
fn a_checkpoint_covers_every_subject_in_order_also_after_a_new_segment_p8() {
    let mut bench = Bench::new();
    let newest = [3u8, 1, 2].map(|number| {
        let mut record = bench.done(subject(number), &[]);
        for _ in 1..number {
            record = bench.done(subject(number), &record);
        }
        (subject(number), record)
    });
    bench.acknowledge(&newest[1].1);
    let first = checkpoint(&mut bench);
    assert_eq!(
        first.sums,
        Sums {
            subjects: 3,
            counters: 6,
            pieces: 60,
            ascending: Mills(600),
            descending: Mills(6_000),
            deposits: Mills(60_000),
            item_credits: Mills(600_000),
        }
    );
    let [three, one, two] = &newest;
    let expected = [one, two, three].map(|(subject, record)| {
        let counter = Sealed::<ChainRecord>::from_bytes(record)
            .unwrap()
            .body
            .counter;
        (subject, counter, verify::record_digest(record).short())
    });
    assert_eq!(first.digest, verify::checkpoint_digest(expected));
    for _ in 0..2 {
        bench.keeper().compact().unwrap();
        bench.restart();
        let again = checkpoint(&mut bench);
        assert_eq!((again.sums, again.digest), (first.sums, first.digest));
    }
}

#[test]
fn every_decision_says_what_it_rests_on_p7() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    let entry = bench.entry(subject(1), &first, Ask::default());
    let sequence = bench.status().journal_sequence;
    bench.pass(1_000);
    let delivery = done(bench.send(entry.clone()));
    let decision = Signed::<Decision>::from_bytes(delivery.decision.as_slice())
        .unwrap()
        .body;
    assert_eq!(decision.old, verify::record_digest(&first));
    assert_eq!(
        decision.new,
        verify::record_digest(delivery.record.as_slice())
    );
    assert_eq!(
        (decision.counter, decision.request),
        (Counter(2), entry.request)
    );
    assert_eq!(decision.journal_sequence, sequence);
    assert_eq!(decision.time, bench.now.wall);
    // The record names the decision, which can not name the record yet.
    let record = Sealed::<ChainRecord>::from_bytes(delivery.record.as_slice())
        .unwrap()
        .body;
    let unfinished = Decision {
        new: Digest::ZERO,
        ..decision.clone()
    };
    assert_eq!(
        record.last_decision,
        verify::statement_digest(&unfinished.to_bytes())
    );
    assert_eq!(
        (record.last_time, record.box_id),
        (decision.time, decision.box_id)
    );
    // The refusal of an older record says both counters, and when: that of the last record that is
    // written, not of the one that waits.
    bench.done(subject(1), delivery.record.as_slice());
    bench.pass(1_000);
    let old = bench.entry(subject(1), &first, Ask::default());
    let wire::Outcome::Refused(refusal) = bench.send(old) else {
        panic!("an older record was taken");
    };
    let stale = Signed::<StaleStatement>::from_bytes(refusal.statement.as_slice())
        .unwrap()
        .body;
    assert_eq!(
        (stale.shown_counter, stale.known_counter),
        (Counter(1), Counter(2))
    );
    assert_eq!((stale.subject, stale.time), (subject(1), bench.now.wall));
}
