//! Calls handed to threads, and their answers handed back.
//!
//! Not here: transactions (`engine`).

use crate::engine::{Turn, run_alone};
use crate::error::{closed, corrupt};
use crate::limits::QUEUE_MAX;
use crate::near::Near;
use async_channel::{Receiver, Sender, bounded};
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use store::{StoreError, Unavailable};
use tokio::sync::oneshot;

/// One call: run in a transaction, answered once that has ended.
pub(crate) trait Job: Send {
    /// Bytes that it is about to write, roughly.
    fn weight(&self) -> usize;
    /// Whether nobody waits for the answer.
    fn abandoned(&self) -> bool;
    /// Does the work and keeps the answer; may be done once more, after all that it did was undone.
    fn run(&mut self, turn: &Turn<'_>) -> Result<(), StoreError>;
    /// Answers: with what was kept, or with why the transaction as a whole failed.
    fn finish(self: Box<Self>, ended: Result<(), StoreError>);
}

struct Call<F, T> {
    weight: usize,
    work: F,
    kept: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Call<F, T>
where
    F: FnMut(&Turn<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn weight(&self) -> usize {
        self.weight
    }
    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }
    fn run(&mut self, turn: &Turn<'_>) -> Result<(), StoreError> {
        let kept = (self.work)(turn);
        let ended = kept.as_ref().map(drop).map_err(Clone::clone);
        self.kept = Some(kept);
        ended
    }
    fn finish(self: Box<Self>, ended: Result<(), StoreError>) {
        let answer = match (ended, self.kept) {
            (Ok(()), Some(kept)) => kept,
            // Its own error says more than that of the transaction which it broke.
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error),
            (Ok(()), None) => Err(corrupt("", "the call was never run")),
        };
        // Nobody waits any more: the work is done all the same.
        drop(self.reply.send(answer));
    }
}

/// The end of a queue that threads take from.
pub(crate) type Queue = Receiver<Box<dyn Job>>;

/// The next jobs: waits for one, and takes with it what waits already, up to so many jobs and
/// bytes. None once the store is closed and the queue is empty.
pub(crate) fn next(queue: &Queue, jobs_max: usize, bytes_max: usize) -> Vec<Box<dyn Job>> {
    let mut jobs: Vec<_> = queue.recv_blocking().into_iter().collect();
    let mut weight = jobs.iter().map(|job| job.weight()).sum::<usize>();
    while !jobs.is_empty() && jobs.len() < jobs_max && weight < bytes_max {
        let Ok(job) = queue.try_recv() else { break };
        weight = weight.saturating_add(job.weight());
        jobs.push(job);
    }
    jobs
}

/// Where calls run.
#[derive(Debug)]
pub(crate) enum Lane {
    /// On threads of their own.
    Threads(Threads),
    /// On the caller's (`near`).
    Near(Near),
    /// On the caller's, all on one connection (`memory`).
    Here(Arc<Mutex<Connection>>),
}

/// A queue with its threads.
#[derive(Debug)]
pub(crate) struct Threads {
    sender: Option<Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Lane {
    /// Starts one thread for each of these, all of which take from one queue.
    pub(crate) fn start(
        name: &str,
        loops: impl IntoIterator<Item = impl FnOnce(&Queue) + Send + 'static>,
    ) -> Result<Self, StoreError> {
        let (sender, queue) = bounded(QUEUE_MAX);
        let threads = loops
            .into_iter()
            .map(|run| {
                let queue = queue.clone();
                Builder::new()
                    .name(name.to_owned())
                    .spawn(move || run(&queue))
                    .map_err(|error| StoreError::Unavailable {
                        reason: Unavailable::Io,
                        detail: error.to_string(),
                    })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::Threads(Threads {
            sender: Some(sender),
            threads,
        }))
    }

    /// Has a call run and waits for its answer.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        weight: usize,
        work: impl FnMut(&Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let call = |work| {
            Box::new(Call {
                weight,
                work,
                kept: None,
                reply,
            })
        };
        match self {
            Self::Threads(threads) => {
                let sender = threads.sender.as_ref().ok_or_else(closed)?;
                sender.send(call(work)).await.map_err(|_| closed())?;
            }
            Self::Near(near) => return near.read(work).await,
            Self::Here(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                run_alone(&connection, call(work));
            }
        }
        answer.await.map_err(|_| closed())?
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.sender = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
    }
}
