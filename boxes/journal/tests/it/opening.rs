//! Opening tells apart: missing, short, damaged, other, put back, locked, unknown version.

use std::fs;
use std::path::Path;

use journal::{Damage, Journal, JournalError, Rejected, Sequence, limits};

use crate::support::{FIRST_SEGMENT, KEY, Key, group, new_state, open, open_with, seen, snapshot};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn refusal(folder: &Path) -> JournalError {
    open(folder).err().expect("opening must fail")
}

#[test]
fn what_was_committed_is_shown_again() {
    let folder = new_state();
    let mut journal = open(folder.path()).unwrap().journal;
    assert_eq!(journal.committed().through(), Sequence(0));
    assert_eq!(journal.append(3, b"a").unwrap(), Sequence(1));
    assert_eq!(journal.append(4, b"").unwrap(), Sequence(2));
    assert!(!journal.committed().covers(Sequence(1)));
    let committed = journal.commit().unwrap();
    assert!(committed.covers(Sequence(2)) && !committed.covers(Sequence(3)));
    assert_eq!(
        journal.commit().unwrap(),
        committed,
        "an empty group changes nothing"
    );
    journal.append(5, b"never committed").unwrap();
    drop(journal);

    let opened = open(folder.path()).unwrap();
    let expected = vec![
        (None, 9, b"s0".to_vec()),
        (None, 9, b"s1".to_vec()),
        (Some(1), 3, b"a".to_vec()),
        (Some(2), 4, b"".to_vec()),
    ];
    assert_eq!(opened.records, expected);
    assert_eq!(opened.report.committed, committed);
    assert_eq!(opened.report.dropped_tail_bytes, 0);
    assert_eq!(opened.journal.identity(), b"who");
    assert_eq!(opened.journal.sequence(), Sequence(3));
}

#[test]
fn init_refuses_a_folder_with_anything_in_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("note"), "x").unwrap();
    let again = Journal::init(folder.path(), b"", 0, [], KEY);
    assert!(matches!(again, Err(JournalError::NotEmpty { name }) if name == "note"));

    let folder = new_state();
    let before = names(folder.path());
    let again = Journal::init(folder.path(), b"", 0, [], KEY);
    assert!(matches!(again, Err(JournalError::NotEmpty { .. })));
    assert_eq!(names(folder.path()), before);
}

#[test]
fn opening_makes_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let none = parent.path().join("none");
    assert!(matches!(refusal(&none), JournalError::Missing { .. }));
    assert!(!none.exists());
    assert!(matches!(
        refusal(parent.path()),
        JournalError::Missing { .. }
    ));
    assert_eq!(names(parent.path()), Vec::<String>::new());
}

#[test]
fn each_lost_file_is_missing() {
    for name in ["LOCK", "identity", FIRST_SEGMENT] {
        let folder = new_state();
        fs::remove_file(folder.path().join(name)).unwrap();
        assert!(
            matches!(refusal(folder.path()), JournalError::Missing { .. }),
            "{name}"
        );
    }
}

#[test]
fn the_second_opener_is_told_locked() {
    let folder = new_state();
    let first = open(folder.path()).unwrap();
    assert!(matches!(refusal(folder.path()), JournalError::Locked));
    let init = Journal::init(folder.path(), b"", 0, [], KEY);
    assert!(matches!(init, Err(JournalError::Locked)));
    drop(first);
    open(folder.path()).unwrap();
}

