//! An open journal: append, commit, compact, and reading old segments. How it is opened is in
//! `opening`, the layout of what is written in `entry` and `segment`. Called by `keeper` from one
//! thread at a time: the journal has a single owner.

use crate::disk::{Disk, RealDisk, Syncing};
use crate::entry::{self, Builder, Sort};
use crate::error::{JournalError, Rejected};
use crate::limits::{BLANK_GROUP_BYTES_MAX, GROUP_BYTES_MAX, RECORD_BYTES_MAX};
use crate::mac::{Authenticator, Mac, same};
use crate::name::{LOCK, Role};
use crate::segment::{End, Header, Place, Record, Segment, Tail, Unfinished};
use crate::{Damage, Sequence, Unflushed};

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
    /// All before the record `next`.
    pub(crate) fn before(next: u64) -> Committed {
        Committed {
            through: Sequence(next.saturating_sub(1)),
        }
    }

    /// The last durable record; `Sequence(0)` if there is none.
    pub fn through(&self) -> Sequence {
        self.through
    }

    /// Whether that record is durable.
    pub fn covers(&self, sequence: Sequence) -> bool {
        sequence <= self.through
    }
}

/// The open journal of one box. Holds the folder's lock until it is dropped.
pub struct Journal<A, D: Disk = RealDisk> {
    pub(crate) disk: D,
    pub(crate) auth: A,
    pub(crate) _lock: D::Lock,
    pub(crate) identity: Vec<u8>,
    pub(crate) installation: Mac,
    /// Oldest first; the current one is not in it.
    pub(crate) earlier: Vec<Segment>,
    pub(crate) current: Segment,
    /// Of all that is written.
    pub(crate) end: End<D::File>,
    /// The last group, while nobody here has seen that it is durable.
    pub(crate) unflushed: Option<Unflushed>,
    pub(crate) group: Builder,
    pub(crate) beside: Option<Beside<D::File>>,
    pub(crate) poisoned: bool,
}

/// The segment that is written beside the current one, to take its place.
pub(crate) struct Beside<F> {
    unfinished: Unfinished<F>,
    /// How far the groups of the current segment are in it: where the next one begins, and the MAC of
    /// the entry before that.
    offset: u64,
    mac: Mac,
}

