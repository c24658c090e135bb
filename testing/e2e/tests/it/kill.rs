//! `kill -9` of any one process during batches, ten times: nothing lost, nothing twice (V4).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use e2e::{Customer, House, PASSWORD, letter, now};
use item::{ItemRecord, Layout};
use sdk::api::{DispenseBatch, SignUp};
use sdk::{ApiError, Client};
use tokio::task::JoinSet;

use crate::held::settled;

/// Kills, and the processes that they choose from.
const KILLS: usize = 10;
const PROCESSES: [&str; 5] = ["keys", "auth", "meter", "transaction", "datacenter"];
/// Items of one batch.
const ITEMS: usize = 5;
/// Callers at once.
const CALLERS: usize = 4;
/// Times that a caller asks again, after all that the client itself tries.
const ATTEMPTS_MAX: usize = 20;

/// A generator of numbers that do not look regular (SplitMix64), so that a run can be repeated.
struct Numbers(u64);

impl Numbers {
    /// The seed is printed; `INDICIA_TEST_SEED` repeats a run.
    fn seeded() -> Self {
        let given = std::env::var("INDICIA_TEST_SEED").ok();
        let seed = given.map_or_else(|| now().0, |text| text.parse().unwrap());
        println!("INDICIA_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let mixed = (mixed ^ (mixed >> 31)) as usize;
        mixed % end
    }
}

/// Asks the same until it is answered.
macro_rules! until_answered {
    ($what:expr, $call:expr) => {{
        let mut attempt = 0;
        loop {
            match $call.await {
                Ok(answer) => break answer,
                Err(error) => wait_after($what, attempt, error).await,
            }
            attempt += 1;
        }
    }};
}

/// Payloads by key.
type Answers = BTreeMap<String, Vec<String>>;

/// Buys one batch, always with the same key.
async fn buy(client: &Client, meter: u32, key: &str) -> Vec<String> {
    let order = DispenseBatch {
        items: vec![letter().item; ITEMS],
        expected_piece_count: None,
    };
    let answer = until_answered!(key, client.dispense_batch(meter, &order, key));
    answer.items.into_iter().map(|item| item.payload).collect()
}

/// Before the same is asked again: nobody knows what came of it, or the service said later.
async fn wait_after(what: &str, attempt: usize, error: ApiError) {
    let may_be_asked = error.outcome_unknown() || error.problem().is_some_and(|p| p.retryable);
    assert!(may_be_asked && attempt < ATTEMPTS_MAX, "{what}: {error}");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Buys batch after batch until it is told to stop.
async fn caller(client: Arc<Client>, meter: u32, name: usize, stop: Arc<AtomicBool>) -> Answers {
    let mut answers = Answers::new();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let key = format!("caller-{name}-{number}");
        let payloads = buy(&client, meter, &key).await;
        assert_eq!(payloads.len(), ITEMS);
        answers.insert(key, payloads);
        number += 1;
        // More would only make the audit longer.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    answers
}

/// Signs up one user after another until it is told to stop: work for the boxes that a batch does
/// not need. Gives the accounts with their meters.
async fn newcomers(client: Arc<Client>, stop: Arc<AtomicBool>) -> BTreeMap<String, u32> {
    let mut made = BTreeMap::new();
    while !stop.load(Ordering::Relaxed) {
        let name = format!("newcomer-{}", made.len());
        let body = SignUp {
            login: format!("{name}@example.com"),
            password: PASSWORD.to_owned(),
            display_name: name.clone(),
        };
        let signed_up = until_answered!(&name, client.sign_up(&body, &name));
        // The same once more: nothing more is made.
        let again = until_answered!(&name, client.sign_up(&body, &name));
        assert_eq!(
            (&signed_up.account, signed_up.meter),
            (&again.account, again.meter)
        );
        until_answered!(&name, client.sign_on(&body.login, PASSWORD));
        made.insert(signed_up.account, signed_up.meter);
    }
    made
}

/// All items of a meter as the database has them.
fn recorded(house: &House, customer: &Customer) -> Vec<ItemRecord> {
    let sql = house.sql();
    let mut rows = sql
        .prepare("SELECT item FROM items WHERE meter = ?1 ORDER BY piece_count")
        .unwrap();
    let rows = rows
        .query_map([customer.meter], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    rows.map(|bytes| ItemRecord::from_bytes(&bytes.unwrap()).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_process_killed_ten_times_during_batches_loses_nothing_and_doubles_nothing() {
    let mut house = House::running();
    let mut numbers = Numbers::seeded();
    let customer = house.customer("killed").await;
    for deposit in 2..=20 {
        let evidence =
            house.deposit_now(customer.meter, deposit, 100_000, &format!("more-{deposit}"));
        customer.refill(&evidence).await.unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for name in 0..CALLERS {
        let client = house.client();
        client.set_session(customer.client.session());
        callers.spawn(caller(
            Arc::new(client),
            customer.meter,
            name,
            Arc::clone(&stop),
        ));
    }
    let others = tokio::spawn(newcomers(Arc::new(house.client()), Arc::clone(&stop)));
    for _ in 0..KILLS {
        let pause = Duration::from_millis(numbers.below(150) as u64);
        let process = PROCESSES[numbers.below(PROCESSES.len())];
        println!("{process} after {pause:?}");
        tokio::time::sleep(pause).await;
        tokio::task::block_in_place(|| house.kill_and_wait(process));
    }
    // Somebody must have been served after the last kill, too.
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop.store(true, Ordering::Relaxed);
    let mut answers = Answers::new();
    while let Some(own) = callers.join_next().await {
        answers.append(&mut own.unwrap());
    }
    let newcomers = others.await.unwrap();
    assert!(answers.len() >= CALLERS && !newcomers.is_empty());
    println!(
        "{} batches of {ITEMS} items, {} sign-ups",
        answers.len(),
        newcomers.len()
    );

    settled(&house).await;
    let recorded = recorded(&house, &customer);
    let acknowledged: Vec<&String> = answers.values().flatten().collect();
    let distinct: BTreeSet<&String> = acknowledged.iter().copied().collect();
    assert_eq!(
        distinct.len(),
        acknowledged.len(),
        "an item was given to two"
    );
    let kept: BTreeSet<String> = recorded
        .iter()
        .map(|item| sdk::encode(item.payload.as_slice()))
        .collect();
    assert_eq!(kept.len(), recorded.len(), "an item was kept twice");
    assert_eq!(
        kept,
        distinct.into_iter().cloned().collect(),
        "each acknowledged item, and no other"
    );

    let meter = customer.state().await;
    let spent: u64 = recorded.iter().map(|item| item.value.0).sum();
    assert_eq!(meter.piece_count as usize, recorded.len());
    assert_eq!(meter.ascending_mills, spent);
    assert_eq!(meter.ascending_mills + meter.descending_mills, 20 * 100_000);
    let count =
        |table| e2e::rows::value::<i64>(&house.sql(), &format!("SELECT count(*) FROM {table}"), []);
    let meters: BTreeSet<u32> = newcomers.values().copied().collect();
    assert_eq!(meters.len(), newcomers.len(), "each has a meter of its own");
    let made = i64::try_from(meters.len()).unwrap() + 1;
    assert_eq!((count("users"), count("meters")), (made, made));
    // And each key still says the same.
    for (key, payloads) in &answers {
        assert_eq!(
            buy(&customer.client, customer.meter, key).await,
            *payloads,
            "{key}"
        );
    }
    assert_eq!(customer.state().await.piece_count, meter.piece_count);
    house.stop();
    house.assert_clean();
}
