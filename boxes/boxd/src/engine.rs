//! One thread owns the service: it decides all that waits and writes it. Another one flushes that and
//! releases the replies (P14), while the first decides the next group.
//!
//! There is no waiting for more to come: while a flush runs, the next group gathers by itself. It is
//! written once that flush has ended, so at most one group is written and not durable. A small request
//! that comes alone is flushed where it was decided: handing it over would take longer than it gains.

use crate::limits::{ALONE_BYTES, GROUP_MAX, GROUP_MS, LOOK_MS, PIECE_PAUSE_MS, TICK};
use crate::{BoxdError, clock};
use keeper::{Caller, Failed, Pending, Service, Unflushed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::thread;
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

/// What waits for one flush, and who asked.
struct Group {
    unflushed: Unflushed,
    waiting: Vec<Waiting>,
}

type Waiting = (Sender<Out>, u64, Pending);

/// Runs until nobody is left who could ask.
///
/// # Errors
/// [`BoxdError::Failed`], at once: replies that are not covered by a flush are dropped.
pub(crate) fn run(mut service: Box<dyn Service>, jobs: &Receiver<Job>) -> Result<(), BoxdError> {
    let (written, groups) = sync_channel(1);
    thread::scope(|scope| {
        let releasing = thread::Builder::new()
            .name("flusher".to_owned())
            .spawn_scoped(scope, || release_all(groups))
            .map_err(BoxdError::Start)?;
        let decided = decide_all(service.as_mut(), jobs, &written, &|| {
            releasing.is_finished()
        });
        drop(written);
        let released = releasing.join();
        let released = released.unwrap_or_else(|_| Err(Failed("the flusher panicked".to_owned())));
        // What the flusher says is the cause; the other thread may only have noticed.
        released.and(decided).map_err(BoxdError::Failed)
    })
}

fn decide_all(
    service: &mut dyn Service,
    jobs: &Receiver<Job>,
    written: &SyncSender<Group>,
    has_failed: &dyn Fn() -> bool,
) -> Result<(), Failed> {
    let gone = || Failed("what was written could not be flushed".to_owned());
    let tick = u64::try_from(TICK.as_millis()).unwrap_or(u64::MAX);
    let mut next_tick = clock::since_boot();
    let mut next_piece = next_tick;
    loop {
        let now = clock::now();
        if now.since_boot >= next_tick {
            service.tick(now)?;
            next_tick = now.since_boot.saturating_add(tick);
            next_piece = now.since_boot;
        }
        if now.since_boot >= next_piece {
            next_piece = match service.go_on()? {
                true => clock::since_boot().saturating_add(PIECE_PAUSE_MS),
                false => u64::MAX,
            };
        }
        scrub();
        // Whoever waits for a flush that failed may have no further job to come, so this looks by itself.
        let next_look = now.since_boot.saturating_add(LOOK_MS);
        let next = next_tick.min(next_piece).min(next_look);
        let wait = Duration::from_millis(next.saturating_sub(clock::since_boot()));
        match jobs.recv_timeout(wait) {
            Ok(first) => {
                let is_small = is_small(&first.request);
                let group = decide(service, first, jobs)?;
                if is_small && group.waiting.len() == 1 {
                    release(group)?;
                } else {
                    written.send(group).map_err(|_| gone())?;
                }
            }
            Err(RecvTimeoutError::Timeout) if has_failed() => return Err(gone()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// One order of a few items, and nothing else.
fn is_small(request: &Request) -> bool {
    match request {
        Request::Decide(entries) => {
            matches!(entries.as_slice(), [one] if one.body.as_slice().len() <= ALONE_BYTES)
        }
        _ => false,
    }
}

/// One group, for one flush.
fn decide(service: &mut dyn Service, first: Job, jobs: &Receiver<Job>) -> Result<Group, Failed> {
    let mut waiting = Vec::new();
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
    let unflushed = service.write()?;
    Ok(Group { unflushed, waiting })
}

fn release_all(groups: Receiver<Group>) -> Result<(), Failed> {
    for group in groups {
        release(group)?;
        scrub();
    }
    Ok(())
}

/// Makes a group durable, then lets its replies go.
fn release(Group { unflushed, waiting }: Group) -> Result<(), Failed> {
    let committed = unflushed.flush().map_err(|e| Failed(e.to_string()))?;
    for (reply_to, correlation, pending) in waiting {
        let reply = pending
            .release(&committed)
            .ok_or_else(|| Failed("a reply rests on records that the flush left out".to_owned()))?;
        // Nobody may be there any more: then the request comes again and gets the same bytes (P16).
        let _ = reply_to.send(Out::Reply(correlation, Box::new(reply)));
    }
    Ok(())
}
