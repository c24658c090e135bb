//! What customers do: they order items, have credits and acts brought in, renew sessions, and ask
//! again with the same key until they are answered. Each keeps a ledger of what it wished and what
//! it was told; the check at the end of a run compares it with the database.

use crate::clock;
use crate::gate::Life;
use crate::house::{Customer, House, act, credit, password};
use crate::server::{Functions, Server};
use crate::story::Story;
use crate::watch::Watch;
use functions::{Code, DispenseCall, NewItem, Postage, Problem, Registers, SessionToken};
use item::{
    ActBody, BoxKind, Department, Digest, EndCustomer, ItemRecord, Layout, Mills, Suspension, Time,
    Zip,
};
use keeper::box_subject;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use verify::{idempotency_key, statement_digest};

/// One order as its customer remembers it.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which customer.
    pub customer: usize,
    /// Digest of its idempotency key.
    pub key: Digest,
    /// Values of its items, in mills.
    pub values: Vec<u64>,
    /// Attempts whose outcome the customer never saw.
    pub unanswered: u32,
    /// The last word.
    pub told: Told,
}

/// What a customer was told in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Nothing yet.
    Nothing,
    /// These items.
    Items(Vec<ItemRecord>),
    /// No.
    Refused(Code),
}

/// What all customers of a run share.
#[derive(Clone)]
pub struct Street {
    /// The house.
    pub house: Arc<House>,
    /// Servers; those that died are replaced.
    pub servers: Arc<Mutex<Vec<Server>>>,
    /// Every order.
    pub orders: Arc<Mutex<Vec<Order>>>,
    /// Statements that were not answered in time.
    pub unanswered: Arc<Mutex<Vec<String>>>,
    /// The watcher: told of credits before they are used.
    pub watch: Arc<Mutex<Watch>>,
    /// What is told.
    pub story: Story,
    /// When everybody gives up, milliseconds of the run.
    pub until: u64,
    /// Longest pause between two orders of a lane, milliseconds: short in a rush hour.
    pub pause: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the same request may be answered otherwise later.
pub(crate) fn is_passing(problem: &Problem) -> bool {
    problem.retryable
        || matches!(
            problem.code,
            Code::Unavailable
                | Code::Internal
                | Code::ClockDoubtful
                | Code::Latched
                | Code::RecordRefused
                | Code::TooSoon
        )
}

fn needs_session(problem: &Problem) -> bool {
    matches!(problem.code, Code::SignOnNeeded | Code::SessionEnded)
}

impl Street {
    fn a_server(&self, rng: &mut fastrand::Rng) -> Server {
        let servers = lock(&self.servers);
        servers[rng.usize(..servers.len())].clone()
    }

