//! Limits against a plain model: many small histories by seed, the store compared with the model after each
//! step.

use crate::SqliteStore;
use hostile_store::sample::{SampleOrder, account, digest, meter_write, request, user};
use item::{Day, MeterSerial, Mills, Time};
use std::collections::BTreeMap;
use store::{Reservation, Reserved, Spender, Spending, SpendingLimit, Store, Write, Written};

const NOW: Time = Time(1);
const OLD: Time = Time(1_000);

/// What must be so, in as few words as possible.
#[derive(Debug, Default)]
struct Model {
    limit: Option<u64>,
    /// Spent since the month began, whether or not there was a limit.
    spent: u64,
    /// Mills and takers of each order that holds something.
    held: BTreeMap<u8, (u64, u32)>,
    answered: BTreeMap<u8, u64>,
}

impl Model {
    fn held(&self) -> u64 {
        self.held.values().map(|(mills, _)| mills).sum()
    }

    /// Whether an order may go on.
    fn reserve(&mut self, key: u8, mills: u64) -> bool {
        let Some(limit) = self.limit.filter(|_| !self.answered.contains_key(&key)) else {
            return true;
        };
        let (before, takers) = self.held.get(&key).copied().unwrap_or_default();
        let more = mills.saturating_sub(before);
        if more > 0 && self.spent + self.held() + more > limit {
            return false;
        }
        self.held.insert(key, (before.max(mills), takers + 1));
        true
    }

    fn release(&mut self, key: u8) {
        if let Some((_, takers)) = self.held.get_mut(&key) {
            *takers -= 1;
            if *takers == 0 {
                self.held.remove(&key);
            }
        }
    }

    fn written(&mut self, key: u8, mills: u64) {
        self.answered.insert(key, mills);
        self.spent += mills;
        if self.limit.is_some() {
            self.held.remove(&key);
        }
    }

    fn shown(&self) -> Option<Spending> {
        self.limit.map(|limit| Spending {
            limit: day(limit),
            day: Mills(self.spent),
            month: Mills(self.spent),
            held: Mills(self.held()),
        })
    }
}

fn day(limit: u64) -> SpendingLimit {
    SpendingLimit {
        day: Some(Mills(limit)),
        month: None,
    }
}

/// A small generator: the same seed is the same history.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % most
    }
}

/// The house under test: a store, its only meter, and orders that wait for their boxes.
struct House {
    store: SqliteStore,
    counter: u64,
    pieces: u32,
    last: Option<Write>,
}

impl House {
    async fn new() -> Self {
        let (store, _) = SqliteStore::in_memory().unwrap();
        store.write(&[meter_write(1, 1, 1, 0, &[])]).await.unwrap();
        Self {
            store,
            counter: 1,
            pieces: 0,
            last: None,
        }
    }

    async fn reserve(&self, key: u8, mills: u64) -> bool {
        let reserved = self
            .store
            .reserve(Reservation {
                account: account(1),
                request: request(key),
                key_digest: digest(key),
                meter: MeterSerial(1),
                sums: vec![(Spender::User(user(1)), Mills(mills))],
                now: NOW,
            })
            .await
            .unwrap();
        reserved == Reserved::Held
    }

    /// The box decided: items of a mill each, written with their record.
    async fn write(&mut self, key: u8, mills: u64) {
        self.counter += 1;
        let pieces = u32::try_from(mills).unwrap();
        let order = SampleOrder {
            key,
            body: key,
            pieces,
        };
        let write = meter_write(1, 1, self.counter, self.pieces, &[order]);
        self.pieces += pieces;
        let written = self
            .store
            .write(std::slice::from_ref(&write))
            .await
            .unwrap();
        assert_eq!(written, [Written::Written]);
        self.last = Some(write);
    }

    async fn write_again(&self) {
        if let Some(write) = &self.last {
            let written = self.store.write(std::slice::from_ref(write)).await.unwrap();
            assert_eq!(written, [Written::AlreadyThere]);
        }
    }

    async fn set(&self, limit: SpendingLimit) {
        let spender = Spender::User(user(1));
        self.store
            .set_spending_limit(account(1), spender, limit, Day::of_time(NOW))
            .await
            .unwrap();
    }

