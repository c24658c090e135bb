//! Look-ups of orders that come at the same time, read in one snapshot: to begin one, and to read the
//! first pages of each tree anew, takes as long as to read what differs.
//!
//! Nobody waits for others to come: whoever asks lets those go first that are ready to run, and
//! reads for all of them: as many as callers ask for at once, which the web edge bounds.

use crate::engine::Turn;
use crate::read;
use crate::threads::Lane;
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{LookUp, LookUpKey, StoreError};
use tokio::sync::oneshot;
use tokio::task::yield_now;

/// Those that were asked for and not yet begun.
#[derive(Debug, Default)]
pub(crate) struct Together(Mutex<Vec<Asked>>);

#[derive(Debug)]
pub(crate) struct Asked {
    key: LookUpKey,
    answer: oneshot::Sender<Result<LookUp, StoreError>>,
}

impl Together {
    /// Looks up in a snapshot that begins after the call.
    pub(crate) async fn look_up(&self, lane: &Lane, key: LookUpKey) -> Result<LookUp, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.asked().push(Asked { key, answer });
        yield_now().await;
        let asked = take(&mut *self.asked());
        if !asked.is_empty() {
            answer_all(lane, asked).await;
        }
        match answered.await {
            Ok(found) => found,
            // Whoever took it along was dropped on the way.
            Err(_) => lane.call(0, move |db| read::look_up(db, &key)).await,
        }
    }

    pub(crate) fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer_all(lane: &Lane, asked: Vec<Asked>) {
    match look_up_many(lane, asked.iter().map(|one| one.key).collect()).await {
        Ok(found) => {
            for (one, found) in asked.into_iter().zip(found) {
                // Nobody waits any more: it was only a look.
                drop(one.answer.send(found));
            }
        }
        Err(error) => {
            for one in asked {
                drop(one.answer.send(Err(error.clone())));
            }
        }
    }
}

/// Looks up all of these in one snapshot.
pub(crate) async fn look_up_many(
    lane: &Lane,
    keys: Vec<LookUpKey>,
) -> Result<Vec<Result<LookUp, StoreError>>, StoreError> {
    let work = move |db: &Turn<'_>| Ok(keys.iter().map(|key| read::look_up(db, key)).collect());
    lane.call(0, work).await
}
