//! A disk that fails, replies that rest on nothing (P14), and a box of the wrong kind (P27).

use crate::bench::*;
use crate::toy::{Ask, Toy};
use crate::world::*;
use item::{ActBody, BoxKind};
use journal::Authenticator;
use keeper::{Caller, JournalMac, Keeper, Service, StartError};
use std::path::Path;
use vault::{MacKey, OsEntropy, Secret};
use wire::{Outcome, RefusalCode};

#[test]
fn a_reply_waits_for_the_commit_of_its_decision_p14() {
    let mut bench = Bench::new();
    let entry = bench.entry(subject(1), &[], Ask::default());
    let now = bench.now;
    let before = bench.keeper().commit().unwrap();
    let pending = bench
        .keeper()
        .handle(Caller(0), decide(vec![entry.clone()]), now);
    assert_eq!(pending.release(&before), None);
    // It is on the disk all the same: the same request gets it.
    bench.keeper().commit().unwrap();
    done(bench.send(entry));
}

#[test]
fn a_box_whose_disk_failed_decides_nothing_until_it_is_started_again_p14() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    let now = bench.now;
    let unlatch = bench.box_act(ActBody::Unlatch);
    bench.break_the_disk();
    let entry = bench.entry(subject(1), &first, Ask::default());
    let lost = bench
        .keeper()
        .handle(Caller(0), decide(vec![entry.clone()]), now);
    assert!(bench.keeper().commit().is_err());
    drop(lost);
    let other = bench.entry(subject(2), &[], Ask::default());
    for request in [decide(vec![other.clone()]), unlatch] {
        bench.keeper().handle(Caller(0), request, now);
        assert!(bench.keeper().commit().is_err());
    }
    bench.restart();
    assert_eq!(bench.status().act_sequence, 0);
    done(bench.send(other));
    // Nobody saw the lost decision: it is decided again, on the record before it.
    let again = done(bench.send(entry));
    let next = bench.entry(subject(1), again.record.as_slice(), Ask::default());
    done(bench.send(next));
    let old = bench.entry(subject(1), &first, Ask::default());
    let Outcome::Refused(refusal) = bench.send(old) else {
        panic!("an older record was taken");
    };
    assert_eq!(refusal.code, RefusalCode::Stale);
}

#[test]
fn no_box_takes_the_package_or_the_state_of_another_kind_p27() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let init = Keeper::<Toy<true>>::init(
        folder.path(),
        world.package(),
        World::keys(),
        at(NOON),
        &mut OsEntropy,
    );
    let other = |error: StartError| matches!(error, StartError::OtherKind(BoxKind::Meter));
    assert!(init.is_err_and(other));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);

    let mut bench = Bench::new();
    let record = bench.done(subject(1), &[]);
    assert!(bench.start_as_auth_box().is_err_and(other));
    bench.restart();
    bench.done(subject(1), &record);
}

#[test]
fn the_journals_mac_is_of_its_key_and_of_every_part_p14() {
    let mac =
        |key: u8, parts: &[&[u8]]| JournalMac(MacKey::new(&Secret::new([key; 32]))).mac(parts);
    let one = mac(1, &[b"before", b"entry"]);
    assert_eq!(mac(1, &[b"before", b"entry"]), one);
    assert_ne!(mac(2, &[b"before", b"entry"]), one);
    assert_ne!(mac(1, &[b"before", b"entri"]), one);
    assert_ne!(mac(1, &[b"befora", b"entry"]), one);
}

#[test]
fn a_box_that_is_still_running_may_pass_and_a_missing_state_does_not_p27() {
    let mut bench = Bench::new();
    bench.done(subject(1), &[]);
    let open = |folder: &Path| {
        let entropy = Box::new(OsEntropy);
        let opened = Keeper::open(folder, World::keys(), at(NOON), entropy, |_| {
            Ok(Toy::<false>)
        });
        opened.map(|_| ()).map_err(|error| error.may_pass())
    };
    assert_eq!(open(bench.folder.path()), Err(true));
    assert_eq!(open(tempfile::tempdir().unwrap().path()), Err(false));
    drop(bench.keeper.take());
    assert_eq!(open(bench.folder.path()), Ok(()));
}
