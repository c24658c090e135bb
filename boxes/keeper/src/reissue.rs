//! Re-issue by act (P28): a database was restored to an older state, and the bytes since are gone.
//!
//! The box is shown an older genuine record and an act that names both counters and everything that
//! the box remembers. What the record becomes is the rule set's; that the act is the next one, and
//! says exactly what this box knows, is checked here. Bytes that are still kept are delivered again
//! instead (`redelivery`): a re-issue gives them up.

use crate::clock::ClockFault;
use crate::deciding::Start;
use crate::engine::Keeper;
use crate::freshness::{Freshness, compare};
use crate::state::Mark;
use crate::{Caller, Rules, open_act};
use item::{Act, ActBody, Bytes, Layout, Reissue, RequestId, Subject, Time};
use journal::disk::Disk;
use verify::{Verified, statement_digest};
use wire::{Entry, Memory, Outcome, Refusal, RefusalCode, ReissueRequest};

/// A genuine record that is older than what the box knows, and the act that orders it to be made
/// again: the witness for a re-issue. Only the engine makes one.
#[derive(Debug)]
pub struct Outdated<T> {
    record: T,
    act: Verified<Act>,
    reissue: Reissue,
}

impl<T> Outdated<T> {
    /// The act, which names the memory of this box as it is.
    #[must_use]
    pub fn act(&self) -> &Verified<Act> {
        &self.act
    }

    /// Both counters, and what the box remembers.
    #[must_use]
    pub fn reissue(&self) -> Reissue {
        self.reissue
    }

    /// Uses the witness up for the older record.
    #[must_use]
    pub fn into_record(self) -> T {
        self.record
    }
}

impl<R: Rules, D: Disk> Keeper<R, D> {
    /// What this box remembers of a subject.
    pub(crate) fn recall(&self, subject: Subject) -> Result<Memory, RefusalCode> {
        let state = self.subjects.get(&subject).ok_or(RefusalCode::Unknown)?;
        let newest = state.newest().ok_or(RefusalCode::Unknown)?;
        Ok(Memory {
            known: newest.counter,
            summary: state.summary,
        })
    }

    /// Makes a record again.
    pub(crate) fn reissue(
        &mut self,
        caller: Caller,
        asked: ReissueRequest,
        time: Result<Time, ClockFault>,
    ) -> Outcome {
        self.try_reissue(caller, asked, time)
            .unwrap_or_else(Outcome::Refused)
    }

    fn try_reissue(
        &mut self,
        caller: Caller,
        asked: ReissueRequest,
        time: Result<Time, ClockFault>,
    ) -> Result<Outcome, Refusal> {
        let time = self.ready(caller, time)?;
        let act_bytes = asked.act.to_bytes();
        let genuine = self.genuine(asked.shown.as_slice())?;
        let subject = R::subject(genuine.body());
        let entry = Entry {
            request: RequestId(statement_digest(&act_bytes).0),
            subject,
            shown: asked.shown,
            body: Bytes::default(),
        };
        let mark = Mark {
            counter: R::counter(genuine.body()),
            digest: genuine.digest().short(),
        };
        let known = self.subjects.get(&subject).map(|state| state.known());
        match compare(known.as_ref(), mark.pair()) {
            Freshness::Stale => {}
            Freshness::Fork => return Err(self.fork(subject, entry.shown.as_slice())?),
            Freshness::Behind => return Ok(self.waiting(&entry)),
            // The database has the newest record: nothing is lost.
            Freshness::Acknowledges | Freshness::Current => {
                return Err(RefusalCode::Mismatch.into());
            }
        }
        let Memory { known, summary } = self.recall(subject)?;
        let (rules, context) = self.borrow(time);
        let act = open_act(&context, R::KIND, subject, summary.act_sequence, asked.act)?;
        let reissue = Reissue {
            shown: mark.counter,
            known,
            memory: summary,
        };
        if act.body != ActBody::Reissue(reissue) {
            return Err(RefusalCode::Mismatch.into());
        }
        let start = Start {
            subject,
            before: Some(mark),
            old: genuine.digest(),
            counter: known.next().ok_or(Refusal::from(RefusalCode::Internal))?,
            time,
        };
        let digest = act.digest();
        let outdated = Outdated {
            record: genuine.into_body(),
            act,
            reissue,
        };
        let change = rules.reissue(context, outdated)?;
        self.conclude(caller, &entry, start, change.because(digest, act_bytes))
    }

    /// A decision waits on the record that was shown: this act's own, or another that is first to be
    /// written.
    fn waiting(&self, entry: &Entry) -> Outcome {
        let Some((kept, _)) = self.waits(entry) else {
            return Outcome::Refused(RefusalCode::Internal.into());
        };
        let delivery = Box::new(kept.delivery);
        if kept.request == entry.request {
            Outcome::Done(delivery)
        } else {
            Outcome::Open(delivery)
        }
    }
}
