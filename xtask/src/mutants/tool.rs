//! The program cargo-mutants: what it lists, and running it on chosen mutants. What an outcome means
//! is decided in `known` and `verdict`.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::plan::Part;
use crate::shell::{command, output};

/// Where everything about mutants is kept.
pub(super) const FOLDER: &str = "target/mutants";

/// Exit codes of cargo-mutants that are results: all found; some survive; some ran out of time.
const RESULTS: [i32; 3] = [0, 2, 3];

/// One mutant, as cargo-mutants lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Mutant {
    /// `file:line:column: change`.
    pub(super) name: String,
    /// File that it changes, relative to the root.
    pub(super) file: String,
    /// What it changes there.
    pub(super) span: Span,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Span {
    pub(super) start: Place,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Place {
    /// Counted from 1.
    pub(super) line: usize,
}

impl Mutant {
    /// Its name without line and column: what a written reason names.
    pub(super) fn plain_name(&self) -> String {
        let place = self.name.strip_prefix(&self.file).unwrap_or(&self.name);
        let change = place.splitn(4, ':').nth(3).unwrap_or(place);
        format!("{}:{change}", self.file)
    }
}

/// How cargo-mutants ends on one mutant.
#[derive(Debug, Deserialize)]
pub(super) struct Ended {
    pub(super) scenario: Scenario,
    pub(super) summary: String,
}

/// What it ran on.
#[derive(Debug, Deserialize)]
pub(super) enum Scenario {
    /// The tree as it is.
    Baseline,
    /// A mutant.
    Mutant(Mutant),
}

#[derive(Deserialize)]
struct Outcomes {
    outcomes: Vec<Ended>,
}

/// Keeps other runs in this clone away until it is dropped.
///
/// Copies of the tree are one package to cargo, wherever they lie: two runs that share what they
/// build take each other's mutants for their own.
///
/// # Errors
/// When another run has it.
pub(super) fn lock(root: &Path) -> Result<File> {
    let path = root.join(FOLDER).join("lock");
    std::fs::create_dir_all(root.join(FOLDER)).context("make target/mutants")?;
    let file = File::create(&path).with_context(|| format!("make {}", path.display()))?;
    file.try_lock()
        .context("another run works in this clone: wait for it, or take another clone")?;
    Ok(file)
}

/// Every mutant of a crate, or those of lines that differ from a revision.
///
/// # Errors
/// When git or cargo-mutants fails.
pub(super) fn list(root: &Path, part: &Part, since: Option<&str>) -> Result<Vec<Mutant>> {
    let mut arguments: Vec<String> = ["mutants", "--list", "--json", "--package", &part.package]
        .map(str::to_owned)
        .to_vec();
    if let Some(revision) = since {
        let diff = output(&mut command(
            root,
            "git",
            ["diff", revision, "--", &part.folder],
        ))?;
        if diff.is_empty() {
            return Ok(Vec::new());
        }
        let file = folder(root, part)?.join("in.diff");
        std::fs::write(&file, diff).context("write the difference")?;
        arguments.extend(["--in-diff".to_owned(), file.display().to_string()]);
    }
    let listed = output(&mut command(root, "cargo", arguments))?;
    serde_json::from_slice(&listed).context("read what `cargo mutants --list` says")
}

/// Tests `chosen` of `all` mutants of a crate with the tests of some packages.
///
/// # Errors
/// When the tests fail without any mutant, or cargo-mutants does.
pub(super) fn test(
    root: &Path,
    part: &Part,
    packages: &[String],
    all: &[Mutant],
    chosen: &[&Mutant],
) -> Result<()> {
    let folder = folder(root, part)?;
    leave_out(&folder, all, chosen)?;
    let mut cargo = command(
        root,
        "cargo",
        [
            "mutants",
            "--iterate",
            "--profile",
            "mutants",
            "--package",
            &part.package,
        ],
    );
    for package in packages {
        cargo.args(["--test-package", package]);
    }
    cargo.arg("--output").arg(&folder);
    cargo.env("NEXTEST_PROFILE", "mutants");
    // Copies of the tree share what they build of others' crates.
    cargo.env("CARGO_TARGET_DIR", root.join(FOLDER).join("build"));
    let status = cargo.status().context("start cargo-mutants")?;
    match status.code() {
        Some(code) if RESULTS.contains(&code) => Ok(()),
        _ => bail!(
            "cargo-mutants failed on {} ({status}); with --resume it goes on from there",
            part.name
        ),
    }
}

/// `--iterate` skips what it finds in a list of its last run: that is how it is told what not to do.
fn leave_out(folder: &Path, all: &[Mutant], chosen: &[&Mutant]) -> Result<()> {
    let last = folder.join("mutants.out");
    if last.exists() {
        std::fs::remove_dir_all(&last).context("remove the results of the last run")?;
    }
    std::fs::create_dir_all(&last).context("make a folder for results")?;
    let skipped: Vec<&str> = all
        .iter()
        .filter(|mutant| !chosen.contains(mutant))
        .map(|mutant| mutant.name.as_str())
        .collect();
    std::fs::write(last.join("previously_caught.txt"), skipped.join("\n"))
        .context("write the list of what is left out")
}

/// What the last run, finished or not, found out about a crate.
///
/// # Errors
/// When its results can not be read.
pub(super) fn ended(root: &Path, part: &Part) -> Result<Vec<Ended>> {
    let file = folder(root, part)?.join("mutants.out/outcomes.json");
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read(&file).context("read outcomes.json")?;
    let outcomes: Outcomes = serde_json::from_slice(&text).context("read outcomes.json")?;
    Ok(outcomes.outcomes)
}

/// Forgets them, once they are kept elsewhere; the logs stay for reading.
///
/// # Errors
/// When the file can not be removed.
pub(super) fn forget_ended(root: &Path, part: &Part) -> Result<()> {
    let file = folder(root, part)?.join("mutants.out/outcomes.json");
    if file.is_file() {
        std::fs::remove_file(&file).context("remove outcomes.json")?;
    }
    Ok(())
}

/// The folder of one crate.
///
/// # Errors
/// When it can not be made.
pub(super) fn folder(root: &Path, part: &Part) -> Result<PathBuf> {
    let folder = root.join(FOLDER).join(&part.name);
    std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let first = lock(root.path()).unwrap();
        assert!(lock(root.path()).is_err());
        drop(first);
        assert!(lock(root.path()).is_ok());
    }

    #[test]
    fn a_plain_name_has_no_line_and_keeps_its_colons() {
        let mutant = Mutant {
            name: "boxes/a/b.rs:22:9: replace <impl fmt::Display for E>::fmt with ()".into(),
            file: "boxes/a/b.rs".into(),
            span: Span {
                start: Place { line: 22 },
            },
        };
        assert_eq!(
            mutant.plain_name(),
            "boxes/a/b.rs: replace <impl fmt::Display for E>::fmt with ()"
        );
    }
}
