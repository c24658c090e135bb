//! One entry: freshness, rule step, seal, sign, journal (P12, P13, P14, P16, P17).

use crate::clock::ClockFault;
use crate::engine::Keeper;
use crate::freshness::{Freshness, compare};
use crate::state::{Kept, KeptDecision, Mark, Open};
use crate::{Caller, Change, Context, Declined, Fresh, Others, Rules, Stamp};
use item::{
    Bytes, Counter, Decision, Digest, Layout, LayoutError, List, StaleStatement, Subject, Time,
};
use journal::disk::Disk;
use vault::VaultError;
use verify::statement_digest;
use wire::limits::{OPEN_BYTES_MAX, OPEN_BYTES_PER_CALLER};
use wire::{Acknowledgement, Delivery, Entry, Failure, Outcome, Refusal, RefusalCode};

/// Unproven repeats of one request before it counts as another's (P17).
const DOUBTS_MAX: u8 = 3;

/// Where a decision starts from.
pub(crate) struct Start {
    pub(crate) subject: Subject,
    pub(crate) before: Option<Mark>,
    pub(crate) old: Digest,
    pub(crate) counter: Counter,
    pub(crate) time: Time,
}

impl From<Declined> for Outcome {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Whole(refusal) => Outcome::Refused(refusal),
            Declined::Orders(orders) => match List::new(orders) {
                Ok(orders) => Outcome::Declined(orders),
                Err(_) => Outcome::Refused(RefusalCode::TooLarge.into()),
            },
        }
    }
}

impl<R: Rules, D: Disk> Keeper<R, D> {
    /// Decides one entry. In the order of precedence of refusals.
    pub(crate) fn decide(
        &mut self,
        caller: Caller,
        entry: &Entry,
        time: Result<Time, ClockFault>,
    ) -> Outcome {
        self.try_decide(caller, entry, time)
            .unwrap_or_else(Outcome::Refused)
    }

    fn try_decide(
        &mut self,
        caller: Caller,
        entry: &Entry,
        time: Result<Time, ClockFault>,
    ) -> Result<Outcome, Refusal> {
        let time = match self.ready(caller, time) {
            Ok(time) => time,
            Err(code) => {
                if code == RefusalCode::Busy {
                    // An acknowledgement would free bytes: let it through, and only it.
                    self.acknowledge_shown(entry);
                }
                return Err(code.into());
            }
        };
        if entry.shown.is_empty() {
            self.create(caller, entry, time)
        } else {
            self.change(caller, entry, time)
        }
    }

    /// Whether the box decides anything now, and at what time.
    pub(crate) fn ready(
        &self,
        caller: Caller,
        time: Result<Time, ClockFault>,
    ) -> Result<Time, RefusalCode> {
        if self.failed.is_some() {
            return Err(RefusalCode::Internal);
        }
        let total: usize = self.open_bytes.values().sum();
        let own = self.open_bytes.get(&caller.0).copied().unwrap_or(0);
        if total > OPEN_BYTES_MAX || own > OPEN_BYTES_PER_CALLER {
            return Err(RefusalCode::Busy);
        }
        let time = time.map_err(|_| RefusalCode::ClockDoubtful)?;
        if self.latched {
            return Err(RefusalCode::Latched);
        }
        self.ground.signs_at(time)?;
        Ok(time)
    }

    fn create(&mut self, caller: Caller, entry: &Entry, time: Time) -> Result<Outcome, Refusal> {
        if let Some(state) = self.subjects.get(&entry.subject) {
            return match state.open {
                Some(open) if state.acked.is_none() && open.request == entry.request => {
                    Ok(self.redeliver(entry, None, time))
                }
                _ => Err(RefusalCode::Exists.into()),
            };
        }
        let (rules, context) = self.borrow(time);
        let change = rules.create(context, entry.subject, entry.request, entry.body.as_slice());
        let start = Start {
            subject: entry.subject,
            before: None,
            old: Digest::ZERO,
            counter: Counter(1),
            time,
        };
        Ok(match change {
            Ok(change) => self.conclude(caller, entry, start, change)?,
            Err(declined) => declined.into(),
        })
    }

    fn change(&mut self, caller: Caller, entry: &Entry, time: Time) -> Result<Outcome, Refusal> {
        let genuine = self.genuine(entry.shown.as_slice())?;
        if R::subject(genuine.body()) != entry.subject {
            return Err(RefusalCode::Altered.into());
        }
        let mark = Mark {
            counter: R::counter(genuine.body()),
            digest: genuine.digest().short(),
        };
        let known = self.subjects.get(&entry.subject).map(|state| state.known());
        match compare(known.as_ref(), mark.pair()) {
            Freshness::Stale => {
                return Err(self.stale(entry.subject, mark.counter, genuine.digest(), time)?);
            }
            Freshness::Fork => return Err(self.fork(entry.subject, entry.shown.as_slice())?),
            Freshness::Behind => return Ok(self.redeliver(entry, Some(genuine.body()), time)),
            Freshness::Acknowledges => self.acknowledge(entry.subject),
            Freshness::Current => {}
        }
        let start = Start {
            subject: entry.subject,
            before: Some(mark),
            old: genuine.digest(),
            counter: mark
                .counter
                .next()
                .ok_or(Refusal::from(RefusalCode::Internal))?,
            time,
        };
        let (rules, context) = self.borrow(time);
        let change = rules.change(
            context,
            Fresh::new(genuine),
            entry.request,
            entry.body.as_slice(),
        );
        Ok(match change {
            Ok(change) => self.conclude(caller, entry, start, change)?,
            Err(declined) => declined.into(),
        })
    }

