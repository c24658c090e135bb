//! Chaos with real processes: a whole installation under steady load, with seeded faults over all
//! its processes, connections and disks, and clients who keep a ledger of their own.
//!
//! Not here: any rule of the product, any fake. Everything that runs are the programs that ship;
//! clients talk HTTP to them. Called by `cargo xtask chaos` and by the test beside it.
//!
//! Three look for what must not be: each client, who compares answers to the same key; a witness,
//! who looks into the database the moment something was acknowledged; and the checks at the end,
//! when the ledger of the clients, the database and the audit must agree to the mill.
//!
//! What is the same for one seed: the plan of faults and the clients' choices. What is not: timing.
//! A run ends only processes that it started, uses addresses of this machine alone, and fills only
//! disks of its own.

mod book;
mod check;
mod clock;
mod disk;
mod door;
mod link;
mod load;
mod notes;
mod plan;
mod process;
mod site;
mod storm;
mod supervisor;
mod table;
mod witness;

pub use disk::INSIDE;

use anyhow::{Context, Result};
use book::Customer;
use fastrand::Rng;
use load::{Load, Shift};
use notes::Notes;
use site::{LINKS, Site};
use std::path::PathBuf;
use std::sync::Arc;

/// What to do.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Kills and pauses; other faults come on top.
    pub kills: usize,
    /// Everything follows from it but timing.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Whether it was done to the end.
    pub whole: bool,
    /// The table.
    pub table: String,
    /// The story of what was violated; empty if nothing was.
    pub story: String,
    /// Where the installation was put that was violated.
    pub kept: Option<PathBuf>,
}

/// One run. It ends early, and cleans up, once `interrupted` is done.
///
/// # Errors
/// If the installation can not be set up, or does not come back: the first is no finding, the
/// second is one and says so.
pub async fn run(options: Options, interrupted: impl Future<Output = ()>) -> Result<Outcome> {
    let notes = Arc::new(Notes::default());
    let work = storm_and_checks(options, Arc::clone(&notes));
    tokio::pin!(work);
    tokio::select! {
        outcome = &mut work => return outcome,
        () = interrupted => notes.end(),
    }
    work.await
}

async fn storm_and_checks(options: Options, notes: Arc<Notes>) -> Result<Outcome> {
    let Options { kills, seed } = options;
    let site = Arc::new(Site::start(&notes, seed).await?);
    let door = door::Door::new(site.doors(), Arc::clone(&notes))?;
    let shift = Shift::new(Arc::clone(&site.house), door, Arc::clone(&notes));
    let mut first = None;
    let raged = match Load::begin(shift, seed).await {
        None => None,
        Some(load) => {
            let begun = notes.time();
            storm::rage(&site, &notes, plan::plan(seed, kills, LINKS)).await;
            let raged = notes.time() - begun;
            first = checks(load, &site, &notes, seed).await;
            Some(raged)
        }
    };
    let mut site = Arc::into_inner(site).context("somebody still makes faults")?;
    let stopped = tokio::task::block_in_place(|| site.stop());
    violated_by(&notes, stopped);
    let mut table = table::table(&notes.tally(), raged.unwrap_or_default());
    if let Some(customer) = first.filter(|_| !notes.is_over()) {
        table += &format!("  {}\n", check::house_in_order(&site.house, &notes));
        table += &last_kill(&mut site, &customer, &notes).await;
    }
    let whole = !notes.is_over();
    let story = table::story(&notes);
    let kept = if story.is_empty() {
        None
    } else {
        let place =
            std::env::temp_dir().join(format!("indicia-chaos-{seed}-{}", std::process::id()));
        site.keep(&place)?;
        Some(place)
    };
    Ok(Outcome {
        whole,
        table,
        story,
        kept,
    })
}

/// Everything that needs the installation to run. Gives one of its customers.
async fn checks(load: Load, site: &Site, notes: &Notes, seed: u64) -> Option<Arc<Customer>> {
    violated_by(notes, site.ready(notes).await);
    let shift = load.end().await;
    if notes.is_over() {
        return None;
    }
    violated_by(notes, check::settled(site, notes).await);
    let mut rng = Rng::with_seed(seed);
    load::one_each(&shift, &mut rng).await?;
    check::every_key_again(&shift, &mut rng).await;
    if notes.is_over() {
        return None;
    }
    violated_by(notes, check::settled(site, notes).await);
    let shift = Arc::into_inner(shift).expect("all clients have ended");
    let (pages, house) = shift.close();
    violated_by(notes, check::ledger_and_database(&pages, &house, notes));
    pages.customers.into_iter().next()
}

/// The supervisor's turn, in the same house.
async fn last_kill(site: &mut Site, customer: &Customer, notes: &Notes) -> String {
    let house = Arc::get_mut(&mut site.house).expect("nobody else has the house");
    match supervisor::kill(house, &customer.login.name, customer.meter).await {
        Ok(killed) => {
            notes.fault("kill", "supervisor", String::new());
            let line = check::house_in_order(house, notes);
            format!(
                "  supervisor    killed; its processes ended after {} ms, the next was ready after {} ms\n  {line}\n",
                killed.ended.as_millis(),
                killed.ready.as_millis()
            )
        }
        Err(error) => {
            notes.violation(format!("kill -9 of `indicia up`: {error:#}"));
            String::new()
        }
    }
}

fn violated_by(notes: &Notes, outcome: Result<()>) {
    if let Err(error) = outcome {
        notes.violation(format!("{error:#}"));
    }
}
