//! What is under way in this process, and how much of it at once: value-moving work, bodies in
//! memory, images read, sheets drawn.
//!
//! Not here: connections (`places`), attempts at passwords (`functions::throttle`). Called by
//! handlers, and at a stop, which waits for work under way.

use crate::limits::{
    BODIES_BYTES_MAX, DRAWINGS_MAX, MAILINGS_MAX, NO_ROOM_PAUSE, READINGS_MAX, TABLES_MAX,
    TURN_TIME, WAITS_MAX, WORKS_MAX,
};
use crate::problem::Refused;
use functions::{Charged, Code, Problem};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// All of it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    works: Arc<Semaphore>,
    waits: Arc<Semaphore>,
    mailings: Arc<Semaphore>,
    tables: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    readings: Arc<Semaphore>,
    drawings: Arc<Semaphore>,
}

/// Memory taken for a body, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Held(Option<OwnedSemaphorePermit>);

/// Why blocking work gave nothing.
pub(crate) enum Undone {
    /// No turn was free in time.
    Busy,
    /// It panicked.
    Failed,
}

impl Default for Load {
    fn default() -> Self {
        let of = |count| Arc::new(Semaphore::new(count));
        Self {
            works: of(WORKS_MAX),
            waits: of(WAITS_MAX),
            mailings: of(MAILINGS_MAX),
            tables: of(TABLES_MAX),
            bodies: of(BODIES_BYTES_MAX),
            readings: of(READINGS_MAX),
            drawings: of(DRAWINGS_MAX),
        }
    }
}

impl Load {
    /// Runs value-moving work to its end even if the client hangs up: dropping a handler would stop
    /// it between two steps. (Nothing would be lost, the recovery worker would finish it; this is
    /// sooner.)
    ///
    /// # Errors
    /// `unavailable` with nothing charged if too much is under way; else what the work says.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<T, Refused> {
        self.begin(work).await?.await
    }

    /// As [`Load::to_the_end`]: the work goes on whether what it ends with is waited for or not.
    ///
    /// # Errors
    /// `unavailable` with nothing charged if too much is under way.
    pub(crate) async fn begin<T: Send + 'static, W>(
        &self,
        work: W,
    ) -> Result<impl Future<Output = Result<T, Refused>> + Send + use<T, W>, Refused>
    where
        W: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let turn = self.turn().await?;
        // Several kilobytes: copied once here, and not at each step of making a task.
        let work = Box::pin(work);
        let task = tokio::spawn(async move {
            let outcome = work.await;
            drop(turn);
            outcome
        });
        Ok(async move {
            match task.await {
                Ok(outcome) => Ok(outcome?),
                // It panicked, nobody knows how far it had come.
                Err(_) => Err(Refused(Problem {
                    charged: Charged::Unknown,
                    ..Problem::new(Code::Internal, "Ask again with the same idempotency key.")
                })),
            }
        })
    }

    /// A turn at value-moving work: now or a moment later, who came first goes first.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, Refused> {
        if let Ok(turn) = Arc::clone(&self.works).try_acquire_owned() {
            return Ok(turn);
        }
        let Ok(_place) = self.waits.try_acquire() else {
            return Err(no_room());
        };
        let turn = timeout(NO_ROOM_PAUSE, Arc::clone(&self.works).acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or_else(no_room)
    }

    /// There is room for more value-moving work, or to wait for it. Otherwise whoever asks is held
    /// for a moment: who is refused at once asks again at once, and takes time from those who are
    /// served.
    ///
    /// # Errors
    /// `unavailable` with nothing charged if there is still none then.
    pub(crate) async fn room(&self) -> Result<(), Refused> {
        let is_full = || self.waits.available_permits() == 0;
        if is_full() {
            sleep(NO_ROOM_PAUSE).await;
            if is_full() {
                return Err(no_room());
            }
        }
        Ok(())
    }

    /// Takes memory for more bytes of a body.
    ///
    /// # Errors
    /// `unavailable` with nothing charged if all bodies together are too large.
    pub(crate) fn hold(&self, held: &mut Held, bytes: usize) -> Result<(), Refused> {
        let many = || busy("Too many large requests are under way.");
        let bytes = u32::try_from(bytes).map_err(|_| many())?;
        let more = Arc::clone(&self.bodies)
            .try_acquire_many_owned(bytes)
            .map_err(|_| many())?;
        match &mut held.0 {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    /// A turn at a mailing, until what this gives is dropped.
    ///
    /// # Errors
    /// `unavailable` with nothing charged if none is free in time.
    pub(crate) async fn mailing(&self) -> Result<OwnedSemaphorePermit, Refused> {
        let turn = timeout(TURN_TIME, Arc::clone(&self.mailings).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok);
        turn.ok_or_else(|| busy("Too many mailings are under way."))
    }

    /// A turn at a statement or report, until what this gives is dropped.
    ///
    /// # Errors
    /// `unavailable` if none is free in time.
    pub(crate) async fn table(&self) -> Result<OwnedSemaphorePermit, Refused> {
        let turn = timeout(TURN_TIME, Arc::clone(&self.tables).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok);
        turn.ok_or_else(|| busy("Too many statements are being written."))
    }

    /// Reads an image, in turn.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undone> {
        in_turn(&self.readings, TURN_TIME, work).await
    }

    /// Draws, in turn.
    pub(crate) async fn draw<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undone> {
        in_turn(&self.drawings, TURN_TIME, work).await
    }

    /// Waits until no value-moving work is under way. None can begin afterwards.
    pub(crate) async fn ended(&self) {
        let all = u32::try_from(WORKS_MAX).unwrap_or(u32::MAX);
        // An error would mean that somebody closed it; nobody does.
        if let Ok(all) = self.works.acquire_many(all).await {
            all.forget();
        }
    }
}

