//! Every call of the disk fails once in every way, followed by every kind of restart. Afterwards
//! all that was committed is there, in order, and no group is there in part.

use std::collections::BTreeSet;

use journal::{Committed, Journal, JournalError, Record, Sequence};

use crate::fake_disk::{FakeDisk, Fault, Restart};
use crate::support::{KEY, Key};

type Opened = Journal<Key, FakeDisk>;

/// What the caller knows: the records that it was told are durable, and the groups, in order, that it
/// was told nothing about.
#[derive(Default)]
struct Told {
    initialised: bool,
    committed: Vec<Vec<u8>>,
    in_doubt: Vec<Vec<Vec<u8>>>,
}

impl Told {
    /// The state is the list of all records ever, so that nothing can be lost unseen.
    fn open(&mut self, disk: &FakeDisk) -> Result<Opened, JournalError> {
        let mut records = Vec::new();
        let (journal, report) = Journal::open_on(disk.clone(), KEY, |record| {
            let bytes = match record {
                Record::Snapshot { bytes, .. } => bytes,
                Record::Appended {
                    sequence, bytes, ..
                } => {
                    assert_eq!(sequence.0, records.len() as u64 + 1);
                    bytes
                }
            };
            records.push(bytes.to_vec());
            Ok(())
        })?;
        assert_eq!(report.committed.through(), Sequence(records.len() as u64));
        let mut possible = vec![self.committed.clone()];
        for group in &self.in_doubt {
            possible.push([possible.last().unwrap().clone(), group.clone()].concat());
        }
        assert!(
            possible.contains(&records),
            "committed {:?}, in doubt {:?}, found {records:?}",
            self.committed,
            self.in_doubt,
        );
        *self = Told {
            initialised: true,
            committed: records,
            in_doubt: Vec::new(),
        };
        Ok(journal)
    }

    fn group(&mut self, journal: &mut Opened, count: usize) -> Result<(), JournalError> {
        self.append(journal, count)?;
        let committed = journal.commit()?;
        self.durable(committed);
        Ok(())
    }

    /// Records of a group that is in doubt from now on.
    fn append(&mut self, journal: &mut Opened, count: usize) -> Result<(), JournalError> {
        let number = self.committed.len() + self.in_doubt.concat().len();
        let group: Vec<Vec<u8>> = (0..count)
            .map(|at| format!("record {}", number + at).into())
            .collect();
        self.in_doubt.push(group.clone());
        group
            .iter()
            .try_for_each(|bytes| journal.append(1, bytes).map(drop))
    }

    /// Whole groups are.
    fn durable(&mut self, committed: Committed) {
        while self.committed.len() < committed.through().0 as usize {
            self.committed.extend(self.in_doubt.remove(0));
        }
        assert_eq!(committed.through().0, self.committed.len() as u64);
    }

    /// One group is flushed while, or after, the next one is appended.
    fn group_beside(&mut self, journal: &mut Opened, waits: bool) -> Result<(), JournalError> {
        self.append(journal, 2)?;
        let first = journal.write()?;
        self.append(journal, 1)?;
        assert_eq!(journal.committed().through().0, self.committed.len() as u64);
        if !waits {
            let flushed = first.flush();
            if flushed.is_err() {
                assert!(journal.write().is_err());
            }
            self.durable(flushed?);
        }
        let second = journal.write()?;
        // Writing has waited for it.
        self.durable(first.flush()?);
        let flushed = second.flush();
        if flushed.is_err() {
            assert!(journal.commit().is_err());
        }
        self.durable(flushed?);
        // Nothing is left to be done, and that is said as often as somebody asks.
        assert_eq!(journal.write()?.flush()?, journal.commit()?);
        Ok(())
    }

    fn compact(&mut self, journal: &mut Opened, time: u64) -> Result<(), JournalError> {
        journal.compact(
            time,
            self.committed
                .iter()
                .map(|bytes| (1, bytes.clone()))
                .map(Ok),
        )
    }

