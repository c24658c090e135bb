//! `indicia-bench`: measures and prints. Builds nothing: `cargo xtask bench` does.

use anyhow::{Context, Result};
use bench::{ALONE, Options, alone, compare, instructions, run};
use clap::Parser;
use std::path::PathBuf;

/// Measure an installation beside its machine's own ceilings.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  indicia-bench --quick
  indicia-bench --only batch1000_8 --only single_c64 --json bench.json
  indicia-bench --against /tmp/before --only single_c64")]
struct Arguments {
    /// Measure only this (may be given more than once); a prefix is enough: `single`
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Two seconds each and a small installation: to see that it works, not to quote
    #[arg(long)]
    quick: bool,
    /// Count instructions of the box's core instead, and compare them with this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "quick", "json"])]
    instructions: Option<PathBuf>,
    /// Rewrite that file
    #[arg(long, requires = "instructions")]
    bless: bool,
    /// Compare this build with the one whose programs are in this folder, in turns
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["instructions", "json"])]
    against: Option<PathBuf>,
    /// Turns of each build; with batches each takes a gigabyte of the disk
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 7,
        value_parser = clap::value_parser!(u16).range(1..=100),
        requires = "against"
    )]
    turns: u16,
    /// Write the figures there
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> Result<()> {
    if let Ok(pages) = std::env::var(ALONE) {
        return alone(pages.parse()?);
    }
    let arguments = Arguments::parse();
    // One thread for all that ask: handing them from core to core would cost what is measured.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    if let Some(kept) = arguments.instructions {
        return runtime.block_on(instructions(&kept, arguments.bless));
    }
    let options = Options {
        only: arguments.only,
        quick: arguments.quick,
    };
    if let Some(programs) = arguments.against {
        let table = runtime.block_on(compare(&programs, usize::from(arguments.turns), &options))?;
        print!("{table}");
        return Ok(());
    }
    let report = runtime.block_on(run(&options))?;
    print!("{}", report.table());
    if let Some(path) = arguments.json {
        let mut text = serde_json::to_string_pretty(&report)?;
        text.push('\n');
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        println!("Figures: {}", path.display());
    }
    Ok(())
}
