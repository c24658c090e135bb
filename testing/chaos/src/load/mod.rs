//! Clients under whom the storm goes on: each a task that asks, asks again, and keeps its ledger.
//! Not here: how one request is asked until it is answered (`door`), nor any judgement but that an
//! answer differs from an earlier one to the same.

pub(crate) mod items;
mod money;
mod people;
mod post;

use crate::book::{Book, Customer, Pages};
pub(crate) use items::again;

use crate::door::{Ask, Door};
use crate::notes::Notes;
use crate::witness::{Claim, Witness};
use e2e::House;
use fastrand::Rng;
use sdk::api::{Decided, SignedStatement};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// Customers who buy all the time.
const CUSTOMERS: usize = 3;

/// What all clients share.
#[derive(Debug)]
pub(crate) struct Shift {
    pub(crate) house: Arc<House>,
    pub(crate) door: Door,
    pub(crate) book: Book,
    pub(crate) notes: Arc<Notes>,
    pub(crate) witness: Witness,
    /// Nothing new is bought.
    closing: AtomicBool,
    /// Nothing new is done at all.
    closed: AtomicBool,
}

/// The tasks.
pub(crate) struct Load {
    shift: Arc<Shift>,
    buyers: JoinSet<Option<()>>,
    others: JoinSet<Option<()>>,
}

impl Load {
    /// Signs the customers up, and sets all clients to work.
    pub(crate) async fn begin(shift: Shift, seed: u64) -> Option<Self> {
        let shift = Arc::new(shift);
        let mut rng = Rng::with_seed(seed);
        let mut customers = Vec::new();
        for number in 0..CUSTOMERS {
            customers
                .push(people::customer(&shift, &mut rng, &format!("customer-{number}")).await?);
        }
        let mut load = Self {
            shift: Arc::clone(&shift),
            buyers: JoinSet::new(),
            others: JoinSet::new(),
        };
        // The first meter is everybody's, the last one is suspended now and then.
        let [busy, quiet, suspended] = customers.try_into().expect("as many as were made");
        for (name, customer, batch) in [
            ("a", &busy, false),
            ("b", &busy, false),
            ("c", &busy, true),
            ("d", &quiet, false),
            ("e", &quiet, true),
            ("f", &suspended, false),
        ] {
            let buyer = items::Buyer {
                name,
                customer: Arc::clone(customer),
                batch,
            };
            load.buyers
                .spawn(buyer.work(Arc::clone(&shift), rng.fork()));
        }
        let own = || Arc::clone(&shift);
        load.others.spawn(money::treasury(own(), rng.fork()));
        load.others.spawn(people::newcomers(own(), rng.fork()));
        // Two, so that a session is renewed while its user logs in.
        load.others.spawn(people::sessions(own(), rng.fork()));
        load.others.spawn(people::sessions(own(), rng.fork()));
        load.others
            .spawn(people::operators(own(), rng.fork(), suspended));
        load.others.spawn(post::office(own(), rng.fork()));
        Some(load)
    }

    /// Lets everybody finish what they began; each gets its answers.
    pub(crate) async fn end(mut self) -> Arc<Shift> {
        self.shift.closing.store(true, Ordering::Relaxed);
        finish(&mut self.buyers).await;
        self.shift.closed.store(true, Ordering::Relaxed);
        finish(&mut self.others).await;
        self.shift
    }
}

/// One more item for each of the customers who buy all the time: the service goes on.
pub(crate) async fn one_each(shift: &Shift, rng: &mut Rng) -> Option<()> {
    let customers: Vec<_> = shift.book.open().customers.clone();
    for (customer, number) in customers.iter().zip(0..CUSTOMERS) {
        let key = format!("afterwards-{number}");
        items::buy(shift, rng, customer, &key, false, 1).await?;
    }
    Some(())
}

async fn finish(tasks: &mut JoinSet<Option<()>>) {
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

impl Shift {
    pub(crate) fn new(house: Arc<House>, door: Door, notes: Arc<Notes>) -> Self {
        Self {
            witness: Witness::of(house.database(), Arc::clone(&notes)),
            house,
            door,
            book: Book::default(),
            notes,
            closing: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        }
    }

    /// The ledger, once all that was claimed of the database has been looked for in it.
    pub(crate) fn close(self) -> (Pages, Arc<House>) {
        drop(self.witness);
        (self.book.into_pages(), self.house)
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed) || self.notes.is_over()
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed) || self.notes.is_over()
    }

    /// Notes what an answer contradicts.
    fn judge(&self, outcome: Result<(), String>) {
        if let Err(why) = outcome {
            self.notes.violation(why);
        }
    }

    /// Hands in a signed statement, at times at both servers at once; the ledger has it first.
    async fn hand_in(
        &self,
        rng: &mut Rng,
        kind: &'static str,
        path: String,
        statement: &[u8],
        about: crate::book::Statement,
    ) -> Option<()> {
        let digest = verify::statement_digest(statement);
        self.book.open().statements.insert(digest, about);
        let body = SignedStatement {
            statement: sdk::encode(statement),
        };
        let ask = Ask::post(kind, path, &e2e::key_of(statement), &body);
        let said = if rng.u8(..8) == 0 {
            let mut other = rng.fork();
            let (one, two) = tokio::join!(
                self.door.ask_first(0, rng, None, &ask),
                self.door.ask_first(1, &mut other, None, &ask)
            );
            let decided: Decided = self.door.expected(&ask, two?)?;
            self.judge(self.book.decided(digest, &decided.decision));
            one?
        } else {
            self.door.ask(rng, None, &ask).await?
        };
        let decided: Decided = self.door.expected(&ask, said)?;
        self.judge(self.book.decided(digest, &decided.decision));
        self.witness.claim(Claim::Statement(digest));
        Some(())
    }
}

async fn pause(rng: &mut Rng, ms: std::ops::Range<u64>) {
    tokio::time::sleep(Duration::from_millis(rng.u64(ms))).await;
}

/// A customer of the ledger, any one.
fn any_customer(shift: &Shift, rng: &mut Rng) -> Arc<Customer> {
    let pages = shift.book.open();
    Arc::clone(&pages.customers[rng.usize(..pages.customers.len())])
}

/// One of those who buy all the time.
fn busy_customer(shift: &Shift, rng: &mut Rng) -> Arc<Customer> {
    Arc::clone(&shift.book.open().customers[rng.usize(..CUSTOMERS)])
}
