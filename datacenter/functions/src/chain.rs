//! Chaining what happened, in one transaction with what made it happen.

use crate::change::{Decided, entry, parse};
use crate::{Centre, Code, Problem};
use item::{
    AccountId, BoxKind, ChainEntry, Decision, Digest, EventKind, Layout, RequestId, Signed,
};
use store::{Store, Write};
use verify::statement_digest;
use wire::{Append, ChainRequest, Delivery, Outcome, RefusalCode};

/// As in `change`: each round but the last wrote another event.
const ROUNDS_MAX: usize = 64;
/// As in `change`.
const STALE_MAX: usize = 3;

impl<S: Store> Centre<S> {
    /// Writes a decision together with its event on the account's chain.
    pub(crate) async fn write_chained(
        &self,
        kind: BoxKind,
        decided: &Decided,
        account: AccountId,
        event: EventKind,
    ) -> Result<(), Problem> {
        let chained = self
            .append(account, event, decided.delivery.decision.as_slice())
            .await?;
        self.write(vec![
            Write {
                box_kind: kind,
                delivery: decided.delivery.clone(),
            },
            Write {
                box_kind: BoxKind::Transaction,
                delivery: chained,
            },
        ])
        .await
    }

    /// Chains a decision that was written without its event.
    pub(crate) async fn chain_alone(
        &self,
        account: AccountId,
        event: EventKind,
        decision: &[u8],
    ) -> Result<(), Problem> {
        let chained = self.append(account, event, decision).await?;
        self.write_one(BoxKind::Transaction, chained).await
    }

    /// Has the transaction box chain an event. It verifies the previous entry while doing so.
    async fn append(
        &self,
        account: AccountId,
        event: EventKind,
        decision: &[u8],
    ) -> Result<Delivery, Problem> {
        let subject = account.subject();
        let request = RequestId(statement_digest(decision).0);
        let decision: Signed<Decision> = parse(decision, "decision")?;
        let mut stale = 0;
        for _ in 0..ROUNDS_MAX {
            let row = self.store().chain(account).await?;
            let previous = match row.as_ref().map(|row| &row.newest_entry) {
                None => None,
                Some(Some(entry)) => Some(parse::<ChainEntry>(entry, "chain entry")?),
                Some(None) => {
                    self.alert(
                        BoxKind::Transaction,
                        subject,
                        "chain-tail-missing",
                        "the chain's newest entry is not in the database",
                        Vec::new(),
                    )
                    .await;
                    return Err(Problem::new(
                        Code::RecordRefused,
                        "The account's chain of events is not complete.",
                    ));
                }
            };
            let body = ChainRequest::Append(Append {
                previous,
                event,
                decision: decision.clone(),
            })
            .to_bytes();
            let shown = row.map(|row| row.record).unwrap_or_default();
            let entry = entry(request, subject, shown, body)?;
            match self.boxes().transaction.decide(entry).await? {
                Outcome::Done(delivery) => return Ok(*delivery),
                Outcome::Open(delivery) => {
                    self.write_one(BoxKind::Transaction, *delivery).await?;
                }
                Outcome::Refused(refusal)
                    if refusal.code == RefusalCode::Stale && stale < STALE_MAX =>
                {
                    stale += 1;
                }
                Outcome::Refused(refusal) => {
                    return Err(self.refused(BoxKind::Transaction, subject, refusal).await);
                }
                Outcome::Failed(_) | Outcome::Declined(_) => {
                    return Err(Problem::internal("a chain has no failures and orders"));
                }
            }
        }
        Err(Problem::unavailable(
            "The account is in heavy use. Ask again with the same idempotency key.",
        ))
    }

    /// Whether a decision is on the account's chain, among its first entries.
    pub(crate) async fn is_chained(
        &self,
        account: AccountId,
        decision: &Digest,
    ) -> Result<bool, Problem> {
        let entries = self.store().chain_entries(account, 0, 16).await?;
        for bytes in entries {
            if parse::<ChainEntry>(&bytes, "chain entry")?.decision == *decision {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
