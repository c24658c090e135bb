//! The work on several threads, in order: meters are made on every core, the box takes them in on this
//! thread, the database on one of its own. A few batches of rows are in memory at a time, whatever the number
//! of meters, and what the box remembers of all.

use crate::LoadPlan;
use crate::database::Bulk;
use crate::making::{Batch, ItemRow, Maker, MeterRow};
use anyhow::{Context, Result, anyhow};
use keeper::state::{KeptIdle, SUBJECTS_MAX};
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Rows of one batch, about.
const ROWS: u64 = 2_000;
/// Most meters of one batch: what one record of the box's snapshot holds.
const METERS: u64 = SUBJECTS_MAX as u64;
/// Batches that wait in each place.
const WAITING: usize = 2;

/// Rows on their way to the database.
pub(crate) type Rows = (Vec<MeterRow>, Vec<ItemRow>);

/// The batches in order, as they are made. Their rows go to the database as they pass.
pub(crate) struct Batches {
    made: Vec<Receiver<Result<Batch>>>,
    next: usize,
    rows: SyncSender<Rows>,
}

impl Batches {
    /// What the box remembers of the next meters; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<KeptIdle>>> {
        let turn = self.next % self.made.len().max(1);
        let made = self.made.get(turn).context("no maker")?;
        self.next += 1;
        // The makers end in their order too: the first that has ended was the last to give one.
        let Ok(batch) = made.recv() else {
            return Ok(None);
        };
        let Batch {
            meters,
            items,
            kept,
        } = batch?;
        let gone = self.rows.send((meters, items));
        gone.map_err(|_| anyhow!("the database takes no more rows"))?;
        Ok(Some(kept))
    }
}

/// Makes all batches of a plan, hands them to `take_in`, and their rows to the database.
///
/// # Errors
/// The database's, if it has one: what else went wrong may only follow from it.
pub(crate) fn run(
    maker: &Maker<'_>,
    plan: &LoadPlan,
    bulk: Bulk,
    take_in: impl FnOnce(Batches) -> Result<()>,
) -> Result<()> {
    let makers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let made = (0..makers).map(|own| {
            let (give, get) = sync_channel(WAITING);
            let ranges = ranges(plan).skip(own).step_by(makers);
            scope.spawn(move || {
                for range in ranges {
                    // Whoever has hung up has its own error.
                    if give.send(maker.batch(range)).is_err() {
                        return;
                    }
                }
            });
            get
        });
        let made = made.collect();
        let (rows, written) = sync_channel(WAITING);
        let database = scope.spawn(move || bulk.write(written));
        let taken = take_in(Batches {
            made,
            next: 0,
            rows,
        });
        match database.join() {
            Ok(written) => written.context("the database").and(taken),
            Err(_) => Err(anyhow!("the database's thread failed")),
        }
    })
}

/// The places of each batch.
fn ranges(plan: &LoadPlan) -> impl Iterator<Item = Range<u64>> + use<> {
    let rows_of_a_meter = 1 + plan.items.div_ceil(plan.meters);
    let size = (ROWS / rows_of_a_meter).clamp(1, METERS);
    let all = plan.meters;
    (0..all.div_ceil(size)).map(move |number| {
        let start = number * size;
        start..all.min(start + size)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::making::items_of;
    use item::Mills;

    #[test]
    fn every_meter_is_in_one_batch_and_every_item_on_one_meter() {
        for (meters, items) in [
            (1, 0),
            (1, 7),
            (999, 0),
            (2_001, 2_000),
            (10, 25_003),
            (1_000, 1),
        ] {
            let plan = LoadPlan {
                folder: "nowhere".into(),
                meters,
                items,
                first_serial: 1,
                accounts: Vec::new(),
                balance: Mills(0),
            };
            let places: Vec<u64> = ranges(&plan).flatten().collect();
            assert_eq!(places, (0..meters).collect::<Vec<_>>());
            assert!(ranges(&plan).all(|r| !r.is_empty() && r.end - r.start <= METERS));
            let sum: u64 = places.iter().map(|place| items_of(&plan, *place)).sum();
            assert_eq!(sum, items);
        }
    }
}
