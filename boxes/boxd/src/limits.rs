//! Every limit of the shell, with its reason.

use std::time::Duration;
use wire::limits::CALLERS_MAX;

/// How long a connection may take for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the whole handshake.
    pub handshake: Duration,
    /// Silence inside a frame, or a peer that takes no byte of a reply.
    pub frame: Duration,
    /// Silence between frames.
    pub idle: Duration,
}

/// A handshake on loopback takes milliseconds; a peer that needs longer is not one of ours. Servers
/// connect again when they need to, so silence costs them nothing.
pub const PATIENCE: Patience = Patience {
    handshake: Duration::from_secs(5),
    frame: Duration::from_secs(30),
    idle: Duration::from_secs(15 * 60),
};
/// Handshakes at once: strangers may fill these places, and no others.
pub const HANDSHAKES_MAX: usize = 16;
/// Connections of one server at once: one in use, others on their way out after a restart.
pub const CONNECTIONS_PER_CALLER: usize = 4;
/// Requests that wait for the engine; more wait in their sockets.
pub const QUEUE_MAX: usize = 32;
/// Requests under one commit: bounds how long the first one of a group waits.
pub const GROUP_MAX: usize = 64;
/// Milliseconds after which no more requests are taken under a commit: a commit takes a small part of
/// that, and servers have something to do with the first replies while the next are made.
pub const GROUP_MS: u64 = 3;
/// Bytes of a request, alone in its group, that is flushed by the thread that decided it: some items.
pub const ALONE_BYTES: usize = 4 << 10;
/// Milliseconds after which a box that hears nothing looks whether its flusher has failed: nobody notices
/// the delay, nor the look.
pub const LOOK_MS: u64 = 100;
/// Between two ticks of the service; heartbeats need one a minute at least (P26).
pub const TICK: Duration = Duration::from_secs(10);
/// Milliseconds between two pieces of what is done beside deciding; one takes about one.
pub const PIECE_PAUSE_MS: u64 = 5;
/// Time for replies to leave at a clean stop; what is lost is delivered again (P17).
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// For a peer to take in why its connection ends.
pub const PART_TIMEOUT: Duration = Duration::from_millis(200);
/// Bytes of a reply that are encrypted at once, with the connection locked.
pub const WRITE_CHUNK: usize = 64 << 10;
/// Bytes read from a socket at once: one TLS record.
pub const READ_CHUNK: usize = 16 << 10;

const _: () = assert!(TICK.as_secs() <= 30);
const _: () = assert!(CALLERS_MAX * CONNECTIONS_PER_CALLER + HANDSHAKES_MAX <= 64);
