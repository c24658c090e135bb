//! Processor work of one call, spread over all cores: signatures of many payloads at once.
//!
//! Not here: what is worked out. The threads that serve connections stay free for others meanwhile,
//! and calls take turns piece by piece, so that a small one never waits for the whole of a large one.

use crate::Problem;
use crate::limits::{HERE_MAX, PIECE_MAX};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Pieces worked on at once, and hence threads that it takes: one a core, and as many again, so that
/// no core waits while a piece is handed over.
#[must_use]
pub fn check_threads() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().saturating_mul(2))
}

/// Turns at the processor.
pub(crate) struct Cores(Arc<Semaphore>);

impl Default for Cores {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(check_threads())))
    }
}

impl Cores {
    /// Does the work for each, answers in order. Outside a runtime of tokio it panics where there is
    /// more to do than is done on the spot.
    pub(crate) async fn each<I, O>(
        &self,
        items: Vec<I>,
        work: impl Fn(I) -> O + Clone + Send + 'static,
    ) -> Result<Vec<O>, Problem>
    where
        I: Send + 'static,
        O: Send + 'static,
    {
        if items.len() <= HERE_MAX {
            return Ok(items.into_iter().map(work).collect());
        }
        let size = items.len().div_ceil(items.len().div_ceil(PIECE_MAX));
        let mut items = items.into_iter();
        let mut pieces = JoinSet::new();
        while !items.as_slice().is_empty() {
            let turn = Arc::clone(&self.0)
                .acquire_owned()
                .await
                .map_err(|_| Problem::internal("no more turns"))?;
            let (number, piece) = (items.len(), items.by_ref().take(size).collect::<Vec<I>>());
            let work = work.clone();
            pieces.spawn_blocking(move || {
                let done: Vec<O> = piece.into_iter().map(work).collect();
                drop(turn);
                (number, done)
            });
        }
        let mut done = Vec::new();
        while let Some(piece) = pieces.join_next().await {
            done.push(piece.map_err(|_| Problem::internal("a piece of work failed"))?);
        }
        // By what was left to do before it: the first piece had the most.
        done.sort_unstable_by_key(|(left, _)| std::cmp::Reverse(*left));
        Ok(done.into_iter().flat_map(|(_, done)| done).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn every_answer_stands_where_its_question_stood() {
        let cores = Cores::default();
        for count in [
            0,
            1,
            HERE_MAX,
            HERE_MAX + 1,
            PIECE_MAX,
            PIECE_MAX + 1,
            1_000,
        ] {
            let asked: Vec<usize> = (0..count).collect();
            let work = |number: usize| {
                // Early pieces end late.
                if number < PIECE_MAX {
                    std::thread::sleep(Duration::from_micros(200));
                }
                number * 2
            };
            let done = cores.each(asked.clone(), work).await.unwrap();
            let expected: Vec<usize> = asked.into_iter().map(|number| number * 2).collect();
            assert_eq!(done, expected);
        }
        assert_eq!(cores.0.available_permits(), check_threads());
    }

    #[tokio::test]
    async fn a_piece_that_fails_takes_no_turn_with_it() {
        let cores = Cores::default();
        let failed = cores.each(vec![(); 1_000], |()| panic!("a fault")).await;
        assert!(failed.is_err_and(|problem: Problem| problem.code == crate::Code::Internal));
        // Its other pieces may still be under way.
        for _ in 0..1_000 {
            if cores.0.available_permits() == check_threads() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("turns are lost");
    }
}