    /// One attempt at one server: `None` if the caller hung up before the answer. As behind the
    /// gateway, the work goes on without its caller.
    pub(crate) async fn attempt<T: Send + 'static, F>(
        &self,
        rng: &mut fastrand::Rng,
        work: impl FnOnce(Functions) -> F,
    ) -> Option<Result<T, Problem>>
    where
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let server = self.a_server(rng);
        if server.gate.life() == Life::Dead {
            sleep(Duration::from_millis(5)).await;
            return None;
        }
        let work = work(server.centre.clone());
        let gate = server.gate.clone();
        let running = tokio::spawn(async move {
            let answer = work.await;
            gate.pass().await;
            answer
        });
        let patience = match rng.u8(..10) {
            0..3 => rng.u64(1..60),
            3 => rng.u64(60..600),
            _ => 9_000,
        };
        match timeout(Duration::from_millis(patience), running).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(_)) => {
                self.story
                    .violation("a task of a server panicked".to_owned());
                None
            }
            Err(_) => {
                self.story.fault("client hung up");
                None
            }
        }
    }

    /// A customer's orders, one after the other, each until it is answered.
    pub async fn order(self, number: usize, lane: u64, mut rng: fastrand::Rng, count: usize) {
        let customer = &self.house.customers[number];
        // Every other lane is a program.
        let mut token = match lane % 2 {
            0 => Pass::Session(Box::new(customer.token.clone())),
            _ => Pass::ApiKey(customer.api_key.clone()),
        };
        for nth in 0..count {
            sleep(Duration::from_millis(rng.u64(1..self.pause))).await;
            let key = idempotency_key(&format!("order {number} {lane} {nth}"));
            let pieces = if rng.u8(..5) == 0 { rng.usize(2..5) } else { 1 };
            let values: Vec<u64> = (0..pieces).map(|_| price(&mut rng)).collect();
            let at = {
                let mut orders = lock(&self.orders);
                orders.push(Order {
                    customer: number,
                    key,
                    values: values.clone(),
                    unanswered: 0,
                    told: Told::Nothing,
                });
                orders.len() - 1
            };
            let call = call(&self.house.customers[number], key, &values);
            // Some are sent to two servers at once.
            let copies = if rng.u8(..3) == 0 { 2 } else { 1 };
            if copies == 2 {
                self.story.fault("order sent twice at once");
                let (street, mut rng) = (self.clone(), rng.fork());
                let (token, call) = (token.clone(), call.clone());
                lock(&self.orders)[at].unanswered += 1;
                tokio::spawn(async move {
                    let work = |centre| dispense(centre, token, call);
                    street.attempt(&mut rng, work).await
                });
            }
            let told = self.insist(&mut rng, at, &mut token, &call).await;
            self.story.answered(match &told {
                Told::Nothing => "never",
                Told::Items(_) => "items",
                Told::Refused(code) => code.as_str(),
            });
            self.story.tell(|| match &told {
                Told::Nothing => format!("customer {number} gave up on order {nth}"),
                Told::Items(items) => {
                    let first = items.first().map_or(0, |item| item.piece_count);
                    format!("customer {number} has order {nth}: piece {first}, {values:?}")
                }
                Told::Refused(code) => {
                    format!(
                        "customer {number} is refused order {nth}: {}",
                        code.as_str()
                    )
                }
            });
            lock(&self.orders)[at].told = told;
        }
    }

    async fn insist(
        &self,
        rng: &mut fastrand::Rng,
        at: usize,
        token: &mut Pass,
        call: &DispenseCall,
    ) -> Told {
        while clock::elapsed() < self.until {
            let (session, order) = (token.clone(), call.clone());
            let work = |centre| dispense(centre, session, order);
            match self.attempt(rng, work).await {
                Some(Ok(items)) => return Told::Items(items),
                Some(Err(problem)) if needs_session(&problem) => {
                    let Pass::Session(old) = token.clone() else {
                        return Told::Refused(problem.code);
                    };
                    let renew = |centre: Functions| async move { centre.renew(&old).await };
                    if let Some(Ok(renewed)) = self.attempt(rng, renew).await {
                        *token = Pass::Session(Box::new(renewed));
                    }
                }
                Some(Err(problem)) if is_passing(&problem) => {}
                Some(Err(problem)) => return Told::Refused(problem.code),
                None => lock(&self.orders)[at].unanswered += 1,
            }
            sleep(Duration::from_millis(rng.u64(5..700))).await;
        }
        Told::Nothing
    }

    /// Brings a signed statement in until it is carried out; the next one waits for it.
    pub(crate) async fn bring(
        &self,
        rng: &mut fastrand::Rng,
        what: &str,
        customer: usize,
        bytes: Vec<u8>,
    ) {
        let meter = self.house.customers[customer].meter;
        let is_credit = what == "credit";
        while clock::elapsed() < self.until {
            let statement = bytes.clone();
            let work = move |centre: Functions| async move {
                if is_credit {
                    centre.refill(meter, &statement).await
                } else {
                    centre.act(&statement).await
                }
            };
            match self.attempt(rng, work).await {
                Some(Ok(_)) => {
                    self.story.answered("statement carried out");
                    self.story
                        .tell(|| format!("{what} on meter {meter} carried out"));
                    return;
                }
                Some(Err(problem)) if !is_passing(&problem) => {
                    self.story.answered(problem.code.as_str());
                    let line = format!("{what} on meter {meter} refused: {problem}");
                    self.story.tell(|| line.clone());
                    lock(&self.unanswered).push(line);
                    return;
                }
                _ => sleep(Duration::from_millis(rng.u64(5..700))).await,
            }
        }
        lock(&self.unanswered).push(format!("{what} on meter {meter} was never answered"));
    }

    /// The desk of one customer: credits and acts in their order.
    pub async fn desk(self, number: usize, mut rng: fastrand::Rng, count: usize) {
        let customer = &self.house.customers[number];
        let (mut acts, mut credits) = (self.house.acts_done, self.house.credits_done);
        let installation = &self.house.installation;
        let subject = customer.meter.subject();
        for _ in 0..count {
            sleep(Duration::from_millis(rng.u64(1..2_500))).await;
            if rng.bool() {
                credits += 1;
                let amount = rng.u64(1_000..40_000);
                let made = credit(installation, customer.meter, credits, amount);
                let Ok((bytes, digest)) = made else { return };
                lock(&self.watch).credits.insert(digest, (amount, subject));
                self.bring(&mut rng, "credit", number, bytes).await;
            } else {
                let reason = Suspension::ABUSE;
                for body in [ActBody::Suspend(reason), ActBody::Resume(reason)] {
                    acts += 1;
                    let made = act(installation, BoxKind::Meter, subject, acts, body);
                    let Ok(bytes) = made else { return };
                    self.bring(&mut rng, "act", number, bytes).await;
                }
            }
        }
        if rng.u8(..12) == 0 {
            self.withdraw(number, &mut rng, acts).await;
        }
    }

    /// One status report, of what the customer reads first. Where items are bought meanwhile it is
    /// refused, and made anew.
    pub async fn report(self, number: usize, mut rng: fastrand::Rng) {
        let customer = &self.house.customers[number];
        sleep(Duration::from_millis(rng.u64(1..2_500))).await;
        for nth in 0.. {
            if clock::elapsed() >= self.until {
                return;
            }
            let (meter, token) = (customer.meter, customer.token.clone());
            let key = idempotency_key(&format!("report {number} {nth}"));
            let work = move |centre: Functions| async move {
                let session = centre.session(token).await?;
                let record = centre.meter(&session, meter).await?;
                let registers = Registers {
                    ascending: record.ascending,
                    descending: record.descending,
                    piece_count: record.piece_count,
                };
                centre.report(&session, meter, &key, registers).await
            };
            match self.attempt(&mut rng, work).await {
                Some(Ok(_)) => return self.story.answered("status reported"),
                Some(Err(problem)) if needs_session(&problem) => {
                    return self.story.answered(problem.code.as_str());
                }
                _ => sleep(Duration::from_millis(rng.u64(5..700))).await,
            }
        }
    }

    /// An operator who opens the next epoch, and does not rest until it is open (P3). It begins at
    /// once or a little later, in the middle of everything.
    pub async fn next_epoch(self, mut rng: fastrand::Rng) {
        sleep(Duration::from_millis(rng.u64(1..2_500))).await;
        let first = self.house.installation.newest_epoch().epoch;
        let Some(epoch) = first.next() else { return };
        let mut ahead = rng.u64(..4_000);
        while clock::elapsed() < self.until {
            let house = Arc::clone(&self.house);
            let work = move |centre: Functions| async move {
                let health = centre.health().await;
                let mut status = health.into_iter().filter_map(|one| one.status);
                let keys = status.find(|status| status.kind == BoxKind::Keys);
                let keys = keys.ok_or_else(|| Problem::unavailable("no keys box"))?;
                let starts = Time(clock::now().0 + ahead);
                let body = ActBody::OpenEpoch { epoch, starts };
                let (subject, sequence) = (box_subject(keys.id), keys.act_sequence + 1);
                let made = act(&house.installation, BoxKind::Keys, subject, sequence, body);
                let made = made.map_err(|_| Problem::unavailable("no act"))?;
                centre.act(&made).await
            };
            match self.attempt(&mut rng, work).await {
                Some(Ok(_)) => {
                    self.story.answered("epoch opened");
                    return;
                }
                // An earlier act was carried out, and its answer was lost.
                Some(Err(problem)) if problem.code == Code::EpochOrder => {
                    self.story.answered("epoch was open");
                    return;
                }
                // A box whose clock was fast stays there until the others have caught up: it calls past
                // what is not, and the operator names a later start.
                Some(Err(problem)) if problem.code == Code::EpochStart => {
                    ahead += 10_000;
                    sleep(Duration::from_millis(rng.u64(5..700))).await;
                }
                _ => sleep(Duration::from_millis(rng.u64(5..700))).await,
            }
        }
        lock(&self.unanswered).push("an epoch was never opened".to_owned());
    }

    /// One log-in, right or wrong: slow, so that only some runs have one.
    pub async fn log_in(self, number: usize, mut rng: fastrand::Rng) {
        sleep(Duration::from_millis(rng.u64(1..3_000))).await;
        let wrong = rng.u8(..3) == 0;
        let key = idempotency_key("a log-in");
        while clock::elapsed() < self.until {
            let login = self.house.customers[number].login.clone();
            let word = if wrong {
                "not the password".to_owned()
            } else {
                password(&login)
            };
            let work = |centre: Functions| async move {
                let token = centre.sign_on(key, &login, word, [9; 32]).await?;
                centre.session(token).await
            };
            match self.attempt(&mut rng, work).await {
                Some(Ok(_)) if wrong => {
                    return self
                        .story
                        .violation("a wrong password was taken".to_owned());
                }
                Some(Ok(_)) => return self.story.answered("signed on"),
                Some(Err(problem)) if !is_passing(&problem) => {
                    return self.story.answered(problem.code.as_str());
                }
                _ => sleep(Duration::from_millis(rng.u64(5..700))).await,
            }
        }
    }
}

