//! One segment file: its header, its snapshot, and reading it to the end. Writing entries after the
//! snapshot is not here (`journal`). Called at open, at compaction, and to deliver old bytes again.

use crate::Sequence;
use crate::block::{self, Kind};
use crate::disk::Disk;
use crate::entry::{self, Builder, ENTRY_BYTES_MAX, Entry, Sort};
use crate::error::{Damage, JournalError, Rejected};
use crate::limits::{BLANK_READ_BYTES, GROUP_BYTES_MAX, RECORD_BYTES_MAX, SNAPSHOT_CHUNK_BYTES};
use crate::mac::{Authenticator, Mac, same, take};
use crate::name::Role;

const MARK: &[u8; 8] = b"INDISEGM";
const PAYLOAD_BYTES: usize = 8 + 8 + 32;
const HEADER_BYTES: usize = block::FRAME_BYTES + PAYLOAD_BYTES;

/// A segment that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Sequence of the first record that was, or will be, appended to it.
    pub first: Sequence,
    /// The caller's time when it was begun, from `init` or `compact`: all records of the segments
    /// before it are older. In the caller's unit.
    pub began: u64,
}

/// A record as the visitor gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    /// A record of the snapshot, in the order in which `init` or `compact` got it.
    Snapshot {
        /// The caller's kind.
        kind: u8,
        /// The caller's bytes.
        bytes: &'a [u8],
    },
    /// A record that was appended after it.
    Appended {
        /// Its number.
        sequence: Sequence,
        /// The caller's kind.
        kind: u8,
        /// The caller's bytes.
        bytes: &'a [u8],
    },
}

/// What a header says.
pub(crate) struct Header {
    pub(crate) segment: Segment,
    /// MAC of the last entry of the segment before, or of the identity.
    pub(crate) previous: Mac,
}

impl Header {
    fn seal(&self, auth: &impl Authenticator, installation: &Mac) -> (Vec<u8>, Mac) {
        let payload = [
            self.segment.first.0.to_be_bytes().as_slice(),
            &self.segment.began.to_be_bytes(),
            &self.previous,
        ]
        .concat();
        Kind {
            mark: MARK,
            installation,
        }
        .seal(auth, &payload)
    }
}

/// The names, the key and the disk: what reading and writing a segment needs.
pub(crate) struct Place<'a, D, A> {
    pub(crate) disk: &'a D,
    pub(crate) auth: &'a A,
    /// MAC of the identity.
    pub(crate) installation: &'a Mac,
}

/// An open segment, and where its next entry goes.
pub(crate) struct End<F> {
    pub(crate) file: F,
    /// Where the last entry with records begins; `None`: there is none after the snapshot.
    pub(crate) last_group: Option<u64>,
    /// After the snapshot, bytes from the start.
    pub(crate) snapshot: u64,
    /// After the last genuine entry, bytes from the start.
    pub(crate) offset: u64,
    /// Bytes after that: the torn rest of a group that was never acknowledged.
    pub(crate) torn_bytes: u64,
    /// After the blank that is kept for groups to come, bytes from the start.
    pub(crate) room: u64,
    /// MAC of the last entry.
    pub(crate) mac: Mac,
    /// Sequence of the next record.
    pub(crate) next: u64,
}

/// Whether a bad entry at the end may be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// The current segment when it is opened: the last group may never have been finished.
    MayBeTorn,
    /// Every entry was once acknowledged.
    Whole,
    /// As `Whole`, and what comes from this record on is in the next segment too: it was written
    /// while that one's snapshot was.
    Until(Sequence),
}

impl Tail {
    fn ends_before(self, reader: &Reader) -> bool {
        let next = Sequence(reader.next);
        !reader.in_snapshot && matches!(self, Self::Until(end) if next >= end)
    }
}

/// A segment that is being written, and has not its final name yet.
pub(crate) struct Unfinished<F> {
    pub(crate) segment: Segment,
    pub(crate) file: F,
    name: String,
    /// After what is written, bytes from the start.
    offset: u64,
    /// MAC of the last entry.
    mac: Mac,
    /// Records of the snapshot that are written.
    written: u64,
    /// Those that are not.
    chunk: Builder,
    /// Its end, once it has one.
    snapshot: Option<u64>,
    /// Where the last group after it begins.
    last_group: Option<u64>,
    /// Sequence of the next record after it.
    next: u64,
}