#[test]
fn a_short_identity_is_short_at_every_length() {
    let folder = new_state();
    let path = folder.path().join("identity");
    let bytes = fs::read(&path).unwrap();
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let error = refusal(folder.path());
        assert!(
            matches!(error, JournalError::Short { .. }),
            "{length}: {error}"
        );
    }
    fs::write(&path, [bytes.as_slice(), b"x"].concat()).unwrap();
    let error = refusal(folder.path());
    assert!(
        matches!(
            error,
            JournalError::Damaged {
                why: Damage::Trailing,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn an_altered_identity_is_damaged_at_every_byte() {
    let folder = new_state();
    let path = folder.path().join("identity");
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 0x10;
        fs::write(&path, &altered).unwrap();
        let error = refusal(folder.path());
        // A length that grew cannot be told from a file that was cut.
        let is_length = (44..48).contains(&at);
        assert!(
            matches!(error, JournalError::Damaged { .. })
                || is_length && matches!(error, JournalError::Short { .. }),
            "{at}: {error}"
        );
    }
}

#[test]
fn another_key_or_another_identity_is_another_installation() {
    let folder = new_state();
    let error = open_with(folder.path(), Key(2)).err().unwrap();
    assert!(matches!(error, JournalError::OtherInstallation { name } if name == "identity"));

    for key in [KEY, Key(2)] {
        let other = tempfile::tempdir().unwrap();
        Journal::init(other.path(), b"other", 10, [], key).unwrap();
        fs::copy(
            other.path().join(FIRST_SEGMENT),
            folder.path().join(FIRST_SEGMENT),
        )
        .unwrap();
        let error = refusal(folder.path());
        assert!(
            matches!(&error, JournalError::OtherInstallation { name } if name == FIRST_SEGMENT),
            "{error}"
        );
    }
}

#[test]
fn a_later_layout_is_an_unknown_version() {
    for name in ["identity", FIRST_SEGMENT] {
        let folder = new_state();
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[11] = 2;
        bytes[60] ^= 1; // and so its MAC, made over version 2, is another
        fs::write(&path, bytes).unwrap();
        let error = refusal(folder.path());
        assert!(
            matches!(error, JournalError::UnknownVersion { version: 2, .. }),
            "{error}"
        );
    }
}

#[test]
fn a_current_segment_put_back_is_seen_while_a_newer_one_is_known() {
    let folder = new_state();
    let mut journal = open(folder.path()).unwrap().journal;
    group(&mut journal, &[b"a"]);
    let old = fs::read(folder.path().join(FIRST_SEGMENT)).unwrap();
    journal
        .compact(20, snapshot(&[b"t"]).into_iter().map(Ok))
        .unwrap();
    group(&mut journal, &[b"b"]);
    journal
        .compact(30, snapshot(&[b"u"]).into_iter().map(Ok))
        .unwrap();
    drop(journal);
    fs::remove_file(folder.path().join("segment-00000000000000000003.log")).unwrap();
    assert!(matches!(
        refusal(folder.path()),
        JournalError::Missing { .. }
    ));
    fs::write(folder.path().join(FIRST_SEGMENT), old).unwrap();
    assert!(matches!(
        refusal(folder.path()),
        JournalError::PutBack { .. }
    ));
}

#[test]
fn a_segment_under_another_name_is_damaged() {
    let folder = new_state();
    fs::rename(
        folder.path().join(FIRST_SEGMENT),
        folder.path().join("segment-00000000000000000002.log"),
    )
    .unwrap();
    assert!(matches!(
        refusal(folder.path()),
        JournalError::Damaged {
            why: Damage::Name,
            ..
        }
    ));
}

#[test]
fn a_visitor_can_refuse() {
    let folder = new_state();
    let error = Journal::open(folder.path(), KEY, |_| Err(Rejected("no".into())))
        .err()
        .unwrap();
    assert!(matches!(error, JournalError::Rejected { .. }));
}

/// What ends half-way is no snapshot: the state before it is still there, and whole.
#[test]
fn a_snapshot_that_can_not_be_given_changes_nothing() {
    let folder = new_state();
    let mut journal = open(folder.path()).unwrap().journal;
    group(&mut journal, &[b"a", b"b"]);
    let half = snapshot(&[b"ab"]).into_iter().map(Ok);
    let broken = [Err(Rejected("no key".to_owned())), Ok((9, b"c".to_vec()))];
    assert!(matches!(
        journal.compact(20, half.chain(broken)),
        Err(JournalError::Rejected { why, .. }) if why.0 == "no key"
    ));
    assert!(matches!(journal.commit(), Err(JournalError::Poisoned)));
    drop(journal);
    let found = open(folder.path()).unwrap();
    let last = found
        .records
        .last()
        .map(|(sequence, _, bytes)| (*sequence, bytes.as_slice()));
    assert_eq!(last, Some((Some(2), b"b".as_slice())));
    assert_eq!(found.journal.segments().len(), 1);
}

#[test]
fn compaction_keeps_old_segments_until_they_are_removed() {
    let folder = new_state();
    let mut journal = open(folder.path()).unwrap().journal;
    journal
        .compact(15, snapshot(&[b"same"]).into_iter().map(Ok))
        .unwrap();
    assert_eq!(journal.segments().len(), 1, "nothing to compact");
    group(&mut journal, &[b"a", b"b"]);
    journal.append(1, b"c").unwrap();
    assert!(matches!(
        journal.compact(20, []),
        Err(JournalError::Uncommitted)
    ));
    journal.commit().unwrap();
    journal
        .compact(20, snapshot(&[b"abc"]).into_iter().map(Ok))
        .unwrap();
    group(&mut journal, &[b"d"]);
    drop(journal);

    let opened = open(folder.path()).unwrap();
    let expected = vec![(None, 9, b"abc".to_vec()), (Some(4), 1, b"d".to_vec())];
    assert_eq!(opened.records, expected);
    let mut journal = opened.journal;
    let listed: Vec<_> = journal
        .segments()
        .iter()
        .map(|one| (one.first.0, one.began))
        .collect();
    assert_eq!(listed, [(1, 10), (4, 20)]);

    let read = |journal: &Journal<Key>, first| {
        let mut records = Vec::new();
        journal.read_segment(Sequence(first), |record| {
            records.push(seen(record));
            Ok(())
        })?;
        Ok::<_, JournalError>(records)
    };
    assert_eq!(
        read(&journal, 1).unwrap()[2..],
        [
            (Some(1), 1, b"a".to_vec()),
            (Some(2), 1, b"b".to_vec()),
            (Some(3), 1, b"c".to_vec()),
        ]
    );
    assert_eq!(read(&journal, 4).unwrap(), expected);
    assert!(matches!(
        read(&journal, 2),
        Err(JournalError::Missing { .. })
    ));

    // An old segment whose end was cut off cleanly is not the one that the next continues.
    let old = folder.path().join("segment-00000000000000000001.old");
    let bytes = fs::read(&old).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let last_group = 48 + 5 + 1 + 32;
    fs::write(&old, &bytes[..end - last_group]).unwrap();
    assert!(matches!(
        read(&journal, 1),
        Err(JournalError::Damaged { .. })
    ));

    journal.remove_segments_before(Sequence(u64::MAX)).unwrap();
    assert_eq!(journal.segments().len(), 1);
    assert_eq!(
        names(folder.path()),
        ["LOCK", "identity", "segment-00000000000000000004.log"]
    );
    group(&mut journal, &[b"e"]);
}

#[test]
fn limits_are_refused_before_anything_changes() {
    let folder = new_state();
    let mut journal = open(folder.path()).unwrap().journal;
    let largest = vec![7; limits::RECORD_BYTES_MAX];
    let over = vec![7; limits::RECORD_BYTES_MAX + 1];
    assert!(matches!(
        journal.append(1, &over),
        Err(JournalError::TooLarge { .. })
    ));
    journal.append(1, &largest).unwrap();
    assert!(matches!(
        journal.append(1, b""),
        Err(JournalError::GroupFull)
    ));
    journal.commit().unwrap();
    assert_eq!(journal.append(1, b"").unwrap(), Sequence(2));
    journal.commit().unwrap();
    drop(journal);
    let opened = open(folder.path()).unwrap();
    assert_eq!(opened.records[2], (Some(1), 1, largest));

    let identity = vec![0; limits::IDENTITY_BYTES_MAX + 1];
    let init = Journal::init(&folder.path().join("new"), &identity, 0, [], KEY);
    assert!(matches!(init, Err(JournalError::TooLarge { .. })));
}

/// What is committed while a snapshot is written is in two segments. It is shown once, by either.
#[test]
fn what_is_committed_during_a_compaction_is_in_the_new_segment_too() {
    let folder = new_state();
    let mut journal = open(folder.path()).unwrap().journal;
    group(&mut journal, &[b"a"]);
    assert!(journal.begin_compaction(20).unwrap());
    journal.put_snapshot(9, b"a").unwrap();
    group(&mut journal, &[b"b", b"c"]);
    assert_eq!(journal.segments().len(), 1);
    journal.end_snapshot().unwrap();
    assert_eq!(journal.catch_up(u64::MAX).unwrap(), 0);
    journal.append(1, b"d").unwrap();
    assert!(matches!(
        journal.end_compaction(),
        Err(JournalError::Uncommitted)
    ));
    journal.commit().unwrap();
    journal.end_compaction().unwrap();
    group(&mut journal, &[b"e"]);
    let of = |journal: &Journal<Key>, first| {
        let mut records = Vec::new();
        let read = journal.read_segment(Sequence(first), |record| {
            records.push(seen(record));
            Ok(())
        });
        read.unwrap();
        records
    };
    let snapshot = |bytes: &[u8]| (None, 9, bytes.to_vec());
    let appended = |sequence, bytes: &[u8]| (Some(sequence), 1, bytes.to_vec());
    let old = [snapshot(b"s0"), snapshot(b"s1"), appended(1, b"a")];
    let new = [
        snapshot(b"a"),
        appended(2, b"b"),
        appended(3, b"c"),
        appended(4, b"d"),
        appended(5, b"e"),
    ];
    assert_eq!(of(&journal, 1), old);
    assert_eq!(of(&journal, 2), new);
    drop(journal);
    let opened = open(folder.path()).unwrap();
    assert_eq!(opened.records, new);
    assert_eq!(of(&opened.journal, 1), old);
}

/// The current segment is read back from a disk that is not trusted.
#[test]
fn what_is_caught_up_with_must_be_what_was_written() {
    for byte in [8, 20, 60] {
        let folder = new_state();
        let mut journal = open(folder.path()).unwrap().journal;
        group(&mut journal, &[b"a"]);
        assert!(journal.begin_compaction(20).unwrap());
        journal.end_snapshot().unwrap();
        let begins = group(&mut journal, &[b"twenty bytes or more"]) as usize;
        let path = folder.path().join(FIRST_SEGMENT);
        let mut bytes = fs::read(&path).unwrap();
        bytes[begins + byte] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(
            journal.catch_up(u64::MAX),
            Err(JournalError::Damaged { .. })
        ));
        assert!(matches!(journal.commit(), Err(JournalError::Poisoned)));
    }
}
