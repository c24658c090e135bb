//! Every limit of the web edge, with its reason and with what happens at it. They are fixed: none
//! depends on an installation. For operators they stand in docs/operators.md.

use std::num::NonZeroU32;
use std::time::Duration;

/// Bytes of any body but an image: 1,000 items with long addresses. Above: `too-large`.
pub(crate) const BODY_MAX: usize = 2 << 20;
/// Bytes of a verification: an image of 8 MiB in base64. Above: `too-large`.
pub(crate) const IMAGE_BODY_MAX: usize = 12 << 20;
/// Bytes of a mailing, or of texts of envelopes: 10,000 rows with long addresses. Above: `too-large`.
pub(crate) const MAILING_BODY_MAX: usize = 8 << 20;
/// Characters of a reference: an order number, and no place to keep a text.
pub(crate) const REFERENCE_MAX: usize = 64;
/// Bytes of all bodies that are held at once. Above: `unavailable`, nothing charged.
pub(crate) const BODIES_BYTES_MAX: usize = 256 << 20;
/// Bytes of an idempotency key.
pub(crate) const KEY_MAX: usize = 255;
/// Characters of the reason of a rejection: a sentence or two.
pub(crate) const REASON_MAX: usize = 200;
/// Meters, or requests to take items back, of one page.
pub(crate) const PAGE_MAX: u32 = 100;
/// Sheets of daily totals of one page: a full one has half a megabyte.
pub(crate) const SHEETS_MAX: u32 = 10;
/// Envelopes of one call: those of one mailing.
pub(crate) const ENVELOPES_MAX: usize = 10_000;
/// Age of an operator's question, milliseconds: five minutes.
pub(crate) const OPERATOR_AGE_MAX: u64 = 5 * 60 * 1000;

/// Value-moving work under way at once. Each of it may hold a whole body, and outlives a client
/// that hangs up, so connections do not bound it. Above: `unavailable`, nothing charged.
pub(crate) const WORKS_MAX: usize = 256;
/// Value-moving work that waits for its turn at once, its body read: about as much as is under way, so
/// that nobody waits much longer than for an answer. Above, requests are held before they are read.
pub(crate) const WAITS_MAX: usize = 256;
/// How long a request that finds no room waits for it, or is held, before it is turned away: whoever
/// asks again at once takes time from those who are served, and does so seldom that way.
pub(crate) const NO_ROOM_PAUSE: Duration = Duration::from_millis(250);
/// Mailings checked or bought at once, each some 20 MB with its answer until that is read. Whoever finds no
/// turn within [`TURN_TIME`] gets `unavailable`, nothing charged.
pub(crate) const MAILINGS_MAX: usize = 16;
/// Statements and reports read at once: each takes some megabytes, and a
/// core while its reader is fast. Whoever finds no turn within
/// [`TURN_TIME`] gets `unavailable`.
pub(crate) const TABLES_MAX: usize = 16;
/// Portions of a statement, of some hundred lines, that wait to be written.
pub(crate) const LINES_MAX: usize = 2;
/// Images read at once. An honest one takes a fraction of a second; a drawn trap of some hundred KiB
/// takes a third of a gigabyte, and a core for a quarter of a minute, so others keep theirs. Whoever
/// finds no turn within [`TURN_TIME`] gets `unavailable`.
pub(crate) const READINGS_MAX: usize = 1;
/// Sheets of envelopes drawn at once, as [`READINGS_MAX`].
pub(crate) const DRAWINGS_MAX: usize = 1;
/// Bytes of a drawing that are kept in memory: some hundred envelopes. Beyond: a file without a name.
pub(crate) const DRAWING_IN_MEMORY_MAX: usize = 1 << 20;
/// Bytes of a drawing that are read back at once.
pub(crate) const DRAWING_PIECE: usize = 256 << 10;
/// Wait for a turn at reading or drawing.
pub(crate) const TURN_TIME: Duration = Duration::from_secs(10);
/// Threads for work that blocks, beside those that check signatures: readings, drawings, tables, and
/// files of checkpoints.
const BLOCKING_THREADS: usize = READINGS_MAX + DRAWINGS_MAX + TABLES_MAX + 4;