    /// The same while records are committed.
    fn compact_beside(&mut self, journal: &mut Opened, time: u64) -> Result<(), JournalError> {
        self.append(journal, 1)?;
        let before = journal.write()?;
        journal.begin_compaction(time)?;
        self.durable(before.flush()?);
        let snapshot = self.committed.clone();
        self.group(journal, 1)?;
        for bytes in &snapshot {
            journal.put_snapshot(1, bytes)?;
        }
        self.group(journal, 2)?;
        journal.end_snapshot()?;
        while journal.catch_up(1)? > 0 {}
        self.append(journal, 1)?;
        let last = journal.write()?;
        while journal.catch_up(1)? > 0 {}
        journal.end_compaction()?;
        self.durable(last.flush()?);
        Ok(())
    }

    /// A life of two processes.
    fn script(&mut self, disk: &FakeDisk) -> Result<(), JournalError> {
        Opened::init_on(disk, b"who", 1, [], KEY)?;
        self.initialised = true;
        let mut journal = self.open(disk)?;
        after_failure_poisoned(self.first_life(&mut journal), &mut journal)?;
        drop(journal);
        let mut journal = self.open(disk)?;
        after_failure_poisoned(self.second_life(&mut journal), &mut journal)
    }

    fn first_life(&mut self, journal: &mut Opened) -> Result<(), JournalError> {
        self.group(journal, 1)?;
        self.group(journal, 3)?;
        self.group_beside(journal, true)?;
        self.compact(journal, 2)?;
        self.group(journal, 2)?;
        self.compact(journal, 3)?;
        self.group(journal, 1)
    }

    fn second_life(&mut self, journal: &mut Opened) -> Result<(), JournalError> {
        self.group(journal, 2)?;
        journal.remove_segments_before(Sequence(5))?;
        self.compact(journal, 4)?;
        self.group(journal, 1)?;
        self.compact_beside(journal, 5)?;
        self.group_beside(journal, false)?;
        self.group(journal, 1)
    }
}

fn after_failure_poisoned(
    result: Result<(), JournalError>,
    journal: &mut Opened,
) -> Result<(), JournalError> {
    if result.is_err() {
        assert!(matches!(
            journal.append(1, b"x"),
            Err(JournalError::Poisoned)
        ));
        assert!(matches!(journal.commit(), Err(JournalError::Poisoned)));
        assert!(matches!(
            journal.compact(9, []),
            Err(JournalError::Poisoned)
        ));
    }
    result
}

/// Runs the script with one fault; the error, and what the caller was told.
fn run(call: usize, fault: Fault) -> (FakeDisk, Told, Option<JournalError>) {
    let disk = FakeDisk::default();
    disk.fail_at(call, fault);
    let mut told = Told::default();
    let error = told.script(&disk).err();
    (disk, told, error)
}

#[test]
fn no_single_fault_loses_or_splits_anything() {
    let (disk, told, error) = run(usize::MAX, Fault::NotApplied);
    assert!(error.is_none());
    assert_eq!(told.committed.len(), 22);
    let calls = disk.calls();
    assert!(
        calls.len() > 80,
        "the script has only {} calls",
        calls.len()
    );
    // Every kind of call that there is but one: see the next test.
    let kinds: BTreeSet<&str> = calls.iter().copied().collect();
    let all = [
        "create",
        "length",
        "list",
        "lock",
        "open",
        "read",
        "remove",
        "rename",
        "sync",
        "sync_folder",
        "write",
    ];
    assert!(kinds.into_iter().eq(all), "{calls:?}");

    for call in 0..calls.len() {
        for fault in Fault::ALL {
            for first in Restart::ALL {
                for second in Restart::ALL {
                    for write_between in [true, false] {
                        check(call, fault, first, second, write_between);
                    }
                }
            }
        }
    }
}

