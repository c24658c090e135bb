//! The task that owns the connection to one box and every request that is not answered.
//!
//! It keeps a request until it is answered or its time is over, whatever becomes of connections and
//! of the caller, and sends all of them again on each new connection.

use crate::BoxError;
use crate::client::{Busy, Patience};
use crate::dial::{Dial, Stream};
use crate::limits::{BACKOFF_FIRST, BACKOFF_MAX, CONNECT_TIMEOUT, QUEUE_MAX};
use item::Layout;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};
use wire::channel::IN_FLIGHT_MAX;
use wire::limits::FRAME_MAX;
use wire::{Frame, HEADER, Reply, frame_length};

/// One request on its way.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) body: Vec<u8>,
    pub(crate) deadline: Instant,
    pub(crate) answer: oneshot::Sender<Result<Reply, BoxError>>,
    pub(crate) busy: Busy,
}

/// The task's state.
pub(crate) struct Driver {
    name: String,
    dial: Arc<dyn Dial>,
    patience: Patience,
    asked: mpsc::Receiver<Ask>,
    /// By correlation number, so in the order of asking.
    unanswered: BTreeMap<u64, Ask>,
    next: u64,
    last: String,
}

/// Why a connection ended.
enum End {
    /// Nobody is left who could ask, and nothing is unanswered.
    Done,
    /// Lost: connect and send again.
    Lost(io::Error),
}

impl Driver {
    pub(crate) fn new(
        name: String,
        dial: Arc<dyn Dial>,
        patience: Patience,
        asked: mpsc::Receiver<Ask>,
    ) -> Self {
        Self {
            name,
            dial,
            patience,
            asked,
            unanswered: BTreeMap::new(),
            next: 0,
            last: "not tried yet".to_owned(),
        }
    }

    /// Runs until the last handle has gone.
    pub(crate) async fn run(mut self) {
        let mut backoff = BACKOFF_FIRST;
        loop {
            // Without a request there is no reason to connect.
            if self.unanswered.is_empty() {
                match self.asked.recv().await {
                    Some(ask) => self.keep(ask),
                    None => return,
                };
            }
            let lost = match timeout(CONNECT_TIMEOUT, self.dial.dial()).await {
                Ok(Ok(stream)) => {
                    tracing::debug!(name = %self.name, "connected");
                    let answered_before = self.next_unanswered();
                    match self.converse(stream).await {
                        End::Done => return,
                        End::Lost(error) => {
                            if self.next_unanswered() != answered_before {
                                backoff = BACKOFF_FIRST;
                            }
                            error
                        }
                    }
                }
                Ok(Err(error)) => error,
                Err(_) => io::Error::new(io::ErrorKind::TimedOut, "no connection in time"),
            };
            self.note(&lost);
            self.wait(backoff).await;
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    fn next_unanswered(&self) -> Option<u64> {
        self.unanswered.keys().next().copied()
    }

    /// Takes a request over; its correlation number.
    fn keep(&mut self, ask: Ask) -> u64 {
        let correlation = self.next;
        self.next += 1;
        self.unanswered.insert(correlation, ask);
        correlation
    }

    /// Sends everything unanswered, then goes on until the connection is lost. A connection on
    /// which a request waits too long counts as lost.
    async fn converse(&mut self, stream: Box<dyn Stream>) -> End {
        let (reading, writing) = tokio::io::split(stream);
        let (to_box, outgoing) = mpsc::channel(IN_FLIGHT_MAX);
        let (incoming, mut replies) = mpsc::channel(IN_FLIGHT_MAX);
        // Both end with this set, that is with this connection.
        let mut halves = JoinSet::new();
        halves.spawn(read_frames(reading, incoming));
        halves.spawn(write_frames(writing, outgoing));
        let mut sent: BTreeMap<u64, Instant> = BTreeMap::new();
        let mut more = true;
        loop {
            for (&correlation, ask) in &self.unanswered {
                if sent.len() >= IN_FLIGHT_MAX {
                    break;
                }
                if sent.contains_key(&correlation) {
                    continue;
                }
                let frame = Frame {
                    correlation,
                    body: ask.body.clone(),
                };
                // `ask` has checked the length; the writer's end shows in `halves`.
                if let Ok(bytes) = frame.to_channel(FRAME_MAX)
                    && let Err(mpsc::error::TrySendError::Full(_)) = to_box.try_send(bytes)
                {
                    // What ran out of time here still waits to be written: the box reads nothing.
                    break;
                }
                sent.insert(correlation, Instant::now());
            }
            if !more && self.unanswered.is_empty() {
                return End::Done;
            }
            let patience = self.patience.answer;
            let late = sent.values().min().map(|first| *first + patience);
            let over = self.unanswered.values().map(|ask| ask.deadline).min();
            tokio::select! {
                biased;
                reply = replies.recv() => match reply {
                    Some(Ok(frame)) => {
                        sent.remove(&frame.correlation);
                        self.answer(frame);
                    }
                    Some(Err(error)) => return End::Lost(error),
                    None => return End::Lost(io::ErrorKind::UnexpectedEof.into()),
                },
                ask = self.asked.recv(), if more && self.unanswered.len() < IN_FLIGHT_MAX => {
                    match ask {
                        Some(ask) => { self.keep(ask); }
                        None => more = false,
                    }
                }
                Some(Ok(Err(error))) = halves.join_next() => return End::Lost(error),
                () = at(over) => {
                    self.last = "connected, but no answer".to_owned();
                    self.expire();
                    sent.retain(|correlation, _| self.unanswered.contains_key(correlation));
                }
                () = at(late) => {
                    let error = io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
                    return End::Lost(error);
                }
            }
        }
    }

    /// Hands a reply to whoever asked. A second reply to the same request finds nobody.
    fn answer(&mut self, frame: Frame) {
        let Some(ask) = self.unanswered.remove(&frame.correlation) else {
            return;
        };
        let reply = Reply::from_bytes(&frame.body).map_err(|error| {
            tracing::error!(name = %self.name, %error, "reply cannot be read");
            BoxError::Nonsense {
                name: self.name.clone(),
            }
        });
        // Whoever has its answer is no longer counted.
        drop(ask.busy);
        // The caller may have gone; see the crate's documentation.
        let _ = ask.answer.send(reply);
    }

    /// Records a lost connection. Where no attempt can help, whoever waits is told at once.
    fn note(&mut self, error: &io::Error) {
        let name = self.name.clone();
        let verdict = match error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Error>())
        {
            Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) => {
                Some(BoxError::WrongBox { name })
            }
            Some(Error::AlertReceived(AlertDescription::AccessDenied)) => {
                Some(BoxError::NotEnrolled { name })
            }
            _ => None,
        };
        self.last = error.to_string();
        match verdict {
            Some(verdict) => {
                tracing::error!(name = %self.name, %verdict, "box refused or not recognised");
                for (_, ask) in std::mem::take(&mut self.unanswered) {
                    let _ = ask.answer.send(Err(verdict.clone()));
                }
            }
            // The box closes what is idle; so does anybody who restarts it.
            None if self.unanswered.is_empty() => {
                tracing::debug!(name = %self.name, %error, "connection ended");
            }
            None => {
                let waiting = self.unanswered.len();
                tracing::warn!(name = %self.name, %error, waiting, "connection lost");
            }
        }
    }