/// Processor work on a thread of its own: it must not hold up the other requests of this thread. A
/// caller that goes away does not stop it, so its turn ends with it and not with the caller.
async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    wait: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Undone> {
    let turn = timeout(wait, Arc::clone(turns).acquire_owned())
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or(Undone::Busy)?;
    tokio::task::spawn_blocking(move || {
        let outcome = work();
        drop(turn);
        outcome
    })
    .await
    .map_err(|_| Undone::Failed)
}

fn no_room() -> Refused {
    busy("Too many requests are under way.")
}

/// Turned away before anything was begun.
pub(crate) fn busy(detail: &str) -> Refused {
    Refused(Problem::busy(detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    const SOON: Duration = Duration::from_millis(20);

    fn refused(outcome: Result<(), Refused>) -> Problem {
        outcome.unwrap_err().0
    }

    #[tokio::test]
    async fn work_beyond_the_limit_is_turned_away_uncharged() {
        let load = Load::default();
        let (go, gate) = tokio::sync::watch::channel(false);
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..WORKS_MAX {
            let (load, mut gate) = (load.clone(), gate.clone());
            callers.spawn(async move {
                let work = async move {
                    let _ = gate.wait_for(|open| *open).await;
                    Ok(())
                };
                load.to_the_end(work).await
            });
        }
        while load.works.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let problem = refused(load.to_the_end(async { Ok(()) }).await);
        assert_eq!(problem.code, Code::Unavailable);
        assert_eq!(problem.charged, Charged::No);
        assert!(problem.retryable && problem.retry_after.is_some());
        go.send_replace(true);
        while let Some(done) = callers.join_next().await {
            done.unwrap().unwrap();
        }
        load.to_the_end(async { Ok(()) }).await.unwrap();
    }

    #[tokio::test]
    async fn work_that_finds_no_turn_waits_for_one() {
        let load = Load::default();
        let all = u32::try_from(WORKS_MAX).unwrap();
        let others = load.works.clone().acquire_many_owned(all).await.unwrap();
        let waiting = tokio::spawn({
            let load = load.clone();
            async move { load.to_the_end(async { Ok(()) }).await }
        });
        while load.waits.available_permits() == WAITS_MAX {
            tokio::task::yield_now().await;
        }
        load.room().await.unwrap();
        drop(others);
        waiting.await.unwrap().unwrap();
        assert_eq!(load.waits.available_permits(), WAITS_MAX);
    }

    #[tokio::test]
    async fn nobody_is_read_once_as_many_wait_as_may() {
        let load = Load::default();
        let all = u32::try_from(WAITS_MAX).unwrap();
        let waiting = load.waits.acquire_many(all).await.unwrap();
        let problem = refused(load.room().await);
        assert_eq!(problem.code, Code::Unavailable);
        assert_eq!(problem.charged, Charged::No);
        drop(waiting);
        load.room().await.unwrap();
    }

    #[tokio::test]
    async fn work_ends_and_is_counted_though_its_caller_went() {
        let load = Load::default();
        let (go, gate) = oneshot::channel::<()>();
        let (done, ended) = oneshot::channel();
        let work = async move {
            let _ = gate.await;
            let _ = done.send(());
            Ok(())
        };
        let caller = tokio::spawn({
            let load = load.clone();
            async move { load.to_the_end(work).await }
        });
        while load.works.available_permits() == WORKS_MAX {
            tokio::task::yield_now().await;
        }
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert!(
            timeout(SOON, load.ended()).await.is_err(),
            "a stop waits for it"
        );
        go.send(()).unwrap();
        ended.await.unwrap();
        load.ended().await;
    }

    #[tokio::test]
    async fn work_that_panics_says_nothing_about_the_charge() {
        let load = Load::default();
        let outcome: Result<(), _> = load.to_the_end(async { panic!("a fault") }).await;
        assert_eq!(refused(outcome).charged, Charged::Unknown);
        assert_eq!(load.works.available_permits(), WORKS_MAX);
    }

    #[test]
    fn memory_for_bodies_is_bounded_and_comes_back() {
        let load = Load::default();
        let mut first = Held::default();
        load.hold(&mut first, BODIES_BYTES_MAX - 10).unwrap();
        load.hold(&mut first, 10).unwrap();
        let mut second = Held::default();
        let problem = refused(load.hold(&mut second, 1));
        assert_eq!(
            (problem.code, problem.charged),
            (Code::Unavailable, Charged::No)
        );
        drop(first);
        load.hold(&mut second, 1).unwrap();
    }

    #[tokio::test]
    async fn images_are_read_in_turn_and_waiting_ends() {
        let load = Load::default();
        let turns: Vec<_> = (0..READINGS_MAX)
            .map(|_| Arc::clone(&load.readings).try_acquire_owned().unwrap())
            .collect();
        let busy = in_turn(&load.readings, SOON, || ()).await;
        assert!(matches!(busy, Err(Undone::Busy)));
        drop(turns);
        assert!(load.read(|| ()).await.is_ok());
        let failed = load.read(|| panic!("a picture")).await;
        assert!(matches!(failed, Err::<(), _>(Undone::Failed)));
        assert_eq!(load.readings.available_permits(), READINGS_MAX);
    }
}
