//! From what a box remembers to a new segment of the journal.

use crate::engine::Keeper;
use crate::state::{Kept, KeptHead, KeptIdle, KeptSubjects, SUBJECTS_MAX};
use crate::{Failed, Rules};
use item::{Layout, List, Subject};
use journal::disk::Disk;
use journal::{JournalError, Rejected};

/// Growth of a journal, bytes, that is always waited for: a small state is written out in no time, but
/// each segment is a file more.
const GROWTH_MIN: u64 = 64 << 20;
/// Acknowledged bytes stay at least this long, milliseconds (P19): 24 hours.
const KEEP_ACKNOWLEDGED: u64 = 24 * 3600 * 1000;

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
    /// acknowledged bytes are old enough (P19). Done by `tick` when the journal has grown.
    ///
    /// # Errors
    /// [`Failed`]: the box must be started again; the old segment is then still whole.
    pub fn compact(&mut self) -> Result<(), Failed> {
        self.flush()?;
        let failed = |e: JournalError| Failed(e.to_string());
        let now = self.clock.latest();
        let Self {
            journal,
            ground,
            subjects,
            ..
        } = self;
        let head = KeptHead {
            time: now,
            act_sequence: self.act_sequence,
            operators: self.operators.clone(),
            latched: self.latched,
            subjects: subjects.len(),
        };
        // One after the other, as the journal takes them: there is never a second copy of everything.
        let records = std::iter::once((Kept::Head, head.to_bytes())).chain(subjects.snapshot());
        let snapshot = records.map(|(kind, plain)| match ground.keys.seal_journal(&plain) {
            Ok(sealed) => Ok((kind.code(), sealed)),
            Err(error) => Err(Rejected(error.to_string())),
        });
        journal.compact(now.0, snapshot).map_err(failed)?;
        self.settled = Settled::default();
        // A segment goes once the one after it has been in use for long enough.
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
