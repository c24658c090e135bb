//! Calls handed to threads, and their answers handed back.
//!
//! Not here: transactions (`engine`).

use crate::engine::run_alone;
use crate::error::{closed, corrupt};
use crate::limits::QUEUE_MAX;
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use store::{StoreError, Unavailable};
use tokio::sync::{mpsc, oneshot};

/// One call: run in a transaction, answered once that has ended.
pub(crate) trait Job: Send {
    /// Bytes that it is about to write, roughly.
    fn weight(&self) -> usize;
    /// Whether nobody waits for the answer.
    fn abandoned(&self) -> bool;
    /// Does the work and keeps the answer. An error undoes this job alone.
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError>;
    /// Answers: with what was kept, or with why the transaction as a whole failed.
    fn finish(self: Box<Self>, ended: Result<(), StoreError>);
}

struct Call<F, T> {
    weight: usize,
    work: Option<F>,
    kept: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Call<F, T>
where
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn weight(&self) -> usize {
        self.weight
    }
    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let Some(work) = self.work.take() else {
            return Ok(());
        };
        let kept = work(connection);
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

/// The end of a queue that threads take from in turn.
pub(crate) type Queue = Arc<Mutex<mpsc::Receiver<Box<dyn Job>>>>;

/// Next job; `None` once the store is closed and the queue is empty.
pub(crate) fn next(queue: &Queue) -> Option<Box<dyn Job>> {
    queue
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .blocking_recv()
}

/// Next job, if one waits already.
pub(crate) fn waiting(queue: &Queue) -> Option<Box<dyn Job>> {
    queue
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .try_recv()
        .ok()
}

/// Where calls run.
#[derive(Debug)]
pub(crate) enum Lane {
    /// On threads of their own.
    Threads(Threads),
    /// On the caller's (`memory`).
    Here(Arc<Mutex<Connection>>),
}

/// A queue with its threads.
#[derive(Debug)]
pub(crate) struct Threads {
    sender: Option<mpsc::Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Lane {
    /// Starts one thread a connection.
    pub(crate) fn start(
        name: &str,
        connections: Vec<Connection>,
        run: fn(&Connection, &Queue),
    ) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let queue: Queue = Arc::new(Mutex::new(receiver));
        let threads = connections
            .into_iter()
            .map(|connection| {
                let queue = Arc::clone(&queue);
                Builder::new()
                    .name(name.to_owned())
                    .spawn(move || run(&connection, &queue))
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
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let call = Box::new(Call {
            weight,
            work: Some(work),
            kept: None,
            reply,
        });
        match self {
            Self::Threads(threads) => {
                let sender = threads.sender.as_ref().ok_or_else(closed)?;
                sender.send(call).await.map_err(|_| closed())?;
            }
            Self::Here(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                run_alone(&connection, call);
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
