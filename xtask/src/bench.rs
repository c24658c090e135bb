//! `cargo xtask bench`: builds what ships, as it ships, and hands over to `indicia-bench`
//! (testing/bench), which measures and prints its own table. Called by `main`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::demo::target_folder;
use crate::shell::{command, run};

/// The programs that are measured, and the one that measures. By name: a build of the whole workspace
/// would take in what tests add to the boxes.
const PACKAGES: [&str; 7] = [
    "indicia-cli",
    "indicia-box-keys",
    "indicia-box-auth",
    "indicia-box-meter",
    "indicia-box-transaction",
    "indicia-gateway",
    "indicia-bench",
];

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Measure only this (may be given more than once); a beginning is enough: `single`
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// A small installation and two seconds each: to see that it works, not to quote
    #[arg(long)]
    quick: bool,
    /// Compare with the build whose programs are in this folder, in turns; no ceilings and no `bench.json`
    #[arg(long, value_name = "FOLDER", conflicts_with = "instructions")]
    against: Option<PathBuf>,
    /// Turns of each build; with batches each takes a gigabyte of the disk
    #[arg(long, value_name = "COUNT", requires = "against")]
    turns: Option<usize>,
    /// Count instructions of the box's core under valgrind, and compare them with those that are kept
    #[arg(long, conflicts_with_all = ["only", "quick"])]
    instructions: bool,
    /// Keep today's counts
    #[arg(long, requires = "instructions")]
    bless: bool,
}

/// Where instruction counts are kept.
const KEPT: &str = "testing/bench/instructions.txt";

/// Builds with `--release` and measures; the figures are in `bench.json` in the target folder.
///
/// # Errors
/// When the build fails or the installation answers what it should not.
pub(crate) fn bench(root: &Path, options: &Options) -> Result<()> {
    let mut arguments = vec!["build", "--release", "--quiet", "--bins"];
    for package in PACKAGES {
        arguments.extend(["-p", package]);
    }
    run(&mut command(root, "cargo", arguments))?;
    let target = target_folder(root)?;
    let program: PathBuf = target.join("release").join("indicia-bench");
    let mut bench = command(root, &program.to_string_lossy(), [""; 0]);
    for name in &options.only {
        bench.args(["--only", name]);
    }
    if options.quick {
        bench.arg("--quick");
    }
    if options.instructions {
        bench.args(["--instructions", KEPT]);
        if options.bless {
            bench.arg("--bless");
        }
        return run(&mut bench);
    }
    if let Some(against) = &options.against {
        bench.arg("--against").arg(against);
        if let Some(turns) = options.turns {
            bench.args(["--turns", &turns.to_string()]);
        }
        return run(&mut bench);
    }
    bench.arg("--json").arg(target.join("bench.json"));
    run(&mut bench)
}
