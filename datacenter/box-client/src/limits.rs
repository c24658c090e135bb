//! Every limit of the client, with its reason.

use std::time::Duration;
use wire::limits::{BODY_MAX, ENTRIES_MAX, FRAME_MAX, RECORD_MAX};

/// TCP and TLS on loopback take milliseconds.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Without an answer for so long, the connection counts as lost: a box under full load commits
/// many times in this time.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// After so long the caller is told that the box is not available.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);
/// Wait before the second attempt to connect; doubles with each.
pub const BACKOFF_FIRST: Duration = Duration::from_millis(20);
/// Longest wait between attempts: a restarted box is found within this time.
pub const BACKOFF_MAX: Duration = Duration::from_secs(1);
/// Requests that wait for a place on the connection; callers beyond it wait in `ask`.
pub const QUEUE_MAX: usize = 256;
/// `Decide` frames in flight: while one is committed, others are on their way there and back.
pub const DECIDE_FRAMES: usize = 4;
/// Bytes of entries that are joined into one frame. An entry of its own may be larger. Replies are
/// longer than requests (at most about four times), and must fit into a frame too. Not as much as
/// could be: a box answers a frame when the last entry in it is decided.
pub const JOINED_BYTES_MAX: usize = 256 << 10;
/// Bytes of a `Decide` frame around its entries.
pub const DECIDE_AROUND: usize = 16;

const _: () = assert!(JOINED_BYTES_MAX + DECIDE_AROUND <= FRAME_MAX);
const _: () = assert!(BODY_MAX + RECORD_MAX + 128 + DECIDE_AROUND <= FRAME_MAX);
const _: () = assert!(DECIDE_FRAMES < wire::channel::IN_FLIGHT_MAX && ENTRIES_MAX > 1);
