//! `cargo xtask test`: everything that must hold before a change goes in, step by step, stopping at
//! the first that fails. What each step needs installed: `setup.rs`. Called by `main` and `.ci/run`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::shell::{command, now, run, succeeds};
use crate::{fuzz, golden, setup, tidy};

/// Variable that tells tests which Python has the barcode readers.
const PYTHON: &str = "INDICIA_TEST_PYTHON";
/// Variable of cargo: what stands before the compiler of our own packages.
pub(crate) const WRAPPER: &str = "RUSTC_WORKSPACE_WRAPPER";
/// As `cargo clippy -- -D warnings` says it to its compiler.
const WARNINGS_ARE_ERRORS: (&str, &str) = (
    "CLIPPY_ARGS",
    "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__",
);

/// A step, in the order of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Step {
    /// Install what is missing: Debian packages, cargo-nextest, .venv
    Setup,
    /// cargo fmt --check
    Fmt,
    /// cargo clippy, warnings are errors
    Clippy,
    /// Every program, as the tests start them
    Build,
    /// cargo nextest run
    Tests,
    /// Examples in doc comments
    Doc,
    /// cargo xtask tidy
    Tidy,
    /// Golden files are fresh
    Golden,
    /// cargo xtask fuzz, each target for a few seconds
    Fuzz,
}

/// Each target, in seconds: `cargo xtask prove` has the long runs.
const FUZZ_SECONDS: u64 = 10;

const ALL: [Step; 9] = [
    Step::Setup,
    Step::Fmt,
    Step::Clippy,
    Step::Build,
    Step::Tests,
    Step::Doc,
    Step::Tidy,
    Step::Golden,
    Step::Fuzz,
];

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Build => "build",
            Self::Tests => "tests",
            Self::Doc => "doc",
            Self::Tidy => "tidy",
            Self::Golden => "golden",
            Self::Fuzz => "fuzz",
        }
    }

    /// What a person does when it fails.
    fn advice(self) -> &'static str {
        match self {
            Self::Setup => "install by hand what it names, then start again",
            Self::Fmt => "run `cargo fmt`",
            Self::Clippy => "follow what clippy says; a waiver is #[expect(lint, reason = \"..\")]",
            Self::Build => {
                "follow the first error above; what is clippy's can be waived with #[expect(lint, reason = \"..\")]"
            }
            Self::Tests => "run the failed test alone: `cargo nextest run -p PACKAGE TEST`",
            Self::Doc => "run `cargo test --doc -p PACKAGE`",
            Self::Tidy => "each line above says what to do",
            Self::Golden => {
                "run `cargo xtask vectors` or `cargo xtask openapi` and look at the difference"
            }
            Self::Fuzz => "replay the input that it names, mend it, and keep the input",
        }
    }
}

/// Runs the steps of `only`, or all, in their order.
///
/// All of them are run with clippy as the compiler of our own packages: what is built for the tests is
/// looked at on the way, and nothing is compiled a second time just to be looked at. Nothing is kept for
/// a next build of a part, which takes a first one longer, and no lines for backtraces, which take a third
/// of the time that our packages compile; a failed test says where it failed all the same.
///
/// # Errors
/// The first step that fails, with what to do.
pub(crate) fn test(root: &Path, only: &[Step]) -> Result<()> {
    if only.is_empty() && !looks_while_it_builds() && !is_absent(root, "clippy") {
        let (name, value) = WARNINGS_ARE_ERRORS;
        let mut again = Command::new(std::env::current_exe().context("this program's own file")?);
        again.arg("test").current_dir(root);
        again.env(WRAPPER, "clippy-driver").env(name, value);
        again.env("CARGO_PROFILE_DEV_DEBUG", "none");
        return run(again.env("CARGO_INCREMENTAL", "0"));
    }
    let started = now();
    for step in chosen(only) {
        println!("==> {}", step.name());
        let began = now();
        let result = perform(root, step);
        let seconds = began.elapsed().as_secs_f64();
        match result {
            Ok(()) => println!("==> {}: passed in {seconds:.1} s", step.name()),
            Err(error) => {
                let (name, advice) = (step.name(), step.advice());
                return Err(anyhow!(
                    "{name}: failed after {seconds:.1} s: {error:#}\nWhat to do: {advice}. Then `cargo xtask test --only {name}`."
                ));
            }
        }
    }
    println!("==> all passed in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn chosen(only: &[Step]) -> Vec<Step> {
    ALL.into_iter()
        .filter(|step| only.is_empty() || only.contains(step))
        .collect()
}

fn perform(root: &Path, step: Step) -> Result<()> {
    let cargo = |arguments: &[&str]| {
        let mut command = command(root, "cargo", arguments);
        command.env(PYTHON, setup::python(root));
        command
    };
    match step {
        Step::Setup => setup::install(root),
        Step::Fmt if is_absent(root, "fmt") => Ok(()),
        Step::Fmt => run(&mut cargo(&["fmt", "--all", "--check"])),
        Step::Clippy if looks_while_it_builds() => {
            println!("clippy looks at what the next step builds");
            Ok(())
        }
        Step::Clippy if is_absent(root, "clippy") => Ok(()),
        Step::Clippy => run(&mut cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])),
        // With the tests, so that both are built with one choice of features.
        Step::Build => run(&mut cargo(&[
            "build",
            "--quiet",
            "--workspace",
            "--all-targets",
        ])),
        Step::Tests => {
            // Every other test waits for processes half of its time.
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            let at_once = (cores + cores.div_ceil(2)).to_string();
            run(&mut cargo(&[
                "nextest",
                "run",
                "--workspace",
                "--test-threads",
                &at_once,
            ]))
        }
        Step::Doc => run(&mut cargo(&["test", "--quiet", "--doc", "--workspace"])),
        Step::Tidy => tidy::run(root, tidy::Options::default()),
        Step::Golden => {
            golden::vectors(root, true)?;
            golden::openapi(root, true)
        }
        Step::Fuzz => fuzz::fuzz(root, &fuzz::Options::all_for(FUZZ_SECONDS)),
    }
}

/// Whether this process was started to look at what it builds.
fn looks_while_it_builds() -> bool {
    std::env::var_os(WRAPPER).is_some_and(|wrapper| wrapper == "clippy-driver")
}

/// A bare toolchain has neither rustfmt nor clippy; the rest of the steps is worth running all the same.
fn is_absent(root: &Path, part: &str) -> bool {
    let absent = !succeeds(&mut command(root, "cargo", [part, "--version"]));
    if absent {
        println!(
            "skipped: this toolchain has no cargo {part} (rustup component add rustfmt clippy)"
        );
    }
    absent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_in_their_order_whatever_the_order_of_asking() {
        assert_eq!(chosen(&[Step::Tidy, Step::Fmt]), [Step::Fmt, Step::Tidy]);
        assert_eq!(chosen(&[]), ALL);
    }

    #[test]
    fn a_step_goes_by_the_name_that_only_takes() {
        for step in ALL {
            let value = clap::ValueEnum::to_possible_value(&step).unwrap();
            assert_eq!(value.get_name(), step.name());
        }
    }
}
