//! Init, open, append, commit, compact. The layout of what is written is in `block`, `entry` and
//! `segment`. Called by `keeper` from one thread at a time: the journal has a single owner.

use std::path::Path;

use crate::block::{self, Kind};
use crate::disk::{Disk, RealDisk};
use crate::entry::{Builder, Sort};
use crate::error::{JournalError, Rejected};
use crate::limits::{GROUP_BYTES_MAX, IDENTITY_BYTES_MAX, RECORD_BYTES_MAX};
use crate::mac::{Authenticator, Mac, same};
use crate::segment::{End, Header, Place, Record, Role, Segment, Tail};
use crate::{Damage, Sequence};

const LOCK: &str = "LOCK";
const IDENTITY: &str = "identity";
const IDENTITY_UNFINISHED: &str = "identity.tmp";
const IDENTITY_MARK: &[u8; 8] = b"INDIIDEN";
/// The MAC of this tells one key from another without telling the key.
const KEY_CHECK: &[u8] = b"indicia journal: which key is this";

/// Proof that every record up to a sequence number is durable. Only the journal makes it.
///
/// ```compile_fail
/// let forged = journal::Committed { through: journal::Sequence(7) };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    through: Sequence,
}

impl Committed {
    /// The last durable record; `Sequence(0)` if there is none.
    pub fn through(&self) -> Sequence {
        self.through
    }

    /// Whether that record is durable.
    pub fn covers(&self, sequence: Sequence) -> bool {
        sequence <= self.through
    }
}

/// What opening found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenReport {
    /// Everything that was shown to the visitor is durable.
    pub committed: Committed,
    /// Bytes of a last group that was never finished, and was dropped.
    pub dropped_tail_bytes: u64,
}

/// The open journal of one box. Holds the folder's lock until it is dropped.
pub struct Journal<A, D: Disk = RealDisk> {
    disk: D,
    auth: A,
    _lock: D::Lock,
    identity: Vec<u8>,
    installation: Mac,
    /// Oldest first; the current one is not in it.
    earlier: Vec<Segment>,
    current: Segment,
    end: End<D::File>,
    group: Builder,
    poisoned: bool,
}

impl<A: Authenticator> Journal<A> {
    /// Makes the state in `folder`, which is made if it is missing and must be empty: the
    /// caller's `identity` bytes, and a first segment with `snapshot`. `time` is kept as the
    /// segment's beginning. After a failure the folder is to be emptied by hand.
    ///
    /// # Errors
    /// `NotEmpty`, `Locked`, `TooLarge`, `Full`, `Disk`.
    pub fn init(
        folder: &Path,
        identity: &[u8],
        time: u64,
        snapshot: impl IntoIterator<Item = (u8, Vec<u8>)>,
        auth: A,
    ) -> Result<(), JournalError> {
        let disk = RealDisk::at(folder);
        let shown = folder.to_string_lossy();
        disk.create_folder()
            .map_err(JournalError::disk(&shown, "create_folder"))?;
        Journal::init_on(&disk, identity, time, snapshot, auth)
    }

    /// Opens the state in `folder` and shows `visitor` its newest snapshot, then each record
    /// appended since, in order. What the visitor saw counts only if this returns `Ok`.
    ///
    /// # Errors
    /// See [`JournalError`]; nothing is ever made here that was missing.
    pub fn open(
        folder: &Path,
        auth: A,
        visitor: impl FnMut(Record<'_>) -> Result<(), Rejected>,
    ) -> Result<(Journal<A>, OpenReport), JournalError> {
        Journal::open_on(RealDisk::at(folder), auth, visitor)
    }
}

impl<A: Authenticator, D: Disk> Journal<A, D> {
    /// [`Journal::init`] on any disk.
    ///
    /// The identity gets its name last: with it, everything else is there.
    ///
    /// # Errors
    /// `NotEmpty`, `Locked`, `TooLarge`, `Full`, `Disk`.
    pub fn init_on(
        disk: &D,
        identity: &[u8],
        time: u64,
        snapshot: impl IntoIterator<Item = (u8, Vec<u8>)>,
        auth: A,
    ) -> Result<(), JournalError> {
        if identity.len() > IDENTITY_BYTES_MAX {
            let length = identity.len();
            return Err(JournalError::TooLarge {
                length,
                limit: IDENTITY_BYTES_MAX,
            });
        }
        let lock = disk
            .lock(LOCK, true)
            .map_err(JournalError::disk(LOCK, "lock"))?;
        let _lock = lock.ok_or(JournalError::Locked)?;
        let names = disk.list().map_err(JournalError::disk(LOCK, "list"))?;
        if let Some(name) = names.into_iter().find(|name| name != LOCK) {
            return Err(JournalError::NotEmpty { name });
        }

        let key_check = auth.mac(&[KEY_CHECK]);
        let kind = Kind {
            mark: IDENTITY_MARK,
            installation: &key_check,
        };
        let (bytes, installation) = kind.seal(&auth, identity);
        let place = Place {
            disk,
            auth: &auth,
            installation: &installation,
        };
        let segment = Segment {
            first: Sequence(1),
            began: time,
        };
        place.write_segment(
            &Header {
                segment,
                previous: installation,
            },
            snapshot.into_iter(),
        )?;

        let failed = |doing| JournalError::disk(IDENTITY, doing);
        let file = disk.create(IDENTITY_UNFINISHED).map_err(failed("create"))?;
        disk.write(&file, 0, &bytes).map_err(failed("write"))?;
        disk.sync(&file).map_err(failed("sync"))?;
        disk.rename(IDENTITY_UNFINISHED, IDENTITY)
            .map_err(failed("rename"))?;
        disk.sync_folder().map_err(failed("sync_folder"))
    }

