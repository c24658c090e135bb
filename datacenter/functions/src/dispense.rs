//! Dispensing: join what waits for one meter, look up in one snapshot, one entry, one write (P10,
//! P11, P15, P16).
//!
//! The work belongs to a task of the server, not to the caller's connection: a client that hangs up
//! loses the answer, never the item, and gets it with the same key.

use crate::change::{entry, parse};
use crate::duplicate::refuse_duplicate;
use crate::limits::ROUNDS_MAX;
use crate::patience::Patience;
use crate::queue::{Joined, Waiting};
use crate::spending::Spends;
use crate::{Centre, Charged, Code, Inspection, NewItem, Problem, Session};
use item::{AccountId, BatchId, BoxKind, Digest, ItemRecord, Layout, List, MeterSerial, RequestId};
use std::mem::take;
use store::{LookUp, LookUpKey, PriorAnswer, Store};
use tokio::sync::oneshot;
use verify::request_id;
use wire::{Delivery, Dispense, MeterRequest, Order, Outcome, RefusalCode};

/// A request to dispense.
#[derive(Debug, Clone)]
pub struct DispenseCall {
    /// Meter.
    pub meter: MeterSerial,
    /// Digest of the idempotency key.
    pub key_digest: Digest,
    /// Digest of the request body.
    pub body_digest: Digest,
    /// Items: all or nothing.
    pub items: Vec<NewItem>,
    /// Whether they are a batch.
    pub batch: bool,
    /// Compared in the box (V8).
    pub expected_piece_count: Option<u32>,
    /// Whether a piece like the one just before is meant.
    pub allow_duplicate: bool,
}

/// What a request to dispense is answered with.
#[derive(Debug, Clone)]
pub struct Dispensed {
    /// The items.
    pub items: Vec<ItemRecord>,
    /// How near the meter's inspection is, as the look-up showed it.
    pub inspection: Inspection,
}

