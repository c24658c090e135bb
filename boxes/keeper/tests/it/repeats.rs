//! Requests that come again (P17).

use crate::bench::*;
use crate::toy::Ask;
use item::Bytes;
use wire::{Outcome, RefusalCode};

const SECRET: Ask = Ask {
    rows: 0,
    secret: 5,
    proof: 6,
    fail: false,
};

#[test]
fn a_secret_goes_to_its_own_request_with_its_own_proof_only_p17() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    let entry = bench.entry(subject(1), &first, SECRET);
    let delivery = done(bench.send(entry.clone()));
    assert_eq!(delivery.secret.as_slice(), [5]);
    assert_eq!(done(bench.send(entry.clone())), delivery);

    let open = |outcome: Outcome| match outcome {
        Outcome::Open(open) => {
            assert!(open.secret.is_empty());
            assert_eq!(open.record, delivery.record);
        }
        other => panic!("{other:?}"),
    };
    let other = bench.entry(subject(1), &first, SECRET);
    open(bench.send(other));
    let mut guess = entry.clone();
    guess.body = Bytes::new(Ask { proof: 7, ..SECRET }.to_bytes()).unwrap();
    for _ in 0..2 {
        open(bench.send(guess.clone()));
    }
    assert_eq!(done(bench.send(entry.clone())), delivery, "two wrong ones");
    open(bench.send(guess));
    open(bench.send(entry.clone()));
    bench.restart();
    assert_eq!(done(bench.send(entry)), delivery, "counted anew");
}

#[test]
fn a_recorded_failure_is_answered_again_as_one_p17() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    let failing = Ask {
        fail: true,
        secret: 5,
        ..Ask::default()
    };
    let entry = bench.entry(subject(1), &first, failing);
    let outcome = bench.send(entry.clone());
    let Outcome::Failed(failure) = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(failure.refusal.code, RefusalCode::Funds);
    assert!(failure.delivery.secret.is_empty());
    assert_eq!(bench.send(entry.clone()), outcome);
    bench.restart();
    assert_eq!(bench.send(entry), outcome);
}

#[test]
fn what_exists_is_not_made_again_by_any_request_p18() {
    let mut bench = Bench::new();
    let make = bench.entry(subject(1), &[], Ask::default());
    let made = done(bench.send(make.clone()));
    assert_eq!(done(bench.send(make.clone())), made, "not written yet");
    let other = bench.entry(subject(1), &[], Ask::default());
    assert_eq!(bench.send(other), refused(RefusalCode::Exists));

    let change = bench.entry(subject(1), made.record.as_slice(), Ask::default());
    done(bench.send(change.clone()));
    assert_eq!(bench.send(make), refused(RefusalCode::Exists), "written");
    let mut hidden = change;
    hidden.shown = Bytes::default();
    assert_eq!(
        bench.send(hidden),
        refused(RefusalCode::Exists),
        "a change is not handed out as a creation"
    );
}
