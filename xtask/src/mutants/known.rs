//! What is known of each mutant of a crate, kept between runs. An outcome counts as long as the file
//! that the mutant changes stays as it was; a weakened test is noticed by a run without `--resume`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::plan::Part;
use super::tool::{self, Ended, Mutant, Scenario};
use crate::shell::{command, output};

/// How a mutant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// A test failed.
    Caught,
    /// The tests did not end.
    TimedOut,
    /// It does not compile.
    Unviable,
    /// Every test of the last stage that it was shown to passed.
    Survived,
}

/// Outcomes by name, and the files that they hold for.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    files: BTreeMap<String, String>,
    outcomes: BTreeMap<String, Outcome>,
}

impl Known {
    /// What earlier runs left, an interrupted one included.
    ///
    /// # Errors
    /// When it, or the files of `all` mutants, can not be read.
    pub(super) fn open(root: &Path, part: &Part, all: &[Mutant]) -> Result<Self> {
        let mut known: Self = match std::fs::read(path(root, part)?) {
            Ok(text) => serde_json::from_slice(&text).context("read known.json")?,
            Err(_) => Self::default(),
        };
        known.absorb(tool::ended(root, part)?);
        known.keep_what_holds(all, files_of(root, all)?);
        known.write(root, part)?;
        Ok(known)
    }

    /// Drops the outcomes of what changed or is gone.
    fn keep_what_holds(&mut self, all: &[Mutant], files: BTreeMap<String, String>) {
        let before = std::mem::replace(&mut self.files, files);
        self.outcomes.retain(|name, _| {
            all.iter()
                .find(|mutant| mutant.name == *name)
                .is_some_and(|mutant| before.get(&mutant.file) == self.files.get(&mutant.file))
        });
    }

    /// Takes over what a run of cargo-mutants found out.
    pub(super) fn absorb(&mut self, ended: Vec<Ended>) {
        for Ended { scenario, summary } in ended {
            let Scenario::Mutant(mutant) = scenario else {
                continue;
            };
            let outcome = match summary.as_str() {
                "CaughtMutant" => Outcome::Caught,
                "Timeout" => Outcome::TimedOut,
                "Unviable" => Outcome::Unviable,
                "MissedMutant" => Outcome::Survived,
                // Interrupted: not known.
                _ => continue,
            };
            self.outcomes.insert(mutant.name, outcome);
        }
    }

    /// Forgets some mutants, to test them anew.
    pub(super) fn forget(&mut self, mutants: &[Mutant]) {
        for mutant in mutants {
            self.outcomes.remove(&mutant.name);
        }
    }

    /// What is known of one.
    pub(super) fn of(&self, mutant: &Mutant) -> Option<Outcome> {
        self.outcomes.get(&mutant.name).copied()
    }

    /// Whether there is nothing more to find out: survivors are always tried again.
    pub(super) fn is_settled(&self, mutant: &Mutant) -> bool {
        self.of(mutant)
            .is_some_and(|outcome| outcome != Outcome::Survived)
    }

    /// Keeps it, with everything that was absorbed.
    ///
    /// # Errors
    /// When it can not be written.
    pub(super) fn write(&self, root: &Path, part: &Part) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("encode known.json")?;
        std::fs::write(path(root, part)?, text).context("write known.json")?;
        // Read once more, they would count for files that have changed since.
        tool::forget_ended(root, part)
    }
}

fn path(root: &Path, part: &Part) -> Result<PathBuf> {
    Ok(tool::folder(root, part)?.join("known.json"))
}

/// Each file with the digest of its content.
fn files_of(root: &Path, all: &[Mutant]) -> Result<BTreeMap<String, String>> {
    let mut files: Vec<&str> = all.iter().map(|mutant| mutant.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let arguments = ["hash-object"].iter().chain(&files);
    let printed = output(&mut command(root, "git", arguments))?;
    let digests = String::from_utf8(printed).context("read what git says")?;
    let pairs = files.iter().zip(digests.lines());
    Ok(pairs
        .map(|(file, digest)| ((*file).to_owned(), digest.to_owned()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::tool::{Place, Span};
    use super::*;

    fn mutant(file: &str, line: u32) -> Mutant {
        Mutant {
            name: format!("{file}:{line}:1: replace f with ()"),
            file: file.to_owned(),
            span: Span {
                start: Place { line: 1 },
            },
        }
    }

    fn ended(mutant: &Mutant, summary: &str) -> Ended {
        Ended {
            scenario: Scenario::Mutant(mutant.clone()),
            summary: summary.to_owned(),
        }
    }

    fn files(b: &str) -> BTreeMap<String, String> {
        [("a.rs", "1"), ("b.rs", b)]
            .map(|(file, digest)| (file.to_owned(), digest.to_owned()))
            .into()
    }

    #[test]
    fn outcomes_hold_until_their_file_changes() {
        let all = [mutant("a.rs", 1), mutant("a.rs", 2), mutant("b.rs", 1)];
        let mut known = Known::default();
        known.keep_what_holds(&all, files("2"));
        known.absorb(vec![
            ended(&all[0], "CaughtMutant"),
            ended(&all[1], "MissedMutant"),
            ended(&all[2], "Timeout"),
        ]);
        known.keep_what_holds(&all, files("2"));
        assert_eq!(
            all.each_ref().map(|m| known.is_settled(m)),
            [true, false, true]
        );
        known.keep_what_holds(&all, files("3"));
        assert_eq!(known.of(&all[0]), Some(Outcome::Caught));
        assert_eq!(known.of(&all[2]), None, "b.rs is another");
        known.keep_what_holds(&all[1..], files("3"));
        assert_eq!(known.of(&all[0]), None, "gone from the list");
    }
}