    /// [`Journal::open`] on any disk.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open_on(
        disk: D,
        auth: A,
        mut visitor: impl FnMut(Record<'_>) -> Result<(), Rejected>,
    ) -> Result<(Journal<A, D>, OpenReport), JournalError> {
        let lock = disk
            .lock(LOCK, false)
            .map_err(JournalError::disk(LOCK, "lock"))?;
        let lock = lock.ok_or(JournalError::Locked)?;
        let (identity, installation) = read_identity(&disk, &auth)?;

        let names = disk.list().map_err(JournalError::disk(LOCK, "list"))?;
        let mut files: Vec<_> = names
            .iter()
            .filter_map(|name| Role::of_name(name))
            .collect();
        files.sort_by_key(|(_, first)| *first);
        let with_role = |wanted| {
            let of_role = files.iter().filter(move |(role, _)| *role == wanted);
            of_role.map(|(_, first)| *first)
        };
        let first = with_role(Role::Current)
            .next_back()
            .ok_or_else(|| JournalError::Missing {
                name: "segment-*.log".to_owned(),
            })?;
        if let Some(newer) = with_role(Role::Earlier).find(|earlier| *earlier >= first) {
            return Err(JournalError::PutBack {
                name: Role::Current.name(first),
                newer: Role::Earlier.name(newer),
            });
        }

        let place = Place {
            disk: &disk,
            auth: &auth,
            installation: &installation,
        };
        let (header, end) =
            place.read_segment((Role::Current, first), Tail::MayBeTorn, &mut visitor)?;
        let report = OpenReport {
            committed: Committed {
                through: Sequence(end.next.saturating_sub(1)),
            },
            dropped_tail_bytes: end.torn_bytes,
        };
        make_durable(&disk, &Role::Current.name(first), &end)?;

        for unfinished in with_role(Role::Unfinished) {
            let name = &Role::Unfinished.name(unfinished);
            disk.remove(name)
                .map_err(JournalError::disk(name, "remove"))?;
        }
        // The name of the current segment may not be durable yet; only then may the one before
        // it lose the name of a current one.
        disk.sync_folder()
            .map_err(JournalError::disk(LOCK, "sync_folder"))?;
        for before in with_role(Role::Current).filter(|before| *before < first) {
            set_aside(&disk, before)?;
        }
        let mut earlier = Vec::new();
        for before in files
            .iter()
            .filter(|(role, before)| *role != Role::Unfinished && *before < first)
        {
            let name = &Role::Earlier.name(before.1);
            let file = disk.open(name).map_err(JournalError::disk(name, "open"))?;
            earlier.push(place.read_header(&file, name, before.1)?.0.segment);
        }

        let journal = Journal {
            disk,
            auth,
            _lock: lock,
            identity,
            installation,
            earlier,
            current: header.segment,
            end,
            group: Builder::new(),
            poisoned: false,
        };
        Ok((journal, report))
    }

    /// The bytes that `init` was given.
    pub fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// The sequence number that the next appended record gets.
    pub fn sequence(&self) -> Sequence {
        Sequence(self.end.next.saturating_add(self.group.records()))
    }

