//! `cargo xtask mutants`: breaks the boxes in every small way that cargo-mutants knows, one at a time,
//! and asks whether a test notices. A survivor needs a test, simpler code, or a written reason in
//! testing/mutants.toml. It takes an hour; it is not part of `cargo xtask test`.
//!
//! Not here: which mutations there are (cargo-mutants), and what it leaves alone (.cargo/mutants.toml).
//!
//! | file | one idea |
//! |---|---|
//! | `plan` | testing/mutants.toml |
//! | `tool` | the program cargo-mutants |
//! | `compiled` | what of a file the tests are built with |
//! | `known` | what is known of each mutant, kept between runs |
//! | `verdict` | survivors, reasons, the table |

mod compiled;
mod known;
mod plan;
mod tool;
mod verdict;

use std::path::Path;
use std::str::FromStr;

use anyhow::{Result, bail};

use crate::setup;
use crate::shell::now;
use known::Known;
use plan::{Part, Plan};
use tool::Mutant;
use verdict::{Verdict, table};

/// What to mutate.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this crate of testing/mutants.toml (may be given more than once)
    #[arg(long = "crate", value_name = "NAME")]
    crates: Vec<String>,
    /// One part of several, counted from 1
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Go on where a run ended: what was found stays found while its file is the same
    #[arg(long)]
    resume: bool,
    /// Only lines that differ from this revision
    #[arg(long, value_name = "REVISION")]
    in_diff: Option<String>,
}

/// The K-th of N parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shard {
    part: usize,
    of: usize,
}

impl Shard {
    /// Every N-th, so that the files of a crate are spread over the parts.
    fn takes(self, place: usize) -> bool {
        place % self.of == self.part - 1
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "expected K/N with K from 1 to N, as 2/4";
        let (part, of) = text.split_once('/').ok_or(WRONG)?;
        let number = |text: &str| text.parse::<usize>().map_err(|_| WRONG);
        let (part, of) = (number(part)?, number(of)?);
        if part == 0 || part > of {
            return Err(WRONG);
        }
        Ok(Self { part, of })
    }
}

/// Tests the mutants and judges the survivors.
///
/// # Errors
/// A survivor without a written reason, a reason without a survivor, or a tool that fails.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let plan = Plan::read(root)?;
    let parts = plan.chosen(&options.crates)?;
    setup::cargo_mutants(root)?;
    let _alone = tool::lock(root)?;
    let mut verdicts = Vec::new();
    for part in parts {
        let began = now();
        let listed = tool::list(root, part, None)?;
        let all = compiled::only(root, &listed)?;
        let known = find_out(root, part, &listed, &all, options)?;
        let reasons: Vec<_> = plan.reasons(part).collect();
        verdicts.push(Verdict::of(
            &part.name,
            &all,
            &known,
            reasons.iter().copied(),
            began.elapsed(),
        ));
    }
    print!("{}", table(&verdicts));
    let findings: Vec<&str> = verdicts
        .iter()
        .flat_map(|verdict| &verdict.findings)
        .map(String::as_str)
        .collect();
    if findings.is_empty() {
        return Ok(());
    }
    bail!(
        "{}\nWhat to do: write a test that fails, or make the code simpler, or write into testing/mutants.toml why nobody can tell",
        findings.join("\n")
    )
}

/// Tests what is asked for, stage by stage, and keeps what was found out.
fn find_out(
    root: &Path,
    part: &Part,
    listed: &[Mutant],
    all: &[Mutant],
    options: &Options,
) -> Result<Known> {
    let mut asked = all.to_vec();
    if let Some(revision) = &options.in_diff {
        let changed = tool::list(root, part, Some(revision))?;
        asked.retain(|mutant| changed.contains(mutant));
    }
    if let Some(shard) = options.shard {
        let mut place = 0..;
        asked.retain(|_| place.next().is_some_and(|place| shard.takes(place)));
    }
    let mut known = Known::open(root, part, all)?;
    if !options.resume {
        known.forget(&asked);
    }
    for packages in &part.stages {
        let left: Vec<_> = asked.iter().filter(|m| !known.is_settled(m)).collect();
        if left.is_empty() {
            break;
        }
        let judges = packages.join(", ");
        println!(
            "{}: {} mutants before the tests of {judges}",
            part.name,
            left.len()
        );
        // Before, so that a run that is interrupted is read against these files.
        known.write(root, part)?;
        tool::test(root, part, packages, listed, &left)?;
        known.absorb(tool::ended(root, part)?);
        known.write(root, part)?;
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_take_each_place_once() {
        let shards: Vec<Shard> = ["1/3", "2/3", "3/3"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        for place in 0..10 {
            let takers = shards.iter().filter(|shard| shard.takes(place));
            assert_eq!(takers.count(), 1, "{place}");
        }
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
