//! Places for connections: how many there are, and who has to go when none is left.
//!
//! A connection that waits for its client (for a head, for the rest of a body, for an answer to be
//! taken) may be closed when its place is needed, the one that has waited longest first. A
//! connection for which the server works keeps its place. So clients that are slow, idle or mean
//! take places from each other, not from those who are served. (Whoever is told to leave at the very
//! moment when its request is whole has hung up, as far as its work is concerned.)
//!
//! Not here: addresses. This process listens on loopback, where all peers are the proxy: limits by
//! address belong there. Called by `accept`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// All places.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    free: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
    /// Somebody began to wait for its client.
    someone_waits: Notify,
}

/// Those that wait for their clients, by the order in which they began to.
#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    by_age: BTreeMap<u64, Arc<Notify>>,
}

/// A place, until it is dropped. Cheap to clone: handlers of the connection have one too.
#[derive(Debug, Clone)]
pub(crate) struct Place(Arc<Taken>);

#[derive(Debug)]
struct Taken {
    shared: Arc<Shared>,
    leave: Arc<Notify>,
    /// Its number among those that wait.
    waits: Mutex<Option<u64>>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        Self(Arc::new(Shared {
            free: Arc::new(Semaphore::new(count)),
            waiting: Mutex::default(),
            someone_waits: Notify::new(),
        }))
    }

    /// A place, which begins as waiting for its client. If none is free, whoever has waited longest
    /// is told to leave; if nobody waits, this does.
    pub(crate) async fn take(&self) -> Option<Place> {
        loop {
            if let Ok(permit) = Arc::clone(&self.0.free).try_acquire_owned() {
                return Some(self.place(permit));
            }
            let left = self.evict();
            tokio::select! {
                biased;
                permit = Arc::clone(&self.0.free).acquire_owned() => {
                    return Some(self.place(permit.ok()?));
                }
                () = self.0.someone_waits.notified(), if !left => {}
            }
        }
    }

    /// Tells whoever has waited longest to leave; whether anybody was told.
    pub(crate) fn evict(&self) -> bool {
        let oldest = lock(&self.0.waiting).by_age.pop_first();
        oldest.map(|(_, leave)| leave.notify_one()).is_some()
    }

    fn place(&self, permit: OwnedSemaphorePermit) -> Place {
        let place = Place(Arc::new(Taken {
            shared: Arc::clone(&self.0),
            leave: Arc::default(),
            waits: Mutex::default(),
            _permit: permit,
        }));
        place.waits();
        place
    }
}

impl Place {
    /// From now on the connection waits for its client.
    pub(crate) fn waits(&self) {
        let Taken { shared, leave, .. } = &*self.0;
        let mut own = lock(&self.0.waits);
        if own.is_some() {
            return;
        }
        let mut waiting = lock(&shared.waiting);
        let number = waiting.next;
        waiting.next = number.wrapping_add(1);
        waiting.by_age.insert(number, Arc::clone(leave));
        *own = Some(number);
        drop(waiting);
        shared.someone_waits.notify_one();
    }

    /// From now on the server works for it.
    pub(crate) fn at_work(&self) {
        self.0.no_longer_waits();
    }

    /// Waits to be told to leave.
    pub(crate) async fn told_to_leave(&self) {
        self.0.leave.notified().await;
    }
}

impl Taken {
    fn no_longer_waits(&self) {
        if let Some(number) = lock(&self.waits).take() {
            lock(&self.shared.waiting).by_age.remove(&number);
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.no_longer_waits();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_millis(20);

    async fn told(place: &Place) -> bool {
        timeout(SOON, place.told_to_leave()).await.is_ok()
    }

    #[tokio::test]
    async fn the_longest_waiting_leaves_and_who_is_served_stays() {
        let places = Places::new(3);
        let served = places.take().await.unwrap();
        let older = places.take().await.unwrap();
        let newer = places.take().await.unwrap();
        served.at_work();
        assert!(
            timeout(SOON, places.take()).await.is_err(),
            "nobody left yet"
        );
        assert!(told(&older).await && !told(&newer).await && !told(&served).await);
        drop(older);
        let next = timeout(SOON, places.take()).await.unwrap();
        assert!(next.is_some());
    }

    #[tokio::test]
    async fn a_newcomer_waits_for_the_first_that_waits() {
        let places = Places::new(1);
        let served = places.take().await.unwrap();
        served.at_work();
        let newcomer = tokio::spawn({
            let places = places.clone();
            async move { places.take().await }
        });
        assert!(!told(&served).await, "it is worked for");
        served.waits();
        assert!(told(&served).await, "now it may go");
        drop(served);
        assert!(newcomer.await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_place_that_is_given_back_is_forgotten() {
        let places = Places::new(2);
        drop(places.take().await);
        assert!(!places.evict());
        let again = places.take().await.unwrap();
        again.waits();
        assert!(places.evict() && !places.evict(), "it waits once");
    }
}