    /// Proof for all that is durable by now.
    pub fn committed(&self) -> Committed {
        Committed {
            through: Sequence(self.end.next.saturating_sub(1)),
        }
    }

    /// Bytes in the current segment: what the caller weighs against compacting.
    pub fn segment_bytes(&self) -> u64 {
        self.end.offset
    }

    /// Puts a record into the group that the next [`commit`](Journal::commit) makes durable.
    /// Nothing is written yet.
    ///
    /// # Errors
    /// `Poisoned`; `TooLarge`; `GroupFull`: commit, then append again; `SequencesUsedUp`.
    pub fn append(&mut self, kind: u8, bytes: &[u8]) -> Result<Sequence, JournalError> {
        self.usable()?;
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(JournalError::TooLarge {
                length: bytes.len(),
                limit: RECORD_BYTES_MAX,
            });
        }
        if !self.group.fits(bytes.len(), GROUP_BYTES_MAX) {
            return Err(JournalError::GroupFull);
        }
        let sequence = self.sequence();
        if sequence.0 == u64::MAX {
            return Err(JournalError::SequencesUsedUp);
        }
        self.group.push(kind, bytes);
        Ok(sequence)
    }

    /// Makes the group durable: one write, one sync, whatever the number of records. With no
    /// records appended it writes nothing.
    ///
    /// # Errors
    /// `Poisoned`, `Full`, `Disk`. After these nothing of the group is acknowledged; after opening
    /// again it is there as a whole or not at all.
    pub fn commit(&mut self) -> Result<Committed, JournalError> {
        self.usable()?;
        let records = self.group.records();
        if records == 0 {
            return Ok(self.committed());
        }
        let (bytes, mac) = self
            .group
            .seal(&self.auth, Sort::Group, self.end.next, &self.end.mac);
        // Taken back only by success, so that no way out leaves a half-written journal usable.
        self.poisoned = true;
        let name = &Role::Current.name(self.current.first);
        self.disk
            .write(&self.end.file, self.end.offset, &bytes)
            .map_err(JournalError::disk(name, "write"))?;
        self.disk
            .sync(&self.end.file)
            .map_err(JournalError::disk(name, "sync"))?;
        self.poisoned = false;
        self.end.last_group = Some(self.end.offset);
        self.end.offset = self.end.offset.saturating_add(bytes.len() as u64);
        self.end.next = self.end.next.saturating_add(records);
        self.end.mac = mac;
        Ok(self.committed())
    }

    /// Begins a new segment with `snapshot`, the state that all records so far have led to, and
    /// sets the current one aside. `time` is kept as the new segment's beginning. Without a
    /// record since the last snapshot it writes nothing.
    ///
    /// # Errors
    /// `Uncommitted` changes nothing. All others poison; after opening again the old segment or
    /// the new one is current, and both lead to the same state.
    pub fn compact(
        &mut self,
        time: u64,
        snapshot: impl IntoIterator<Item = (u8, Vec<u8>)>,
    ) -> Result<(), JournalError> {
        self.usable()?;
        if !self.group.is_empty() {
            return Err(JournalError::Uncommitted);
        }
        if self.end.last_group.is_none() {
            return Ok(());
        }
        self.poisoned = true;
        let segment = Segment {
            first: Sequence(self.end.next),
            began: time,
        };
        let header = Header {
            segment,
            previous: self.end.mac,
        };
        self.end = self.place().write_segment(&header, snapshot.into_iter())?;
        set_aside(&self.disk, self.current.first)?;
        self.earlier.push(self.current);
        self.current = segment;
        self.poisoned = false;
        Ok(())
    }

    /// All segments, oldest first; the last one is the current one. The records of one are older
    /// than the beginning of the next.
    pub fn segments(&self) -> Vec<Segment> {
        self.earlier.iter().copied().chain([self.current]).collect()
    }

