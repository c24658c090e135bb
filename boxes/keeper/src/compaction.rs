//! From what a box remembers to a new segment of the journal, piece by piece between decisions.
//!
//! The snapshot is of no single moment, and need not be: the journal puts everything that is decided
//! from its beginning on behind it. A subject that changes meanwhile has its decision there. One that
//! does not is written as it is, whenever its turn comes. Only a decision that waits at the beginning
//! is in neither place for sure, so these are remembered and come last.

use crate::engine::Keeper;
use crate::state::{Kept, KeptHead, KeptIdle, KeptSubjects, SUBJECTS_MAX};
use crate::{Failed, Rules};
use item::{Layout, List, Subject};
use journal::disk::Disk;
use journal::{JournalError, Sequence};
use std::collections::VecDeque;

/// Growth of a journal, bytes, that is always waited for: a small state is written out in no time, but
/// each segment is a file more.
const GROWTH_MIN: u64 = 64 << 20;
/// Acknowledged bytes stay at least this long, milliseconds (P19): 24 hours.
const KEEP_ACKNOWLEDGED: u64 = 24 * 3600 * 1000;

/// Records of a snapshot that are written in one step, each of [`SUBJECTS_MAX`] subjects or one decision:
/// about a millisecond, in which nothing is decided.
const STEP_RECORDS: usize = 3;
/// Bytes of decisions that are caught up with in one step. More than come between two steps.
const STEP_BYTES: u64 = 512 << 10;

/// A compaction that is under way.
pub(crate) struct Compacting {
    /// What is decided from this record on, the journal puts behind the snapshot.
    first: Sequence,
    /// The packed subject that was written last.
    last: Option<Subject>,
    /// Subjects that can not be packed, and after them those of which a decision waited at the
    /// beginning.
    beside: VecDeque<Subject>,
    /// The snapshot has its end.
    ended: bool,
}

/// What was acknowledged and the journal does not say yet: after a start it would all wait again.
#[derive(Default)]
pub(crate) struct Settled {
    pub(crate) subjects: Vec<Subject>,
    /// Of their decisions.
    pub(crate) bytes: u64,
}

impl<R: Rules, D: Disk> Keeper<R, D> {
    /// Whether as much has been appended since the last snapshot as the snapshot is long: then all
    /// that compaction ever writes is no more than what decisions write anyway.
    pub(crate) fn has_grown(&self) -> bool {
        let snapshot = self.journal.snapshot_bytes();
        let appended = self.journal.segment_bytes().saturating_sub(snapshot);
        appended > snapshot.max(GROWTH_MIN)
    }

    /// Writes down what was acknowledged, once that is much: a snapshot of millions is rare, and after
    /// a start no more than this and what really waits may fill the box's memory, and its bound (P19).
    pub(crate) fn keep_settled(&mut self) -> Result<(), Failed> {
        if self.settled.bytes <= GROWTH_MIN {
            return Ok(());
        }
        let mut settled = std::mem::take(&mut self.settled).subjects;
        settled.sort_unstable();
        settled.dedup();
        for some in settled.chunks(SUBJECTS_MAX) {
            let idle = some.iter().filter_map(|subject| {
                // Its next decision may wait already, and says the same.
                let state = self.subjects.get(subject).filter(|s| s.open.is_none())?;
                Some(KeptIdle {
                    subject: *subject,
                    acked: state.acked?,
                    summary: state.summary,
                })
            });
            let subjects = List::new(idle.collect()).map_err(|e| Failed(e.to_string()))?;
            self.keep(Kept::Subjects, &KeptSubjects { subjects }.to_bytes())?;
        }
        self.flush().map(drop)
    }

    /// Writes everything that is known into a new segment, and lets go of segments whose
    /// acknowledged bytes are old enough (P19). What `tick` begins when the journal has grown, and
    /// `go_on` ends, at once.
    ///
    /// # Errors
    /// [`Failed`]: the box must be started again; the old segment is then still whole.
    pub fn compact(&mut self) -> Result<(), Failed> {
        self.begin_compaction()?;
        while self.compaction_step()? {}
        self.let_go()
    }

    /// Begins what `go_on` ends, if anything was appended since the last one.
    ///
    /// # Errors
    /// [`Failed`], as of `compact`.
    pub fn begin_compaction(&mut self) -> Result<(), Failed> {
        if self.compacting.is_some() {
            return Ok(());
        }
        self.flush()?;
        let now = self.clock.latest();
        if !self.journal.begin_compaction(now.0).map_err(failed)? {
            return Ok(());
        }
        let head = KeptHead {
            time: now,
            act_sequence: self.act_sequence,
            operators: self.operators.clone(),
            latched: self.latched,
            subjects: self.subjects.len(),
        };
        self.put_snapshot(Kept::Head, &head.to_bytes())?;
        let epochs: Vec<_> = self.ground.taken.iter().map(Layout::to_bytes).collect();
        for kept in &epochs {
            self.put_snapshot(Kept::Epoch, kept)?;
        }
        self.compacting = Some(Compacting {
            first: self.journal.sequence(),
            last: None,
            beside: self.subjects.beside().into(),
            ended: false,
        });
        // What is acknowledged by now is idle, and comes as such.
        self.settled = Settled::default();
        Ok(())
    }

    /// The next piece of a compaction; whether it goes on.
    pub(crate) fn compaction_step(&mut self) -> Result<bool, Failed> {
        let Some(mut compacting) = self.compacting.take() else {
            return Ok(false);
        };
        if compacting.ended {
            if self.journal.catch_up(STEP_BYTES).map_err(failed)? > STEP_BYTES {
                self.compacting = Some(compacting);
                return Ok(true);
            }
            self.flush()?;
            self.journal.end_compaction().map_err(failed)?;
            self.let_go()?;
            return Ok(false);
        }
        for _ in 0..STEP_RECORDS {
            let last = compacting.last;
            let record = self.subjects.packed_behind(last, SUBJECTS_MAX);
            let (kind, plain) = if let Some(last) = record.last() {
                compacting.last = Some(last.subject);
                let subjects = List::new(record).map_err(|e| Failed(e.to_string()))?;
                (Kept::Subjects, KeptSubjects { subjects }.to_bytes())
            } else {
                let Some(subject) = compacting.beside.pop_front() else {
                    self.journal.end_snapshot().map_err(failed)?;
                    compacting.ended = true;
                    break;
                };
                match self.subjects.kept(&subject, compacting.first) {
                    Some(kept) => kept,
                    None => continue,
                }
            };
            self.put_snapshot(kind, &plain)?;
        }
        self.compacting = Some(compacting);
        Ok(true)
    }

    fn put_snapshot(&mut self, kind: Kept, plain: &[u8]) -> Result<(), Failed> {
        let sealed = self.ground.keys.seal_journal(plain);
        let sealed = sealed.map_err(|error| Failed(error.to_string()))?;
        let put = self.journal.put_snapshot(kind.code(), &sealed);
        put.map_err(failed)
    }

    /// Segments go once the one after them has been in use for long enough.
    fn let_go(&mut self) -> Result<(), Failed> {
        let now = self.clock.latest();
        let segments = self.journal.segments();
        let keep_from = segments
            .windows(2)
            .filter_map(|pair| match pair {
                [_, next] if next.began.saturating_add(KEEP_ACKNOWLEDGED) <= now.0 => {
                    Some(next.first)
                }
                _ => None,
            })
            .next_back();
        match keep_from {
            Some(first) => self.journal.remove_segments_before(first).map_err(failed),
            None => Ok(()),
        }
    }
}

fn failed(error: JournalError) -> Failed {
    Failed(error.to_string())
}