/// Threads for connections and all that is no work that blocks: as many as cores.
/// `TOKIO_WORKER_THREADS` says otherwise.
#[must_use]
pub fn connection_threads() -> usize {
    let said = std::env::var("TOKIO_WORKER_THREADS").ok();
    let said = said.and_then(|count| count.parse().ok());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    said.unwrap_or(cores).max(1)
}

/// Threads for work that blocks: so many that signatures never wait for a drawing.
#[must_use]
pub fn blocking_threads() -> usize {
    functions::check_threads().saturating_add(BLOCKING_THREADS)
}

/// Bytes of a request's head. Above: 431 without a body, and the connection is closed.
pub(crate) const HEAD_BYTES_MAX: usize = 32 << 10;
/// Header lines of a request. Above: as [`HEAD_BYTES_MAX`].
pub(crate) const HEADERS_MAX: usize = 64;
/// Bytes that a connection buffers between socket and handler.
pub(crate) const BUFFER_MAX: usize = 128 << 10;
/// From the first byte that is waited for to the last one of a body. After: `request-timeout`.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(30);
/// Wait after an error of `accept` that is this machine's (no files left), not the peer's.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What is left to do after the drain at a stop: the last acknowledgements and checkpoints.
pub(crate) const FINISH_TIME: Duration = Duration::from_secs(5);

/// Refusals logged a second, and at once: a flood of bad requests must not fill a disk.
pub(crate) const REFUSALS_LOGGED_PER_SECOND: NonZeroU32 = NonZeroU32::new(20).unwrap();
pub(crate) const REFUSALS_LOGGED_AT_ONCE: NonZeroU32 = NonZeroU32::new(500).unwrap();

/// Limits of connections; together, so that tests can have shorter times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connections {
    /// Connections at once, below the usual 1,024 open files of a process. Above: the one that has
    /// waited for its client longest is closed; if the server works on all of them, the newcomer
    /// waits in the queue of the kernel.
    pub(crate) places: usize,
    /// From the moment that a connection waits for a request until its head is there whole: this is
    /// also how long an idle one is kept. After: closed.
    pub(crate) head: Duration,
    /// Without one byte of the answer taken. After: closed.
    pub(crate) write: Duration,
    /// From head to answer. After: `unavailable`, charged unknown; work that moves value goes on.
    pub(crate) request: Duration,
    /// Life of a connection; after it the exchange under way is its last, and has the time of one.
    pub(crate) life: Duration,
    /// From the wish to stop to the last answer. After: connections are closed; what their work did
    /// not finish, the next start does. With [`FINISH_TIME`] it is less than a supervisor waits.
    pub(crate) drain: Duration,
}

/// Those of a data centre.
pub(crate) const CONNECTIONS: Connections = Connections {
    places: 768,
    head: Duration::from_secs(30),
    write: Duration::from_secs(30),
    request: Duration::from_secs(90),
    life: Duration::from_secs(15 * 60),
    drain: Duration::from_secs(8),
};

const _: () = assert!(IMAGE_BODY_MAX < BODIES_BYTES_MAX && BODY_MAX < IMAGE_BODY_MAX);
const _: () = assert!(WORKS_MAX + WAITS_MAX < CONNECTIONS.places && KEY_MAX < HEAD_BYTES_MAX);
const _: () = assert!(HEAD_BYTES_MAX <= BUFFER_MAX);
// A decision may take twice the patience with a box, and a body its time before that.
const _: () = assert!(
    CONNECTIONS.request.as_secs()
        >= BODY_TIME.as_secs() + 2 * box_client::limits::TOTAL_TIMEOUT.as_secs()
);
