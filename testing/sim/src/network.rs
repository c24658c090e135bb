//! The network between servers and boxes: frames are delayed, lost, doubled and overtaken, and
//! connections are cut. TLS is left out, so each frame can have its own fate; both peers are who they
//! are. What speaks over it is the real box client.

use crate::boxes::{BoxProcess, Job};
use crate::gate::Gate;
use crate::story::Story;
use box_client::{Dial, Dialling, Stream};
use keeper::Caller;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf};
use tokio::sync::mpsc;
use tokio::time::sleep;
use wire::limits::FRAME_MAX;
use wire::{Frame, HEADER, frame_length};

/// Bytes that a connection holds.
const PIPE: usize = 1 << 20;

/// How bad the network is, per thousand frames.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// Lost.
    pub lost: u32,
    /// Delivered twice.
    pub doubled: u32,
    /// Delayed for long.
    pub slow: u32,
    /// Cuts the connection.
    pub cut: u32,
}

/// What all connections share.
#[derive(Clone)]
pub struct Network {
    inner: Arc<Mutex<Inner>>,
    story: Story,
}

struct Inner {
    rng: fastrand::Rng,
    weather: Weather,
}

/// What becomes of one frame.
enum Fate {
    Lost,
    Cut,
    Arrives(Vec<Duration>),
}

impl Network {
    /// A network in fair weather.
    #[must_use]
    pub fn new(seed: u64, story: Story) -> Self {
        let inner = Inner {
            rng: fastrand::Rng::with_seed(seed),
            weather: Weather::default(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            story,
        }
    }

    /// Changes the weather.
    pub fn set(&self, weather: Weather) {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .weather = weather;
    }

    fn fate(&self) -> Fate {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { rng, weather } = &mut *inner;
        let dice = rng.u32(..1_000);
        let quick = |rng: &mut fastrand::Rng| Duration::from_micros(rng.u64(50..1_500));
        let mut edge = weather.lost;
        if dice < edge {
            self.story.fault("frame lost");
            return Fate::Lost;
        }
        edge += weather.cut;
        if dice < edge {
            self.story.fault("connection cut");
            return Fate::Cut;
        }
        edge += weather.doubled;
        if dice < edge {
            self.story.fault("frame doubled");
            let later = Duration::from_micros(rng.u64(50..400_000));
            return Fate::Arrives(vec![quick(rng), later]);
        }
        edge += weather.slow;
        if dice < edge {
            self.story.fault("frame delayed");
            return Fate::Arrives(vec![Duration::from_micros(rng.u64(10_000..600_000))]);
        }
        Fate::Arrives(vec![quick(rng)])
    }
}

/// Dials one box for one server.
pub struct SimDial {
    /// The network between them.
    pub network: Network,
    /// The server's gate: what a dead one sends is not sent.
    pub gate: Gate,
    /// The box.
    pub to: BoxProcess,
    /// Whose key the channel was opened with.
    pub caller: Caller,
}

impl Dial for SimDial {
    fn dial(&self) -> Dialling<'_> {
        Box::pin(async move {
            self.gate.pass().await;
            sleep(Duration::from_micros(300)).await;
            if !self.to.is_up() {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (near, far) = tokio::io::duplex(PIPE);
            let line = Line {
                network: self.network.clone(),
                gate: self.gate.clone(),
                to: self.to.clone(),
                caller: self.caller,
                life: self.to.life().get(),
            };
            tokio::spawn(line.run(far));
            Ok(Box::new(near) as Box<dyn Stream>)
        })
    }
}

/// One connection.
#[derive(Clone)]
struct Line {
    network: Network,
    gate: Gate,
    to: BoxProcess,
    caller: Caller,
    /// The box's life in which the connection was made.
    life: u64,
}

impl Line {
    /// Carries frames both ways until either end is gone.
    async fn run(self, far: DuplexStream) {
        let (reading, mut writing) = tokio::io::split(far);
        let (frames, mut requests) = mpsc::unbounded_channel();
        tokio::spawn(read_frames(reading, frames));
        let (reply_to, mut replies) = mpsc::unbounded_channel::<(u64, Vec<u8>)>();
        let (arrive, mut arrived) = mpsc::unbounded_channel::<Vec<u8>>();
        let ended = self.to.life().wait_for(|life| life != self.life);
        tokio::pin!(ended);
        loop {
            tokio::select! {
                biased;
                request = requests.recv() => {
                    let Some(frame) = request else { return };
                    if !self.send_in(frame, &reply_to).await { return }
                }
                Some((correlation, body)) = replies.recv() => {
                    if !self.send_out(correlation, body, &arrive) { return }
                }
                Some(bytes) = arrived.recv() => {
                    self.gate.pass().await;
                    if writing.write_all(&bytes).await.is_err() { return }
                }
                // A box that died takes its connections along.
                () = &mut ended => return,
            }
        }
    }

    /// A request on its way to the box; false if the connection is cut.
    async fn send_in(
        &self,
        frame: Frame,
        reply_to: &mpsc::UnboundedSender<(u64, Vec<u8>)>,
    ) -> bool {
        self.gate.pass().await;
        match self.network.fate() {
            Fate::Lost => true,
            Fate::Cut => false,
            Fate::Arrives(delays) => {
                for delay in delays {
                    let (line, reply_to) = (self.clone(), reply_to.clone());
                    let (correlation, body) = (frame.correlation, frame.body.clone());
                    tokio::spawn(async move {
                        sleep(delay).await;
                        if line.to.life().get() == line.life {
                            line.to.submit(Job {
                                caller: line.caller,
                                correlation,
                                body,
                                reply_to,
                            });
                        }
                    });
                }
                true
            }
        }
    }

    /// A reply on its way to the server; false if the connection is cut.
    fn send_out(
        &self,
        correlation: u64,
        body: Vec<u8>,
        arrive: &mpsc::UnboundedSender<Vec<u8>>,
    ) -> bool {
        let Ok(bytes) = Frame { correlation, body }.to_channel(FRAME_MAX) else {
            return false;
        };
        match self.network.fate() {
            Fate::Lost => true,
            Fate::Cut => false,
            Fate::Arrives(delays) => {
                for delay in delays {
                    let (arrive, bytes) = (arrive.clone(), bytes.clone());
                    tokio::spawn(async move {
                        sleep(delay).await;
                        let _ = arrive.send(bytes);
                    });
                }
                true
            }
        }
    }
}

async fn read_frames(mut reading: ReadHalf<DuplexStream>, frames: mpsc::UnboundedSender<Frame>) {
    loop {
        let mut header = [0; HEADER];
        if reading.read_exact(&mut header).await.is_err() {
            return;
        }
        let Ok((correlation, length)) = frame_length(&header, FRAME_MAX) else {
            return;
        };
        let mut body = vec![0; length];
        if reading.read_exact(&mut body).await.is_err() {
            return;
        }
        if frames.send(Frame { correlation, body }).is_err() {
            return;
        }
    }
}
