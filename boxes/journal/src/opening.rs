//! Init and open: how state comes to be, and how it is found again. What happens to an open journal
//! is in `journal`. Called once in the life of an installation, and once in that of a process.

use std::path::Path;

use crate::Sequence;
use crate::block::{self, Kind};
use crate::disk::{Disk, RealDisk};
use crate::entry::Builder;
use crate::error::{JournalError, Rejected};
use crate::journal::{Committed, Journal, set_aside};
use crate::limits::IDENTITY_BYTES_MAX;
use crate::mac::{Authenticator, Mac};
use crate::name::{IDENTITY, IDENTITY_UNFINISHED, LOCK, Role};
use crate::segment::{End, Header, Place, Record, Segment, Tail};

const IDENTITY_MARK: &[u8; 8] = b"INDIIDEN";
/// The MAC of this tells one key from another without telling the key.
const KEY_CHECK: &[u8] = b"indicia journal: which key is this";

/// What opening found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenReport {
    /// Everything that was shown to the visitor is durable.
    pub committed: Committed,
    /// Bytes of a last group that was never finished, and was dropped.
    pub dropped_tail_bytes: u64,
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
            committed: Committed::before(end.next),
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
            unflushed: None,
            group: Builder::new(),
            beside: None,
            poisoned: false,
        };
        Ok((journal, report))
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
