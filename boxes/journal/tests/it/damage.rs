//! Damage in the segment file, at every byte: the last group is dropped as a whole, anything
//! before it is an error.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use journal::{Damage, JournalError};

use crate::support::{FIRST_SEGMENT, group, new_state, open};

/// Where the parts of the test segment begin: three groups of one to three records.
struct Written {
    folder: tempfile::TempDir,
    path: PathBuf,
    bytes: Vec<u8>,
    groups: [usize; 3],
}

fn written() -> Written {
    let folder = new_state();
    let mut journal = open(folder.path()).unwrap().journal;
    let first = group(&mut journal, &[b"a"]);
    let second = group(&mut journal, &[b"b", b"c"]);
    let third = group(&mut journal, &[b"d", b"e", b"f"]);
    drop(journal);
    let path = folder.path().join(FIRST_SEGMENT);
    let bytes = content(&path);
    fs::write(&path, &bytes).unwrap();
    Written {
        folder,
        path,
        bytes,
        groups: [first, second, third].map(|at| at as usize),
    }
}

/// A file without the blank at its end. (No entry of these tests ends in a zero.)
fn content(path: &Path) -> Vec<u8> {
    without_blank(&fs::read(path).unwrap()).to_vec()
}

fn without_blank(bytes: &[u8]) -> &[u8] {
    let last = bytes.iter().rposition(|byte| *byte != 0);
    &bytes[..last.map_or(0, |last| last + 1)]
}

impl Written {
    fn sequences(&self) -> Result<(Vec<u64>, u64), JournalError> {
        let opened = open(self.folder.path())?;
        let sequences = opened
            .records
            .iter()
            .filter_map(|(sequence, ..)| *sequence)
            .collect();
        Ok((sequences, opened.report.dropped_tail_bytes))
    }
}

#[test]
fn a_torn_last_group_is_dropped_at_every_byte() {
    let state = written();
    for length in state.groups[2]..state.bytes.len() {
        fs::write(&state.path, &state.bytes[..length]).unwrap();
        let cut = without_blank(&state.bytes[..length]);
        let dropped = (cut.len() - state.groups[2]) as u64;
        assert_eq!(
            state.sequences().unwrap(),
            (vec![1, 2, 3], dropped),
            "{length}"
        );
        assert_eq!(content(&state.path), state.bytes[..state.groups[2]]);
    }
}

#[test]
fn after_a_drop_the_numbers_are_used_again() {
    let state = written();
    fs::write(&state.path, &state.bytes[..state.bytes.len() - 1]).unwrap();
    group(&mut open(state.folder.path()).unwrap().journal, &[b"new"]);
    let records = open(state.folder.path()).unwrap().records;
    assert_eq!(records.last().unwrap(), &(Some(4), 1, b"new".to_vec()));
}

#[test]
fn a_segment_cut_inside_its_snapshot_is_short_at_every_byte() {
    let state = written();
    for length in 0..state.groups[0] {
        fs::write(&state.path, &state.bytes[..length]).unwrap();
        let error = state.sequences().unwrap_err();
        assert!(
            matches!(error, JournalError::Short { .. }),
            "{length}: {error}"
        );
    }
}

#[test]
fn every_flipped_byte_is_damage_before_the_last_group_and_drops_it_there() {
    let state = written();
    for at in 0..state.bytes.len() {
        for mask in [0x01, 0x80, 0xff] {
            let mut altered = state.bytes.clone();
            altered[at] ^= mask;
            fs::write(&state.path, &altered).unwrap();
            let found = state.sequences();
            if at >= state.groups[2] {
                let dropped = (without_blank(&altered).len() - state.groups[2]) as u64;
                assert_eq!(found.unwrap(), (vec![1, 2, 3], dropped), "{at}");
                continue;
            }
            let error = found.unwrap_err();
            // A grown length in header or snapshot cannot be told from a file that was cut.
            let expected = match error {
                JournalError::Damaged { .. } => true,
                JournalError::Short { .. } => at < state.groups[0],
                _ => false,
            };
            assert!(expected, "{at} ^ {mask}: {error}");
            assert_eq!(
                fs::read(&state.path).unwrap(),
                altered,
                "a refusal changes nothing"
            );
        }
    }
}

