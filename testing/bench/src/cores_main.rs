//! `indicia-bench-cores`: what `indicia-bench --instructions` runs under an instruction counter.

use clap::Parser;
use std::path::PathBuf;

/// Dispense in one process, without sockets.
#[derive(Debug, Parser)]
#[command(after_help = "Example:\n  indicia-bench-cores /tmp/house 2000000000 100 1")]
struct Arguments {
    /// Folder of an installation that does not run
    folder: PathBuf,
    /// A meter of it that was loaded
    serial: u32,
    /// Batches
    batches: u32,
    /// Items of each
    items: u32,
}

fn main() -> anyhow::Result<()> {
    let asked = Arguments::parse();
    bench::dispense(&asked.folder, asked.serial, asked.batches, asked.items)
}