    pub(crate) fn borrow(&mut self, now: Time) -> (&mut R, Context<'_>) {
        (
            &mut self.rules,
            Context {
                now,
                installation: &self.ground.installation,
                operators: &self.operators,
                keys: self.records.in_force(),
                epochs: self.ground.window(),
                entropy: self.entropy.as_mut(),
                others: Others::new(&self.records, &self.subjects),
            },
        )
    }

    /// Acknowledges if the entry shows the waiting decision's own record, and does nothing else.
    fn acknowledge_shown(&mut self, entry: &Entry) {
        let Ok(genuine) = self.genuine(entry.shown.as_slice()) else {
            return;
        };
        let mark = (R::counter(genuine.body()), genuine.digest().short());
        let known = self.subjects.get(&entry.subject).map(|state| state.known());
        if R::subject(genuine.body()) == entry.subject
            && compare(known.as_ref(), mark) == Freshness::Acknowledges
        {
            self.acknowledge(entry.subject);
        }
    }

    /// Frees decisions that a server says are written; how many.
    pub(crate) fn acknowledge_all<const MAX: usize>(
        &mut self,
        marks: &List<Acknowledgement, MAX>,
    ) -> u32 {
        let mut freed: u32 = 0;
        for mark in marks {
            let known = self.subjects.get(&mark.subject).map(|state| state.known());
            if compare(known.as_ref(), (mark.counter, mark.digest)) == Freshness::Acknowledges {
                self.acknowledge(mark.subject);
                freed = freed.saturating_add(1);
            }
        }
        freed
    }

    /// The database holds the waiting decision. Not journaled at once: the next decision says it
    /// again, and until then being asked once more does no harm (but see `keep_settled`).
    fn acknowledge(&mut self, subject: Subject) {
        if let Some(open) = self.subjects.acknowledge(&subject) {
            self.release(&open);
            self.settled.subjects.push(subject);
            let bytes = self.settled.bytes.saturating_add(open.size() as u64);
            self.settled.bytes = bytes;
        }
    }

    fn release(&mut self, open: &Open) {
        if let Some(bytes) = self.open_bytes.get_mut(&open.caller) {
            *bytes = bytes.saturating_sub(open.size());
        }
    }

    /// The decision that waits on an entry's subject, and how often its repeats did not prove themselves.
    pub(crate) fn waits(&self, entry: &Entry) -> Option<(KeptDecision, u8)> {
        let open = self.subjects.get(&entry.subject)?.open?;
        Some((open.decision().ok()?, open.doubts))
    }

    /// A decision waits on the record that was shown (P16, P17).
    fn redeliver(&mut self, entry: &Entry, record: Option<&R::Record>, time: Time) -> Outcome {
        let Some((kept, doubts)) = self.waits(entry) else {
            return Outcome::Refused(RefusalCode::Internal.into());
        };
        let may_ask = kept.request == entry.request && doubts < DOUBTS_MAX;
        let proven = may_ask && {
            let (rules, context) = self.borrow(time);
            rules.same_proof(
                context,
                record,
                kept.proof.as_slice(),
                entry.body.as_slice(),
            )
        };
        if may_ask
            && !proven
            && let Some(open) = self.subjects.open_mut(&entry.subject)
        {
            open.doubts = open.doubts.saturating_add(1);
        }
        #[cfg(feature = "planted")]
        let proven = proven || planted::is(planted::Bug::SecretsToOthers);
        if !proven {
            return Outcome::Open(Box::new(kept.delivery));
        }
        answer_of(kept)
    }

    /// Seals, signs and journals a change.
    pub(crate) fn conclude(
        &mut self,
        caller: Caller,
        entry: &Entry,
        start: Start,
        change: Change<R::Record>,
    ) -> Result<Outcome, Refusal> {
        let kept = self
            .seal(entry, &start, change)
            .map_err(|_| Refusal::from(RefusalCode::Internal))?;
        let plain = kept.to_bytes();
        let sequence = match self.keep(Kept::Decision, &plain) {
            Ok(sequence) => sequence.0,
            Err(failed) => {
                // Nothing was decided in memory; the journal can not be used further.
                self.failed = Some(failed.0);
                return Err(RefusalCode::Internal.into());
            }
        };
        let open = Open::new(sequence, caller.0, &kept, plain);
        let bytes = self.open_bytes.entry(caller.0).or_default();
        *bytes = bytes.saturating_add(open.size());
        // Only a re-issue takes the place of a decision that still waits.
        if let Some(given_up) = self.subjects.wait(Box::new(open)) {
            self.release(&given_up);
        }
        Ok(answer_of(kept))
    }

