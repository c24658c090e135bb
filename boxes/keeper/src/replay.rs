//! From the journal back to what a box remembers.

use crate::KeptEpoch;
use crate::state::{Kept, KeptAct, KeptDecision, KeptHead, KeptOpen, KeptSubjects, Open};
use crate::subjects::{Idle, Subjects};
use item::{Layout, Time};
use journal::{Record, Rejected};
use vault::UnlockedKeys;

/// Why a journal record can not be read back.
fn unreadable(error: impl std::fmt::Display) -> Rejected {
    Rejected(error.to_string())
}

/// What the journal said, while it is read.
#[derive(Default)]
pub(crate) struct Replay {
    pub(crate) head: Option<KeptHead>,
    pub(crate) subjects: Subjects,
    pub(crate) epochs: Vec<KeptEpoch>,
}

impl Replay {
    pub(crate) fn record(
        &mut self,
        keys: &UnlockedKeys,
        record: Record<'_>,
    ) -> Result<(), Rejected> {
        let (sequence, kind, bytes) = match record {
            Record::Snapshot { kind, bytes } => (0, kind, bytes),
            Record::Appended {
                sequence,
                kind,
                bytes,
            } => (sequence.0, kind, bytes),
        };
        let plain = keys.open_journal(bytes).map_err(unreadable)?;
        match Kept::from_bytes(&[kind]).map_err(unreadable)? {
            Kept::Head => {
                self.head = Some(KeptHead::from_bytes(&plain).map_err(unreadable)?);
            }
            Kept::Subjects => {
                let kept = KeptSubjects::from_bytes(&plain).map_err(unreadable)?;
                for one in &kept.subjects {
                    let idle = Idle {
                        acked: one.acked,
                        summary: one.summary,
                    };
                    self.subjects.settle(&one.subject, idle);
                }
            }
            Kept::Open => {
                let kept = KeptOpen::from_bytes(&plain).map_err(unreadable)?;
                let bytes = kept.decision.to_bytes();
                self.subjects
                    .wait(open_of(kept.sequence, &kept.decision, bytes));
            }
            Kept::Decision => {
                let kept = KeptDecision::from_bytes(&plain).map_err(unreadable)?;
                self.head()?.time = self.head()?.time.max(kept.time);
                // A decision rests on an acknowledged record: it acknowledges the one before.
                self.subjects.wait(open_of(sequence, &kept, plain.to_vec()));
            }
            Kept::Heartbeat => {
                let time = Time::from_bytes(&plain).map_err(unreadable)?;
                self.head()?.time = self.head()?.time.max(time);
            }
            Kept::Epoch => {
                self.epochs
                    .push(KeptEpoch::from_bytes(&plain).map_err(unreadable)?);
            }
            Kept::Latch => self.head()?.latched = true,
            Kept::BoxAct => {
                let kept = KeptAct::from_bytes(&plain).map_err(unreadable)?;
                let head = self.head()?;
                head.act_sequence = kept.sequence;
                head.time = kept.time;
                head.latched &= !kept.unlatched;
                if let Some(operators) = kept.operators {
                    head.operators = operators;
                }
            }
        }
        Ok(())
    }

    fn head(&mut self) -> Result<&mut KeptHead, Rejected> {
        self.head
            .as_mut()
            .ok_or_else(|| unreadable("a record stands before the box's own"))
    }
}

fn open_of(sequence: u64, kept: &KeptDecision, bytes: Vec<u8>) -> Box<Open> {
    Box::new(Open::new(sequence, usize::MAX, kept, bytes))
}
