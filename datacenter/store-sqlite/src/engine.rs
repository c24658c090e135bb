//! The two loops: snapshots for readers, joined transactions for the writer.

use crate::checkpoint::Checkpoints;
use crate::error::engine;
use crate::limits::{JOINED_BYTES_MAX, JOINED_MAX};
use crate::threads::{Job, Queue, next};
use rusqlite::Connection;
use store::StoreError;

/// Answers each call from one snapshot that begins after the call was queued.
pub(crate) fn read_loop(connection: &Connection, queue: &Queue) {
    while let Some(mut job) = next(queue, 1, usize::MAX).pop() {
        if job.abandoned() {
            continue;
        }
        let ended = read_alone(connection, |connection| job.run(connection));
        job.finish(ended);
    }
}

/// Reads in a snapshot of its own.
pub(crate) fn read_alone<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    execute(connection, "BEGIN DEFERRED")?;
    let read = work(connection);
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

fn transact(connection: &Connection, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    execute(connection, "BEGIN IMMEDIATE")?;
    for job in jobs {
        execute(connection, "SAVEPOINT call")?;
        if let Err(error) = job.run(connection) {
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
        if job.run(connection).is_err() {
            execute(connection, "ROLLBACK TO call")?;
        }
        execute(connection, "RELEASE call")
    });
    job.finish(ended);
}

/// Runs a statement without parameters or rows.
pub(crate) fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(drop)
        .map_err(engine)
}
