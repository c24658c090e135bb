//! Waiting orders, by meter: while one entry of a meter is on its way, the next ones gather, and
//! leave together in the next entry (P11).

use item::{Authority, MeterSerial, Sealed};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use store::LookUpKey;
use tokio::sync::oneshot;
use wire::Order;

use crate::Problem;
use crate::limits::WAITING_MAX;

/// Items of an order, as item records, or why there are none.
pub(crate) type Answer = Result<Vec<Vec<u8>>, Problem>;

/// One order with what it needs, and who waits for it.
pub(crate) struct Waiting {
    pub(crate) key: LookUpKey,
    pub(crate) order: Order,
    pub(crate) authority: Sealed<Authority>,
    /// The meter's record of the snapshot that did not answer the key: what the order's first round
    /// shows, unless others went before it or go with it.
    pub(crate) shown: Option<Vec<u8>>,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// The queues of all meters that have a runner.
#[derive(Default)]
pub(crate) struct Queues(Mutex<HashMap<MeterSerial, VecDeque<Waiting>>>);

/// A runner at work.
pub(crate) struct Runner<'a> {
    queues: &'a Queues,
    meter: MeterSerial,
}

impl Drop for Runner<'_> {
    fn drop(&mut self) {
        // After a good end the queue is gone already, and may be another runner's by now.
        if std::thread::panicking() {
            let mut queues = self.queues.0.lock().unwrap_or_else(PoisonError::into_inner);
            queues.remove(&self.meter);
        }
    }
}

/// Whether the caller must start a runner.
pub(crate) enum Joined {
    /// A runner is at work and will take the order.
    Waits,
    /// Nobody is: start one.
    First,
    /// Too many wait.
    Full,
}

impl Queues {
    pub(crate) fn join(&self, meter: MeterSerial, waiting: Waiting) -> Joined {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match queues.get_mut(&meter) {
            Some(queue) if queue.len() >= WAITING_MAX => Joined::Full,
            Some(queue) => {
                // A runner is about to change the record.
                queue.push_back(Waiting {
                    shown: None,
                    ..waiting
                });
                Joined::Waits
            }
            None => {
                queues.insert(meter, VecDeque::from([waiting]));
                Joined::First
            }
        }
    }

    /// Held by a meter's runner. If it panics, whoever waits is told, instead of waiting for ever
    /// for a runner that is gone.
    pub(crate) fn runner(&self, meter: MeterSerial) -> Runner<'_> {
        Runner {
            queues: self,
            meter,
        }
    }

    /// The next orders to go together; at the end the queue is taken away and the runner ends.
    pub(crate) fn take(&self, meter: MeterSerial) -> Vec<Waiting> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queues.get_mut(&meter) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        let mut items = 0;
        while let Some(next) = queue.front() {
            items += next.order.items.as_slice().len();
            let full = out.len() >= item::limits::ORDERS_MAX
                || (!out.is_empty() && items > item::limits::ENTRY_ITEMS_MAX);
            // One key twice in an entry would be dispensed twice: the second waits its turn, finds
            // the first one's answer, and is answered from it.
            let twice = out
                .iter()
                .any(|o: &Waiting| o.key.key_digest == next.key.key_digest);
            if full || twice {
                break;
            }
            out.extend(queue.pop_front());
        }
        if out.is_empty() {
            queues.remove(&meter);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_runner_that_panics_leaves_no_queue_behind() {
        let queues = Queues::default();
        let meter = MeterSerial(1);
        let has_queue = || queues.0.lock().unwrap().contains_key(&meter);
        queues.0.lock().unwrap().insert(meter, VecDeque::new());
        drop(queues.runner(meter));
        assert!(has_queue(), "a good end is not its business");
        let fault = catch_unwind(AssertUnwindSafe(|| {
            let _runner = queues.runner(meter);
            panic!("a fault");
        }));
        assert!(fault.is_err() && !has_queue());
    }
}