impl<S: Store> Centre<S> {
    /// Dispenses, or finds what the same key was answered with.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn dispense(
        &self,
        session: &Session,
        call: DispenseCall,
    ) -> Result<Dispensed, Problem> {
        let first = call.items.first();
        let asks = !call.allow_duplicate && first.is_some_and(|item| !item.recipient.is_empty());
        let key = LookUpKey {
            account: session.authority().account,
            key_digest: call.key_digest,
            meter: call.meter,
            newest: asks,
        };
        let LookUp {
            meter,
            prior,
            newest,
            limited,
        } = self.store().look_up(key).await?;
        if let Some(prior) = prior {
            is_same_body(&prior, &call.body_digest)?;
            let items = self
                .stored_answer(key.account, &key.key_digest, &prior)
                .await?;
            return Ok(Dispensed {
                items,
                inspection: Inspection::Far,
            });
        }
        let row = meter.ok_or_else(|| no_meter(call.meter))?;
        let record = self.stored_meter(call.meter, &row.record).await?;
        if !session.covers(&record) {
            return Err(no_meter(call.meter));
        }
        session.is_signed()?;
        let inspection = self.watch(&record).await;
        let open = self.open_headings(key.account, call.items.iter()).await?;
        // Not collected, as in `items_of`.
        let mut specs = Vec::with_capacity(call.items.len());
        for (index, item) in call.items.iter().enumerate() {
            let spec = open
                .cover(item)
                .and_then(|()| self.item_spec(item, &record));
            specs.push(spec.map_err(|mut problem| {
                if call.items.len() > 1 {
                    problem.detail = format!("Item {}: {}", index + 1, problem.detail);
                }
                problem
            })?);
        }
        let items = List::new(specs)
            .ok()
            .filter(|items| !items.as_slice().is_empty())
            .ok_or_else(|| Problem::new(Code::ItemCount, "Send 1 to 1,000 items."))?;
        if let Some(first) = items.as_slice().first().filter(|_| asks) {
            refuse_duplicate(newest.as_deref(), first, &[call.body_digest])?;
        }
        let request = dispense_request(key.account, &call.key_digest);
        let hold = match limited {
            true => {
                let spends = Spends {
                    account: key.account,
                    user: session.authority().user,
                    request,
                    key_digest: call.key_digest,
                    meter: call.meter,
                    items: items.as_slice(),
                };
                Some(self.hold(spends).await?)
            }
            false => None,
        };
        let order = Order {
            request,
            key_digest: call.key_digest,
            body_digest: call.body_digest,
            authority: 0,
            expected_piece_count: call.expected_piece_count,
            batch: if call.batch {
                batch_of(&request)
            } else {
                BatchId::ZERO
            },
            signature: session.signature(),
            items,
        };
        let answered = self.queued(session, key, order, row.record).await;
        if let (Some(hold), Err(problem)) = (hold, &answered)
            && problem.charged == Charged::No
        {
            self.let_go(hold).await;
        }
        Ok(Dispensed {
            items: items_of(answered?)?,
            inspection,
        })
    }

    /// Has an order wait its turn at its meter.
    async fn queued(
        &self,
        session: &Session,
        key: LookUpKey,
        order: Order,
        shown: Vec<u8>,
    ) -> Result<Vec<Vec<u8>>, Problem> {
        let (answer, waits) = oneshot::channel();
        let waiting = Waiting {
            key: LookUpKey {
                newest: false,
                ..key
            },
            order,
            authority: session.sealed().clone(),
            shown: Some(shown),
            answer,
        };
        match self.inner.queues.join(key.meter, waiting) {
            Joined::Waits => {}
            Joined::First => {
                let centre = self.clone();
                tokio::spawn(Box::pin(async move { centre.run_queue(key.meter).await }));
            }
            Joined::Full => {
                return Err(Problem::busy("Too many requests wait for this meter."));
            }
        }
        waits
            .await
            .map_err(|_| Problem::unavailable("The server is stopping."))?
    }

    /// Answers everything that waits for one meter, then ends.
    async fn run_queue(&self, meter: MeterSerial) {
        let _runner = self.inner.queues.runner(meter);
        loop {
            let orders = self.inner.queues.take(meter);
            if orders.is_empty() {
                return;
            }
            self.run_orders(meter, orders).await;
        }
    }

    /// Rounds of one set of orders, until each is answered.
    async fn run_orders(&self, meter: MeterSerial, mut orders: Vec<Waiting>) {
        let mut patience = Patience::default();
        for _ in 0..ROUNDS_MAX {
            match self.round(meter, orders, &mut patience).await {
                Ok(left) if left.is_empty() => return,
                Ok(left) => orders = left,
                Err((problem, left)) => {
                    answer_all(left, &problem);
                    return;
                }
            }
        }
        answer_all(
            orders,
            &Problem::unavailable("The meter is in heavy use. Ask again with the same key."),
        );
    }

    /// One look-up in one snapshot, one entry, one write. Orders left over need another round.
    async fn round(
        &self,
        meter: MeterSerial,
        orders: Vec<Waiting>,
        patience: &mut Patience,
    ) -> Result<Vec<Waiting>, (Problem, Vec<Waiting>)> {
        let (shown, orders) = match own_look_up(orders) {
            Ok(found) => found,
            Err(orders) => self.look_up_orders(meter, orders).await?,
        };
        if orders.is_empty() {
            return Ok(orders);
        }
        #[cfg(feature = "planted")]
        let shown = if planted::is(planted::Bug::TwoSnapshots)
            && let Ok(Some(row)) = self.store().meter(meter).await
        {
            row.record
        } else {
            shown
        };
        let asked = match dispense_entry(meter, shown, &orders) {
            Ok(asked) => asked,
            Err(problem) => return Err((problem, orders)),
        };
        let outcome = match self.boxes().meter.decide(asked).await {
            Ok(outcome) => outcome,
            Err(error) => return Err((error.into(), orders)),
        };
        match outcome {
            Outcome::Done(delivery) => match self.write_one(BoxKind::Meter, *delivery).await {
                Ok(delivery) => Ok(hand_out(delivery, orders)),
                Err(problem) => Err((problem, orders)),
            },
            Outcome::Open(delivery) => {
                // Nobody is answered from it: the next look-up finds what it was for (P17).
                let subject = meter.subject();
                match self
                    .write_open(BoxKind::Meter, subject, *delivery, patience)
                    .await
                {
                    Ok(()) => Ok(orders),
                    Err(problem) => Err((problem, orders)),
                }
            }
            Outcome::Declined(outcomes) => {
                for (waiting, outcome) in orders.into_iter().zip(outcomes.into_vec()) {
                    let problem = match outcome.result {
                        Err(refusal) => Problem::from(refusal),
                        Ok(_) => Problem::internal("declined, yet with items"),
                    };
                    let _ = waiting.answer.send(Err(problem));
                }
                Ok(Vec::new())
            }
            Outcome::Refused(refusal)
                if refusal.code == RefusalCode::Stale && patience.stale_again() =>
            {
                Ok(orders)
            }
            Outcome::Refused(refusal) => {
                let problem = self.refused(BoxKind::Meter, meter.subject(), refusal).await;
                Err((problem, orders))
            }
            Outcome::Failed(_) => Err((Problem::internal("a dispense has no failure"), orders)),
        }
    }

    /// The meter record of one snapshot, and the orders that this snapshot does not answer.
    async fn look_up_orders(
        &self,
        meter: MeterSerial,
        orders: Vec<Waiting>,
    ) -> Result<(Vec<u8>, Vec<Waiting>), (Problem, Vec<Waiting>)> {
        let keys: Vec<LookUpKey> = orders.iter().map(|o| o.key).collect();
        let found = self.store().look_up_many(&keys).await;
        #[cfg(feature = "planted")]
        let found = match planted::is(planted::Bug::JoinedSnapshots) {
            true => self.look_up_one_by_one(&keys).await,
            false => found,
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => return Err((error.into(), orders)),
        };
        let mut shown: Option<Vec<u8>> = None;
        let mut left = Vec::new();
        for (waiting, found) in orders.into_iter().zip(found) {
            match found {
                Err(error) => {
                    let _ = waiting.answer.send(Err(error.into()));
                }
                Ok(LookUp {
                    prior: Some(prior), ..
                }) => {
                    let answer = match is_same_body(&prior, &waiting.order.body_digest) {
                        Ok(()) => {
                            let key = &waiting.key;
                            let checked = self
                                .stored_answer(key.account, &key.key_digest, &prior)
                                .await;
                            checked.map(|_| prior.items)
                        }
                        Err(problem) => Err(problem),
                    };
                    let _ = waiting.answer.send(answer);
                }
                Ok(LookUp { meter: None, .. }) => {
                    let _ = waiting.answer.send(Err(no_meter(meter)));
                }
                Ok(LookUp {
                    meter: Some(row), ..
                }) => match &shown {
                    // A lying database could show two records in one snapshot: they are not joined.
                    #[cfg(feature = "planted")]
                    Some(_) if planted::is(planted::Bug::JoinedSnapshots) => {
                        shown = Some(row.record);
                        left.push(waiting);
                    }
                    Some(first) if *first != row.record => {
                        let _ = waiting
                            .answer
                            .send(Err(Problem::unavailable("Ask again with the same key.")));
                    }
                    _ => {
                        shown = Some(row.record);
                        left.push(waiting);
                    }
                },
            }
        }
        Ok((shown.unwrap_or_default(), left))
    }

    /// Each key in a snapshot of its own.
    #[cfg(feature = "planted")]
    async fn look_up_one_by_one(
        &self,
        keys: &[LookUpKey],
    ) -> Result<Vec<Result<LookUp, store::StoreError>>, store::StoreError> {
        let mut found = Vec::new();
        for key in keys {
            found.extend(self.store().look_up_many(&[*key]).await?);
        }
        Ok(found)
    }
}

