//! Runs seeds and says what was found.

use anyhow::{Result, bail};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use sim::house::House;
use sim::run::run;
use sim::story::{Closed, Figures};
use sim::temper::Temper;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask sim",
    about = "Simulate a whole installation, seed by seed"
)]
struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Replay one seed and tell its story
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Go on after a seed that fails
    #[arg(long)]
    keep_going: bool,
    /// Switch a planted bug on, by its place in the list
    #[cfg(feature = "planted")]
    #[arg(long)]
    bug: Option<usize>,
    /// List the planted bugs
    #[cfg(feature = "planted")]
    #[arg(long)]
    bugs: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(feature = "planted")]
    if arguments.bugs {
        for bug in planted::Bug::ALL {
            println!("{}", bug.name());
        }
        return ExitCode::SUCCESS;
    }
    #[cfg(feature = "planted")]
    if let Some(bug) = arguments.bug.and_then(|at| planted::Bug::ALL.get(at)) {
        planted::switch_on(*bug);
    }
    let done = match arguments.seed {
        Some(seed) => replay(seed),
        None => many(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn replay(seed: u64) -> Result<()> {
    let house = Arc::new(House::build()?);
    let closed = run(&house, seed, true)?;
    for line in &closed.lines {
        println!("{line}");
    }
    println!("trace {:016x}", closed.trace);
    verdict(seed, &closed)
}

fn verdict(seed: u64, closed: &Closed) -> Result<()> {
    if closed.violations.is_empty() {
        return Ok(());
    }
    bail!(
        "seed {seed} ({}) fails:\n  {}\nreplay: cargo xtask sim --seed {seed}",
        Temper::of(seed).name(),
        closed.violations.join("\n  ")
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long the machine took, beside simulated time"
)]
fn many(arguments: &Arguments) -> Result<()> {
    let begun = std::time::Instant::now();
    let house = Arc::new(House::build()?);
    let built = begun.elapsed();
    let begun = std::time::Instant::now();
    let bar = ProgressBar::new(arguments.seeds).with_style(ProgressStyle::with_template(
        "{bar:30} {pos}/{len} seeds  {per_sec}  {eta} left",
    )?);
    let mut failed = 0;
    let mut figures = Figures::default();
    let mut tempers: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in arguments.from..arguments.from.saturating_add(arguments.seeds) {
        let closed = run(&house, seed, false)?;
        *tempers.entry(Temper::of(seed).name()).or_default() += 1;
        figures.add(&closed.figures);
        bar.inc(1);
        if let Err(error) = verdict(seed, &closed) {
            failed += 1;
            if !arguments.keep_going {
                bar.abandon();
                return Err(error);
            }
            bar.suspend(|| eprintln!("{error:#}"));
        }
    }
    bar.finish_and_clear();
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{} seeds in {seconds:.1} s: {:.0} seeds/s on one core (house built in {:.1} s)",
        arguments.seeds,
        arguments.seeds as f64 / seconds,
        built.as_secs_f64()
    );
    table("runs by temper", &tempers);
    table("faults", &figures.faults);
    table("boxes answered", &figures.replies);
    let refusals = figures.refusals.iter().map(|(code, count)| {
        let named = wire::RefusalCode::ALL
            .iter()
            .find(|one| one.code() == *code);
        let name = named.map_or("?", |code| code.name());
        (name, *count)
    });
    table("refusal codes reached", &refusals.collect());
    table("customers were told", &figures.answers);
    if failed > 0 {
        bail!("{failed} seeds fail");
    }
    Ok(())
}

fn table(title: &str, rows: &BTreeMap<&'static str, u64>) {
    println!("\n{title}");
    for (name, count) in rows {
        println!("  {count:>9}  {name}");
    }
}