    async fn settle_old(&self) {
        for hold in self.store.old_holds(OLD, 100).await.unwrap() {
            self.store
                .settle_hold(hold.account, hold.request)
                .await
                .unwrap();
        }
    }

    async fn shown(&self) -> Option<Spending> {
        self.store
            .spending(account(1), Spender::User(user(1)), Day::of_time(NOW))
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn limits_are_what_a_plain_model_says() {
    let (mut refusals, mut crashes) = (0, 0);
    for seed in 0..150 {
        let (mut dice, mut house) = (Dice(seed), House::new().await);
        let mut model = Model::default();
        // Orders that were let through, with what they spend.
        let mut open: Vec<(u8, u64)> = Vec::new();
        for step in 0..60 {
            match dice.below(12) {
                0 => {
                    let limit = 5 + dice.below(30);
                    model.limit = Some(limit);
                    house.set(day(limit)).await;
                }
                1 if dice.below(4) == 0 => {
                    model.limit = None;
                    model.held.clear();
                    house.set(SpendingLimit::default()).await;
                }
                2..=6 => {
                    let (key, mills) = (1 + dice.below(20) as u8, 1 + dice.below(8));
                    let may = model.reserve(key, mills);
                    assert_eq!(
                        house.reserve(key, mills).await,
                        may,
                        "seed {seed} step {step}"
                    );
                    refusals += u32::from(!may);
                    if may && !model.answered.contains_key(&key) {
                        open.push((key, mills));
                    }
                }
                7 | 8 if !open.is_empty() => {
                    let at = dice.below(open.len() as u64) as usize;
                    let (key, mills) = open.swap_remove(at);
                    // Another call with the key was first: this one finds its answer.
                    if !model.answered.contains_key(&key) {
                        house.write(key, mills).await;
                        model.written(key, mills);
                    }
                }
                9 if !open.is_empty() => {
                    let (key, _) = open.swap_remove(0);
                    house.store.release(account(1), request(key)).await.unwrap();
                    model.release(key);
                }
                10 => house.write_again().await,
                11 if dice.below(5) == 0 => {
                    // Every server dies; hours later nothing is left over at the boxes.
                    open.clear();
                    model.held.clear();
                    house.settle_old().await;
                    crashes += 1;
                }
                _ => {}
            }
            assert_eq!(
                house.shown().await,
                model.shown(),
                "seed {seed} step {step}"
            );
        }
    }
    assert!(refusals > 100 && crashes > 20, "{refusals} {crashes}");
}

#[tokio::test]
async fn a_hold_counts_until_its_items_do_and_never_both() {
    let mut house = House::new().await;
    house.set(day(10)).await;
    assert!(house.reserve(1, 6).await);
    assert!(!house.reserve(2, 5).await, "hold not counted");
    house.write(1, 6).await;
    let shown = house.shown().await.unwrap();
    assert_eq!((shown.day, shown.held), (Mills(6), Mills(0)));
    assert!(!house.reserve(3, 5).await && house.reserve(4, 4).await);
    // The key that was answered holds nothing, however often it is asked.
    assert!(house.reserve(1, 6).await);
    assert_eq!(house.shown().await.unwrap().held, Mills(4));
}

#[tokio::test]
async fn a_limit_counts_what_was_spent_in_its_month_before() {
    let mut house = House::new().await;
    house.write(1, 7).await;
    house.set(day(10)).await;
    assert_eq!(house.shown().await.unwrap().month, Mills(7));
    assert!(!house.reserve(2, 4).await && house.reserve(2, 3).await);
    house.set(day(20)).await;
    assert_eq!(house.shown().await.unwrap().day, Mills(7), "counted once");
}

#[tokio::test]
async fn a_young_hold_is_left_alone() {
    let house = House::new().await;
    house.set(day(10)).await;
    assert!(house.reserve(1, 6).await);
    assert_eq!(house.store.old_holds(NOW, 10).await.unwrap(), []);
    assert_eq!(house.store.old_holds(OLD, 10).await.unwrap().len(), 1);
    house.settle_old().await;
    assert_eq!(house.shown().await.unwrap().held, Mills(0));
}
