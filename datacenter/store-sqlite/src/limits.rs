//! Every limit of this engine, with its reason.

use std::time::Duration;

/// Threads that read listings: mostly memory work, more only compete for the cores.
pub(crate) const READERS: usize = 2;
/// Reads of single rows at once, each on its caller's thread: callers run on a thread a core.
pub(crate) const NEAR: usize = 8;
/// Calls waiting for a thread; beyond it callers wait before they queue.
pub(crate) const QUEUE_MAX: usize = 1_024;
/// Calls joined into one transaction: the flush is paid once, nobody waits long for others.
pub(crate) const JOINED_MAX: usize = 256;
/// Bytes joined into one transaction, as the callers count them; one call may be larger.
pub(crate) const JOINED_BYTES_MAX: usize = 16 << 20;
/// How long a statement waits for another process.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const _: () = assert!(JOINED_MAX <= QUEUE_MAX);
