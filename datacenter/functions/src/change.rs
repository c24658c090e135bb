//! The spine: look up, ask the box, write what it decided, answer (P10-P17).

use crate::limits::ROUNDS_MAX;
use crate::patience::Patience;
use crate::{Centre, Code, Problem};
use item::{
    ApiKeyId, AuthRecord, BoxKind, Bytes, Layout, MeterSerial, RequestId, Sealed, Subject, UserId,
};
use std::slice;
use store::{Store, Write, Written};
use wire::{Delivery, Entry, Outcome, Refusal, RefusalCode};

/// What a box decided, not yet written.
pub(crate) struct Decided {
    pub(crate) delivery: Delivery,
    /// The decision records a failure: this is the answer once it is written.
    pub(crate) failure: Option<Refusal>,
}

/// Why a box did not decide.
pub(crate) struct Undecided {
    /// What its caller is told.
    pub(crate) problem: Problem,
    /// The box's own reason, if it was the box.
    pub(crate) refused: Option<RefusalCode>,
}

impl<E> From<E> for Undecided
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self {
            problem: error.into(),
            refused: None,
        }
    }
}

impl<S: Store> Centre<S> {
    /// The record of a subject as the database has it now; `None` if it has none.
    pub(crate) async fn shown(
        &self,
        kind: BoxKind,
        subject: Subject,
    ) -> Result<Option<Vec<u8>>, Problem> {
        Ok(match kind {
            BoxKind::Meter => match MeterSerial::of_subject(&subject) {
                Some(serial) => self.store().meter(serial).await?.map(|row| row.record),
                None => None,
            },
            // A user or a key: a box never makes both under one id.
            BoxKind::Auth => match self.store().user(UserId(subject.0)).await? {
                Some(row) if row.record.is_some() => row.record,
                _ => self
                    .store()
                    .api_key(ApiKeyId(subject.0))
                    .await?
                    .and_then(|row| row.record),
            },
            BoxKind::Transaction => self
                .store()
                .chain(item::AccountId(subject.0))
                .await?
                .map(|row| row.record),
            BoxKind::Keys => None,
        })
    }

    /// Has a box decide on one subject. Other requests' decisions that wait are written on the way;
    /// this one's is returned unwritten, so that it can go into one transaction with others.
    pub(crate) async fn decide(
        &self,
        kind: BoxKind,
        subject: Subject,
        request: RequestId,
        body: impl Fn() -> Result<Vec<u8>, Problem>,
    ) -> Result<Decided, Problem> {
        self.try_decide(kind, subject, request, body)
            .await
            .map_err(|undecided| undecided.problem)
    }

    /// As [`Centre::decide`], for who can do something about a refusal.
    pub(crate) async fn try_decide(
        &self,
        kind: BoxKind,
        subject: Subject,
        request: RequestId,
        body: impl Fn() -> Result<Vec<u8>, Problem>,
    ) -> Result<Decided, Undecided> {
        let mut patience = Patience::default();
        for _ in 0..ROUNDS_MAX {
            let shown = self.shown(kind, subject).await?.unwrap_or_default();
            let entry = entry(request, subject, shown, body()?)?;
            match self.boxes().of(kind).decide(entry).await? {
                Outcome::Done(delivery) => {
                    return Ok(Decided {
                        delivery: *delivery,
                        failure: None,
                    });
                }
                Outcome::Failed(failed) => {
                    return Ok(Decided {
                        delivery: *failed.delivery,
                        failure: Some(failed.refusal),
                    });
                }
                Outcome::Open(delivery) => {
                    self.write_open(kind, subject, *delivery, &mut patience)
                        .await?;
                }
                Outcome::Refused(refusal) => {
                    if refusal.code == RefusalCode::Stale && patience.stale_again() {
                        continue;
                    }
                    return Err(Undecided {
                        refused: Some(refusal.code),
                        problem: self.refused(kind, subject, refusal).await,
                    });
                }
                Outcome::Declined(orders) => {
                    let refusal = orders
                        .into_vec()
                        .into_iter()
                        .find_map(|order| order.result.err());
                    let problem = refusal.map_or_else(
                        || Problem::internal("declined without a reason"),
                        Problem::from,
                    );
                    return Err(problem.into());
                }
            }
        }
        let busy = "The record is in heavy use. Ask again with the same idempotency key.";
        Err(Problem::unavailable(busy).into())
    }

