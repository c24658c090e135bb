//! From the journal back to what a box remembers.

use crate::KeptEpoch;
use crate::ground::StartError;
use crate::state::{Kept, KeptAct, KeptDecision, KeptHead, KeptOpen, KeptSubjects, Open};
use crate::subjects::{Idle, Subjects};
use item::{Layout, Time};
use journal::{JournalError, Record, Rejected};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use vault::UnlockedKeys;

/// Steps that may be read before the thread that takes them has come so far.
const AHEAD: usize = 16;

/// Why a journal record can not be read back.
fn unreadable(error: impl std::fmt::Display) -> Rejected {
    Rejected(error.to_string())
}

/// What the journal said.
pub(crate) struct Replay {
    pub(crate) head: Option<KeptHead>,
    pub(crate) subjects: Subjects,
    pub(crate) epochs: Vec<KeptEpoch>,
}

impl Replay {
    /// Opens a journal by `open`, which shows the reading each record. Of millions of subjects, to find
    /// each its place takes as long as to read them: a thread beside the caller's does that.
    ///
    /// # Errors
    /// What `open` says, and `State` if that thread ended.
    pub(crate) fn of<T>(
        keys: &UnlockedKeys,
        open: impl FnOnce(&mut Reading<'_>) -> Result<T, JournalError>,
    ) -> Result<(T, Self), StartError> {
        thread::scope(|scope| {
            let (steps, taken) = sync_channel::<Step>(AHEAD);
            let keeping = scope.spawn(move || {
                let mut subjects = Subjects::default();
                taken.into_iter().for_each(|step| step.take(&mut subjects));
                vault::scrub();
                subjects
            });
            let mut reading = Reading {
                keys,
                head: None,
                epochs: Vec::new(),
                steps,
            };
            let opened = open(&mut reading);
            let Reading {
                head,
                epochs,
                steps,
                ..
            } = reading;
            // It ends when nothing more can come.
            drop(steps);
            let ended = |_| StartError::State("the thread of the subjects ended".into());
            let subjects = keeping.join().map_err(ended)?;
            let replay = Self {
                head,
                subjects,
                epochs,
            };
            Ok((opened?, replay))
        })
    }
}

/// What a record says of subjects.
enum Step {
    Expect(u64),
    Settle(KeptSubjects),
    Wait(Box<Open>),
}

impl Step {
    fn take(self, subjects: &mut Subjects) {
        match self {
            Self::Expect(more) => subjects.expect(more),
            Self::Settle(kept) => {
                for one in &kept.subjects {
                    let idle = Idle {
                        acked: one.acked,
                        summary: one.summary,
                    };
                    subjects.settle(&one.subject, idle);
                }
            }
            Self::Wait(open) => drop(subjects.wait(open)),
        }
    }
}

/// What the journal said so far, while it is read.
pub(crate) struct Reading<'a> {
    keys: &'a UnlockedKeys,
    head: Option<KeptHead>,
    epochs: Vec<KeptEpoch>,
    steps: SyncSender<Step>,
}

impl Reading<'_> {
    pub(crate) fn record(&mut self, record: Record<'_>) -> Result<(), Rejected> {
        let (sequence, kind, bytes) = match record {
            Record::Snapshot { kind, bytes } => (0, kind, bytes),
            Record::Appended {
                sequence,
                kind,
                bytes,
            } => (sequence.0, kind, bytes),
        };
        let plain = self.keys.open_journal(bytes).map_err(unreadable)?;
        match Kept::from_bytes(&[kind]).map_err(unreadable)? {
            Kept::Head => {
                let head = KeptHead::from_bytes(&plain).map_err(unreadable)?;
                self.step(Step::Expect(head.subjects))?;
                self.head = Some(head);
            }
            Kept::Subjects => {
                let kept = KeptSubjects::from_bytes(&plain).map_err(unreadable)?;
                self.step(Step::Settle(kept))?;
            }
            Kept::Open => {
                let kept = KeptOpen::from_bytes(&plain).map_err(unreadable)?;
                self.step(Step::Wait(open_of(
                    kept.sequence,
                    &kept.decision,
                    kept.decision.to_bytes(),
                )))?;
            }
            Kept::Decision => {
                let kept = KeptDecision::from_bytes(&plain).map_err(unreadable)?;
                self.head()?.time = self.head()?.time.max(kept.time);
                // A decision rests on an acknowledged record: it acknowledges the one before.
                self.step(Step::Wait(open_of(sequence, &kept, plain.to_vec())))?;
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

    fn step(&self, step: Step) -> Result<(), Rejected> {
        self.steps.send(step).map_err(unreadable)
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
