//! Damage in the segment file, at every byte: the last group is dropped as a whole, anything
//! before it is an error.

use std::fs;
use std::path::PathBuf;

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
    let bytes = fs::read(&path).unwrap();
    Written {
        folder,
        path,
        bytes,
        groups: [first, second, third].map(|at| at as usize),
    }
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
        let dropped = (length - state.groups[2]) as u64;
        assert_eq!(
            state.sequences().unwrap(),
            (vec![1, 2, 3], dropped),
            "{length}"
        );
        assert_eq!(
            fs::read(&state.path).unwrap(),
            state.bytes[..state.groups[2]]
        );
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
                let dropped = (state.bytes.len() - state.groups[2]) as u64;
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
    let bytes = fs::read(&state.path).unwrap();
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
    file.set_len(state.bytes.len() as u64 + longest + 1)
        .unwrap();
    assert!(matches!(
        state.sequences(),
        Err(JournalError::Damaged { .. })
    ));
    file.set_len(state.bytes.len() as u64 + longest).unwrap();
    assert_eq!(
        state.sequences().unwrap(),
        (vec![1, 2, 3, 4, 5, 6], longest)
    );
}