    /// A refusal, with the alert that belongs to it.
    pub(crate) async fn refused(
        &self,
        kind: BoxKind,
        subject: Subject,
        refusal: Refusal,
    ) -> Problem {
        if refusal.code.is_alarm() {
            let (code, detail) = if refusal.code == RefusalCode::Stale {
                (
                    "rolled-back",
                    "the database shows a record older than the one the box acknowledged",
                )
            } else {
                (refusal.code.name(), "the box refused a stored record")
            };
            let evidence = refusal.statement.as_slice().to_vec();
            self.alert(kind, subject, &kebab(code), detail, evidence)
                .await;
        }
        let wait = refusal.not_before.0.saturating_sub(self.now().0);
        let mut problem = Problem::from(refusal);
        if wait > 0 {
            problem.retry_after = Some(wait.div_ceil(1000));
        }
        problem
    }

    /// Writes one delivery, or finds it written, and gives it back.
    pub(crate) async fn write_one(
        &self,
        kind: BoxKind,
        delivery: Delivery,
    ) -> Result<Delivery, Problem> {
        let write = Write {
            box_kind: kind,
            delivery,
        };
        self.write(slice::from_ref(&write)).await?;
        Ok(write.delivery)
    }

    /// A user ended sessions: what the record that was just written says of older ones.
    pub(crate) fn sessions_ended(&self, delivery: &Delivery) {
        // Other records of the auth box are nothing to sessions.
        if let Ok(sealed) = Sealed::<AuthRecord>::from_bytes(delivery.record.as_slice())
            && let Some(user) = sealed.body.into_user()
        {
            let (user, generation) = (user.user, user.session_generation);
            self.inner.sessions.note(user, generation, self.now());
        }
    }

    /// Writes deliveries in one transaction. All of them are durable when this returns `Ok`; those
    /// that fit are, also when another does not.
    pub(crate) async fn write(&self, writes: &[Write]) -> Result<(), Problem> {
        let results = self.store().write(writes).await;
        self.inner.last_write.note(results.as_ref().err());
        let results = results?;
        let mut conflicts = Vec::new();
        for (write, result) in writes.iter().zip(results) {
            match result {
                Written::Written | Written::AlreadyThere => {
                    self.inner.acknowledgements.note(write);
                }
                Written::Conflict(reason) => conflicts.push((write, reason)),
            }
        }
        for (write, reason) in &conflicts {
            self.alert(
                write.box_kind,
                write.delivery.subject,
                "write-conflict",
                reason.name(),
                write.delivery.decision.as_slice().to_vec(),
            )
            .await;
        }
        if conflicts.is_empty() {
            return Ok(());
        }
        Err(Problem {
            charged: crate::Charged::Unknown,
            ..Problem::new(
                Code::RecordRefused,
                "The database holds something else than the box decided.",
            )
        })
    }
}

/// A refusal's name as alerts and problems spell it.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for (index, letter) in name.char_indices() {
        if index > 0 && letter.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// An entry of the wire.
pub(crate) fn entry(
    request: RequestId,
    subject: Subject,
    shown: Vec<u8>,
    body: Vec<u8>,
) -> Result<Entry, Problem> {
    Ok(Entry {
        request,
        subject,
        shown: Bytes::new(shown).map_err(|_| {
            Problem::new(
                Code::RecordRefused,
                "A stored record is longer than any record.",
            )
        })?,
        body: Bytes::new(body)
            .map_err(|_| Problem::new(Code::TooLarge, "Send fewer items at once."))?,
    })
}

/// Reads a layout out of the database or a box's answer.
pub(crate) fn parse<T: Layout>(bytes: &[u8], what: &str) -> Result<T, Problem> {
    T::from_bytes(bytes).map_err(|error| {
        tracing::error!(%error, what, "unreadable");
        Problem::new(
            Code::RecordRefused,
            "A stored record can not be read; operators must look at it.",
        )
    })
}
