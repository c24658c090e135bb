//! How much may wait to be written (P19). Each decision here has about eight megabytes.

use crate::bench::*;
use crate::toy::Ask;
use item::Subject;
use item::limits::ENTRY_ITEMS_MAX;
use keeper::Caller;
use keeper::Service;
use wire::limits::{FRAME_MAX, OPEN_BYTES_MAX, OPEN_BYTES_PER_CALLER, ROW_MAX};
use wire::{Outcome, RefusalCode, Reply, Request};

const ROWS: usize = ENTRY_ITEMS_MAX;
const LARGE: Ask = Ask {
    rows: ROWS as u16,
    secret: 0,
    proof: 0,
    fail: false,
};
/// As many as pass a bound, the last of them begun below it.
const OF_ONE_CALLER: usize = OPEN_BYTES_PER_CALLER / (ROWS * ROW_MAX) + 1;
const OF_ALL: usize = OPEN_BYTES_MAX / (ROWS * ROW_MAX) + 1;

fn numbered(number: usize) -> Subject {
    subject(u8::try_from(number + 1).unwrap())
}

#[test]
fn a_caller_with_too_much_open_is_busy_until_it_is_written_p19() {
    let mut bench = Bench::new();
    let mut records = Vec::new();
    for number in 0..OF_ONE_CALLER {
        let entry = bench.entry(numbered(number), &[], LARGE);
        records.push(done(bench.send(entry)).record.into_vec());
    }
    let open = bench.status().open;
    let small = bench.entry(subject(200), &[], Ask::default());
    assert_eq!(bench.send(small.clone()), refused(RefusalCode::Busy));
    // Neither another's record nor bytes that are none free anything.
    let wrong = bench.entry(numbered(1), &records[0], Ask::default());
    assert_eq!(bench.send(wrong), refused(RefusalCode::Busy));
    let mut altered = records[0].clone();
    altered[40] ^= 1;
    let wrong = bench.entry(numbered(0), &altered, Ask::default());
    assert_eq!(bench.send(wrong), refused(RefusalCode::Busy));
    // Nor does a genuine record that this box never made.
    let mut twin = Bench::new();
    twin.pass(1_000);
    let made = twin.done(numbered(0), &[]);
    let wrong = bench.entry(numbered(0), &made, Ask::default());
    assert_eq!(bench.send(wrong), refused(RefusalCode::Busy));
    assert_eq!(bench.status().open, open);
    // Another caller is not stopped by it.
    let other = bench.entry(subject(201), &[], Ask::default());
    done(bench.send_as(1, other));
    // What is shown as written frees its bytes, although the entry itself is refused.
    let written = bench.entry(numbered(0), &records[0], Ask::default());
    assert_eq!(bench.send(written.clone()), refused(RefusalCode::Busy));
    assert_eq!(bench.status().open, open);
    done(bench.send(written));
    done(bench.send(small));
}

#[test]
fn all_callers_together_have_a_bound_that_a_start_keeps_p19() {
    let mut bench = Bench::new();
    let now = bench.now;
    let mut waiting = Vec::new();
    for number in 0..OF_ALL {
        let entry = bench.entry(numbered(number), &[], LARGE);
        let caller = Caller(number / OF_ONE_CALLER);
        waiting.push(bench.keeper().handle(caller, decide(vec![entry]), now));
    }
    // Far more than one group of the journal holds: it was committed on the way.
    let committed = bench.keeper().commit().unwrap();
    let mut records = Vec::new();
    for pending in waiting {
        match pending.release(&committed) {
            Some(Reply::Decided(outcomes)) => {
                records.push(done(outcomes.as_slice()[0].clone()).record.into_vec());
            }
            other => panic!("{other:?}"),
        }
    }
    let small = |bench: &mut Bench| {
        let entry = bench.entry(subject(200), &[], Ask::default());
        bench.send_as(100, entry)
    };
    assert_eq!(small(&mut bench), refused(RefusalCode::Busy));
    bench.restart();
    assert_eq!(small(&mut bench), refused(RefusalCode::Busy));
    // A listing fits a frame: half of one, or a single decision that is above it.
    const { assert!(ROWS * ROW_MAX > FRAME_MAX / 2) };
    assert_eq!(bench.listed(10), [numbered(0)]);
    for record in &records {
        assert_eq!(bench.acknowledge(record), 1);
    }
    assert!(matches!(small(&mut bench), Outcome::Done(_)));
    assert_eq!(
        bench.ask(Request::ListOpen(0)),
        Reply::Open(Default::default())
    );
    // The journal has grown: the next look at the clock begins a new segment, the one after not.
    let before = bench.files();
    bench.tick().unwrap();
    let after = bench.files();
    assert!(after > before, "{before} files, then {after}");
    bench.tick().unwrap();
    assert_eq!(bench.files(), after);
}

/// A large snapshot is not written again for a little growth. What was acknowledged since does not
/// come back with a start all the same, or a box that serves millions would be busy after each.
#[test]
fn what_was_acknowledged_is_written_down_before_it_is_much_p19() {
    const WAITING: usize = 10;
    const SETTLED: usize = 9;
    const { assert!(WAITING * ROWS * ROW_MAX > SETTLED * ROWS * ROW_MAX) };
    let mut bench = Bench::new();
    for number in 0..WAITING {
        let entry = bench.entry(numbered(number), &[], LARGE);
        done(bench.send_as(number / 4, entry));
    }
    bench.keeper().compact().unwrap();
    let files = bench.files();
    let mut newest = Vec::new();
    for number in WAITING..WAITING + SETTLED {
        let entry = bench.entry(numbered(number), &[], LARGE);
        newest = done(bench.send_as(9, entry)).record.into_vec();
        assert_eq!(bench.acknowledge(&newest), 1);
    }
    // One of them goes on, and waits when the others are written down.
    let last = numbered(WAITING + SETTLED - 1);
    let onward = bench.done(last, &newest);
    bench.tick().unwrap();
    assert_eq!(bench.files(), files, "no new segment");
    bench.restart();
    let status = bench.status();
    assert_eq!((status.subjects, status.open), (19, 11));
    assert_eq!(bench.acknowledge(&onward), 1);
    let other = bench.entry(last, &onward, Ask::default());
    done(bench.send(other));
}
