//! Chaining what happened, in one transaction with what made it happen.

use crate::change::{Decided, entry, parse};
use crate::limits::ROUNDS_MAX;
use crate::patience::Patience;
use crate::{Centre, Problem};
use item::{
    AccountId, BoxKind, Bytes, ChainEntry, Decision, EventKind, Layout, RequestId, Signed, UserId,
};
use store::{Store, Write};
use verify::{account_of, statement_digest};
use wire::{Append, ChainRequest, Delivery, Outcome, RefusalCode};

/// Chains are the transaction box's.
const KIND: BoxKind = BoxKind::Transaction;

impl<S: Store> Centre<S> {
    /// Writes a decision together with its event on the account's chain.
    pub(crate) async fn write_chained(
        &self,
        kind: BoxKind,
        decided: &Decided,
        account: AccountId,
        event: EventKind,
    ) -> Result<(), Problem> {
        let mut writes = vec![Write {
            box_kind: kind,
            delivery: decided.delivery.clone(),
        }];
        let delivery = &decided.delivery;
        let (decision, record) = (delivery.decision.as_slice(), delivery.record.as_slice());
        let chained = self.append(account, event, decision, record).await?;
        writes.extend(chained.map(|delivery| Write {
            box_kind: BoxKind::Transaction,
            delivery,
        }));
        self.write(&writes).await
    }

    /// Chains a decision that was written, perhaps without its event. `record`: what it made; only a
    /// founder's, or a meter's, is chained without.
    pub(crate) async fn chain_alone(
        &self,
        account: AccountId,
        event: EventKind,
        decision: &[u8],
        record: &[u8],
    ) -> Result<(), Problem> {
        match self.append(account, event, decision, record).await? {
            Some(chained) => self
                .write_one(BoxKind::Transaction, chained)
                .await
                .map(drop),
            None => Ok(()),
        }
    }

    /// Has the transaction box chain an event. It verifies the previous entry while doing so.
    /// `None`: another delivery of the same decision has chained it.
    async fn append(
        &self,
        account: AccountId,
        event: EventKind,
        decision: &[u8],
        record: &[u8],
    ) -> Result<Option<Delivery>, Problem> {
        let subject = account.subject();
        let request = RequestId(statement_digest(decision).0);
        let decision: Signed<Decision> = parse(decision, "decision")?;
        let record = match is_further_user(&decision.body, account) {
            true => record.to_vec(),
            false => Vec::new(),
        };
        let record = Bytes::new(record).map_err(|_| Problem::internal("user record"))?;
        let mut patience = Patience::default();
        for _ in 0..ROUNDS_MAX {
            let row = self.store().chain(account).await?;
            // After the chain was read, not before: what is written in between shows as an older
            // chain to the box, which then decides nothing new.
            let chained = self.store().chain_decision(request).await?;
            if chained.is_some() {
                return Ok(None);
            }
            let previous = match row.as_ref().map(|row| &row.newest_entry) {
                None => None,
                Some(Some(entry)) => match ChainEntry::from_bytes(entry) {
                    Ok(entry) => Some(entry),
                    Err(_) => {
                        let detail = "the chain's newest entry can not be read";
                        return Err(self.unusable(KIND, subject, "unreadable", detail).await);
                    }
                },
                Some(None) => {
                    let detail = "the chain's newest entry is not in the database";
                    let code = "chain-tail-missing";
                    return Err(self.unusable(KIND, subject, code, detail).await);
                }
            };
            let body = ChainRequest::Append(Append {
                previous,
                event,
                decision: decision.clone(),
                record: record.clone(),
            })
            .to_bytes();
            let shown = row.map(|row| row.record).unwrap_or_default();
            let entry = entry(request, subject, shown, body)?;
            match self.boxes().transaction.decide(entry).await? {
                Outcome::Done(delivery) => return Ok(Some(*delivery)),
                Outcome::Open(delivery) => {
                    self.write_open(KIND, subject, *delivery, &mut patience)
                        .await?;
                }
                Outcome::Refused(refusal)
                    if refusal.code == RefusalCode::Stale && patience.stale_again() => {}
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
}

/// Whether only the record says of which account the user is: the founder's id says it by itself.
fn is_further_user(decision: &Decision, account: AccountId) -> bool {
    decision.box_kind == BoxKind::Auth && account_of(UserId(decision.subject.0)) != account
}
