//! A value that tasks wait on. Unlike tokio's `watch`, which wakes those who wait in any order, this
//! wakes them in the order in which they came: a run must be the same each time.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// The value; clones share it.
#[derive(Debug, Clone)]
pub struct Signal<T>(Arc<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    value: Mutex<T>,
    changed: Notify,
}

impl<T: Copy> Signal<T> {
    /// With this value at first.
    pub fn new(value: T) -> Self {
        Self(Arc::new(Inner {
            value: Mutex::new(value),
            changed: Notify::new(),
        }))
    }

    /// The value.
    #[must_use]
    pub fn get(&self) -> T {
        *self.0.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes it, and wakes whoever waits.
    pub fn set(&self, value: T) {
        *self.0.value.lock().unwrap_or_else(PoisonError::into_inner) = value;
        self.0.changed.notify_waiters();
    }

    /// Waits until the value is as wanted.
    pub async fn wait_for(&self, wanted: impl Fn(T) -> bool) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            if wanted(self.get()) {
                return;
            }
            changed.await;
        }
    }
}
