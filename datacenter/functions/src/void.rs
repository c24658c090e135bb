//! Items that customers want to have taken back (P23): asked for, looked at, credited.
//!
//! Not here: the rule (`boxes/meter`). A request is a wish; the refunders' signatures are the authority,
//! and the box decides. What only a server can know is compared here first: whether a verifier took
//! the item.

use crate::acts::{event_of, statement_of};
use crate::change::{Decided, entry};
use crate::limits::ROUNDS_MAX;
use crate::patience::Patience;
use crate::{ActOutcome, Centre, Code, Problem, Session};
use item::{
    BoxKind, CreditApproval, CreditedItem, CreditedList, Day, DecisionKind, ItemCredit, ItemRecord,
    Layout, MeterSerial, MultiSigned, Payload, RequestId, Rights,
};
use store::{
    CreditedMeter, ItemCursor, ItemId, ItemUse, NewVoid, Store, VoidRow, VoidState, VoidsOf,
};
use verify::statement_digest;
use wire::{ItemCreditRequest, MeterRequest, Outcome, RefusalCode};

/// Meters, in this file.
const KIND: BoxKind = BoxKind::Meter;

/// A request with the item that it is about.
#[derive(Debug, Clone)]
pub struct VoidWish {
    /// The request.
    pub row: VoidRow,
    /// The item as the box made it.
    pub item: ItemRecord,
    /// Whether a verifier took the item.
    pub used: bool,
}

impl<S: Store> Centre<S> {
    /// Asks for an item to be taken back. Asked again, nothing changes, but for a request that was
    /// cancelled or rejected, which then waits again.
    ///
    /// # Errors
    /// [`Code::NotFound`] for what is not the session's; [`Code::ItemUsed`]; [`Code::CreditWindow`].
    pub async fn ask_void(&self, session: &Session, item: ItemId) -> Result<VoidWish, Problem> {
        may_ask(session)?;
        let record = self.item(session, item.meter, item.piece_count).await?;
        let seen = self.use_of(item).await?;
        if seen.credit.is_none() {
            unused(&seen)?;
            let transcript = self.installation().transcript();
            let last = record.mailing_day.number() + u32::from(transcript.credit_window_days);
            if Day::of_time(self.now()).number() > last {
                return Err(Problem::new(
                    Code::CreditWindow,
                    "The item is too old to be taken back.",
                ));
            }
        }
        let authority = session.authority();
        let asked = NewVoid {
            item,
            account: authority.account,
            user: authority.user,
            requested: self.now(),
        };
        let row = self.store().ask_void(asked).await?;
        Ok(wish(row, record, &seen))
    }

    /// Takes a request back that still waits.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::VoidDecided`] if it does not wait any more.
    pub async fn cancel_void(&self, session: &Session, item: ItemId) -> Result<VoidWish, Problem> {
        may_ask(session)?;
        let record = self.item(session, item.meter, item.piece_count).await?;
        let row = self.end_void(item, VoidState::Cancelled, "").await?;
        let seen = self.use_of(item).await?;
        Ok(wish(row, record, &seen))
    }