impl<A: Authenticator, D: Disk> Journal<A, D> {
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
        match &self.unflushed {
            Some(unflushed) => unflushed.before(),
            None => Committed::before(self.end.next),
        }
    }

    /// Bytes in the current segment: what the caller weighs against compacting.
    pub fn segment_bytes(&self) -> u64 {
        self.end.offset
    }

    /// Those of them that its snapshot takes.
    pub fn snapshot_bytes(&self) -> u64 {
        self.end.snapshot
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
        self.write()?;
        self.settle()?;
        Ok(self.committed())
    }

    /// Writes the group, to be made durable by [`Unflushed::flush`], on any thread, while records are
    /// appended for the next one. With no records appended it is the group before that, or nothing.
    ///
    /// If the group before is not durable yet, it is made so first, or waited for.
    ///
    /// # Errors
    /// As of [`commit`](Journal::commit), also for the group before.
    pub fn write(&mut self) -> Result<Unflushed, JournalError> {
        self.usable()?;
        let records = self.group.records();
        if records == 0 {
            let durable = || self.committed().into();
            return Ok(self.unflushed.clone().unwrap_or_else(durable));
        }
        self.settle()?;
        let (mut bytes, mac) =
            self.group
                .seal(&self.auth, Sort::Group, self.end.next, &self.end.mac);
        let after = self.end.offset.saturating_add(bytes.len() as u64);
        self.add_blank(&mut bytes);
        // Taken back only by success, so that no way out leaves a half-written journal usable.
        self.poisoned = true;
        let name = &Role::Current.name(self.current.first);
        self.disk
            .write(&self.end.file, self.end.offset, &bytes)
            .map_err(JournalError::disk(name, "write"))?;
        self.poisoned = false;
        let first = self.end.next;
        self.end.last_group = Some(self.end.offset);
        self.end.room = self
            .end
            .room
            .max(self.end.offset.saturating_add(bytes.len() as u64));
        self.end.offset = after;
        self.end.next = first.saturating_add(records);
        self.end.mac = mac;
        let records = (first, self.end.next);
        let unflushed = Unflushed::group(self.current.first, records, Some(self.syncing()));
        self.unflushed = Some(unflushed.clone());
        Ok(unflushed)
    }

    /// A small group that makes the file longer makes it longer by a blank too.
    fn add_blank(&self, group: &mut Vec<u8>) {
        let length = group.len();
        let longer = self.end.offset.saturating_add(length as u64) > self.end.room;
        if longer && length <= BLANK_GROUP_BYTES_MAX {
            group.resize(length.saturating_add(self.disk.blank_bytes()), 0);
        }
    }

    /// Has the last group durable: flushes it, or waits for whoever does.
    fn settle(&mut self) -> Result<(), JournalError> {
        let Some(unflushed) = &self.unflushed else {
            return Ok(());
        };
        self.poisoned = true;
        unflushed.flush()?;
        self.unflushed = None;
        self.poisoned = false;
        Ok(())
    }

    /// Begins a new segment with `snapshot`, the state that all records so far have led to, and
    /// sets the current one aside. `time` is kept as the new segment's beginning. Without a
    /// record since the last snapshot it writes nothing.
    ///
    /// # Errors
    /// `Uncommitted` changes nothing. All others poison, `Rejected` by `snapshot` itself too; after
    /// opening again the old segment or the new one is current, and both lead to the same state.
    pub fn compact(
        &mut self,
        time: u64,
        snapshot: impl IntoIterator<Item = Result<(u8, Vec<u8>), Rejected>>,
    ) -> Result<(), JournalError> {
        if !self.begin_compaction(time)? {
            return Ok(());
        }
        for record in snapshot {
            let (kind, bytes) = record.map_err(|why| {
                self.poisoned = true;
                JournalError::Rejected {
                    name: Role::Unfinished.name(Sequence(self.end.next)),
                    offset: 0,
                    why,
                }
            })?;
            self.put_snapshot(kind, &bytes)?;
        }
        self.end_snapshot()?;
        self.end_compaction()
    }

    /// Begins what [`compact`](Journal::compact) does at once, to be done piece by piece while
    /// records are appended and committed as ever: [`put_snapshot`](Journal::put_snapshot) for each
    /// record of the snapshot, [`end_snapshot`](Journal::end_snapshot),
    /// [`catch_up`](Journal::catch_up) while there is much to be caught up with, and
    /// [`end_compaction`](Journal::end_compaction). The snapshot, and behind it the records that are
    /// appended from here on, must lead to the same state as everything so far and these.
    ///
    /// `false` without a record since the last snapshot: then nothing is begun.
    ///
    /// # Errors
    /// `Uncommitted` changes nothing. All others poison.
    pub fn begin_compaction(&mut self, time: u64) -> Result<bool, JournalError> {
        self.usable()?;
        if !self.group.is_empty() {
            return Err(JournalError::Uncommitted);
        }
        if self.end.last_group.is_none() {
            return Ok(false);
        }
        self.settle()?;
        self.poisoned = true;
        let header = Header {
            segment: Segment {
                first: Sequence(self.end.next),
                began: time,
            },
            previous: self.end.mac,
        };
        self.beside = Some(Beside {
            unfinished: self.place().begin_segment(&header)?,
            offset: self.end.offset,
            mac: self.end.mac,
        });
        self.poisoned = false;
        Ok(true)
    }

    /// Adds a record to the snapshot that was begun.
    ///
    /// # Errors
    /// All poison.
    pub fn put_snapshot(&mut self, kind: u8, bytes: &[u8]) -> Result<(), JournalError> {
        self.beside(|place, beside, _| place.put_snapshot(&mut beside.unfinished, kind, bytes))
    }

    /// Ends the snapshot that was begun.
    ///
    /// # Errors
    /// All poison.
    pub fn end_snapshot(&mut self) -> Result<(), JournalError> {
        self.beside(|place, beside, _| place.end_snapshot(&mut beside.unfinished))
    }

    /// Writes about so many bytes of what was committed meanwhile behind the snapshot; the bytes that
    /// are left.
    ///
    /// # Errors
    /// All poison.
    pub fn catch_up(&mut self, bytes: u64) -> Result<u64, JournalError> {
        self.beside(|place, beside, (name, end)| {
            let until = end.offset.min(beside.offset.saturating_add(bytes));
            beside.follow(place, name, end, until)?;
            place.sync(&beside.unfinished)?;
            Ok(end.offset.saturating_sub(beside.offset))
        })
    }

    /// Has the new segment take the place of the current one.
    ///
    /// # Errors
    /// `Uncommitted` changes nothing. All others poison; after opening again the old segment or the
    /// new one is current, and both lead to the same state.
    pub fn end_compaction(&mut self) -> Result<(), JournalError> {
        self.usable()?;
        if !self.group.is_empty() {
            return Err(JournalError::Uncommitted);
        }
        self.settle()?;
        self.beside(|place, beside, (name, end)| beside.follow(place, name, end, end.offset))?;
        self.poisoned = true;
        let Beside { unfinished, .. } = self.beside.take().ok_or(JournalError::Poisoned)?;
        let segment = unfinished.segment;
        self.end = self.place().finish_segment(unfinished)?;
        set_aside(&self.disk, self.current.first)?;
        self.earlier.push(self.current);
        self.current = segment;
        self.poisoned = false;
        Ok(())
    }

    /// A step of what was begun: with the place, and the current segment's name and end. Without a
    /// beginning, or in half of another step, the journal is not used further.
    fn beside<T>(
        &mut self,
        step: impl FnOnce(
            &Place<'_, D, A>,
            &mut Beside<D::File>,
            (&str, &End<D::File>),
        ) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        self.usable()?;
        self.poisoned = true;
        let mut beside = self.beside.take().ok_or(JournalError::Poisoned)?;
        let name = Role::Current.name(self.current.first);
        let done = step(&self.place(), &mut beside, (&name, &self.end))?;
        self.beside = Some(beside);
        self.poisoned = false;
        Ok(done)
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
        let mut later = self.segments().into_iter();
        let after = later.find(|segment| segment.first > first);
        let tail = after.map_or(Tail::Whole, |after| Tail::Until(after.first));
        let (_, end) = place.read_segment((role, first), tail, &mut visitor)?;
        let expected = match after {
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

    fn syncing(&self) -> Syncing {
        #[cfg(feature = "planted")]
        if planted::is(planted::Bug::ReplyBeforeFlush) {
            return Box::new(|| Ok(()));
        }
        self.disk.syncing(&self.end.file)
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

impl<F> Beside<F> {
    /// Takes over groups of the current segment, in whole ones, up to about there. They are read
    /// back, so they must be the ones that were written: genuine, and in the chain.
    fn follow<D: Disk<File = F>, A: Authenticator>(
        &mut self,
        place: &Place<'_, D, A>,
        name: &str,
        end: &End<F>,
        until: u64,
    ) -> Result<(), JournalError> {
        while self.offset < until {
            let bytes = place.read_entry(&end.file, name, self.offset)?;
            let damaged = |why| JournalError::damaged(name, self.offset, why);
            let group = entry::parse(place.auth, &bytes).map_err(damaged)?;
            if !same(&group.previous, &self.mac) {
                return Err(damaged(Damage::Chain));
            }
            place
                .put_group(&mut self.unfinished, &group)
                .map_err(damaged)??;
            self.mac = group.mac;
            self.offset = self.offset.saturating_add(bytes.len() as u64);
        }
        match self.offset < end.offset || same(&self.mac, &end.mac) {
            true => Ok(()),
            false => Err(JournalError::damaged(name, self.offset, Damage::Chain)),
        }
    }
}

/// Takes the name of a current segment from one that is no longer. It need not be durable: open
/// does it again.
pub(crate) fn set_aside<D: Disk>(disk: &D, first: Sequence) -> Result<(), JournalError> {
    let name = &Role::Current.name(first);
    disk.rename(name, &Role::Earlier.name(first))
        .map_err(JournalError::disk(name, "rename"))
}
