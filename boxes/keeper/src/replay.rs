//! From the journal back to what a box remembers.

use crate::state::{Kept, KeptAct, KeptDecision, KeptHead, KeptSubject, Open, State};
use item::{Layout, Subject, Time};
use journal::{Record, Rejected};
use std::collections::HashMap;
use vault::UnlockedKeys;

/// Why a journal record can not be read back.
fn unreadable(error: impl std::fmt::Display) -> Rejected {
    Rejected(error.to_string())
}

/// What the journal said, while it is read.
#[derive(Default)]
pub(crate) struct Replay {
    pub(crate) head: Option<KeptHead>,
    pub(crate) subjects: HashMap<Subject, State>,
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
            Kept::Head => self.head = Some(KeptHead::from_bytes(&plain).map_err(unreadable)?),
            Kept::Subject => {
                let kept = KeptSubject::from_bytes(&plain).map_err(unreadable)?;
                let open = kept.open.map(|o| open_of(o.sequence, o.decision));
                self.subjects.insert(
                    kept.subject,
                    State {
                        acked: kept.acked,
                        summary: kept.summary,
                        open,
                    },
                );
            }
            Kept::Decision => {
                let kept = KeptDecision::from_bytes(&plain).map_err(unreadable)?;
                self.head()?.time = self.head()?.time.max(kept.time);
                // A decision rests on an acknowledged record: it acknowledges the one before.
                self.subjects.insert(
                    kept.subject,
                    State {
                        acked: kept.before,
                        summary: kept.summary,
                        open: Some(open_of(sequence, kept)),
                    },
                );
            }
            Kept::Heartbeat => {
                let time = Time::from_bytes(&plain).map_err(unreadable)?;
                self.head()?.time = self.head()?.time.max(time);
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

fn open_of(sequence: u64, decision: KeptDecision) -> Box<Open> {
    Box::new(Open {
        sequence,
        caller: usize::MAX,
        bytes: decision.to_bytes().len(),
        decision,
        doubts: 0,
    })
}