/// The snapshot that a lone order brought along, once: key and record are of one (P10).
fn own_look_up(mut orders: Vec<Waiting>) -> Result<(Vec<u8>, Vec<Waiting>), Vec<Waiting>> {
    let own = match orders.as_mut_slice() {
        [only] => only.shown.take(),
        _ => None,
    };
    match own {
        Some(shown) => Ok((shown, orders)),
        None => Err(orders),
    }
}

fn no_meter(serial: MeterSerial) -> Problem {
    Problem::new(
        Code::NotFound,
        format!("You have no meter {serial}; `GET /v1/meters` lists yours."),
    )
}

/// The request that an account's key stands for (P18).
pub(crate) fn dispense_request(account: AccountId, key_digest: &Digest) -> RequestId {
    request_id(&account.0, key_digest, "dispense")
}

/// The batch id of an order: from its request, so that a repeat has the same.
fn batch_of(request: &RequestId) -> BatchId {
    let mut out = [0; 16];
    out.copy_from_slice(&request.0[..16]);
    BatchId(out)
}

/// Whether a stored answer is the answer to this body.
fn is_same_body(prior: &PriorAnswer, body_digest: &Digest) -> Result<(), Problem> {
    if prior.body_digest == *body_digest {
        return Ok(());
    }
    Err(Problem::new(
        Code::KeyReused,
        "Send another Idempotency-Key with another request. The first one's items are unchanged.",
    ))
}

