//! One seed, one run: the house as it was made, customers, misfortune, calm, and the check.

use crate::boxes::BoxProcess;
use crate::check::check;
use crate::clock;
use crate::customers::Street;
use crate::disk::SimDisk;
use crate::fate::Fate;
use crate::house::{CUSTOMERS, House, KINDS};
use crate::network::Network;
use crate::rogue;
use crate::rush::Rush;
use crate::server::{Roof, Server};
use crate::story::{Closed, Story};
use crate::temper::Temper;
use anyhow::Result;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Misfortune ends after this, milliseconds of the run.
const CALM: u64 = 3_500;
/// Customers give up after this, and the run is checked.
const UNTIL: u64 = 90_000;

/// Runs one seed. The house is left as it was found.
///
/// # Errors
/// If the run can not begin. What it finds is in its story.
pub fn run(house: &Arc<House>, seed: u64, watched: bool) -> Result<Closed> {
    house.store.forget();
    house.memory.put_back()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    let story = Story::new(watched);
    let watch = Arc::new(Mutex::new(house.watch.clone()));
    let world = Street {
        house: Arc::clone(house),
        servers: Arc::default(),
        orders: Arc::default(),
        unanswered: Arc::default(),
        watch: Arc::clone(&watch),
        story: story.clone(),
        until: UNTIL,
        pause: Rush::of(seed).pause(),
    };
    runtime.block_on(live(world, seed));
    let refusals = watch
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .refusals
        .clone();
    Ok(story.close(&refusals))
}

async fn live(street: Street, seed: u64) {
    clock::start();
    let mut rng = fastrand::Rng::with_seed(seed);
    let temper = Temper::of(seed);
    let (house, story) = (Arc::clone(&street.house), street.story.clone());
    story.tell(|| format!("seed {seed}, temper {}", temper.name()));
    let roof = Roof {
        boxes: boxes(&house, &street, &mut rng),
        network: Network::new(rng.u64(..), story.clone()),
        story: story.clone(),
    };
    let rush = Rush::of(seed);
    story.tell(|| format!("{rush:?}"));
    let count = rush.servers(&mut rng);
    let servers: Vec<Server> = (0..count)
        .map(|number| Server::start(number, rng.u64(..), &house, &roof))
        .collect();
    for server in &servers {
        server.gate.slow(rush.slowness());
    }
    *street
        .servers
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = servers;

    let mut people = tokio::task::JoinSet::new();
    for number in 0..rush.customers() {
        for lane in 0..rush.lanes() {
            let orders = rng.usize(rush.orders());
            people.spawn(street.clone().order(number, lane, rng.fork(), orders));
        }
        let statements = rng.usize(..2);
        people.spawn(street.clone().desk(number, rng.fork(), statements));
        let voids = rng.usize(..3);
        people.spawn(street.clone().take_back(number, rng.fork(), voids));
    }
    if rng.u8(..24) == 0 {
        people.spawn(street.clone().log_in(rng.usize(..CUSTOMERS), rng.fork()));
    }
    if rng.bool() {
        people.spawn(street.clone().next_epoch(rng.fork()));
    }
    let keeper = Fate::supervise(roof.clone(), street.clone(), rng.fork(), temper);
    let supervisor = tokio::spawn(keeper);
    if temper == Temper::Rogue {
        let blows = rng.u32(4..24);
        tokio::spawn(rogue::trouble(
            roof.clone(),
            street.clone(),
            rng.fork(),
            blows,
        ));
    }
    let fate = Fate {
        roof: roof.clone(),
        street: street.clone(),
        rng: rng.fork(),
        temper,
    };
    people.spawn(street.clone().report(rng.usize(..CUSTOMERS), rng.fork()));
    fate.strike(CALM).await.calm().await;
    if temper.recovers() {
        // Everybody gets an answer; then recovery has twice the time that it needs.
        while people.join_next().await.is_some() {}
        sleep(Duration::from_secs(7)).await;
    } else {
        let rest = async { while people.join_next().await.is_some() {} };
        let _ = timeout(Duration::from_secs(6), rest).await;
    }
    supervisor.abort();
    check(&roof, &street, temper).await;
}

fn boxes(house: &House, street: &Street, rng: &mut fastrand::Rng) -> Vec<BoxProcess> {
    KINDS
        .into_iter()
        .filter_map(|kind| {
            let disk = SimDisk::of(house.pictures.get(&kind.code())?);
            let (story, watch) = (street.story.clone(), Arc::clone(&street.watch));
            let one = BoxProcess::new(kind, disk, rng.u64(..), story, watch);
            if let Err(error) = one.start() {
                street
                    .story
                    .violation(format!("a box does not start: {error}"));
            }
            Some(one)
        })
        .collect()
}
