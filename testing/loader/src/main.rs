//! `indicia-loader`: fills an installation that does not run. The work is the library's.

use anyhow::Result;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use item::Mills;
use loader::{FIRST_SERIAL, LoadPlan, accounts, load};
use std::path::PathBuf;

/// Add millions of meters and items to a demonstration installation that does not run.
#[derive(Debug, Parser)]
#[command(after_help = "\
The meters dispense as any other. Their past is invented: `indicia audit` of the installation is not
clean from then on, and loaded items do not verify.

Examples:
  indicia-loader --dir target/grown --meters 100000
  indicia-loader --dir target/grown --meters 10000000 --items 10000000 --accounts 8")]
struct Arguments {
    /// Installation folder, made by `indicia init`
    #[arg(long, value_name = "PATH")]
    dir: PathBuf,
    /// Meters to add
    #[arg(long)]
    meters: u64,
    /// Items to add, spread evenly over them
    #[arg(long, default_value_t = 0)]
    items: u64,
    /// Owners: so many of the accounts that have signed up, oldest first
    #[arg(long, default_value_t = 1)]
    accounts: usize,
    /// Serial of the first meter
    #[arg(long, default_value_t = FIRST_SERIAL)]
    first_serial: u32,
    /// What each meter holds, thousandths
    #[arg(long, default_value_t = 100_000)]
    balance_mills: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let plan = LoadPlan {
        accounts: accounts(&arguments.dir, arguments.accounts)?,
        folder: arguments.dir,
        meters: arguments.meters,
        items: arguments.items,
        first_serial: arguments.first_serial,
        balance: Mills(arguments.balance_mills),
    };
    let bar = ProgressBar::new(plan.meters);
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {human_pos} of {human_len} meters, {elapsed}, {eta} left",
    )?);
    let loaded = load(&plan, &mut |done| bar.set_position(done))?;
    bar.finish_and_clear();
    println!(
        "Loaded {} meters from {} on, {} items. The audit of this installation is not clean any more.",
        loaded.meters, loaded.first_serial, loaded.items
    );
    Ok(())
}
