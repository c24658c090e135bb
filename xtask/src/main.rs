//! `cargo xtask`: the one entry to everything people do here. It holds no product code and nothing
//! links it; it starts cargo and our own programs, and checks the written rules of the house.

mod bench;
mod chaos;
mod demo;
mod fuzz;
mod golden;
mod model;
mod mutants;
mod prove;
mod setup;
mod shell;
mod sim;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Everything people do in this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo                 see it work: ceremony, deposit, printed and verified envelopes
  cargo xtask test                 all checks, installing what is missing (Debian 12)
  cargo xtask test --only tests    one step of them
  cargo xtask tidy                 the written rules: forbidden edges, budgets, promises, licences
  cargo xtask chaos --kills 500    kill its processes under load, then check everything
  cargo xtask vectors              rewrite the golden bytes after a meant change of a layout";

#[derive(Debug, Subcommand)]
enum Task {
    /// Run everything that must hold before a change goes in
    #[command(after_help = "\
Examples:
  cargo xtask test                           all steps, in order
  cargo xtask test --only fmt --only clippy  two of them
  cargo xtask test --only tests              no set-up, no lints, only the tests")]
    Test {
        /// Run only this step (may be given more than once)
        #[arg(long, value_name = "STEP")]
        only: Vec<test::Step>,
    },
    /// Check the written rules of the house against layers.toml
    #[command(after_help = "\
Examples:
  cargo xtask tidy            one line per finding: where, what, why, what to do
  cargo xtask tidy --measure  figures beside their budgets
  cargo xtask tidy --bless    accept the dependency trees of the box binaries as they are now")]
    Tidy(tidy::Options),
    /// Build everything and run the demonstration
    #[command(after_help = "\
Examples:
  cargo xtask demo             writes to target/demo and says what is there
  cargo xtask demo -- --help   options of the demonstration itself")]
    Demo {
        /// Handed to `indicia demo`
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "ARGUMENTS"
        )]
        arguments: Vec<String>,
    },
    /// Feed bytes that nobody foresaw to everything that reads bytes from outside
    #[command(after_help = "\
Examples:
  cargo xtask fuzz --list                       what can be fuzzed
  cargo xtask fuzz keeper_meter --minutes 10    one target, for ten minutes
  cargo xtask fuzz --all --seconds 10           each for ten seconds, as continuous integration does
  cargo xtask fuzz --all --proof                ten minutes for decoders and keepers, one for the rest
  cargo xtask fuzz item --replay FILE           run one input again and tell its story")]
    Fuzz(fuzz::Options),
    /// Break the boxes in every small way and see whether a test notices (an hour)
    #[command(after_help = "\
Examples:
  cargo xtask mutants                        item, meter and keeper; a table, and what survives
  cargo xtask mutants --crate item           one of them
  cargo xtask mutants --resume               go on where a run ended
  cargo xtask mutants --resume --shard 2/4   a quarter of what is left
  cargo xtask mutants --in-diff main         only what differs from a revision")]
    Mutants(mutants::Options),
    /// Go through every state of the one-meter protocol (testing/model)
    #[command(after_help = "\
Examples:
  cargo xtask model                     the settings of the tests: states, depth and time of each
  cargo xtask model --long --threads 2  larger ones too: minutes, and gigabytes of memory")]
    Model {
        /// Handed to the model
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "ARGUMENTS"
        )]
        arguments: Vec<String>,
    },
    /// Run every long proof, and say how each ended (hours)
    #[command(after_help = "\
Examples:
  cargo xtask prove                 all of them, with a table at the end
  cargo xtask prove --list          what they are
  cargo xtask prove --only planted  one of them")]
    Prove(prove::Options),
    /// Simulate a whole installation, seed by seed, with every fault that one machine can have
    #[command(after_help = "\
Examples:
  cargo xtask sim                  1,000 seeds: speed, faults by kind, refusal codes reached
  cargo xtask sim --seeds 10000    more of them
  cargo xtask sim --seed 4711      the story of one, the same each time
  cargo xtask sim --mutants        the planted bugs, each to be found within 1,000 seeds")]
    Sim(sim::Options),
    /// Build everything, then kill, stop, cut off and starve its processes under load
    #[command(after_help = "\
Examples:
  cargo xtask chaos                        a short storm: 20 kills and pauses
  cargo xtask chaos --kills 500            a long one: about ten minutes
  cargo xtask chaos --kills 500 --seed 7   the faults of an earlier one")]
    Chaos {
        /// Kills and pauses; cut connections, full disks and clean stops come on top
        #[arg(long, default_value_t = 20)]
        kills: usize,
        /// Repeats the faults of an earlier run
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Build what ships with --release, and measure it beside the machine's own ceilings
    #[command(after_help = "\
Examples:
  cargo xtask bench                     everything: a table, and target/bench.json
  cargo xtask bench --quick             does it work: two seconds each, no figures to quote
  cargo xtask bench --only batch1000_8  one of them, with the ceilings
  cargo xtask bench --against /tmp/before --only single_c64
                                        beside the programs of another build, in turns of seconds
  cargo xtask bench --instructions      a repeatable figure: instructions of a dispense, against those kept")]
    Bench(bench::Options),
    /// Rewrite the golden byte vectors of the layouts (formats/*.hex)
    #[command(after_help = "\
Examples:
  cargo xtask vectors          after a meant change: then look at `git diff formats`
  cargo xtask vectors --check  fail when they are stale")]
    Vectors {
        /// Compare only
        #[arg(long)]
        check: bool,
    },
    /// Rewrite formats/openapi.json from the gateway's own description
    #[command(after_help = "\
Examples:
  cargo xtask openapi          after a meant change of the API
  cargo xtask openapi --check  fail when it is stale")]
    Openapi {
        /// Compare only
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let root = shell::find_root()?;
    match task {
        Task::Test { only } => test::test(&root, &only),
        Task::Tidy(options) => tidy::run(&root, options),
        Task::Prove(options) => prove::prove(&root, &options),
        Task::Sim(options) => sim::sim(&root, &options),
        Task::Mutants(options) => mutants::run(&root, &options),
        Task::Demo { arguments } => demo::demo(&root, &arguments),
        Task::Fuzz(options) => fuzz::fuzz(&root, &options),
        Task::Model { arguments } => model::model(&root, &arguments),
        Task::Chaos { kills, seed } => chaos::chaos(&root, kills, seed),
        Task::Bench(options) => bench::bench(&root, &options),
        Task::Vectors { check } => golden::vectors(&root, check),
        Task::Openapi { check } => golden::openapi(&root, check),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_teaches_by_example() {
        let command = Arguments::command();
        command.clone().debug_assert();
        for task in command.get_subcommands() {
            let help = task
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                help.contains(&format!("cargo xtask {}", task.get_name())),
                "{}",
                task.get_name()
            );
        }
    }
}
