//! `cargo xtask sim`: builds the simulation (testing/sim) and hands over to it. Called by `main` and `prove`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::shell::{command, now, run};

/// What to simulate.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    pub(crate) seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    pub(crate) from: u64,
    /// Replay one seed and tell its story
    #[arg(long, conflicts_with_all = ["seeds", "from", "mutants"])]
    pub(crate) seed: Option<u64>,
    /// Go on after a seed that fails
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Plant each bug in turn: each must be found within 1,000 seeds
    #[arg(long)]
    pub(crate) mutants: bool,
    /// Plant only this bug, by its number
    #[arg(long, requires = "mutants")]
    pub(crate) bug: Option<usize>,
}

/// Builds and runs.
///
/// # Errors
/// When it does not build, a seed fails, or a planted bug is not found.
pub(crate) fn sim(root: &Path, options: &Options) -> Result<()> {
    if options.mutants {
        return mutants(root, options.bug);
    }
    let mut arguments = match options.seed {
        Some(seed) => vec![format!("--seed={seed}")],
        None => vec![
            format!("--seeds={}", options.seeds),
            format!("--from={}", options.from),
        ],
    };
    if options.keep_going {
        arguments.push("--keep-going".to_owned());
    }
    let program = built(root, &[])?;
    run(&mut command(root, &program.to_string_lossy(), arguments))
}

/// Optimised, which tests are not: they run few seeds, and it takes long to compile. In a folder of its
/// own: nothing else can ever take a program with planted bugs for ours.
fn built(root: &Path, features: &[&str]) -> Result<PathBuf> {
    let mut build = command(root, "cargo", ["build", "--quiet"]);
    build.args(["--package", "indicia-sim", "--target-dir", "target/sim"]);
    for package in ["indicia-sim", "indicia-store-sqlite"] {
        build.arg(format!(
            "--config=profile.dev.package.{package}.opt-level=2"
        ));
    }
    for feature in features {
        build.args(["--features", feature]);
    }
    run(&mut build)?;
    Ok(root.join("target/sim/debug/indicia-sim"))
}

/// A bug that is not found within so many seeds would not be found.
const SEEDS_PER_BUG: u64 = 1_000;

fn mutants(root: &Path, only: Option<usize>) -> Result<()> {
    let program = built(root, &["planted"])?;
    let program = program.to_string_lossy();
    let names = crate::shell::output(&mut command(root, &program, ["--bugs"]))?;
    let names = String::from_utf8_lossy(&names).into_owned();
    let mut missed = 0;
    for (number, name) in names.lines().enumerate() {
        if only.is_some_and(|only| only != number) {
            continue;
        }
        let began = now();
        let arguments = [
            format!("--bug={number}"),
            format!("--seeds={SEEDS_PER_BUG}"),
        ];
        let mut search = command(root, &program, arguments);
        let output = search.output()?;
        let seconds = began.elapsed().as_secs_f64();
        let said = String::from_utf8_lossy(&output.stderr);
        let mut lines = said.lines().skip_while(|line| !line.contains("fails"));
        let found = (!output.status.success()).then(|| (lines.next(), lines.next()));
        match found {
            Some((Some(seed), why)) => {
                let why = why.unwrap_or_default().trim();
                println!("found   {number} {name}\n        {seed} {why} ({seconds:.1} s)");
            }
            Some((None, _)) => bail!("planted bug {number} did not run:\n{said}"),
            None => {
                missed += 1;
                println!("MISSED  {number} {name} ({seconds:.1} s)");
            }
        }
    }
    match missed {
        0 => Ok(()),
        _ => bail!("{missed} planted bugs were not found within {SEEDS_PER_BUG} seeds"),
    }
}