fn items_of(records: Vec<Vec<u8>>) -> Result<Vec<ItemRecord>, Problem> {
    // Collected, the list would grow as it goes: results may end early.
    let mut items = Vec::with_capacity(records.len());
    for bytes in &records {
        items.push(parse(bytes, "item")?);
    }
    Ok(items)
}

/// One entry for all orders; its request id follows from theirs.
fn dispense_entry(
    meter: MeterSerial,
    shown: Vec<u8>,
    orders: &[Waiting],
) -> Result<wire::Entry, Problem> {
    let mut authorities: Vec<item::Sealed<item::Authority>> = Vec::new();
    let mut out = Vec::with_capacity(orders.len());
    let mut ids = Vec::with_capacity(orders.len() * 32);
    for waiting in orders {
        let place = match authorities.iter().position(|a| *a == waiting.authority) {
            Some(place) => place,
            None => {
                authorities.push(waiting.authority.clone());
                authorities.len() - 1
            }
        };
        ids.extend_from_slice(&waiting.order.request.0);
        out.push(Order {
            authority: u8::try_from(place)
                .map_err(|_| Problem::internal("more authorities than orders"))?,
            ..waiting.order.clone()
        });
    }
    let request = RequestId(verify::digest(verify::Tag::REQUEST, &[&ids]).0);
    let body = MeterRequest::Dispense(Dispense {
        authorities: List::new(authorities).map_err(|_| Problem::internal("authorities"))?,
        orders: List::new(out).map_err(|_| Problem::internal("orders"))?,
    })
    .to_bytes();
    entry(request, meter.subject(), shown, body)
}

/// Answers the orders of a written delivery. Orders that it does not name need another round.
fn hand_out(delivery: Delivery, orders: Vec<Waiting>) -> Vec<Waiting> {
    let mut rows = delivery.rows.into_vec();
    let mut left = Vec::new();
    for waiting in orders {
        let outcome = delivery
            .orders
            .as_slice()
            .iter()
            .find(|o| o.request == waiting.order.request);
        let Some(outcome) = outcome else {
            left.push(waiting);
            continue;
        };
        let answer = match &outcome.result {
            Err(refusal) => Err(Problem::from(refusal.clone())),
            Ok((first, count)) => {
                let (first, count) = (*first as usize, *count as usize);
                match rows.get_mut(first..first.saturating_add(count)) {
                    Some(rows) => Ok(rows.iter_mut().map(|r| take(r).into_vec()).collect()),
                    None => Err(Problem::internal("rows of an order are missing")),
                }
            }
        };
        let _ = waiting.answer.send(answer);
    }
    left
}

fn answer_all(orders: Vec<Waiting>, problem: &Problem) {
    for waiting in orders {
        let _ = waiting.answer.send(Err(problem.clone()));
    }
}