    /// Waits before the next attempt; requests whose time ends meanwhile are told.
    async fn wait(&mut self, backoff: std::time::Duration) {
        let end = Instant::now() + backoff;
        loop {
            let over = self.unanswered.values().map(|ask| ask.deadline).min();
            tokio::select! {
                biased;
                () = sleep_until(end) => break,
                () = at(over) => self.expire(),
                // Taken over already now, so that its time runs out here and not in the queue.
                Some(ask) = self.asked.recv(), if self.unanswered.len() < QUEUE_MAX => {
                    self.keep(ask);
                }
            }
        }
        self.expire();
    }

    /// Tells whoever waited for the whole time.
    fn expire(&mut self) {
        let now = Instant::now();
        for (_, ask) in self.unanswered.extract_if(.., |_, ask| ask.deadline <= now) {
            let _ = ask.answer.send(Err(BoxError::Unavailable {
                name: self.name.clone(),
                after: self.patience.total,
                last: self.last.clone(),
            }));
        }
    }
}

/// Sleeps until then, or for ever.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn read_frames(
    mut stream: ReadHalf<Box<dyn Stream>>,
    incoming: mpsc::Sender<io::Result<Frame>>,
) -> io::Result<()> {
    loop {
        let frame = read_frame(&mut stream).await;
        let last = frame.is_err();
        if incoming.send(frame).await.is_err() || last {
            return Ok(());
        }
    }
}

async fn read_frame(stream: &mut ReadHalf<Box<dyn Stream>>) -> io::Result<Frame> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).await?;
    let (correlation, length) = frame_length(&header, FRAME_MAX).map_err(io::Error::other)?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Frame { correlation, body })
}

async fn write_frames(
    mut stream: WriteHalf<Box<dyn Stream>>,
    mut outgoing: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    while let Some(bytes) = outgoing.recv().await {
        // A lost connection is told by the reader, which knows why; writing ends quietly.
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
            return Ok(());
        }
    }
    stream.shutdown().await
}
