//! Moving what is committed out of the write-ahead log into the database.
//!
//! Most of it is done beside the writer, on a thread and a connection of its own, and no commit waits
//! for it. Little at a time: while the disk takes in what was moved, flushes of commits take longer.
//! Only the writer can begin the log anew, and only when nothing is left in it and the database is
//! flushed; so now and then the last, small rest is its own. SQLite flushes the database with that
//! rest and not before, which would be a tenth of a second of waiting: so the thread beside has flushed
//! what it moved. That flush would be in the way of commits in its turn: so now and then, before it, the
//! kernel is told to begin.
//!
//! Not here: what is durable. A commit is, by the log alone, before it is answered.

use crate::limits::{
    CHECKPOINT_BYTES, CHECKPOINT_PASSES, CHECKPOINT_REST, LOG_PAGES, WRITE_OUT_PAGES,
};
use rusqlite::Connection;
use rustix::process::setpriority_process;
use rustix::thread::gettid;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;

/// Of the other thread: the politest there is.
const NICENESS: i32 = 19;

/// The writer's end.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    nudge: SyncSender<()>,
    rest: Arc<AtomicBool>,
    /// Bytes written since the last nudge, as callers count them.
    bytes: usize,
}

/// The other thread's end.
struct Beside {
    nudged: Receiver<()>,
    rest: Arc<AtomicBool>,
    file: Arc<File>,
}

/// Runs the writer, and the other thread for as long as that. Then the writer's connection is the
/// last of the two to close. `file` is the database; whoever calls keeps it open for longer.
pub(crate) fn beside(connection: Connection, file: Arc<File>, writer: impl FnOnce(Checkpoints)) {
    let (nudge, nudged) = sync_channel(1);
    let rest = Arc::new(AtomicBool::new(false));
    let checkpoints = Checkpoints {
        nudge,
        rest: Arc::clone(&rest),
        bytes: 0,
    };
    // Without it the log has a limit of its own.
    let thread = Builder::new()
        .name("store-checkpoint".to_owned())
        .spawn(move || Beside { nudged, rest, file }.run(&connection));
    writer(checkpoints);
    if let Ok(thread) = thread {
        // A thread that panicked has already said so.
        drop(thread.join());
    }
}

impl Checkpoints {
    /// After each commit, of so many bytes.
    pub(crate) fn committed(&mut self, connection: &Connection, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > CHECKPOINT_BYTES {
            // It is at work already, or is gone with its error: then the log has a limit of its own.
            let _ = self.nudge.try_send(());
            self.bytes = 0;
        }
        if self.rest.swap(false, Ordering::Relaxed) {
            drop(pass(connection));
        }
    }
}

impl Beside {
    /// Runs until the writer has gone.
    fn run(&self, connection: &Connection) {
        // It has time; whoever waits for an answer has not. Refused, it is only not as polite.
        let _ = setpriority_process(Some(gettid()), NICENESS);
        // Pages of the log whose place in the database is being written.
        let mut begun = 0;
        while self.nudged.recv().is_ok() {
            let mut before = 0;
            for left in (0..CHECKPOINT_PASSES).rev() {
                // What fails here fails for the writer too, and is told there.
                let Ok(moved) = pass(connection) else { break };
                if moved < begun {
                    // The log has begun anew.
                    begun = 0;
                }
                if moved.saturating_sub(begun) > WRITE_OUT_PAGES {
                    // Refused, all of it is left to the flush.
                    let _ = write_out::begin(&self.file);
                    begun = moved;
                }
                if moved < LOG_PAGES {
                    break;
                }
                // What came during one pass, and a flush, is what is left after it.
                if moved.saturating_sub(before) < CHECKPOINT_REST || left == 0 {
                    self.rest.store(true, Ordering::Relaxed);
                    break;
                }
                before = moved;
                // What fails here fails for the writer too.
                drop(self.file.sync_data());
            }
        }
    }
}

/// Moves what no reader keeps in the log; pages of the log that are moved by now.
fn pass(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))
}
