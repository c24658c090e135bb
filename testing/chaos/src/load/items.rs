//! Buyers: one item or a batch at a time. They repeat keys that were answered, ask both servers at
//! once, and ask for something else under an old key.

use super::{Shift, pause};
use crate::book::{Bought, Customer, Purchase};
use crate::door::Ask;
use crate::witness::Claim;
use e2e::letter;
use fastrand::Rng;
use sdk::api::{DispenseBatch, DispenseOne, Item, Items, Problem};
use std::sync::Arc;

/// Between two purchases.
const PAUSE_MS: std::ops::Range<u64> = 20..120;
/// Until a balance or a suspension may have changed.
const LATER_MS: std::ops::Range<u64> = 50..200;
/// Items of one batch.
const BATCH: std::ops::Range<usize> = 2..16;

/// Who buys, and how.
pub(super) struct Buyer {
    pub(super) name: &'static str,
    pub(super) customer: Arc<Customer>,
    pub(super) batch: bool,
}

impl Buyer {
    pub(super) async fn work(self, shift: Arc<Shift>, mut rng: Rng) -> Option<()> {
        let mut number = 0;
        while !shift.is_closing() {
            let key = format!("{}-{number}", self.name);
            let pieces = if self.batch { rng.usize(BATCH) } else { 1 };
            buy(&shift, &mut rng, &self.customer, &key, self.batch, pieces).await?;
            match rng.u8(..20) {
                0 => {
                    let earlier = format!("{}-{}", self.name, rng.u64(..=number));
                    again(&shift, &mut rng, &earlier).await?;
                }
                1 => other_body(&shift, &mut rng, &self.customer, &key).await?,
                _ => {}
            }
            number += 1;
            pause(&mut rng, PAUSE_MS).await;
        }
        Some(())
    }
}

/// Buys under a new key; the ledger has it first.
pub(super) async fn buy(
    shift: &Shift,
    rng: &mut Rng,
    customer: &Arc<Customer>,
    key: &str,
    batch: bool,
    pieces: usize,
) -> Option<()> {
    let purchase = Purchase {
        customer: Arc::clone(customer),
        pieces,
        batch,
        answer: None,
    };
    shift.book.open().purchases.insert(key.to_owned(), purchase);
    if rng.u8(..10) == 0 {
        let mut other = rng.fork();
        let (one, two) = tokio::join!(
            until_bought(shift, 0, rng, key),
            until_bought(shift, 1, &mut other, key)
        );
        one.and(two)
    } else {
        let first = rng.usize(..shift.door.servers());
        until_bought(shift, first, rng, key).await
    }
}

/// Asks once more for what was answered.
pub(crate) async fn again(shift: &Shift, rng: &mut Rng, key: &str) -> Option<()> {
    let first = rng.usize(..shift.door.servers());
    until_bought(shift, first, rng, key).await
}

fn ask_of(purchase: &Purchase, key: &str) -> Ask {
    let meter = purchase.customer.meter;
    let item = letter().item;
    if purchase.batch {
        let body = DispenseBatch {
            items: vec![item; purchase.pieces],
            expected_piece_count: None,
            allow_duplicate: true,
            origin: None,
        };
        Ask::post("batch", format!("/v1/meters/{meter}/batches"), key, &body)
    } else {
        let body = DispenseOne {
            item,
            expected_piece_count: None,
            allow_duplicate: true,
        };
        Ask::post("item", format!("/v1/meters/{meter}/items"), key, &body)
    }
}

async fn until_bought(shift: &Shift, first: usize, rng: &mut Rng, key: &str) -> Option<()> {
    let purchase = shift.book.open().purchases.get(key)?.clone();
    let (known, batch) = (purchase.answer.is_some(), purchase.batch);
    let ask = ask_of(&purchase, key);
    let login = Some(&purchase.customer.login);
    loop {
        let said = shift.door.ask_first(first, rng, login, &ask).await?;
        match &said {
            // Only who has not been served can be told to come later.
            Err(problem) if !known && is_for_later(problem) => pause(rng, LATER_MS).await,
            _ => {
                let items: Vec<Bought> = if batch {
                    let items: Items = shift.door.expected(&ask, said)?;
                    items.items.iter().map(Bought::from).collect()
                } else {
                    let item: Item = shift.door.expected(&ask, said)?;
                    vec![Bought::from(&item)]
                };
                shift.judge(shift.book.bought(key, &items));
                shift.notes.items(items.len());
                for item in items {
                    shift.witness.claim(Claim::Item {
                        meter: item.meter,
                        piece_count: item.piece_count,
                        payload: item.payload,
                    });
                }
                return Some(());
            }
        }
        if shift.notes.is_over() {
            return None;
        }
    }
}

fn is_for_later(problem: &Problem) -> bool {
    ["insufficient-funds", "meter-suspended"].contains(&problem.code.as_str())
}

/// Asks for something else under a key that was answered.
async fn other_body(
    shift: &Shift,
    rng: &mut Rng,
    customer: &Arc<Customer>,
    key: &str,
) -> Option<()> {
    let mut item = letter().item;
    item.department = 7;
    let body = DispenseOne {
        item,
        expected_piece_count: None,
        allow_duplicate: true,
    };
    let path = format!("/v1/meters/{}/items", customer.meter);
    let ask = Ask::post("other body", path, key, &body);
    match shift.door.ask(rng, Some(&customer.login), &ask).await? {
        Err(problem) if problem.code == "idempotency-key-reused" => {}
        said => shift
            .notes
            .violation(format!("{key} with another body: {said:?}")),
    }
    Some(())
}