    /// How a request of the session's account stands.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn void(&self, session: &Session, item: ItemId) -> Result<VoidWish, Problem> {
        let record = self.item(session, item.meter, item.piece_count).await?;
        let row = self.store().void_request(item).await?.ok_or_else(no_wish)?;
        let seen = self.use_of(item).await?;
        Ok(wish(row, record, &seen))
    }

    /// Requests of the session's account behind the cursor.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn voids(
        &self,
        session: &Session,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<VoidWish>, Problem> {
        if !session.authority().rights.covers(Rights::READ) {
            return Err(Problem::new(Code::NotCovered, "The user may not read."));
        }
        let of = VoidsOf::Account(session.authority().account);
        self.wishes(of, after, limit).await
    }

    /// Requests of everybody that wait, for refunders.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn waiting_voids(
        &self,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<VoidWish>, Problem> {
        self.wishes(VoidsOf::Waiting, after, limit).await
    }

    /// Says no to a request that waits.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::VoidDecided`] if it does not wait any more.
    pub async fn reject_void(&self, item: ItemId, reason: &str) -> Result<VoidWish, Problem> {
        let row = self.end_void(item, VoidState::Rejected, reason).await?;
        self.with_item(row).await
    }

    /// Takes an item back and credits its meter, as refunders approved. The same approval again gets
    /// the same decision; so does any other of an item that was taken back.
    ///
    /// # Errors
    /// [`Problem`]: [`Code::ItemUsed`] if a verifier took it, [`Code::VoidDecided`] or
    /// [`Code::NotFound`] if nobody waits for it, and what the box says.
    pub async fn approve_void(
        &self,
        item: ItemId,
        statement: &[u8],
    ) -> Result<ActOutcome, Problem> {
        let approval: MultiSigned<CreditApproval> = statement_of(statement)?;
        if (approval.body.meter, approval.body.piece_count) != (item.meter, item.piece_count) {
            return Err(Problem::new(
                Code::Mismatch,
                "The approval is of another item.",
            ));
        }
        let seen = self.use_of(item).await?;
        if let Some(outcome) = self.credited_before(item, &seen).await? {
            return Ok(outcome);
        }
        unused(&seen)?;
        let row = self.store().void_request(item).await?.ok_or_else(no_wish)?;
        waits(&row)?;
        let stored = seen.item.ok_or_else(no_item)?;
        let record = self
            .stored_payload(item.meter, item.piece_count, &stored)
            .await?;
        let payload = <[u8; Payload::LENGTH]>::try_from(record.payload.as_slice())
            .map_err(|_| Problem::internal("a payload of another length"))?;
        let credit = ItemCredit { approval, payload };
        let decided = match self.decide_credit(item.meter, &credit).await {
            Ok(decided) => decided,
            Err(problem) => {
                // Another approval of the same item at the same moment may have come first.
                let seen = self.use_of(item).await?;
                return match self.credited_before(item, &seen).await? {
                    Some(outcome) => Ok(outcome),
                    None => Err(problem),
                };
            }
        };
        let (account, event) = event_of(KIND, &decided.delivery)?;
        self.write_chained(KIND, &decided, account, event).await?;
        self.outcome(
            KIND,
            item.meter.subject(),
            decided.delivery.decision.into_vec(),
        )
        .await
    }

    /// Has the box decide, shown record and credited list of one snapshot.
    async fn decide_credit(
        &self,
        serial: MeterSerial,
        credit: &ItemCredit,
    ) -> Result<Decided, Problem> {
        let subject = serial.subject();
        let request = RequestId(statement_digest(&credit.to_bytes()).0);
        let mut patience = Patience::default();
        for _ in 0..ROUNDS_MAX {
            let found = self.store().credited_meter(serial).await?;
            let found = found.ok_or_else(no_item)?;
            let credited = self.credited_list(serial, &found).await?;
            let body = MeterRequest::ItemCredit(ItemCreditRequest {
                credit: credit.clone(),
                credited,
            });
            let entry = entry(request, subject, found.meter.record, body.to_bytes())?;
            match self.boxes().of(KIND).decide(entry).await? {
                Outcome::Done(delivery) => {
                    return Ok(Decided {
                        delivery: *delivery,
                        failure: None,
                    });
                }
                Outcome::Open(delivery) => {
                    self.write_open(KIND, subject, *delivery, &mut patience)
                        .await?;
                }
                Outcome::Refused(refusal)
                    if refusal.code == RefusalCode::Stale && patience.stale_again() => {}
                Outcome::Refused(refusal) => {
                    return Err(self.refused(KIND, subject, refusal).await);
                }
                Outcome::Failed(_) | Outcome::Declined(_) => {
                    return Err(Problem::internal(
                        "an item credit has no failures and orders",
                    ));
                }
            }
        }
        Err(Problem::unavailable(
            "The meter is in heavy use. Hand the same approval in again.",
        ))
    }

    /// The credited list as the rows give it; the box compares it with the record.
    async fn credited_list(
        &self,
        serial: MeterSerial,
        found: &CreditedMeter,
    ) -> Result<CreditedList, Problem> {
        let record = self.stored_meter(serial, &found.meter.record).await?;
        match listed(&found.credits, record.lowest_creditable_piece) {
            Some(list) => Ok(list),
            None => {
                let detail = "its stored item credits are no credited list";
                let problem = self.unusable(KIND, serial.subject(), "unreadable", detail);
                Err(problem.await)
            }
        }
    }

    /// The answer for an item that was taken back before.
    async fn credited_before(
        &self,
        item: ItemId,
        seen: &ItemUse,
    ) -> Result<Option<ActOutcome>, Problem> {
        let Some(stored) = &seen.credit else {
            return Ok(None);
        };
        let decision = self.stored_credit(item, stored).await?;
        self.outcome(KIND, item.meter.subject(), decision)
            .await
            .map(Some)
    }

    /// The signed decision that took an item back. A row alone is nothing: anybody with the database
    /// could write one.
    pub(crate) async fn stored_credit(
        &self,
        item: ItemId,
        stored: &[u8],
    ) -> Result<Vec<u8>, Problem> {
        let subject = item.meter.subject();
        if let Ok(row) = CreditedItem::from_bytes(stored)
            && (row.meter, row.piece_count) == (item.meter, item.piece_count)
            && let Some((decision, bytes)) =
                self.stored_decision(KIND, subject, row.counter).await?
            && decision.decision == DecisionKind::ItemCredit
            && let Some(evidence) = self.store().evidence(decision.evidence).await?
            && statement_digest(&evidence.evidence) == decision.evidence
            && names(&evidence.evidence, item)
        {
            return Ok(bytes);
        }
        let detail = "an item credit is stored that no decision made";
        let problem = self.unusable(KIND, subject, "credit-altered", detail);
        Err(problem.await)
    }

    /// Whether an item is void, as a box decided.
    ///
    /// # Errors
    /// [`Problem`] if what is stored was not decided so.
    pub async fn is_void(&self, item: ItemId) -> Result<bool, Problem> {
        match self.use_of(item).await?.credit {
            Some(stored) => self.stored_credit(item, &stored).await.map(|_| true),
            None => Ok(false),
        }
    }

    async fn use_of(&self, item: ItemId) -> Result<ItemUse, Problem> {
        let mut uses = self.store().item_uses(&[item]).await?;
        let seen = uses.pop();
        Ok(seen.ok_or_else(|| Problem::internal("an answer is missing"))??)
    }

    async fn end_void(
        &self,
        item: ItemId,
        state: VoidState,
        reason: &str,
    ) -> Result<VoidRow, Problem> {
        let ended = self
            .store()
            .end_void(item, state, reason, self.now())
            .await?;
        let row = ended.ok_or_else(no_wish)?;
        if row.state == state {
            Ok(row)
        } else {
            Err(decided_already(&row))
        }
    }

    async fn wishes(
        &self,
        of: VoidsOf,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<VoidWish>, Problem> {
        let rows = self.store().void_requests(of, after, limit).await?;
        let mut wishes = Vec::with_capacity(rows.len());
        for row in rows {
            wishes.push(self.with_item(row).await?);
        }
        Ok(wishes)
    }

    async fn with_item(&self, row: VoidRow) -> Result<VoidWish, Problem> {
        let id = row.asked.item;
        let seen = self.use_of(id).await?;
        let stored = seen.item.clone().ok_or_else(no_item)?;
        let item = self
            .stored_payload(id.meter, id.piece_count, &stored)
            .await?;
        Ok(wish(row, item, &seen))
    }
}

