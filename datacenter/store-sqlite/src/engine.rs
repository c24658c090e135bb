//! The two loops: snapshots for readers, joined transactions for the writer.

use crate::checkpoint::Checkpoints;
use crate::error::engine;
use crate::limits::{JOINED_BYTES_MAX, JOINED_MAX};
use crate::threads::{Job, Queue, next};
use rusqlite::Connection;
use std::ops::Deref;
use store::StoreError;

/// A connection as a call gets it, inside a transaction.
pub(crate) struct Turn<'a> {
    connection: &'a Connection,
    together: bool,
}

impl Turn<'_> {
    /// Whether nothing of this call can be undone without all others of its group. What would have to
    /// be undone is then an error: the group is begun anew, each call for itself.
    pub(crate) fn is_together(&self) -> bool {
        self.together
    }
}

impl Deref for Turn<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// Answers each call from one snapshot that begins after the call was queued.
pub(crate) fn read_loop(connection: &Connection, queue: &Queue) {
    while let Some(mut job) = next(queue, 1, usize::MAX).pop() {
        if job.abandoned() {
            continue;
        }
        let ended = read_alone(connection, |turn| job.run(turn));
        job.finish(ended);
    }
}

/// Reads in a snapshot of its own.
pub(crate) fn read_alone<T>(
    connection: &Connection,
    work: impl FnOnce(&Turn<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    execute(connection, "BEGIN DEFERRED")?;
    let together = false;
    let read = work(&Turn {
        connection,
        together,
    });
    // Nothing was written, so how the snapshot ends does not matter.
    drop(execute(connection, "ROLLBACK"));
    read
}

/// Joins the calls that wait into one transaction; answers none before it is durable.
pub(crate) fn write_loop(connection: &Connection, queue: &Queue, mut checkpoints: Checkpoints) {
    loop {
        let mut jobs = next(queue, JOINED_MAX, JOINED_BYTES_MAX);
        if jobs.is_empty() {
            return;
        }
        let bytes = jobs.iter().map(|job| job.weight()).sum();
        let ended = transact(connection, &mut jobs);
        if ended.is_err() && !connection.is_autocommit() {
            drop(execute(connection, "ROLLBACK"));
        }
        for job in jobs {
            job.finish(ended.clone());
        }
        checkpoints.committed(connection, bytes);
    }
}

/// Nearly always all goes well. To be able to undo one call alone costs a copy of each page that it
/// changes; so that is done only once something went wrong.
fn transact(connection: &Connection, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    execute(connection, "BEGIN IMMEDIATE")?;
    let together = Turn {
        connection,
        together: true,
    };
    if jobs
        .iter_mut()
        .try_for_each(|job| job.run(&together))
        .is_ok()
    {
        return execute(connection, "COMMIT");
    }
    if !connection.is_autocommit() {
        execute(connection, "ROLLBACK")?;
    }
    execute(connection, "BEGIN IMMEDIATE")?;
    for job in jobs {
        execute(connection, "SAVEPOINT call")?;
        if let Err(error) = run(connection, job) {
            // Some errors, a full disk for one, end the whole transaction.
            if connection.is_autocommit() {
                return Err(error);
            }
            execute(connection, "ROLLBACK TO call")?;
        }
        execute(connection, "RELEASE call")?;
    }
    execute(connection, "COMMIT")
}

/// Runs one call in a transaction of its own, inside whatever the connection has kept.
pub(crate) fn run_alone(connection: &Connection, mut job: Box<dyn Job>) {
    let ended = execute(connection, "SAVEPOINT call").and_then(|()| {
        if run(connection, &mut job).is_err() {
            execute(connection, "ROLLBACK TO call")?;
        }
        execute(connection, "RELEASE call")
    });
    job.finish(ended);
}

fn run(connection: &Connection, job: &mut Box<dyn Job>) -> Result<(), StoreError> {
    job.run(&Turn {
        connection,
        together: false,
    })
}

/// Runs a statement without parameters or rows.
pub(crate) fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(drop)
        .map_err(engine)
}
