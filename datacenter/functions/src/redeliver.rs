//! Everything that a box still keeps, written again by act (P19): what mends a database that was
//! restored to an older state, or that lost what it acknowledged.
//!
//! Not here: the act that allows it (`acts`). One call is one page, so that whoever orders it sees
//! how far it is; each delivery is written under the same condition as the first time (P15).

use crate::change::parse;
use crate::{Centre, Code, Problem};
use item::{AuthRecord, BoxKind, ChainRecord, Counter, Digest, MeterRecord, Sealed, Subject};
use store::{ConflictReason, Store, Write, Written};
use wire::{Memory, PageRequest, Reply, Request};

/// One page, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redelivered {
    /// Decisions that were missing.
    pub written: usize,
    /// Decisions that the database had.
    pub there: usize,
    /// Decisions that can not be written, in the order of the journal.
    pub conflicts: Vec<(Subject, Counter, ConflictReason)>,
    /// Where the next page begins; none after the last.
    pub next: Option<u64>,
    /// How far there is to go.
    pub end: u64,
}

/// What a box remembers of a record, and what the database shows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recalled {
    /// The box's word.
    pub memory: Memory,
    /// Counter of the stored record, if there is one.
    pub shown: Option<Counter>,
}

impl<S: Store> Centre<S> {
    /// Reads one page of what a box keeps, as the act of this digest allows, and writes it.
    ///
    /// # Errors
    /// [`Problem`]: [`Code::ActSequence`] if it is not the last act on that box.
    pub async fn redeliver(
        &self,
        kind: BoxKind,
        act: Digest,
        from: u64,
    ) -> Result<Redelivered, Problem> {
        let asked = Request::Page(PageRequest { act, from });
        let page = match self.boxes().of(kind).ask(asked).await? {
            Reply::Page(page) => page,
            Reply::Refused(refusal) => return Err(refusal.into()),
            _ => return Err(Problem::internal("no page")),
        };
        let writes: Vec<Write> = page
            .deliveries
            .into_vec()
            .into_iter()
            .map(|delivery| Write {
                box_kind: kind,
                delivery,
            })
            .collect();
        let mut redelivered = Redelivered {
            written: 0,
            there: 0,
            conflicts: Vec::new(),
            next: page.next,
            end: page.end,
        };
        for (write, result) in writes.iter().zip(self.store().write(&writes).await?) {
            match result {
                Written::Written => redelivered.written += 1,
                Written::AlreadyThere => redelivered.there += 1,
                Written::Conflict(reason) => {
                    let decision: item::Signed<item::Decision> =
                        parse(write.delivery.decision.as_slice(), "decision")?;
                    let place = (write.delivery.subject, decision.body.counter, reason);
                    redelivered.conflicts.push(place);
                    continue;
                }
            }
            self.inner.acknowledgements.note(write);
        }
        Ok(redelivered)
    }

    /// Asks a box what it remembers of a record.
    ///
    /// # Errors
    /// [`Code::NotFound`] if the box never made it.
    pub async fn recall(&self, kind: BoxKind, subject: Subject) -> Result<Recalled, Problem> {
        let memory = match self.boxes().of(kind).ask(Request::Recall(subject)).await? {
            Reply::Memory(memory) => memory,
            Reply::Refused(refusal) => return Err(refusal.into()),
            _ => return Err(Problem::internal("no memory")),
        };
        let Some(stored) = self.shown(kind, subject).await? else {
            return Ok(Recalled {
                memory,
                shown: None,
            });
        };
        let shown = match kind {
            BoxKind::Auth => parse::<Sealed<AuthRecord>>(&stored, "user")?.body.counter(),
            BoxKind::Meter => parse::<Sealed<MeterRecord>>(&stored, "meter")?.body.counter,
            BoxKind::Transaction => parse::<Sealed<ChainRecord>>(&stored, "chain")?.body.counter,
            BoxKind::Keys => {
                return Err(Problem::new(Code::NotFound, "The keys box has no records."));
            }
        };
        Ok(Recalled {
            memory,
            shown: Some(shown),
        })
    }
}
