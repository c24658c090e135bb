//! The connections that there are: counted, so that no peer takes more than its places, and held,
//! so that a stop reaches them.

use crate::limits::{CONNECTIONS_PER_CALLER, HANDSHAKES_MAX};
use keeper::Caller;
use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
struct Places {
    next: u64,
    /// `None` until the peer has authenticated.
    taken: HashMap<u64, (Option<Caller>, TcpStream)>,
}

/// Shared by the acceptor and all connections.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    places: Mutex<Places>,
    left: Condvar,
}

impl Registry {
    /// Takes a place for a stranger; `None` if all are taken.
    pub(crate) fn enter(&self, socket: TcpStream) -> Option<u64> {
        let mut places = self.lock();
        let strangers = places.taken.values().filter(|(who, _)| who.is_none());
        if strangers.count() >= HANDSHAKES_MAX {
            return None;
        }
        let id = places.next;
        places.next = id.wrapping_add(1);
        places.taken.insert(id, (None, socket));
        Some(id)
    }

    /// Changes it to a place of that caller; `false` if the caller has as many as it may.
    pub(crate) fn admit(&self, id: u64, caller: Caller) -> bool {
        let mut places = self.lock();
        let same = places
            .taken
            .values()
            .filter(|(who, _)| *who == Some(caller));
        if same.count() >= CONNECTIONS_PER_CALLER {
            return false;
        }
        if let Some((who, _)) = places.taken.get_mut(&id) {
            *who = Some(caller);
        }
        true
    }

    /// Gives the place back.
    pub(crate) fn leave(&self, id: u64) {
        self.lock().taken.remove(&id);
        self.left.notify_all();
    }

    /// Ends reading (`Shutdown::Read`) or everything (`Shutdown::Both`) on all connections.
    pub(crate) fn shut(&self, how: Shutdown) {
        for (_, socket) in self.lock().taken.values() {
            // Fails only for a socket whose peer has gone.
            let _ = socket.shutdown(how);
        }
    }

    /// Waits until the last one has left, at most so long.
    pub(crate) fn wait(&self, timeout: Duration) {
        let guard = self.lock();
        // Whoever is left after the time-out ends with the process.
        let _ = self
            .left
            .wait_timeout_while(guard, timeout, |places| !places.taken.is_empty());
    }

    /// A panic of another thread leaves the map whole: every change is one insert or remove.
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