/// What a customer shows: a person's session, or a program's key.
#[derive(Clone)]
enum Pass {
    Session(Box<SessionToken>),
    ApiKey(String),
}

async fn dispense(
    centre: Functions,
    token: Pass,
    call: DispenseCall,
) -> Result<Vec<ItemRecord>, Problem> {
    let session = match token {
        Pass::Session(token) => centre.session(*token).await?,
        Pass::ApiKey(text) => centre.session_of_key(&text).await?,
    };
    let dispensed = centre.dispense(&session, call).await?;
    Ok(dispensed.items)
}

/// Mostly small; sometimes more than is left.
fn price(rng: &mut fastrand::Rng) -> u64 {
    match rng.u8(..40) {
        0 => 99_000,
        1 => 150_000,
        _ => rng.u64(100..2_000),
    }
}

fn call(customer: &Customer, key: Digest, values: &[u64]) -> DispenseCall {
    let body: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let item = |value: &u64| NewItem {
        postage: Postage::Entered(Mills(*value)),
        mailing_day: None,
        origin: Some(Zip(12_345)),
        recipient: Vec::new(),
        country: None,
        department: Department::default(),
        end_customer: EndCustomer::default(),
    };
    DispenseCall {
        meter: customer.meter,
        key_digest: key,
        body_digest: statement_digest(&body),
        items: values.iter().map(item).collect(),
        batch: values.len() > 1,
        expected_piece_count: None,
        allow_duplicate: false,
    }
}

/// Bytes of items, to be compared with the database's.
#[must_use]
pub fn bytes_of(items: &[ItemRecord]) -> Vec<Vec<u8>> {
    items.iter().map(Layout::to_bytes).collect()
}
