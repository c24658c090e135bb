//! Every call of the disk fails once in every way, followed by every kind of restart (V4, P15).
//! Afterwards what was reported as written is there, what was not is there whole or not at all, and
//! repeating it succeeds.

use super::history::{Caller, Step, history};
use crate::OpenError;
use faulty_disk::{Fault, FaultyDisk, Kind, Restart};
use std::path::Path;
use store::StoreError;

/// What the process does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// Repeats the call, goes on, and is killed at the end.
    GoesOn,
    /// Is killed in the call that fails.
    Dies,
}

/// Runs the whole history once, with what `set_up` plans; the changes that it made.
fn run(set_up: impl FnOnce(&FaultyDisk), after: After, restart: Restart) -> FaultyDisk {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store.db");
    let disk = FaultyDisk::at(place.path());
    set_up(&disk);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(live(&disk, &path, after, restart));
    disk.remove()
}

async fn live(disk: &FaultyDisk, path: &Path, after: After, restart: Restart) {
    let steps = history();
    let mut caller = Caller::new(path);
    for (done, step) in steps.iter().enumerate() {
        let Err(error) = caller.take(step).await else {
            continue;
        };
        assert!(disk.has_failed(), "{step:?}: {error}");
        if after == After::Dies {
            die(disk, &mut caller, restart);
        }
        recover(disk, &mut caller, path, step, &error);
        disk.looks_are_free(true);
        caller.assert_whole_or_nothing(step).await;
        caller.assert_done(&steps[..done]).await;
        disk.looks_are_free(false);
        // A database that could not be made is there by now.
        if !matches!(step, Step::Create) {
            caller.take(step).await.unwrap();
        }
    }
    // A start after a death, a clean stop, and a start after that are part of the table.
    die_and_open(disk, &mut caller, restart);
    disk.looks_are_free(true);
    caller.assert_done(&steps).await;
    disk.looks_are_free(false);
    caller.end();
    die_and_open(disk, &mut caller, restart);
    disk.looks_are_free(true);
    caller.assert_done(&steps).await;
    disk.looks_are_free(false);
    die(disk, &mut caller, restart);
}

fn die_and_open(disk: &FaultyDisk, caller: &mut Caller<'_>, restart: Restart) {
    die(disk, caller, restart);
    if let Err(error) = caller.open() {
        assert!(disk.has_failed(), "{error}");
        die(disk, caller, restart);
        caller.open().unwrap();
    }
}

/// The process is gone, with all that it had open.
fn die(disk: &FaultyDisk, caller: &mut Caller<'_>, restart: Restart) {
    disk.kill();
    caller.end();
    disk.restart(restart);
}

/// A living store goes on; one that is not open is opened. A database whose making was cut off is
/// never taken for one: it is refused, removed by hand, and made again.
fn recover(disk: &FaultyDisk, caller: &mut Caller<'_>, path: &Path, step: &Step, error: &str) {
    if caller.is_open() {
        return;
    }
    match caller.open() {
        Ok(()) => {}
        Err(
            OpenError::Missing(_)
            | OpenError::Foreign(_)
            | OpenError::Store(StoreError::Corrupt { .. }),
        ) if matches!(step, Step::Create) => {
            for ending in ["", "-journal", "-wal", "-shm"] {
                disk.delete(Path::new(&format!("{}{ending}", path.display())));
            }
            caller.create().unwrap();
        }
        Err(refused) => panic!("{step:?}: {error}; then {refused}"),
    }
}

/// The changes of a run without a fault: each of them is to fail. Every kind is among them.
fn all_changes(restart: Restart) -> Vec<Kind> {
    let dry = || run(|_| {}, After::GoesOn, restart).changes();
    let changes = dry();
    assert_eq!(changes, dry(), "the same history makes the same changes");
    let mut kinds = changes.clone();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, Kind::ALL);
    changes
}

/// Every change fails in this way, if it is one of those kinds.
fn table(fault: Fault, kinds: &[Kind]) {
    // To die after a change that was made is to die in the next, before it is made; and nobody dies
    // of a full disk.
    let dies = match fault {
        Fault::Applied | Fault::Full => false,
        Fault::NotApplied | Fault::Torn | Fault::Forgotten => true,
    };
    let mut cases = 0;
    for (index, restart) in Restart::ALL.into_iter().enumerate() {
        for (number, kind) in all_changes(restart).into_iter().enumerate() {
            // Whoever goes on leaves the same behind, whatever comes then: one restart of three.
            let goes_on = number % Restart::ALL.len() == index;
            for (after, wanted) in [(After::GoesOn, goes_on), (After::Dies, dies)] {
                if !wanted || !kinds.contains(&kind) {
                    continue;
                }
                println!("change {number}, {kind:?}, {fault:?}, {after:?}, {restart:?}");
                let plan = |disk: &FaultyDisk| {
                    disk.fail_change(number, fault);
                    if after == After::Dies {
                        disk.die_at_change(number);
                    }
                };
                let disk = run(plan, after, restart);
                assert!(disk.has_failed(), "the call was not made");
                cases += 1;
            }
        }
    }
    println!("{cases} cases");
    assert!(cases > 0);
}

#[test]
fn a_change_that_is_not_made_loses_and_splits_nothing() {
    table(Fault::NotApplied, &Kind::ALL);
}

#[test]
fn a_change_that_is_made_and_reported_failed_loses_and_splits_nothing() {
    table(Fault::Applied, &Kind::ALL);
}

#[test]
fn a_write_that_is_torn_loses_and_splits_nothing() {
    table(Fault::Torn, &[Kind::Write]);
}

#[test]
fn a_sync_that_fails_and_forgets_loses_and_splits_nothing() {
    table(Fault::Forgotten, &[Kind::Sync]);
}

#[test]
fn a_full_disk_at_any_write_loses_and_splits_nothing() {
    table(Fault::Full, &[Kind::Create, Kind::Write]);
}

/// What is read fails at any call: nothing is lost, and asking again is answered.
#[test]
fn a_look_that_fails_is_repeated() {
    let looks = run(|_| {}, After::GoesOn, Restart::Process).looks();
    let mut met = 0;
    for number in 0..looks {
        println!("look {number}");
        let disk = run(|d| d.fail_look(number), After::GoesOn, Restart::Process);
        // Which thread takes a call, and so what it has read before, is chance.
        assert!(disk.has_failed() || disk.looks() <= number);
        met += usize::from(disk.has_failed());
    }
    assert!(met > looks / 2, "{met} of {looks}");
}
