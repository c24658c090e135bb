//! Bind, accept, stop.

use crate::channel::{Enrolled, server_config};
use crate::connection::{converse, handshake, part};
use crate::engine::{self, Job};
use crate::error::say;
use crate::limits::{DRAIN_TIMEOUT, PATIENCE, Patience, QUEUE_MAX};
use crate::registry::Registry;
use crate::{BoxdError, ChannelKey, Stop};
use item::{BoxId, BoxKind};
use keeper::Service;
use rustix::event::{PollFd, PollFlags, poll};
use rustls::ServerConfig;
use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::time::Duration;

/// What a box needs to know to serve.
#[derive(Debug)]
pub struct ServeConfig {
    /// Its number among its kind; only printed.
    pub id: BoxId,
    /// Loopback address; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Its own key.
    pub key: ChannelKey,
    /// Ed25519 keys of the enrolled servers in the order of the transcript.
    pub servers: Vec<[u8; 32]>,
}

/// A box that listens, and serves nobody yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    id: BoxId,
    config: Arc<ServerConfig>,
    enrolled: Arc<Enrolled>,
    patience: Patience,
}

impl Bound {
    /// Binds the address.
    ///
    /// # Errors
    /// [`BoxdError::Public`], [`BoxdError::Bind`], [`BoxdError::Servers`], [`BoxdError::Channel`].
    pub fn bind(config: ServeConfig) -> Result<Self, BoxdError> {
        if !config.listen.ip().is_loopback() {
            return Err(BoxdError::Public(config.listen));
        }
        let enrolled = Arc::new(Enrolled::new(config.servers)?);
        let tls = server_config(&config.key, enrolled.clone())?;
        let bind = |error| BoxdError::Bind(config.listen, error);
        let listener = TcpListener::bind(config.listen).map_err(bind)?;
        listener.set_nonblocking(true).map_err(bind)?;
        Ok(Self {
            address: listener.local_addr().map_err(bind)?,
            listener,
            id: config.id,
            config: tls,
            enrolled,
            patience: PATIENCE,
        })
    }

    /// The same with other time-outs: tests do not wait for a quarter of an hour.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Where it listens, with the port that it really has.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says on stdout that it is ready: one line for whoever started it.
    ///
    /// # Errors
    /// [`BoxdError::Start`].
    pub fn announce(&self, kind: BoxKind) -> Result<(), BoxdError> {
        let mut stdout = io::stdout().lock();
        let kind = kind.name().to_ascii_lowercase();
        let (id, listen) = (self.id.0, self.address);
        writeln!(stdout, "ready kind={kind} id={id} listen={listen}")
            .and_then(|()| stdout.flush())
            .map_err(BoxdError::Start)
    }

    /// Serves on the calling thread until `stop` is raised and everything that waited is answered.
    ///
    /// # Errors
    /// [`BoxdError::Start`], or [`BoxdError::Failed`] at once: connections are cut and threads are
    /// left to end with the process.
    pub fn serve(self, service: Box<dyn Service>, stop: Stop) -> Result<(), BoxdError> {
        let (queue, jobs) = mpsc::sync_channel(QUEUE_MAX);
        let registry = Arc::new(Registry::default());
        let places = registry.clone();
        std::thread::Builder::new()
            .name("acceptor".to_owned())
            .spawn(move || {
                self.accept_until(&stop, &queue, &places);
                // Readers then find the end of their streams, and with the last of them the queue
                // closes: that is what ends the engine, after everything that waits.
                places.shut(Shutdown::Read);
            })
            .map_err(BoxdError::Start)?;
        match engine::run(service, &jobs) {
            Ok(()) => {
                registry.wait(DRAIN_TIMEOUT);
                Ok(())
            }
            Err(failed) => {
                registry.shut(Shutdown::Both);
                Err(failed)
            }
        }
    }

    fn accept_until(&self, stop: &Stop, queue: &SyncSender<Job>, places: &Arc<Registry>) {
        loop {
            let mut events = [
                PollFd::new(stop.watch(), PollFlags::IN),
                PollFd::new(&self.listener, PollFlags::IN),
            ];
            // An interrupted wait shows no events; accepting then finds nobody.
            let _ = poll(&mut events, None);
            let [stopped, _] = &events;
            if !stopped.revents().is_empty() {
                return;
            }
            match self.listener.accept() {
                Ok((socket, _)) => self.welcome(socket, queue, places),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Out of file descriptors, or the peer has gone: not worth ending a box for.
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Gives the connection a thread; one that finds no place is closed.
    fn welcome(&self, socket: TcpStream, queue: &SyncSender<Job>, places: &Arc<Registry>) {
        let Some(id) = socket.try_clone().ok().and_then(|own| places.enter(own)) else {
            return;
        };
        let (config, enrolled) = (self.config.clone(), self.enrolled.clone());
        let patience = self.patience;
        let (queue, registry) = (queue.clone(), places.clone());
        let thread = std::thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || {
                if let Err(error) =
                    attend(&socket, id, config, patience, &enrolled, &queue, &registry)
                {
                    say(format_args!("connection closed: {error}"));
                }
                drop(queue);
                registry.leave(id);
            });
        if thread.is_err() {
            places.leave(id);
        }
    }
}

fn attend(
    socket: &TcpStream,
    id: u64,
    config: Arc<ServerConfig>,
    patience: Patience,
    enrolled: &Enrolled,
    queue: &SyncSender<Job>,
    registry: &Registry,
) -> io::Result<()> {
    socket.set_nonblocking(false)?;
    socket.set_nodelay(true)?;
    let (tls, caller) =
        handshake(socket, config, patience.handshake, enrolled).inspect_err(|_| part(socket))?;
    if !registry.admit(id, caller) {
        part(socket);
        return Err(io::Error::other("this server has too many connections"));
    }
    converse(socket, tls, caller, patience, queue)
}
