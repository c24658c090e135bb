//! A record made again by act (P28), where the bytes of its newest changes are gone. Called by `acts`.

use crate::acts::event_of;
use crate::limits::ROUNDS_MAX;
use crate::patience::Patience;
use crate::{Centre, Code, Problem};
use item::{Act, ActBody, BoxKind, Bytes, MultiSigned, Reissue, Subject};
use store::Store;
use wire::{Delivery, Outcome, ReissueRequest, Reply, Request};

impl<S: Store> Centre<S> {
    /// Shows the box the older record with the act, and writes what it decides.
    pub(crate) async fn reissue(&self, act: MultiSigned<Act>) -> Result<Delivery, Problem> {
        let (kind, subject) = (act.body.box_kind, act.body.subject);
        let ActBody::Reissue(lost) = act.body.body else {
            return Err(Problem::internal("another act than a re-issue"));
        };
        let mut patience = Patience::default();
        for _ in 0..ROUNDS_MAX {
            match self.ask_for_reissue(&act).await? {
                Outcome::Done(delivery) => {
                    let delivery = self.write_one(kind, *delivery).await?;
                    self.note_reissue(kind, subject, lost, &delivery).await;
                    return Ok(delivery);
                }
                Outcome::Open(delivery) => {
                    self.write_open(kind, subject, *delivery, &mut patience)
                        .await?;
                }
                Outcome::Refused(refusal) => {
                    return Err(self.refused(kind, subject, refusal).await);
                }
                Outcome::Declined(_) | Outcome::Failed(_) => {
                    return Err(Problem::internal("a re-issue has no orders and failures"));
                }
            }
        }
        Err(Problem::unavailable("The record is in heavy use."))
    }

    async fn ask_for_reissue(&self, act: &MultiSigned<Act>) -> Result<Outcome, Problem> {
        let (kind, subject) = (act.body.box_kind, act.body.subject);
        let shown = self.shown(kind, subject).await?.ok_or_else(|| {
            Problem::new(
                Code::NotFound,
                "The database has no record of it, not even an older one: nothing can be re-issued.",
            )
        })?;
        let asked = Request::Reissue(ReissueRequest {
            shown: Bytes::new(shown).map_err(|_| Problem::internal("record"))?,
            act: act.clone(),
        });
        match self.boxes().of(kind).ask(asked).await? {
            Reply::Decided(outcomes) => outcomes
                .into_vec()
                .pop()
                .ok_or_else(|| Problem::internal("no outcome")),
            Reply::Refused(refusal) => Err(refusal.into()),
            _ => Err(Problem::internal("no answer to a re-issue")),
        }
    }

    /// Names the gap for good, and chains the event. The account's chain may itself wait for its
    /// re-issue: then the event stays out of it, and audit says so.
    async fn note_reissue(
        &self,
        kind: BoxKind,
        subject: Subject,
        lost: Reissue,
        delivery: &Delivery,
    ) {
        let detail = format!(
            "changes {} to {} are given up; after them the box knows of {} items",
            lost.shown.0.saturating_add(1),
            lost.known.0,
            lost.memory.pieces
        );
        let decision = delivery.decision.as_slice();
        self.alert(kind, subject, "reissued", &detail, decision.to_vec())
            .await;
        if kind == BoxKind::Transaction {
            return;
        }
        let chained = match event_of(kind, delivery) {
            Ok((account, event)) => {
                let record = delivery.record.as_slice();
                self.chain_alone(account, event, decision, record).await
            }
            Err(problem) => Err(problem),
        };
        if let Err(problem) = chained {
            tracing::warn!(%problem, %subject, "a re-issue is not in its account's chain");
        }
    }
}
