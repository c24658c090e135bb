//! Fills a demonstration installation with millions of meters and items, in minutes: for measuring
//! how an installation behaves once it has grown. Called by the bench, and by people as
//! `indicia-loader`.
//!
//! What is genuine: the meters. Each has a record sealed with the box's own keys, token keys of its
//! own and a balance; the meter box remembers it; its account is one that signed up. It dispenses,
//! and what it dispenses verifies.
//!
//! What is not: how they came to be. There are no receipts, acts, credit evidence and decisions behind
//! them, and the loaded items bear neither tokens nor a signature. So **the audit of a loaded
//! installation is not clean**, and a loaded item does not verify; items that are printed afterwards do.
//!
//! Not here: any way to do this to an installation whose unlock keys one does not hold. The installation
//! must not run. A load that fails half-way spoils it: make a new one.

mod batches;
mod database;
mod making;
mod state;

use anyhow::{Context, Result, ensure};
use item::{AccountId, Mills};
use std::path::PathBuf;

pub use database::accounts;
pub use state::open_box;

/// The first serial unless another is asked for: far above those that a keys box hands out, which
/// count from 10,000,001.
pub const FIRST_SERIAL: u32 = 2_000_000_000;
/// Items of one meter: they are made in one piece of memory.
const ITEMS_PER_METER_MAX: u64 = 100_000;

/// What to load.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// Installation folder, as `indicia init` makes it.
    pub folder: PathBuf,
    /// How many meters.
    pub meters: u64,
    /// How many items, spread evenly over the meters.
    pub items: u64,
    /// Serial of the first meter; the others follow without a gap.
    pub first_serial: u32,
    /// Their owners, who have signed up: the meter `first_serial + i` is that of `i` modulo their number.
    pub accounts: Vec<AccountId>,
    /// What each meter holds, after its items.
    pub balance: Mills,
}

/// What was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Serial of the first meter.
    pub first_serial: u32,
    /// Meters.
    pub meters: u64,
    /// Items.
    pub items: u64,
}

impl LoadPlan {
    fn check(&self) -> Result<()> {
        ensure!(self.meters > 0, "a load has one meter at least");
        ensure!(
            !self.accounts.is_empty(),
            "the meters need an owner: sign up first"
        );
        ensure!(
            self.items.div_ceil(self.meters) <= ITEMS_PER_METER_MAX,
            "at most {ITEMS_PER_METER_MAX} items a meter"
        );
        let last = u64::from(self.first_serial).saturating_add(self.meters - 1);
        ensure!(last <= u64::from(u32::MAX), "serials end at {}", u32::MAX);
        ensure!(
            self.balance.0 <= item::limits::DESCENDING_MAX,
            "a meter holds at most {}",
            Mills(item::limits::DESCENDING_MAX)
        );
        Ok(())
    }
}

/// Adds meters and items to an installation that does not run. `progress` is told how many meters are
/// done.
///
/// # Errors
/// In words: the installation runs, is none, or has such meters already (nothing is changed then); a
/// disk that fails (then the installation is spoiled).
pub fn load(plan: &LoadPlan, progress: &mut dyn FnMut(u64)) -> Result<Loaded> {
    plan.check()?;
    let database = plan.folder.join("data/indicia.sqlite");
    database::check(&database, plan).context("the database")?;
    let mut state = state::BoxState::open(&plan.folder).context("the meter box's state")?;
    let maker = making::Maker::new(state.ground(), plan)?;
    let bulk = database::Bulk::open(&database).context("the database")?;
    batches::run(&maker, plan, bulk, |batches| {
        state.take_in(batches, plan.meters, progress)
    })?;
    Ok(Loaded {
        first_serial: plan.first_serial,
        meters: plan.meters,
        items: plan.items,
    })
}