/// The rows from the lowest creditable piece on that were not past their last day at the newest credit.
fn listed(credits: &[Vec<u8>], lowest: u32) -> Option<CreditedList> {
    let rows: Vec<CreditedItem> = credits
        .iter()
        .map(|bytes| CreditedItem::from_bytes(bytes).ok())
        .collect::<Option<_>>()?;
    let kept = || rows.iter().filter(|row| row.piece_count >= lowest);
    let day = kept().max_by_key(|row| row.counter).map(|row| row.day);
    let pieces = kept().map(CreditedItem::piece).collect();
    CreditedList::new(day.unwrap_or_default(), pieces).ok()
}

/// Whether item credit evidence is of this item.
fn names(evidence: &[u8], item: ItemId) -> bool {
    ItemCredit::from_bytes(evidence).is_ok_and(|credit| {
        let approved = &credit.approval.body;
        (approved.meter, approved.piece_count) == (item.meter, item.piece_count)
    })
}

fn wish(row: VoidRow, item: ItemRecord, seen: &ItemUse) -> VoidWish {
    VoidWish {
        row,
        item,
        used: seen.first.is_some(),
    }
}

fn may_ask(session: &Session) -> Result<(), Problem> {
    if session.authority().rights.covers(Rights::FUND) {
        Ok(())
    } else {
        Err(Problem::new(
            Code::NotCovered,
            "The user may not ask for money back: that is part of the right to fund.",
        ))
    }
}

fn unused(seen: &ItemUse) -> Result<(), Problem> {
    if seen.first.is_none() {
        Ok(())
    } else {
        Err(Problem::new(
            Code::ItemUsed,
            "A verifier took the item: it can not be taken back.",
        ))
    }
}

fn waits(row: &VoidRow) -> Result<(), Problem> {
    if row.state == VoidState::Requested {
        Ok(())
    } else {
        Err(decided_already(row))
    }
}

fn decided_already(row: &VoidRow) -> Problem {
    let state = match row.state {
        VoidState::Requested => "waiting",
        VoidState::Cancelled => "cancelled",
        VoidState::Rejected => "rejected",
        VoidState::Credited => "carried out",
    };
    Problem::new(Code::VoidDecided, format!("The request is {state}."))
}

fn no_wish() -> Problem {
    Problem::new(
        Code::NotFound,
        "Nobody asked for this item to be taken back.",
    )
}

fn no_item() -> Problem {
    Problem::new(Code::NotFound, "There is no such item.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::{Counter, Mills, Version};

    fn row(piece_count: u32, counter: u64, day: u32, last_day: u16) -> Vec<u8> {
        CreditedItem {
            version: Version,
            meter: MeterSerial(1),
            piece_count,
            value: Mills(1),
            counter: Counter(counter),
            last_day,
            day: Day::from_decimal(day).unwrap(),
        }
        .to_bytes()
    }

    #[test]
    fn the_list_is_what_the_newest_credit_left_p23() {
        let rows = [
            row(3, 9, 20_261_101, 20_800),
            row(5, 12, 20_261_105, 20_850),
            row(8, 10, 20_261_103, 20_840),
        ];
        let list = listed(&rows, 1).unwrap();
        assert_eq!(list.day(), Day::from_decimal(20_261_105).unwrap());
        assert_eq!(list.pieces().len(), 3);
        // After a re-issue the list begins anew (P28).
        assert_eq!(listed(&rows, 9), Some(CreditedList::default()));
        assert_eq!(listed(&rows, 6).unwrap().pieces().len(), 1);
        assert_eq!(listed(&[], 1), Some(CreditedList::default()));
        assert_eq!(listed(&[vec![1, 2]], 1), None);
    }
}
