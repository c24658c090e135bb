//! One entry of a segment: a chained, authenticated list of records. Where it stands in a file
//! and what follows from a bad one is not here (`segment`). Called for each commit, each piece of
//! a snapshot, and each entry read.
//!
//! `[mark 4][body length u32][sequence u64][MAC of the entry before 32][body][MAC 32]`, the body
//! being records `[kind u8][length u32][bytes]`, integers big endian. The MAC covers all before it.

use crate::error::Damage;
use crate::limits::GROUP_BYTES_MAX;
use crate::mac::{Authenticator, Mac, same, take};

/// Bytes before the body.
pub(crate) const HEAD_BYTES: usize = 4 + 4 + 8 + 32;
const MAC_BYTES: usize = 32;
const RECORD_HEAD_BYTES: usize = 1 + 4;
/// The longest entry.
pub(crate) const ENTRY_BYTES_MAX: usize = HEAD_BYTES + GROUP_BYTES_MAX + MAC_BYTES;

/// What an entry is; its value is the mark that the entry begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A piece of the snapshot; `sequence` counts the snapshot's records before it.
    Snapshot,
    /// The end of the snapshot; no body, `sequence` counts the snapshot's records.
    SnapshotEnd,
    /// Records that were committed together; `sequence` is that of the first.
    Group,
}

impl Sort {
    pub(crate) const fn mark(self) -> &'static [u8; 4] {
        match self {
            Sort::Snapshot => b"IJsn",
            Sort::SnapshotEnd => b"IJse",
            Sort::Group => b"IJgr",
        }
    }

    fn of_mark(mark: &[u8; 4]) -> Option<Sort> {
        [Sort::Snapshot, Sort::SnapshotEnd, Sort::Group]
            .into_iter()
            .find(|sort| sort.mark() == mark)
    }
}

/// Gathers records and seals them, in one piece of memory: a commit is one write without copies.
pub(crate) struct Builder {
    bytes: Vec<u8>,
    records: u64,
}

impl Builder {
    pub(crate) fn new() -> Builder {
        Builder {
            bytes: vec![0; HEAD_BYTES],
            records: 0,
        }
    }

    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Whether the body has at most `limit` bytes once a record of `length` bytes is in it.
    pub(crate) fn fits(&self, length: usize, limit: usize) -> bool {
        let body = self.bytes.len().saturating_sub(HEAD_BYTES);
        body.saturating_add(RECORD_HEAD_BYTES)
            .saturating_add(length)
            <= limit
    }

    /// Adds a record that [`fits`](Builder::fits) `GROUP_BYTES_MAX`.
    pub(crate) fn push(&mut self, kind: u8, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(bytes);
        self.records = self.records.saturating_add(1);
    }

    /// The entry's bytes and MAC; the builder is empty afterwards.
    pub(crate) fn seal(
        &mut self,
        auth: &impl Authenticator,
        sort: Sort,
        sequence: u64,
        previous: &Mac,
    ) -> (Vec<u8>, Mac) {
        let Builder { mut bytes, .. } = std::mem::replace(self, Builder::new());
        let body = bytes.len().saturating_sub(HEAD_BYTES);
        let length = u32::try_from(body).unwrap_or(u32::MAX);
        let head = [
            sort.mark().as_slice(),
            &length.to_be_bytes(),
            &sequence.to_be_bytes(),
            previous,
        ]
        .concat();
        for (place, byte) in bytes.iter_mut().zip(head) {
            *place = byte;
        }
        let mac = auth.mac(&[&bytes]);
        bytes.extend_from_slice(&mac);
        (bytes, mac)
    }
}

/// A genuine entry: its MAC fits. Whether it follows the one before it is for the reader to see.
pub(crate) struct Entry<'a> {
    pub(crate) sort: Sort,
    pub(crate) sequence: u64,
    pub(crate) previous: Mac,
    pub(crate) body: &'a [u8],
    pub(crate) mac: Mac,
}

/// How long the entry is that begins with these bytes.
pub(crate) fn total_bytes(mut head: &[u8]) -> Result<usize, Damage> {
    let mark = take(&mut head).ok_or(Damage::Cut)?;
    let length = u32::from_be_bytes(take(&mut head).ok_or(Damage::Cut)?) as usize;
    Sort::of_mark(&mark).ok_or(Damage::Mark)?;
    if length > GROUP_BYTES_MAX {
        return Err(Damage::Length);
    }
    Ok(length.saturating_add(HEAD_BYTES + MAC_BYTES))
}

/// The genuine entry that `bytes` begin with.
pub(crate) fn parse<'a>(auth: &impl Authenticator, bytes: &'a [u8]) -> Result<Entry<'a>, Damage> {
    let total = total_bytes(bytes)?;
    let (bytes, _) = bytes.split_at_checked(total).ok_or(Damage::Cut)?;
    let (covered, stated) = bytes.split_last_chunk().ok_or(Damage::Cut)?;
    if !same(stated, &auth.mac(&[covered])) {
        return Err(Damage::Mac);
    }
    let mut rest = covered;
    let mark = take(&mut rest).ok_or(Damage::Cut)?;
    let _length: [u8; 4] = take(&mut rest).ok_or(Damage::Cut)?;
    let sequence = u64::from_be_bytes(take(&mut rest).ok_or(Damage::Cut)?);
    let previous = take(&mut rest).ok_or(Damage::Cut)?;
    let sort = Sort::of_mark(&mark).ok_or(Damage::Mark)?;
    Ok(Entry {
        sort,
        sequence,
        previous,
        body: rest,
        mac: *stated,
    })
}

/// The records of a body, in order; `Damage::Records` where they cannot be told apart.
pub(crate) fn records(mut body: &[u8]) -> impl Iterator<Item = Result<(u8, &[u8]), Damage>> {
    std::iter::from_fn(move || {
        if body.is_empty() {
            return None;
        }
        let record = next_record(&mut body);
        if record.is_none() {
            body = &[];
        }
        Some(record.ok_or(Damage::Records))
    })
}

fn next_record<'a>(body: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let [kind] = take(body)?;
    let length = u32::from_be_bytes(take(body)?) as usize;
    let (bytes, rest) = body.split_at_checked(length)?;
    *body = rest;
    Some((kind, bytes))
}
