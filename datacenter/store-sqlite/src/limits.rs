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
/// Bytes of a page.
pub(crate) const PAGE_BYTES: i64 = 2_048;
/// Pages in the write-ahead log at which a commit moves them into the database itself: 512 MiB. Only
/// if the thread beside it (`checkpoint`) does not keep up.
pub(crate) const LOG_PAGES_MAX: i64 = 262_144;
/// Pages in the log from which it is begun anew, once nearly all of them are moved: 128 MiB. Each time
/// the writer waits for the disk once more.
pub(crate) const LOG_PAGES: i64 = 65_536;
/// Bytes committed before that thread is woken, as callers count them; in pages it is a few times as
/// much. More would be moved more cheaply, but commits wait while the disk takes it in.
pub(crate) const CHECKPOINT_BYTES: usize = 4 << 20;
/// Pages that it has moved before the kernel is told to begin writing them to the disk: 16 MiB of the log.
/// More often, pages that change again are written more often.
pub(crate) const WRITE_OUT_PAGES: i64 = 8_192;
/// Its passes at most, once the log is to be begun anew: each moves what was committed during the one
/// before.
pub(crate) const CHECKPOINT_PASSES: usize = 8;
/// Pages that are left to the writer: moved within milliseconds.
pub(crate) const CHECKPOINT_REST: i64 = 256;
/// Kibibytes of pages that the writer keeps: whatever is written is read first. More does harm: a
/// commit that split a page walks over all of them.
pub(crate) const WRITER_CACHE_KIB: i64 = 2 << 10;
/// How long a statement waits for another process.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const _: () = assert!(JOINED_MAX <= QUEUE_MAX && LOG_PAGES < LOG_PAGES_MAX);
