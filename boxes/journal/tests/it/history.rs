//! Random histories against the simplest model: a list.

use proptest::prelude::*;

use journal::Journal;

use crate::support::{KEY, group, open};

#[derive(Debug, Clone)]
enum Step {
    Group(Vec<Vec<u8>>),
    Compact,
    /// Compacts while these are committed.
    Beside([Vec<Vec<u8>>; 3]),
    Reopen,
    Cut(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let record = prop::collection::vec(any::<u8>(), 0..200);
    let group = prop::collection::vec(record, 1..5);
    prop_oneof![
        4 => group.clone().prop_map(Step::Group),
        1 => Just(Step::Compact),
        1 => [group.clone(), group.clone(), group].prop_map(Step::Beside),
        1 => Just(Step::Reopen),
        1 => (1usize..400).prop_map(Step::Cut),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_journal_is_a_list(steps in prop::collection::vec(step(), 1..25)) {
        let folder = tempfile::tempdir().unwrap();
        Journal::init(folder.path(), b"", 0, [], KEY).unwrap();
        let mut journal = open(folder.path()).unwrap().journal;
        let mut model: Vec<Vec<u8>> = Vec::new();
        // Number of records before each group of the current segment, and where it begins.
        let mut groups: Vec<(usize, u64)> = Vec::new();

        for step in steps {
            match step {
                Step::Group(records) => {
                    let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
                    groups.push((model.len(), group(&mut journal, &records)));
                    model.extend(records.iter().map(|bytes| bytes.to_vec()));
                }
                Step::Compact => {
                    journal.compact(0, model.iter().map(|bytes| (1, bytes.clone())).map(Ok)).unwrap();
                    groups.clear();
                }
                Step::Beside([during, after, at_the_end]) => {
                    let begun = journal.begin_compaction(0).unwrap();
                    let snapshot = model.clone();
                    let mut commit = |journal: &mut _, records: Vec<Vec<u8>>| {
                        let bytes: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
                        groups.push((model.len(), group(journal, &bytes)));
                        model.extend(records);
                    };
                    if begun {
                        snapshot.iter().for_each(|bytes| journal.put_snapshot(1, bytes).unwrap());
                        commit(&mut journal, during);
                        journal.end_snapshot().unwrap();
                        commit(&mut journal, after);
                        while journal.catch_up(1).unwrap() > 0 {}
                        commit(&mut journal, at_the_end);
                        journal.end_compaction().unwrap();
                        groups.clear();
                    }
                }
                Step::Reopen => {}
                Step::Cut(bytes) => {
                    // Only the last group is ever torn.
                    if let Some((before, start)) = groups.pop() {
                        let first = journal.segments().last().unwrap().first;
                        let path = folder.path().join(format!("segment-{:020}.log", first.0));
                        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
                        let end = journal.segment_bytes();
                        file.set_len(end.saturating_sub(bytes as u64).max(start)).unwrap();
                        model.truncate(before);
                    }
                }
            }
            drop(journal);
            let opened = open(folder.path()).unwrap();
            let found: Vec<_> = opened.records.into_iter().map(|(_, _, bytes)| bytes).collect();
            prop_assert_eq!(&found, &model);
            journal = opened.journal;
            prop_assert_eq!(journal.sequence().0, model.len() as u64 + 1);
        }
    }
}
