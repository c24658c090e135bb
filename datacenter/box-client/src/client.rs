//! What callers hold: a cheap handle to the two tasks of one box.

use crate::collector::{self, Waiting};
use crate::connection::{Ask, Driver};
use crate::dial::{Dial, TlsDial};
use crate::limits::{ANSWER_TIMEOUT, QUEUE_MAX, TOTAL_TIMEOUT};
use crate::{BoxError, ServerKey};
use item::{BoxId, BoxKind, Layout};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use wire::limits::FRAME_MAX;
use wire::{Entry, Outcome, Reply, Request};

/// One box of the transcript, and where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxAddress {
    /// Kind.
    pub kind: BoxKind,
    /// Number among its kind.
    pub id: BoxId,
    /// Where it listens.
    pub address: SocketAddr,
    /// Ed25519 key of its channel, from the transcript.
    pub key: [u8; 32],
}

impl BoxAddress {
    /// For logs and errors: `meter box 1`.
    pub(crate) fn name(&self) -> String {
        let kind = self.kind.name().to_ascii_lowercase();
        format!("{kind} box {}", self.id.0)
    }
}

/// How long a client waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one answer on one connection; after it the request is sent again on a new connection.
    pub answer: Duration,
    /// For a request over all attempts; after it the caller is told.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: ANSWER_TIMEOUT,
            total: TOTAL_TIMEOUT,
        }
    }
}

/// A client of one box. Clones share the connection; the tasks end when the last clone has gone
/// and everything handed over is answered.
#[derive(Debug, Clone)]
pub struct BoxClient {
    line: Line,
    entries: mpsc::Sender<Waiting>,
    kind: BoxKind,
}

/// The way to the task that owns the connection.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    asks: mpsc::Sender<Ask>,
    pub(crate) name: Arc<str>,
    busy: Arc<AtomicUsize>,
    total: Duration,
}

impl BoxClient {
    /// A client with the usual patience. Connects when it is first asked.
    ///
    /// # Errors
    /// [`BoxError::Key`] if a key is not usable.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(address: BoxAddress, key: &ServerKey) -> Result<Self, BoxError> {
        Self::with_patience(address, key, Patience::default())
    }

    /// A client with a patience of its own.
    ///
    /// # Errors
    /// [`BoxError::Key`] if a key is not usable.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn with_patience(
        address: BoxAddress,
        key: &ServerKey,
        patience: Patience,
    ) -> Result<Self, BoxError> {
        let dial = TlsDial::new(address.address, key, &address.key)?;
        let name = address.name();
        Ok(Self::over(address.kind, name, Arc::new(dial), patience))
    }

    /// A client over connections of another making.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn over(kind: BoxKind, name: String, dial: Arc<dyn Dial>, patience: Patience) -> Self {
        let (asks, asked) = mpsc::channel(QUEUE_MAX);
        let (entries, waiting) = mpsc::channel(QUEUE_MAX);
        let line = Line {
            asks,
            name: name.as_str().into(),
            busy: Arc::default(),
            total: patience.total,
        };
        tokio::spawn(Driver::new(name, dial, patience, asked).run());
        tokio::spawn(collector::run(line.clone(), waiting));
        Self {
            line,
            entries,
            kind,
        }
    }

    /// Asks anything. Sent again after a lost connection, the same bytes, within the total time.
    ///
    /// # Errors
    /// [`BoxError`]; a refusal is a [`Reply`].
    pub async fn ask(&self, request: Request) -> Result<Reply, BoxError> {
        self.line.ask(&request).await
    }

    /// Has one change decided, together with whatever others ask at the same time. Takes at most
    /// twice the total time: once waiting for a frame, once for the answer to it.
    ///
    /// # Errors
    /// [`BoxError`]; a refusal is an [`Outcome`].
    pub async fn decide(&self, entry: Entry) -> Result<Outcome, BoxError> {
        let (answer, outcome) = oneshot::channel();
        let deadline = Instant::now() + self.line.total;
        let waiting = Waiting {
            entry,
            deadline,
            answer,
        };
        match timeout_at(deadline, self.entries.send(waiting)).await {
            Ok(sent) => sent.map_err(|_| self.line.ended())?,
            Err(_) => return Err(self.line.unavailable("the queue is full")),
        }
        outcome.await.map_err(|_| self.line.ended())?
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> BoxKind {
        self.kind
    }

    /// Requests that are not answered.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.line.busy.load(Ordering::Relaxed)
    }
}

impl Line {
    pub(crate) async fn ask(&self, request: &Request) -> Result<Reply, BoxError> {
        let body = request.to_bytes();
        if body.len() > FRAME_MAX {
            return Err(BoxError::TooLarge);
        }
        let deadline = Instant::now() + self.total;
        let (answer, reply) = oneshot::channel();
        let ask = Ask {
            body,
            deadline,
            answer,
            busy: Busy::count(&self.busy),
        };
        match timeout_at(deadline, self.asks.send(ask)).await {
            Ok(sent) => sent.map_err(|_| self.ended())?,
            Err(_) => return Err(self.unavailable("the queue is full")),
        }
        reply.await.map_err(|_| self.ended())?
    }

    pub(crate) fn nonsense(&self) -> BoxError {
        BoxError::Nonsense {
            name: self.name.to_string(),
        }
    }

    pub(crate) fn unavailable(&self, last: &str) -> BoxError {
        BoxError::Unavailable {
            name: self.name.to_string(),
            after: self.total,
            last: last.to_owned(),
        }
    }

    fn ended(&self) -> BoxError {
        BoxError::Ended {
            name: self.name.to_string(),
        }
    }
}

/// Counts one unanswered request for as long as it lives.
#[derive(Debug)]
pub(crate) struct Busy(Arc<AtomicUsize>);

impl Busy {
    fn count(counter: &Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
