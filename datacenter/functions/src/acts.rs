//! Signed statements that change a record: acts, and credit evidence. Their signatures are their
//! authority, so no session is asked for; their digest is their idempotency key.

use crate::change::parse;
use crate::sign_up::meter_record;
use crate::{Centre, Code, Problem};
use item::{
    Act, ActBody, BoxKind, CreditEvidence, EventKind, Layout, MeterRecord, MeterSerial,
    MultiSigned, RequestId, Subject,
};
use store::Store;
use verify::statement_digest;
use wire::{AuthRequest, Delivery, MeterRequest, Reply, Request};

/// What was decided about a statement.
#[derive(Debug, Clone)]
pub struct ActOutcome {
    /// The signed decision; empty for acts on a box, which change no record.
    pub decision: Vec<u8>,
    /// The meter afterwards.
    pub meter: Option<MeterRecord>,
}

impl<S: Store> Centre<S> {
    /// Hands credit evidence to the meter box. The same evidence again gets the same decision.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn refill(
        &self,
        serial: MeterSerial,
        statement: &[u8],
    ) -> Result<ActOutcome, Problem> {
        let evidence: MultiSigned<CreditEvidence> = statement_of(statement)?;
        if evidence.body.meter != serial {
            return Err(Problem::new(
                Code::Mismatch,
                format!("The credit is for meter {}.", evidence.body.meter),
            ));
        }
        let body = MeterRequest::Refill(evidence).to_bytes();
        self.carry_out(BoxKind::Meter, serial.subject(), statement, body)
            .await
    }

    /// Carries out an act.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn act(&self, statement: &[u8]) -> Result<ActOutcome, Problem> {
        let act: MultiSigned<Act> = statement_of(statement)?;
        let (kind, subject) = (act.body.box_kind, act.body.subject);
        if is_for_box(&act.body) {
            return self.act_on_box(act).await;
        }
        if matches!(act.body.body, ActBody::Reissue(_)) {
            if let Some(decision) = self.decided_before(kind, subject, statement).await? {
                return self.outcome(kind, subject, decision).await;
            }
            let delivery = self.reissue(act).await?;
            return self
                .outcome(kind, subject, delivery.decision.into_vec())
                .await;
        }
        self.check_application(&act.body).await?;
        let recovers = matches!(act.body.body, ActBody::Recover(_));
        let body = match kind {
            BoxKind::Meter => MeterRequest::Act(act).to_bytes(),
            BoxKind::Auth => AuthRequest::Act(act).to_bytes(),
            BoxKind::Transaction | BoxKind::Keys => {
                return Err(Problem::new(
                    Code::Mismatch,
                    "There are acts on meters, users, and boxes only.",
                ));
            }
        };
        let outcome = self.carry_out(kind, subject, statement, body).await?;
        if recovers {
            self.tell_of_recovery(subject).await;
        }
        Ok(outcome)
    }

    /// Has a box decide on a statement, once.
    pub(crate) async fn carry_out(
        &self,
        kind: BoxKind,
        subject: Subject,
        statement: &[u8],
        body: Vec<u8>,
    ) -> Result<ActOutcome, Problem> {
        if let Some(decision) = self.decided_before(kind, subject, statement).await? {
            return self.outcome(kind, subject, decision).await;
        }
        if self.shown(kind, subject).await?.is_none() {
            return Err(Problem::new(
                Code::NotFound,
                "There is no such meter or user.",
            ));
        }
        let request = RequestId(statement_digest(statement).0);
        let decided = match self
            .decide(kind, subject, request, || Ok(body.clone()))
            .await
        {
            Ok(decided) => decided,
            Err(problem) => {
                // The same statement at the same moment: this one came second, and the sequence
                // that it names was used by the first.
                return match self.decided_before(kind, subject, statement).await? {
                    Some(decision) => self.outcome(kind, subject, decision).await,
                    None => Err(problem),
                };
            }
        };
        let (account, event) = event_of(kind, &decided.delivery)?;
        self.write_chained(kind, &decided, account, event).await?;
        self.outcome(kind, subject, decided.delivery.decision.into_vec())
            .await
    }

    /// The decision that this very statement led to, if it was used.
    async fn decided_before(
        &self,
        kind: BoxKind,
        subject: Subject,
        statement: &[u8],
    ) -> Result<Option<Vec<u8>>, Problem> {
        let used = self.store().evidence(statement_digest(statement)).await?;
        let Some(used) = used.filter(|u| u.box_kind == kind && u.subject == subject) else {
            return Ok(None);
        };
        let (_, decision) = self
            .stored_decision(kind, subject, used.counter)
            .await?
            .ok_or_else(|| Problem::internal("evidence without its decision"))?;
        Ok(Some(decision))
    }

    pub(crate) async fn outcome(
        &self,
        kind: BoxKind,
        subject: Subject,
        decision: Vec<u8>,
    ) -> Result<ActOutcome, Problem> {
        let meter = match kind {
            BoxKind::Meter => self.shown(kind, subject).await?,
            BoxKind::Auth | BoxKind::Transaction | BoxKind::Keys => None,
        };
        Ok(ActOutcome {
            decision,
            meter: meter.as_deref().map(meter_record).transpose()?,
        })
    }

    async fn act_on_box(&self, act: MultiSigned<Act>) -> Result<ActOutcome, Problem> {
        let kind = act.body.box_kind;
        let opens = matches!(act.body.body, ActBody::OpenEpoch { .. });
        // One box a kind: the act names it, the box compares.
        match self.boxes().of(kind).ask(Request::BoxAct(act)).await? {
            Reply::Acted(None) => {}
            Reply::Acted(Some(delivery)) => {
                self.write_one(kind, delivery).await?;
            }
            Reply::Refused(refusal) => return Err(refusal.into()),
            _ => return Err(Problem::internal("no answer to an act")),
        }
        if opens {
            // What fails here is done by the next round.
            if let Err(problem) = self.keep_epochs().await {
                tracing::warn!(%problem, "epochs");
            }
        }
        Ok(ActOutcome {
            decision: Vec::new(),
            meter: None,
        })
    }
}

