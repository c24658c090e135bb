//! Customers that want items taken back, and the refunder who approves: once, twice at once, and again
//! after an answer that never came.

use crate::clock;
use crate::customers::{Street, Told, is_passing};
use crate::house::{act, approval};
use functions::{Code, Problem, SessionToken};
use item::{ActBody, BalanceRefund, Beneficiary, BoxKind, ItemRecord, MeterState};
use std::sync::PoisonError;
use std::time::Duration;
use store::ItemId;
use tokio::time::sleep;
use verify::statement_digest;

impl Street {
    /// Takes some of one customer's items back.
    pub async fn take_back(self, number: usize, mut rng: fastrand::Rng, count: usize) {
        for _ in 0..count {
            sleep(Duration::from_millis(rng.u64(300..2_500))).await;
            let Some(item) = self.some_item(number, &mut rng) else {
                continue;
            };
            if self.asked_for(number, &item, &mut rng).await {
                self.approve(&item, &mut rng).await;
            }
        }
    }

    /// An item that the customer holds.
    fn some_item(&self, number: usize, rng: &mut fastrand::Rng) -> Option<ItemRecord> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let items: Vec<ItemRecord> = orders
            .iter()
            .filter(|order| order.customer == number)
            .filter_map(|order| match &order.told {
                Told::Items(items) => Some(items.clone()),
                Told::Nothing | Told::Refused(_) => None,
            })
            .flatten()
            .collect();
        rng.choice(items)
    }

    /// Until the request is stored.
    async fn asked_for(&self, number: usize, item: &ItemRecord, rng: &mut fastrand::Rng) -> bool {
        let token = self.house.customers[number].token.clone();
        let id = ItemId {
            meter: item.meter,
            piece_count: item.piece_count,
        };
        while clock::elapsed() < self.until {
            let token = token.clone();
            let work =
                move |centre: crate::server::Functions| async move { ask(centre, token, id).await };
            match self.attempt(rng, work).await {
                Some(Ok(())) => return true,
                Some(Err(problem)) if !is_passing(&problem) => {
                    self.story.answered(problem.code.as_str());
                    return false;
                }
                _ => sleep(Duration::from_millis(rng.u64(5..700))).await,
            }
        }
        false
    }

    /// Approves until the item is void; some approvals are made twice, and brought in at once.
    async fn approve(&self, item: &ItemRecord, rng: &mut fastrand::Rng) {
        let id = ItemId {
            meter: item.meter,
            piece_count: item.piece_count,
        };
        let mut copies = Vec::new();
        for nth in 0..rng.u64(1..4) {
            let Ok(bytes) = approval(&self.house.installation, item, nth) else {
                return;
            };
            let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
            watch.approvals.insert(statement_digest(&bytes));
            copies.push(bytes);
        }
        if copies.len() > 1 {
            self.story.fault("item approved twice at once");
        }
        for bytes in copies.clone().into_iter().skip(1) {
            let (street, mut rng) = (self.clone(), rng.fork());
            tokio::spawn(async move {
                let work = move |centre: crate::server::Functions| async move {
                    centre.approve_void(id, &bytes).await
                };
                street.attempt(&mut rng, work).await
            });
        }
        while clock::elapsed() < self.until {
            let Some(bytes) = copies.first().cloned() else {
                return;
            };
            let work = move |centre: crate::server::Functions| async move {
                centre.approve_void(id, &bytes).await
            };
            match self.attempt(rng, work).await {
                Some(Ok(_)) => {
                    self.story.answered("item taken back");
                    let name = format!("{}-{}", id.meter, id.piece_count);
                    self.story.tell(|| format!("item {name} is void"));
                    return;
                }
                Some(Err(problem)) if !is_passing(&problem) => {
                    // A lying database hides the request, the item or the meter.
                    self.story.answered(problem.code.as_str());
                    let known = [Code::NotFound, Code::VoidDecided, Code::BalanceLimit];
                    if !known.contains(&problem.code) {
                        self.story.tell(|| format!("a void is refused: {problem}"));
                    }
                    return;
                }
                _ => sleep(Duration::from_millis(rng.u64(5..700))).await,
            }
        }
    }
}

impl Street {
    /// Closes a customer's meter for good: its balance goes back to the treasury. What is ordered and
    /// approved meanwhile is decided before, or refused; the act that names the balance is made anew
    /// until it names the right one.
    pub(crate) async fn withdraw(&self, number: usize, rng: &mut fastrand::Rng, mut acts: u64) {
        let meter = self.house.customers[number].meter;
        let installation = &self.house.installation;
        let subject = meter.subject();
        acts += 1;
        let made = act(
            installation,
            BoxKind::Meter,
            subject,
            acts,
            ActBody::Withdraw,
        );
        let Ok(bytes) = made else { return };
        self.bring(rng, "withdrawal", number, bytes).await;
        acts += 1;
        while clock::elapsed() < self.until {
            let look = move |centre: crate::server::Functions| async move {
                centre.any_meter(meter).await
            };
            let Some(Ok(record)) = self.attempt(rng, look).await else {
                sleep(Duration::from_millis(rng.u64(5..700))).await;
                continue;
            };
            if record.state == MeterState::Withdrawn {
                return self.story.answered("meter withdrawn");
            }
            let refund = ActBody::RefundBalance(BalanceRefund {
                amount: record.descending,
                beneficiary: Beneficiary::Treasury,
            });
            let made = act(installation, BoxKind::Meter, subject, acts, refund);
            let Ok(bytes) = made else { return };
            let work =
                move |centre: crate::server::Functions| async move { centre.act(&bytes).await };
            // Refused if an item came back meanwhile: then the balance is another.
            if let Some(Err(problem)) = self.attempt(rng, work).await {
                self.story.answered(problem.code.as_str());
            }
            sleep(Duration::from_millis(rng.u64(5..300))).await;
        }
    }
}

async fn ask(
    centre: crate::server::Functions,
    token: SessionToken,
    id: ItemId,
) -> Result<(), Problem> {
    let session = centre.session(token).await?;
    centre.ask_void(&session, id).await.map(|_| ())
}
