//! `cargo xtask prove`: every long proof, one after the other, and a table of how each ended. What each
//! of them shows, and can not show, is in docs/proof.md. Called by `main`.

use std::path::Path;
use std::process::ExitStatus;

use anyhow::{Context, Result, bail};

use crate::shell::{command, now};

/// One proof: its name, and the command that anybody can give by hand.
struct Proof {
    name: &'static str,
    arguments: &'static [&'static str],
}

/// The cheapest first: what is broken shows early.
const PROOFS: &[Proof] = &[
    Proof {
        name: "fault tables: journal, box shell, store",
        arguments: &[
            "nextest",
            "run",
            "--package",
            "indicia-journal",
            "--package",
            "indicia-boxd",
            "--package",
            "indicia-store-sqlite",
        ],
    },
    Proof {
        name: "every state of the one-meter protocol",
        arguments: &["xtask", "model", "--long"],
    },
    Proof {
        name: "10,000 simulated seeds",
        arguments: &["xtask", "sim", "--seeds", "10000"],
    },
    Proof {
        name: "planted bugs, each within 1,000 seeds",
        arguments: &["xtask", "sim", "--mutants"],
    },
    Proof {
        name: "500 kills and pauses of real processes",
        arguments: &["xtask", "chaos", "--kills", "500"],
    },
    Proof {
        name: "fuzzing: decoders and keepers 10 min, the rest 60 s",
        arguments: &["xtask", "fuzz", "--all", "--proof"],
    },
    Proof {
        name: "mutants of item, meter and keeper",
        arguments: &["xtask", "mutants", "--resume"],
    },
];

/// Which proofs.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only those whose name holds this text (may be given more than once)
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Name them, with the command of each, and end
    #[arg(long)]
    list: bool,
}

/// Runs them all, whether or not one before failed.
///
/// # Errors
/// When any of them failed.
pub(crate) fn prove(root: &Path, options: &Options) -> Result<()> {
    let chosen: Vec<&Proof> = PROOFS
        .iter()
        .filter(|proof| {
            options.only.is_empty() || options.only.iter().any(|text| proof.name.contains(text))
        })
        .collect();
    if chosen.is_empty() {
        bail!("no proof has such a name; `cargo xtask prove --list` names them");
    }
    if options.list {
        for proof in chosen {
            println!("{}\n  cargo {}", proof.name, proof.arguments.join(" "));
        }
        return Ok(());
    }
    let mut rows = Vec::new();
    let mut failed = 0;
    for proof in chosen {
        println!(
            "==> {}\n    cargo {}",
            proof.name,
            proof.arguments.join(" ")
        );
        let began = now();
        let status = command(root, "cargo", proof.arguments)
            .status()
            .with_context(|| format!("start cargo {}", proof.arguments.join(" ")))?;
        failed += usize::from(!status.success());
        rows.push(row(proof.name, status, began.elapsed().as_secs_f64()));
    }
    println!("\n{:<54} {:<8} {:>9}", "proof", "result", "minutes");
    for row in rows {
        println!("{row}");
    }
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of the proofs failed; each can be run alone by its command"),
    }
}

fn row(name: &str, status: ExitStatus, seconds: f64) -> String {
    let result = if status.success() { "holds" } else { "FAILED" };
    format!("{name:<54} {result:<8} {:>9.1}", seconds / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn a_failure_is_told_from_a_success() {
        assert!(row("one", ExitStatus::from_raw(0), 60.0).contains("holds"));
        assert!(row("one", ExitStatus::from_raw(256), 60.0).contains("FAILED"));
    }

    #[test]
    fn names_are_distinct() {
        let names: std::collections::BTreeSet<_> = PROOFS.iter().map(|p| p.name).collect();
        assert_eq!(names.len(), PROOFS.len());
    }
}
