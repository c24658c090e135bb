//! A group that is flushed on another thread than the one that writes.

use std::thread;

use journal::{Journal, JournalError, Sequence};

use crate::fake_disk::{FakeDisk, Fault, Restart};
use crate::support::{KEY, Key};

fn on(disk: &FakeDisk) -> Journal<Key, FakeDisk> {
    Journal::open_on(disk.clone(), KEY, |_| Ok(())).unwrap().0
}

fn new() -> (FakeDisk, Journal<Key, FakeDisk>) {
    let disk = FakeDisk::default();
    Journal::<Key, _>::init_on(&disk, b"who", 1, [], KEY).unwrap();
    let journal = on(&disk);
    (disk, journal)
}

fn syncs(disk: &FakeDisk) -> usize {
    disk.calls().iter().filter(|call| **call == "sync").count()
}

#[test]
fn a_flush_is_done_once_whoever_asks() {
    let (disk, mut journal) = new();
    let before = syncs(&disk);
    journal.append(1, b"one").unwrap();
    let unflushed = journal.write().unwrap();
    assert_eq!(journal.committed().through(), Sequence(0));
    thread::scope(|scope| {
        let asked: Vec<_> = (0..4).map(|_| scope.spawn(|| unflushed.flush())).collect();
        assert_eq!(journal.commit().unwrap().through(), Sequence(1));
        for one in asked {
            assert_eq!(one.join().unwrap().unwrap().through(), Sequence(1));
        }
    });
    assert_eq!(syncs(&disk), before + 1);
}

#[test]
fn a_group_that_nobody_flushed_is_lost_with_the_power_and_not_with_the_process() {
    for (restart, left) in [(Restart::Process, 2), (Restart::PowerCut, 1)] {
        let (disk, mut journal) = new();
        journal.append(1, b"kept").unwrap();
        journal.commit().unwrap();
        journal.append(1, b"in doubt").unwrap();
        drop(journal.write().unwrap());
        drop(journal);
        disk.restart(restart);
        assert_eq!(on(&disk).committed().through(), Sequence(left));
    }
}

#[test]
fn after_a_flush_that_failed_no_other_makes_it_look_well() {
    let (disk, mut journal) = new();
    journal.append(1, b"one").unwrap();
    let unflushed = journal.write().unwrap();
    disk.fail_at(disk.calls().len(), Fault::Forgotten);
    let failed = |error| matches!(error, JournalError::Disk { doing: "sync", .. });
    for asked in [unflushed.flush(), unflushed.flush()] {
        assert!(asked.is_err_and(failed));
    }
    // Records are taken still, and never written: the disk would report success by now.
    journal.append(1, b"two").unwrap();
    assert!(journal.write().is_err_and(failed));
    assert!(matches!(journal.write(), Err(JournalError::Poisoned)));
    assert_eq!(journal.committed().through(), Sequence(0));
    drop(journal);
    disk.restart(Restart::PowerCut);
    assert_eq!(on(&disk).committed().through(), Sequence(0));
}
