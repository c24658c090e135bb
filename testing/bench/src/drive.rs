//! Many connections: each asks again as soon as it is answered (throughput), or whenever its time
//! has come, however long answers take (latency; whoever waits for the answer before would hide
//! the wait of all who came meanwhile).

use crate::http::{Ask, Connection};
use crate::now;
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

/// Makes the requests of connection number so-and-so, one after the other.
pub(crate) type Source = Arc<dyn Fn(usize, u64) -> Ask + Send + Sync>;

/// How it went.
#[derive(Debug, Default)]
pub(crate) struct Driven {
    pub(crate) seconds: f64,
    /// Weight of all good answers.
    pub(crate) done: u64,
    pub(crate) refused: BTreeMap<String, u64>,
    /// Of each good answer, microseconds.
    latencies: Vec<u32>,
}

impl Driven {
    pub(crate) fn rate(&self) -> f64 {
        self.done as f64 / self.seconds
    }

    /// Milliseconds within which this part of the answers came.
    pub(crate) fn within_ms(&mut self, part: f64) -> Option<f64> {
        self.latencies.sort_unstable();
        let last = self.latencies.len().checked_sub(1)?;
        let place = (last as f64 * part) as usize;
        let micros = self.latencies.get(place)?;
        Some(f64::from(*micros) / 1000.0)
    }

    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.latencies.extend(other.latencies);
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
    }

    async fn ask(&mut self, connection: &mut Connection, ask: Ask, since: Instant) -> Result<()> {
        let weight = ask.weight;
        let said = connection.ask(ask).await?;
        if said.is_good() {
            self.done += weight;
            let micros = since.elapsed().as_micros();
            self.latencies
                .push(u32::try_from(micros).unwrap_or(u32::MAX));
        } else {
            *self.refused.entry(said.code()).or_default() += 1;
        }
        Ok(())
    }

    /// Refusals that a measurement of speed does not expect: its figures would mean nothing.
    pub(crate) fn all_good(self) -> Result<Self> {
        if !self.refused.is_empty() {
            bail!("refused while measuring: {:?}", self.refused);
        }
        Ok(self)
    }
}

async fn gathered(mut workers: JoinSet<Result<Driven>>, begun: Instant) -> Result<Driven> {
    let mut all = Driven::default();
    while let Some(one) = workers.join_next().await {
        all.add(one??);
    }
    all.seconds = begun.elapsed().as_secs_f64();
    Ok(all)
}

/// Throughput: so many connections, each with one request at a time.
pub(crate) async fn closed(
    api: &str,
    connections: usize,
    time: Duration,
    source: Source,
) -> Result<Driven> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(api).await?);
    }
    let begun = now();
    let mut workers = JoinSet::new();
    for (worker, mut connection) in open.into_iter().enumerate() {
        let source = Arc::clone(&source);
        workers.spawn(async move {
            let mut driven = Driven::default();
            let mut number = 0;
            while begun.elapsed() < time {
                let ask = source(worker, number);
                driven.ask(&mut connection, ask, now()).await?;
                number += 1;
            }
            Ok(driven)
        });
    }
    gathered(workers, begun).await
}

/// Throughput of requests of which each has to follow the one before; ends with the last of them.
pub(crate) async fn one_by_one(api: &str, time: Duration, asks: Vec<Ask>) -> Result<Driven> {
    let mut connection = Connection::open(api).await?;
    let (begun, mut driven) = (now(), Driven::default());
    for ask in asks {
        if begun.elapsed() >= time {
            break;
        }
        driven.ask(&mut connection, ask, now()).await?;
    }
    driven.seconds = begun.elapsed().as_secs_f64();
    Ok(driven)
}

/// What is said of requests for which no connection was free.
const NOT_SENT: &str = "not sent, all connections waiting";

/// Shortest sleep between requests that come at a rate: each wakes a thread on the machine that is
/// measured. They come that much later, and their times count from when they were due.
const PACE: Duration = Duration::from_micros(200);

/// Latency: requests come at a fixed rate, whether earlier ones are answered or not, over at most
/// so many connections. Times count from when a request was due. At most `waiting` wait for a
/// connection; what comes then is not sent, and counted.
pub(crate) async fn at_rate(
    api: &str,
    connections: usize,
    time: Duration,
    per_second: f64,
    waiting: usize,
    source: Source,
) -> Result<Driven> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(api).await?);
    }
    let count = (per_second * time.as_secs_f64()).ceil() as u64;
    let (due, dues) = mpsc::channel(waiting.min(usize::try_from(count)?).max(1));
    let dues = Arc::new(Mutex::new(dues));
    let begun = now();
    // A thread of its own: a runtime's timer counts whole milliseconds.
    let pacer = std::thread::spawn(move || {
        let mut not_sent = 0;
        for number in 0..count {
            let at = begun + Duration::from_secs_f64(number as f64 / per_second);
            let ahead = at.saturating_duration_since(now());
            if !ahead.is_zero() {
                std::thread::sleep(ahead.max(PACE));
            }
            match due.try_send((number, at)) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => not_sent += 1,
                // Workers end early only with an error, which is told.
                Err(TrySendError::Closed(_)) => break,
            }
        }
        not_sent
    });
    let mut workers = JoinSet::new();
    for (worker, mut connection) in open.into_iter().enumerate() {
        let (source, dues) = (Arc::clone(&source), Arc::clone(&dues));
        workers.spawn(async move {
            let mut driven = Driven::default();
            loop {
                let next = dues.lock().await.recv().await;
                let Some((number, at)) = next else { break };
                let ask = source(worker, number);
                driven.ask(&mut connection, ask, at).await?;
            }
            Ok(driven)
        });
    }
    drop(dues);
    let mut driven = gathered(workers, begun).await?;
    // It only sleeps and sends.
    if let Ok(not_sent @ 1..) = pacer.join() {
        driven.refused.insert(NOT_SENT.to_owned(), not_sent);
    }
    Ok(driven)
}