#[test]
fn genuine_entries_in_the_wrong_place_are_damage() {
    let state = written();
    let [first, second, third] = state.groups;
    let (head, a, b, c) = (
        &state.bytes[..first],
        &state.bytes[first..second],
        &state.bytes[second..third],
        &state.bytes[third..],
    );
    let table: [(&str, Vec<&[u8]>, usize); 6] = [
        ("a group left out", vec![head, a, c], second),
        ("the first group left out", vec![head, b, c], first),
        ("two groups exchanged", vec![head, b, a, c], first),
        ("a group twice", vec![head, a, a, b, c], second),
        (
            "the last group twice",
            vec![head, a, b, c, c],
            state.bytes.len(),
        ),
        (
            "an old group at the end",
            vec![head, a, b, c, a],
            state.bytes.len(),
        ),
    ];
    for (what, parts, expected) in table {
        fs::write(&state.path, parts.concat()).unwrap();
        let error = state.sequences().unwrap_err();
        assert!(
            matches!(
                error,
                JournalError::Damaged { offset, why: Damage::Chain, .. }
                    if offset == expected as u64
            ),
            "{what}: {error}"
        );
    }
}

#[test]
fn a_copy_of_an_old_entry_in_a_torn_record_is_not_a_later_entry() {
    let state = written();
    let old = state.bytes[state.groups[0]..state.groups[1]].to_vec();
    group(
        &mut open(state.folder.path()).unwrap().journal,
        &[&old, b"tail"],
    );
    let bytes = content(&state.path);
    fs::write(&state.path, &bytes[..bytes.len() - 1]).unwrap();
    let (sequences, dropped) = state.sequences().unwrap();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6]);
    assert_eq!(dropped as usize, bytes.len() - 1 - state.bytes.len());
}

#[test]
fn more_rubbish_than_one_group_can_leave_is_damage() {
    let state = written();
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&state.path)
        .unwrap();
    let longest = 48 + journal::limits::GROUP_BYTES_MAX as u64 + 32;
    let rubbish = |bytes: u64| {
        let end = state.bytes.len() as u64 + bytes;
        file.set_len(end).unwrap();
        file.write_all_at(b"?", end - 1).unwrap();
    };
    rubbish(longest + 1);
    assert!(matches!(
        state.sequences(),
        Err(JournalError::Damaged { .. })
    ));
    file.write_all_at(&[0], state.bytes.len() as u64 + longest)
        .unwrap();
    rubbish(longest);
    assert_eq!(
        state.sequences().unwrap(),
        (vec![1, 2, 3, 4, 5, 6], longest)
    );
}

/// Small groups find their place written: only the first of them makes the file longer.
#[test]
fn small_groups_are_written_into_a_blank_that_is_no_end() {
    let folder = new_state();
    let path = folder.path().join(FIRST_SEGMENT);
    let length = || fs::metadata(&path).unwrap().len();
    let new = length();
    let mut journal = open(folder.path()).unwrap().journal;
    group(&mut journal, &[b"first"]);
    let blank = length();
    assert!(blank > new + 100_000, "{new}, {blank}");
    let mut sequences = vec![1];
    let mut ending_in_zero = 0;
    for number in 2..600_u64 {
        group(&mut journal, &[&number.to_be_bytes()]);
        sequences.push(number);
        let end = journal.segment_bytes();
        assert_eq!(length(), blank);
        if fs::read(&path).unwrap()[usize::try_from(end).unwrap() - 1] != 0 && number % 50 != 0 {
            continue;
        }
        ending_in_zero += u32::from(number % 50 != 0);
        drop(journal);
        let opened = open(folder.path()).unwrap();
        let found: Vec<u64> = opened
            .records
            .iter()
            .filter_map(|record| record.0)
            .collect();
        assert_eq!(found, sequences);
        assert_eq!(opened.report.dropped_tail_bytes, 0);
        journal = opened.journal;
        assert_eq!(journal.segment_bytes(), end);
    }
    assert!(ending_in_zero > 0);
    // A large one goes where it would go without, and what follows it makes a blank anew.
    let large = vec![7; usize::try_from(blank).unwrap()];
    group(&mut journal, &[&large]);
    let written = journal.segment_bytes();
    assert_eq!(length(), written);
    group(&mut journal, &[b"small"]);
    assert!(length() > written + 100_000);
}

/// What stands in the blank was never a group.
#[test]
fn rubbish_in_the_blank_is_dropped() {
    let state = written();
    let end = state.bytes.len();
    for at in [0, 1, 47, 1_000] {
        let mut bytes = state.bytes.clone();
        bytes.resize(end + 2_000, 0);
        bytes[end + at] = 1;
        fs::write(&state.path, &bytes).unwrap();
        let dropped = at as u64 + 1;
        assert_eq!(
            state.sequences().unwrap(),
            (vec![1, 2, 3, 4, 5, 6], dropped)
        );
        assert_eq!(fs::read(&state.path).unwrap(), state.bytes);
    }
}
