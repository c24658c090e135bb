//! A keyed MAC good enough to tell bytes apart, and short ways to fill and read a journal.

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use journal::{Authenticator, Journal, JournalError, OpenReport, Record};

/// Not a secure MAC: 4 keyed SipHash lanes over the concatenation of the parts.
#[derive(Clone, Copy)]
pub(crate) struct Key(pub(crate) u64);

pub(crate) const KEY: Key = Key(1);

impl Authenticator for Key {
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = [0; 32];
        for (lane, place) in mac.chunks_exact_mut(8).enumerate() {
            let mut hasher = DefaultHasher::new();
            hasher.write_u64(self.0);
            hasher.write_usize(lane);
            hasher.write(&parts.concat());
            place.copy_from_slice(&hasher.finish().to_be_bytes());
        }
        mac
    }
}

/// A record as the tests compare it: sequence (none in a snapshot), kind, bytes.
pub(crate) type Seen = (Option<u64>, u8, Vec<u8>);

pub(crate) fn seen(record: Record<'_>) -> Seen {
    match record {
        Record::Snapshot { kind, bytes } => (None, kind, bytes.to_vec()),
        Record::Appended {
            sequence,
            kind,
            bytes,
        } => (Some(sequence.0), kind, bytes.to_vec()),
    }
}

pub(crate) struct Opened {
    pub(crate) journal: Journal<Key>,
    pub(crate) report: OpenReport,
    pub(crate) records: Vec<Seen>,
}

pub(crate) fn open(folder: &Path) -> Result<Opened, JournalError> {
    open_with(folder, KEY)
}

pub(crate) fn open_with(folder: &Path, key: Key) -> Result<Opened, JournalError> {
    let mut records = Vec::new();
    let (journal, report) = Journal::open(folder, key, |record| {
        records.push(seen(record));
        Ok(())
    })?;
    Ok(Opened {
        journal,
        report,
        records,
    })
}

/// `init` with a two-record snapshot, in a new temporary folder.
pub(crate) fn new_state() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Journal::init(folder.path(), b"who", 10, snapshot(&[b"s0", b"s1"]), KEY).unwrap();
    folder
}

pub(crate) fn snapshot(records: &[&[u8]]) -> Vec<(u8, Vec<u8>)> {
    records.iter().map(|bytes| (9, bytes.to_vec())).collect()
}

/// Appends and commits one group; returns the file length before it.
pub(crate) fn group(journal: &mut Journal<Key>, records: &[&[u8]]) -> u64 {
    let before = journal.segment_bytes();
    for bytes in records {
        journal.append(1, bytes).unwrap();
    }
    let committed = journal.commit().unwrap();
    assert_eq!(committed.through().0 + 1, journal.sequence().0);
    before
}

pub(crate) const FIRST_SEGMENT: &str = "segment-00000000000000000001.log";
