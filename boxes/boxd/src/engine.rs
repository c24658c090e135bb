//! The one thread that owns the service: decide all that waits, commit once, release (P14).
//!
//! There is no waiting for more to come: while a commit runs, the next group gathers by itself.

use crate::limits::{GROUP_MAX, GROUP_MS, PIECE_PAUSE_MS, TICK};
use crate::{BoxdError, clock};
use keeper::{Caller, Failed, Pending, Service};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;
use vault::scrub;
use wire::{Reply, Request};

/// One request on its way to the service.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) caller: Caller,
    pub(crate) correlation: u64,
    pub(crate) request: Request,
    pub(crate) reply_to: Sender<Out>,
}

/// What a connection's writer is told.
#[derive(Debug)]
pub(crate) enum Out {
    /// Send this.
    Reply(u64, Box<Reply>),
    /// TLS itself has something to send.
    Flush,
}

/// Runs until nobody is left who could ask.
///
/// # Errors
/// [`BoxdError::Failed`], at once: replies that are not covered by a commit are dropped.
pub(crate) fn run(mut service: Box<dyn Service>, jobs: &Receiver<Job>) -> Result<(), BoxdError> {
    let tick = u64::try_from(TICK.as_millis()).unwrap_or(u64::MAX);
    let mut next_tick = clock::since_boot();
    let mut next_piece = next_tick;
    loop {
        let now = clock::now();
        if now.since_boot >= next_tick {
            service.tick(now).map_err(BoxdError::Failed)?;
            next_tick = now.since_boot.saturating_add(tick);
            next_piece = now.since_boot;
        }
        if now.since_boot >= next_piece {
            next_piece = match service.go_on().map_err(BoxdError::Failed)? {
                true => clock::since_boot().saturating_add(PIECE_PAUSE_MS),
                false => u64::MAX,
            };
        }
        scrub();
        let next = next_tick.min(next_piece);
        let wait = Duration::from_millis(next.saturating_sub(clock::since_boot()));
        match jobs.recv_timeout(wait) {
            Ok(first) => group(service.as_mut(), first, jobs).map_err(BoxdError::Failed)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// One group under one commit.
fn group(service: &mut dyn Service, first: Job, jobs: &Receiver<Job>) -> Result<(), Failed> {
    let mut waiting: Vec<(Sender<Out>, u64, Pending)> = Vec::new();
    let mut next = Some(first);
    let begun = clock::since_boot();
    while let Some(job) = next {
        // A log-in may hash for a tenth of a second, so each request gets its own time.
        let now = clock::now();
        let pending = service.handle(job.caller, job.request, now);
        waiting.push((job.reply_to, job.correlation, pending));
        let worked = clock::since_boot().saturating_sub(begun);
        let more = waiting.len() < GROUP_MAX && worked < GROUP_MS;
        next = more.then(|| jobs.try_recv().ok()).flatten();
    }
    let committed = service.commit()?;
    for (reply_to, correlation, pending) in waiting {
        let reply = pending.release(&committed).ok_or_else(|| {
            Failed("a reply rests on records that the commit left out".to_owned())
        })?;
        // Nobody may be there any more: then the request comes again and gets the same bytes (P16).
        let _ = reply_to.send(Out::Reply(correlation, Box::new(reply)));
    }
    Ok(())
}