    /// Shows `visitor` the snapshot and the records of the segment that begins with `first`, to
    /// deliver old bytes again. Every byte of it was acknowledged, so any damage is an error, as
    /// is an end that the segment after it does not continue.
    ///
    /// # Errors
    /// `Poisoned`, `Missing` and those of reading. None of them poisons.
    pub fn read_segment(
        &self,
        first: Sequence,
        mut visitor: impl FnMut(Record<'_>) -> Result<(), Rejected>,
    ) -> Result<(), JournalError> {
        self.usable()?;
        let role = match first == self.current.first {
            true => Role::Current,
            false => Role::Earlier,
        };
        let place = self.place();
        let (_, end) = place.read_segment((role, first), Tail::Whole, &mut visitor)?;
        let expected = match self
            .segments()
            .into_iter()
            .find(|segment| segment.first > first)
        {
            None => (self.end.mac, self.end.next),
            Some(after) => {
                let role = match after == self.current {
                    true => Role::Current,
                    false => Role::Earlier,
                };
                let name = &role.name(after.first);
                let file = self
                    .disk
                    .open(name)
                    .map_err(JournalError::disk(name, "open"))?;
                (
                    place.read_header(&file, name, after.first)?.0.previous,
                    after.first.0,
                )
            }
        };
        match same(&end.mac, &expected.0) && end.next == expected.1 {
            true => Ok(()),
            false => Err(JournalError::damaged(
                &role.name(first),
                end.offset,
                Damage::Cut,
            )),
        }
    }

    /// Removes the earlier segments that begin before `first`, oldest first. The current one
    /// always stays. Which are old enough the caller knows: see [`Segment::began`].
    ///
    /// # Errors
    /// `Poisoned`, `Disk` (poisons).
    pub fn remove_segments_before(&mut self, first: Sequence) -> Result<(), JournalError> {
        self.usable()?;
        let old = self
            .earlier
            .iter()
            .take_while(|segment| segment.first < first)
            .count();
        if old == 0 {
            return Ok(());
        }
        self.poisoned = true;
        for segment in self.earlier.drain(..old) {
            let name = &Role::Earlier.name(segment.first);
            self.disk
                .remove(name)
                .map_err(JournalError::disk(name, "remove"))?;
        }
        self.disk
            .sync_folder()
            .map_err(JournalError::disk(LOCK, "sync_folder"))?;
        self.poisoned = false;
        Ok(())
    }

    fn place(&self) -> Place<'_, D, A> {
        Place {
            disk: &self.disk,
            auth: &self.auth,
            installation: &self.installation,
        }
    }

    fn usable(&self) -> Result<(), JournalError> {
        match self.poisoned {
            true => Err(JournalError::Poisoned),
            false => Ok(()),
        }
    }
}

/// The identity and its MAC, which names the installation.
fn read_identity<D: Disk>(
    disk: &D,
    auth: &impl Authenticator,
) -> Result<(Vec<u8>, Mac), JournalError> {
    let failed = |doing| JournalError::disk(IDENTITY, doing);
    let file = disk.open(IDENTITY).map_err(failed("open"))?;
    // One byte more than there can be, so that bytes after the end are seen.
    let limit = block::FRAME_BYTES
        .saturating_add(IDENTITY_BYTES_MAX)
        .saturating_add(1);
    let bytes = disk.read(&file, 0, limit).map_err(failed("read"))?;
    let key_check = auth.mac(&[KEY_CHECK]);
    let kind = Kind {
        mark: IDENTITY_MARK,
        installation: &key_check,
    };
    let (identity, mac) = kind.open(auth, IDENTITY, &bytes)?;
    Ok((identity.to_vec(), mac))
}

/// Drops the torn rest and makes the last group durable. It may have been read from memory that
/// the kernel failed to write but holds to be written: only writing it again makes a sync
/// cover it. All groups before it were synced before it was written.
fn make_durable<D: Disk>(disk: &D, name: &str, end: &End<D::File>) -> Result<(), JournalError> {
    if end.torn_bytes > 0 {
        disk.truncate(&end.file, end.offset)
            .map_err(JournalError::disk(name, "truncate"))?;
    }
    if let Some(start) = end.last_group {
        let length = usize::try_from(end.offset.saturating_sub(start)).unwrap_or(usize::MAX);
        let bytes = disk
            .read(&end.file, start, length)
            .map_err(JournalError::disk(name, "read"))?;
        disk.write(&end.file, start, &bytes)
            .map_err(JournalError::disk(name, "write"))?;
    }
    disk.sync(&end.file)
        .map_err(JournalError::disk(name, "sync"))
}

/// Takes the name of a current segment from one that is no longer. It need not be durable: open
/// does it again.
fn set_aside<D: Disk>(disk: &D, first: Sequence) -> Result<(), JournalError> {
    let name = &Role::Current.name(first);
    disk.rename(name, &Role::Earlier.name(first))
        .map_err(JournalError::disk(name, "rename"))
}