impl<D: Disk, A: Authenticator> Place<'_, D, A> {
    /// Writes a new segment with its snapshot. Nothing has its final name before all of it is
    /// durable, and the name is durable on return.
    pub(crate) fn write_segment(
        &self,
        header: &Header,
        snapshot: impl Iterator<Item = (u8, Vec<u8>)>,
    ) -> Result<End<D::File>, JournalError> {
        let mut unfinished = self.begin_segment(header)?;
        for (kind, bytes) in snapshot {
            self.put_snapshot(&mut unfinished, kind, &bytes)?;
        }
        self.end_snapshot(&mut unfinished)?;
        self.finish_segment(unfinished)
    }

    /// Begins a new segment with its header.
    pub(crate) fn begin_segment(
        &self,
        header: &Header,
    ) -> Result<Unfinished<D::File>, JournalError> {
        let first = header.segment.first;
        let name = Role::Unfinished.name(first);
        let file = self
            .disk
            .create(&name)
            .map_err(JournalError::disk(&name, "create"))?;
        let (bytes, mac) = header.seal(self.auth, self.installation);
        let mut unfinished = Unfinished {
            segment: header.segment,
            file,
            name,
            offset: 0,
            mac,
            written: 0,
            chunk: Builder::new(),
            snapshot: None,
            last_group: None,
            next: first.0,
        };
        self.write(&mut unfinished, &bytes)?;
        Ok(unfinished)
    }

    /// Adds a record to its snapshot. Each whole piece is durable at once, so that little is left
    /// for the end.
    pub(crate) fn put_snapshot(
        &self,
        unfinished: &mut Unfinished<D::File>,
        kind: u8,
        bytes: &[u8],
    ) -> Result<(), JournalError> {
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(JournalError::TooLarge {
                length: bytes.len(),
                limit: RECORD_BYTES_MAX,
            });
        }
        let chunk = &unfinished.chunk;
        if !chunk.is_empty() && !chunk.fits(bytes.len(), SNAPSHOT_CHUNK_BYTES) {
            self.put_entry(unfinished, Sort::Snapshot)?;
            self.sync(unfinished)?;
        }
        unfinished.chunk.push(kind, bytes);
        Ok(())
    }

    /// Ends its snapshot.
    pub(crate) fn end_snapshot(
        &self,
        unfinished: &mut Unfinished<D::File>,
    ) -> Result<(), JournalError> {
        if !unfinished.chunk.is_empty() {
            self.put_entry(unfinished, Sort::Snapshot)?;
        }
        self.put_entry(unfinished, Sort::SnapshotEnd)?;
        unfinished.snapshot = Some(unfinished.offset);
        Ok(())
    }

    /// Writes a group, which another segment holds too, behind its snapshot.
    ///
    /// # Errors
    /// [`Damage`] if its records cannot be told apart, or others come before them.
    pub(crate) fn put_group(
        &self,
        unfinished: &mut Unfinished<D::File>,
        group: &Entry<'_>,
    ) -> Result<Result<(), JournalError>, Damage> {
        if group.sort != Sort::Group || group.sequence != unfinished.next {
            return Err(Damage::Sequence);
        }
        for record in entry::records(group.body) {
            let (kind, bytes) = record?;
            unfinished.chunk.push(kind, bytes);
        }
        unfinished.last_group = Some(unfinished.offset);
        Ok(self.put_entry(unfinished, Sort::Group))
    }

    /// Gives it its final name.
    pub(crate) fn finish_segment(
        &self,
        unfinished: Unfinished<D::File>,
    ) -> Result<End<D::File>, JournalError> {
        self.sync(&unfinished)?;
        let name = &unfinished.name;
        let final_name = Role::Current.name(unfinished.segment.first);
        self.disk
            .rename(name, &final_name)
            .map_err(JournalError::disk(name, "rename"))?;
        self.disk
            .sync_folder()
            .map_err(JournalError::disk(&final_name, "sync_folder"))?;
        Ok(End {
            file: unfinished.file,
            last_group: unfinished.last_group,
            snapshot: unfinished.snapshot.unwrap_or(unfinished.offset),
            offset: unfinished.offset,
            torn_bytes: 0,
            room: unfinished.offset,
            mac: unfinished.mac,
            next: unfinished.next,
        })
    }

    /// Makes what is written of it durable.
    pub(crate) fn sync(&self, unfinished: &Unfinished<D::File>) -> Result<(), JournalError> {
        self.disk
            .sync(&unfinished.file)
            .map_err(JournalError::disk(&unfinished.name, "sync"))
    }

    fn put_entry(
        &self,
        unfinished: &mut Unfinished<D::File>,
        sort: Sort,
    ) -> Result<(), JournalError> {
        let records = unfinished.chunk.records();
        let number = match sort {
            Sort::Group => &mut unfinished.next,
            Sort::Snapshot | Sort::SnapshotEnd => &mut unfinished.written,
        };
        let (bytes, mac) = unfinished
            .chunk
            .seal(self.auth, sort, *number, &unfinished.mac);
        *number = number.saturating_add(records);
        unfinished.mac = mac;
        self.write(unfinished, &bytes)
    }

    fn write(
        &self,
        unfinished: &mut Unfinished<D::File>,
        bytes: &[u8],
    ) -> Result<(), JournalError> {
        let done = self.disk.write(&unfinished.file, unfinished.offset, bytes);
        unfinished.offset = unfinished.offset.saturating_add(bytes.len() as u64);
        done.map_err(JournalError::disk(&unfinished.name, "write"))
    }

    /// The header of the segment in the file `name`, and the MAC of it.
    pub(crate) fn read_header(
        &self,
        file: &D::File,
        name: &str,
        first: Sequence,
    ) -> Result<(Header, Mac), JournalError> {
        let bytes = self
            .disk
            .read(file, 0, HEADER_BYTES)
            .map_err(JournalError::disk(name, "read"))?;
        let kind = Kind {
            mark: MARK,
            installation: self.installation,
        };
        let (mut payload, mac) = kind.open(self.auth, name, &bytes)?;
        let mut fields = || {
            let first = Sequence(u64::from_be_bytes(take(&mut payload)?));
            let began = u64::from_be_bytes(take(&mut payload)?);
            let previous = take(&mut payload)?;
            Some(Header {
                segment: Segment { first, began },
                previous,
            })
        };
        let header = fields().ok_or_else(|| JournalError::damaged(name, 0, Damage::Length))?;
        if header.segment.first != first {
            return Err(JournalError::damaged(name, 0, Damage::Name));
        }
        Ok((header, mac))
    }

    /// Reads a segment to its end, or to where the next one takes over, showing each record to
    /// `visitor`.
    pub(crate) fn read_segment(
        &self,
        (role, first): (Role, Sequence),
        tail: Tail,
        visitor: &mut impl FnMut(Record<'_>) -> Result<(), Rejected>,
    ) -> Result<(Header, End<D::File>), JournalError> {
        let name = &role.name(first);
        let file = self
            .disk
            .open(name)
            .map_err(JournalError::disk(name, "open"))?;
        let length = self
            .disk
            .length(&file)
            .map_err(JournalError::disk(name, "length"))?;
        let (header, mac) = self.read_header(&file, name, first)?;
        let written = self.written(&file, name, length)?;

        let mut reader = Reader {
            in_snapshot: true,
            next: 0,
            mac,
            first: first.0,
        };
        let mut offset = HEADER_BYTES as u64;
        let mut last_group = None;
        let mut snapshot = offset;
        while offset < written && !tail.ends_before(&reader) {
            let bytes = self.read_entry(&file, name, offset)?;
            let entry = match entry::parse(self.auth, &bytes) {
                Ok(entry) => entry,
                Err(Damage::Cut) if reader.in_snapshot => break,
                Err(why) => {
                    let droppable = tail == Tail::MayBeTorn
                        && !reader.in_snapshot
                        && !self.entry_follows(&file, name, offset, written, reader.next)?;
                    if droppable {
                        break;
                    }
                    return Err(JournalError::damaged(name, offset, why));
                }
            };
            if entry.sort == Sort::Group {
                last_group = Some(offset);
            }
            reader.take_entry(name, offset, &entry, visitor)?;
            offset = offset.saturating_add(bytes.len() as u64);
            if entry.sort == Sort::SnapshotEnd {
                snapshot = offset;
            }
        }
        // The snapshot was complete before the file got its name: this is no torn write.
        if reader.in_snapshot {
            return Err(JournalError::Short {
                name: name.clone(),
                length,
            });
        }
        // The last entry may itself end in zeros.
        let torn_bytes = written.saturating_sub(offset);
        let Reader { next, mac, .. } = reader;
        Ok((
            header,
            End {
                file,
                last_group,
                snapshot,
                offset,
                torn_bytes,
                room: if torn_bytes == 0 { length } else { offset },
                mac,
                next,
            },
        ))
    }

    /// Where the blank at the end of a file of this length begins: zeros, there to be written over.
    fn written(&self, file: &D::File, name: &str, length: u64) -> Result<u64, JournalError> {
        let mut end = length;
        while end > 0 {
            let start = end.saturating_sub(BLANK_READ_BYTES as u64);
            let bytes = self
                .disk
                .read(file, start, BLANK_READ_BYTES.min(end as usize))
                .map_err(JournalError::disk(name, "read"))?;
            if let Some(last) = bytes.iter().rposition(|byte| *byte != 0) {
                return Ok(start.saturating_add(last as u64).saturating_add(1));
            }
            end = start;
        }
        Ok(0)
    }

    /// The bytes from `offset` on, as many as the entry there says that it has.
    pub(crate) fn read_entry(
        &self,
        file: &D::File,
        name: &str,
        offset: u64,
    ) -> Result<Vec<u8>, JournalError> {
        let read = |length| {
            self.disk
                .read(file, offset, length)
                .map_err(JournalError::disk(name, "read"))
        };
        let head = read(entry::HEAD_BYTES)?;
        match entry::total_bytes(&head) {
            Ok(total) => read(total),
            Err(_) => Ok(head),
        }
    }

    /// Whether anything after the bad bytes at `offset` shows that they are not the end: a torn
    /// group is the last thing in the file and no longer than a group can be.
    ///
    /// An entry found here counts only if it is not older than the bad one, so that a copy of
    /// an old entry inside a torn record does not count.
    fn entry_follows(
        &self,
        file: &D::File,
        name: &str,
        offset: u64,
        length: u64,
        next: u64,
    ) -> Result<bool, JournalError> {
        let rest = length.saturating_sub(offset);
        if rest > ENTRY_BYTES_MAX as u64 {
            return Ok(true);
        }
        let bytes = self
            .disk
            .read(file, offset, ENTRY_BYTES_MAX.min(rest as usize))
            .map_err(JournalError::disk(name, "read"))?;
        let mut rest = bytes.as_slice();
        while let Some((_, after)) = rest.split_first() {
            if rest.starts_with(Sort::Group.mark())
                && entry::parse(self.auth, rest).is_ok_and(|entry| entry.sequence >= next)
            {
                return Ok(true);
            }
            rest = after;
        }
        Ok(false)
    }
}