/// What a changed meter or user is to the account's chain.
pub(crate) fn event_of(
    kind: BoxKind,
    delivery: &Delivery,
) -> Result<(item::AccountId, EventKind), Problem> {
    if kind == BoxKind::Auth {
        let record: item::Sealed<item::AuthRecord> =
            parse(delivery.record.as_slice(), "user record")?;
        return Ok((record.body.account(), EventKind::UserChanged));
    }
    let record = meter_record(delivery.record.as_slice())?;
    let decision: item::Signed<item::Decision> = parse(delivery.decision.as_slice(), "decision")?;
    let event = match decision.body.decision {
        item::DecisionKind::Refill => EventKind::Funding,
        item::DecisionKind::ItemCredit => EventKind::ItemCredited,
        item::DecisionKind::BalanceRefund => EventKind::BalanceRefunded,
        _ => EventKind::LifeCycle,
    };
    Ok((record.account, event))
}

pub(crate) fn statement_of<T: Layout>(bytes: &[u8]) -> Result<T, Problem> {
    T::from_bytes(bytes).map_err(|error| {
        Problem::new(
            Code::BadStatement,
            format!("The statement can not be read: {error}."),
        )
    })
}

fn is_for_box(act: &Act) -> bool {
    match act.body {
        ActBody::ConfirmTime(_)
        | ActBody::Unlatch
        | ActBody::Enrol(_)
        | ActBody::Redeliver { .. }
        | ActBody::RedeliverFrom(_)
        | ActBody::OpenEpoch { .. } => true,
        ActBody::Register { .. }
        | ActBody::License { .. }
        | ActBody::Activate
        | ActBody::Suspend(_)
        | ActBody::Resume(_)
        | ActBody::Withdraw
        | ActBody::SetLimits { .. }
        | ActBody::Inspect { .. }
        | ActBody::RefundBalance(_)
        | ActBody::SetUser { .. }
        | ActBody::Recover(_)
        | ActBody::Reissue(_) => false,
    }
}