/// `write_between`: whether the process between the two restarts commits anything. What it was
/// shown when it opened is durable either way.
fn check(call: usize, fault: Fault, first: Restart, second: Restart, write_between: bool) {
    let case = format!("call {call}, {fault:?}, then {first:?}, then {second:?}, {write_between}");
    let (disk, mut told, error) = run(call, fault);
    let error = error.unwrap_or_else(|| panic!("{case}: the fault was not seen"));
    match fault {
        Fault::Full => assert!(
            matches!(error, JournalError::Full { .. }),
            "{case}: {error}"
        ),
        _ => assert!(
            matches!(error, JournalError::Disk { .. }),
            "{case}: {error}"
        ),
    }

    disk.restart(first);
    let mut journal = match told.open(&disk) {
        Ok(journal) => journal,
        // Init that failed may have left nothing, but never a state that opens and is wrong.
        Err(JournalError::Missing { .. }) if !told.initialised => return,
        Err(error) => panic!("{case}: {error}"),
    };
    if write_between {
        told.group(&mut journal, 2)
            .unwrap_or_else(|error| panic!("{case}: {error}"));
    }
    drop(journal);

    disk.restart(second);
    let mut journal = told
        .open(&disk)
        .unwrap_or_else(|error| panic!("{case}: {error}"));
    told.compact(&mut journal, 8)
        .unwrap_or_else(|error| panic!("{case}: {error}"));
    for segment in journal.segments() {
        journal
            .read_segment(segment.first, |_| Ok(()))
            .unwrap_or_else(|error| panic!("{case}: segment {}: {error}", segment.first));
    }
}

/// Opening fails too, at every call of it, and the next opening finds everything.
#[test]
fn a_fault_while_recovering_loses_nothing() {
    let total = run(usize::MAX, Fault::NotApplied).0.calls().len();
    let mut kinds = BTreeSet::new();
    for torn in 0..total {
        for fault in Fault::ALL {
            for restart in [Restart::Process, Restart::PowerCut] {
                let mut later = 0;
                loop {
                    let (disk, mut told, _) = run(torn, Fault::Torn);
                    disk.restart(Restart::Process);
                    let before = disk.calls().len();
                    disk.fail_at(before + later, fault);
                    let opened = told.open(&disk);
                    kinds.extend(disk.calls().split_off(before));
                    match opened {
                        Err(JournalError::Missing { .. }) if !told.initialised => break,
                        Ok(_) => break,
                        Err(JournalError::Disk { .. } | JournalError::Full { .. }) => {}
                        Err(error) => panic!("call {torn}, {fault:?} at {later}: {error}"),
                    }
                    disk.restart(restart);
                    match told.open(&disk) {
                        Ok(_) => {}
                        Err(JournalError::Missing { .. }) if !told.initialised => {}
                        Err(error) => panic!("{torn}, {fault:?} at {later}, {restart:?}: {error}"),
                    }
                    later += 1;
                }
            }
        }
    }
    // What only recovery does: drops a torn tail, removes a compaction that did not finish.
    assert!(
        kinds.contains("truncate") && kinds.contains("remove"),
        "{kinds:?}"
    );
}

/// Reading old bytes again fails at every call of it, harms nothing, and works the next time.
#[test]
fn a_fault_while_reading_an_old_segment_harms_nothing() {
    let (disk, mut told, error) = run(usize::MAX, Fault::NotApplied);
    assert!(error.is_none());
    disk.restart(Restart::Process);
    let mut journal = told.open(&disk).unwrap();
    let read = |journal: &Opened, first| {
        let mut seen = 0;
        let read = journal.read_segment(first, |_| {
            seen += 1;
            Ok(())
        });
        read.map(|()| seen)
    };
    let mut faults = 0;
    for segment in journal.segments() {
        let before = disk.calls().len();
        let whole = read(&journal, segment.first).unwrap();
        let calls = disk.calls().len() - before;
        for fault in Fault::ALL {
            for call in 0..calls {
                disk.fail_at(disk.calls().len() + call, fault);
                let failed = read(&journal, segment.first);
                assert!(
                    matches!(
                        failed,
                        Err(JournalError::Disk { .. } | JournalError::Full { .. })
                    ),
                    "{failed:?}"
                );
                assert_eq!(read(&journal, segment.first).unwrap(), whole);
                faults += 1;
            }
        }
    }
    assert!(faults > 20, "only {faults} faults");
    told.group(&mut journal, 1).unwrap();
}