/// Follows the chain through a segment.
struct Reader {
    in_snapshot: bool,
    /// Number of the next record: of the snapshot while in it, then its sequence.
    next: u64,
    mac: Mac,
    first: u64,
}

impl Reader {
    fn take_entry(
        &mut self,
        name: &str,
        offset: u64,
        entry: &Entry<'_>,
        visitor: &mut impl FnMut(Record<'_>) -> Result<(), Rejected>,
    ) -> Result<(), JournalError> {
        let damaged = |why| JournalError::damaged(name, offset, why);
        if !same(&entry.previous, &self.mac) {
            return Err(damaged(Damage::Chain));
        }
        if entry.sequence != self.next {
            return Err(damaged(Damage::Sequence));
        }
        if self.in_snapshot == (entry.sort == Sort::Group) || entry.body.len() > GROUP_BYTES_MAX {
            return Err(damaged(Damage::Mark));
        }
        for record in entry::records(entry.body) {
            let (kind, bytes) = record.map_err(damaged)?;
            let record = match self.in_snapshot {
                true => Record::Snapshot { kind, bytes },
                false => Record::Appended {
                    sequence: Sequence(self.next),
                    kind,
                    bytes,
                },
            };
            visitor(record).map_err(|why| JournalError::Rejected {
                name: name.to_owned(),
                offset,
                why,
            })?;
            self.next = self
                .next
                .checked_add(1)
                .ok_or_else(|| damaged(Damage::Sequence))?;
        }
        if entry.sort == Sort::SnapshotEnd {
            (self.in_snapshot, self.next) = (false, self.first);
        }
        self.mac = entry.mac;
        Ok(())
    }
}
