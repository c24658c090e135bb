//! From what a box remembers to a new segment of the journal.

use crate::engine::Keeper;
use crate::state::{Kept, KeptHead, KeptOpen, KeptSubject};
use crate::{Failed, Rules};
use item::Layout;
use journal::JournalError;
use journal::disk::Disk;

/// Acknowledged bytes stay at least this long, milliseconds (P19): 24 hours.
const KEEP_ACKNOWLEDGED: u64 = 24 * 3600 * 1000;

impl<R: Rules, D: Disk> Keeper<R, D> {
    /// Snapshot of everything, for a new segment.
    fn snapshot(&mut self) -> Result<Vec<(u8, Vec<u8>)>, Failed> {
        let head = KeptHead {
            time: self.clock.latest(),
            act_sequence: self.act_sequence,
            operators: self.operators.clone(),
            latched: self.latched,
        };
        let keys = &mut self.ground.keys;
        let mut seal =
            |plain: Vec<u8>| keys.seal_journal(&plain).map_err(|e| Failed(e.to_string()));
        let mut out = vec![(Kept::Head.code(), seal(head.to_bytes())?)];
        for (subject, state) in &self.subjects {
            let kept = KeptSubject {
                subject: *subject,
                acked: state.acked,
                summary: state.summary,
                open: state.open.as_ref().map(|o| KeptOpen {
                    sequence: o.sequence,
                    decision: o.decision.clone(),
                }),
            };
            out.push((Kept::Subject.code(), seal(kept.to_bytes())?));
        }
        Ok(out)
    }

    /// Writes everything that is known into a new segment, and lets go of segments whose
    /// acknowledged bytes are old enough (P19). Done by `tick` when the journal has grown.
    ///
    /// # Errors
    /// [`Failed`]: the box must be started again; the old segment is then still whole.
    pub fn compact(&mut self) -> Result<(), Failed> {
        self.flush()?;
        let failed = |e: JournalError| Failed(e.to_string());
        let snapshot = self.snapshot()?;
        let now = self.clock.latest();
        self.journal.compact(now.0, snapshot).map_err(failed)?;
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
