//! `testing/mutants.toml`: which crates are mutated, whose tests judge them, and why a survivor may
//! live. Nothing is run here. Called by `mutants::run`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

const FILE: &str = "testing/mutants.toml";

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    #[serde(rename = "crate")]
    crates: Vec<Part>,
    #[serde(default, rename = "survivor")]
    reasons: Vec<Reason>,
}

/// One crate that is mutated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// Its name for `--crate`.
    pub(crate) name: String,
    /// Its folder, with a slash behind.
    pub(crate) folder: String,
    /// Its package.
    pub(crate) package: String,
    /// Packages whose tests judge, cheapest first: what survives one stage is shown to the next.
    pub(crate) stages: Vec<Vec<String>>,
}

/// Why a mutant may survive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Its name as `cargo mutants --list` has it, without line and column.
    pub(crate) mutant: String,
    /// How many survivors bear this name.
    #[serde(default = "one")]
    pub(crate) times: usize,
    /// Why no test can tell it from the original.
    pub(crate) reason: String,
}

fn one() -> usize {
    1
}

impl Plan {
    /// Reads the file.
    ///
    /// # Errors
    /// When it can not be read, or says something twice or about nothing.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(root.join(FILE)).with_context(|| format!("read {FILE}"))?;
        Self::parse(&text).with_context(|| format!("read {FILE}"))
    }

    fn parse(text: &str) -> Result<Self> {
        let plan: Self = toml::from_str(text)?;
        for (place, reason) in plan.reasons.iter().enumerate() {
            let name = &reason.mutant;
            if reason.reason.trim().is_empty() || reason.times == 0 {
                bail!("no reason is given, or none is needed: {name}");
            }
            if plan.reasons[..place].iter().any(|r| r.mutant == *name) {
                bail!("two reasons for one name (use `times`): {name}");
            }
            if !plan
                .crates
                .iter()
                .any(|part| name.starts_with(&part.folder))
            {
                bail!("a reason for a crate that is not mutated: {name}");
            }
        }
        Ok(plan)
    }

    /// The crates of these names, or all.
    ///
    /// # Errors
    /// A name that is not in the file.
    pub(crate) fn chosen(&self, names: &[String]) -> Result<Vec<&Part>> {
        for name in names {
            if !self.crates.iter().any(|part| part.name == *name) {
                bail!("no crate `{name}` in {FILE}");
            }
        }
        let is_chosen = |part: &&Part| names.is_empty() || names.contains(&part.name);
        Ok(self.crates.iter().filter(is_chosen).collect())
    }

    /// Reasons for survivors of one crate.
    pub(crate) fn reasons<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = &'a Reason> {
        self.reasons
            .iter()
            .filter(|reason| reason.mutant.starts_with(&part.folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATE: &str =
        "[[crate]]\nname = 'a'\nfolder = 'boxes/a/'\npackage = 'p'\nstages = [['p']]\n";

    fn parse(more: &str) -> Result<Plan> {
        Plan::parse(&format!("{CRATE}{more}"))
    }

    #[test]
    fn a_reason_is_for_something_and_given_once() {
        let reason = |mutant: &str, reason: &str| {
            format!("[[survivor]]\nmutant = '{mutant}'\nreason = '{reason}'\n")
        };
        let good = reason("boxes/a/x.rs: replace f with ()", "nobody calls it");
        assert_eq!(parse(&good).unwrap().reasons[0].times, 1);
        for bad in [
            reason("boxes/b/x.rs: replace f with ()", "nobody calls it"),
            reason("boxes/a/x.rs: replace f with ()", " "),
            format!("{good}times = 0\n"),
            format!("{good}{good}"),
            format!("{good}why = 'unknown field'\n"),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_file_of_the_house_is_sound() {
        let root = crate::shell::find_root().unwrap();
        let plan = Plan::read(&root).unwrap();
        assert_eq!(plan.chosen(&[]).unwrap().len(), plan.crates.len());
        assert!(plan.chosen(&["nothing".to_owned()]).is_err());
        for part in &plan.crates {
            assert!(root.join(&part.folder).join("Cargo.toml").is_file());
            assert!(!part.stages.is_empty(), "{}", part.name);
        }
    }
}