    fn seal(
        &mut self,
        entry: &Entry,
        start: &Start,
        change: Change<R::Record>,
    ) -> Result<KeptDecision, SealError> {
        let (key, signer) = &self.ground.statements;
        let mut decision = Decision {
            version: item::Version,
            suite: signer.public().suite(),
            key: *key,
            installation: self.ground.installation.transcript().installation,
            box_kind: R::KIND,
            box_id: self.ground.id,
            subject: start.subject,
            decision: change.decision,
            counter: start.counter,
            request: entry.request,
            old: start.old,
            new: Digest::ZERO,
            head: change.head,
            evidence: change.evidence,
            time: start.time,
            journal_sequence: self.journal.sequence().0,
        };
        let mut record = change.record;
        R::stamp(
            &mut record,
            Stamp {
                counter: start.counter,
                epoch: self.records.in_force().epoch(),
                time: start.time,
                // With `new` still zero: record and decision commit to each other.
                decision: statement_digest(&decision.to_bytes()),
                box_id: self.ground.id,
            },
        );
        let summary = R::summary(&record);
        let (stored, digest) = self.records.in_force().seal(&start.subject, record)?;
        decision.new = digest;
        let signed = signer.sign_body(decision)?;
        let rows = change
            .rows
            .into_iter()
            .map(Bytes::new)
            .collect::<Result<Vec<_>, _>>()?;
        let delivery = Delivery {
            subject: start.subject,
            request: entry.request,
            record: Bytes::new(stored)?,
            decision: Bytes::new(signed.to_bytes())?,
            rows: List::new(rows)?,
            evidence: Bytes::new(change.evidence_bytes)?,
            orders: List::new(change.orders)?,
            secret: Bytes::default(),
        };
        Ok(KeptDecision {
            subject: start.subject,
            before: start.before,
            after: Mark {
                counter: start.counter,
                digest: digest.short(),
            },
            summary,
            request: entry.request,
            time: start.time,
            delivery,
            secret: Bytes::new(change.secret)?,
            proof: Bytes::new(change.proof)?,
            failure: change.failure,
        })
    }

    fn stale(
        &self,
        subject: Subject,
        shown_counter: Counter,
        shown: Digest,
        time: Time,
    ) -> Result<Refusal, Refusal> {
        let state = self.subjects.get(&subject);
        let acked = state.and_then(|s| s.acked);
        // While a re-issue waits, the acknowledged one may be older than what was shown.
        let known_counter = acked
            .filter(|mark| mark.counter > shown_counter)
            .or_else(|| state.and_then(|s| s.newest()))
            .map_or(Counter(0), |mark| mark.counter);
        let (key, signer) = &self.ground.statements;
        let statement = signer
            .sign_body(StaleStatement {
                version: item::Version,
                suite: signer.public().suite(),
                key: *key,
                installation: self.ground.installation.transcript().installation,
                box_kind: R::KIND,
                box_id: self.ground.id,
                subject,
                shown_counter,
                shown,
                known_counter,
                time,
            })
            .map_err(|_| Refusal::from(RefusalCode::Internal))?;
        Ok(Refusal {
            code: RefusalCode::Stale,
            known_counter,
            not_before: Time(0),
            statement: Bytes::new(statement.to_bytes())
                .map_err(|_| Refusal::from(RefusalCode::Internal))?,
        })
    }

    /// A genuine record that this box did not make: it latches, unless the record is of an epoch
    /// older than the previous one. Somebody may have kept the keys of those, and nothing that is
    /// shown under them may stop a box (P16).
    pub(crate) fn fork(&mut self, subject: Subject, shown: &[u8]) -> Result<Refusal, Refusal> {
        if self.ground.window().is_past(Self::epoch_of(shown)?) {
            return Ok(RefusalCode::OldFork.into());
        }
        self.latch(subject)?;
        Ok(RefusalCode::Fork.into())
    }

    /// Closes the fork latch: no signing until an act (P16).
    fn latch(&mut self, subject: Subject) -> Result<(), Refusal> {
        if let Err(failed) = self.keep(Kept::Latch, &subject.to_bytes()) {
            self.failed = Some(failed.0);
            return Err(RefusalCode::Internal.into());
        }
        self.latched = true;
        Ok(())
    }
}

/// What the caller that proved itself gets.
fn answer_of(kept: KeptDecision) -> Outcome {
    match kept.failure {
        Some(refusal) => Outcome::Failed(Failure {
            delivery: Box::new(kept.delivery),
            refusal,
        }),
        None => Outcome::Done(Box::new(Delivery {
            secret: kept.secret,
            ..kept.delivery
        })),
    }
}

/// A change that can not be sealed: a rule set broke a limit, or a key failed.
struct SealError;

impl From<VaultError> for SealError {
    fn from(_: VaultError) -> Self {
        Self
    }
}

impl From<LayoutError> for SealError {
    fn from(_: LayoutError) -> Self {
        Self
    }
}
