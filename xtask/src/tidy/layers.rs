//! `layers.toml` as types. No rule is applied here: each rule lives in the module of its name.
//! Read once by `tidy::run`. Unknown keys are refused, so that a misspelt rule cannot sleep.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layers {
    #[serde(default)]
    pub(crate) edge: Vec<Edge>,
    #[serde(default)]
    pub(crate) exactly_one: Vec<ExactlyOne>,
    #[serde(default)]
    pub(crate) banned_direct: Vec<BannedDirect>,
    #[serde(default)]
    pub(crate) may_use: Vec<MayUse>,
    pub(crate) secret_names: SecretNames,
    pub(crate) budget: Budgets,
    pub(crate) box_binaries: BoxBinaries,
    pub(crate) text: Text,
    pub(crate) promises: Promises,
    pub(crate) licences: Licences,
    pub(crate) duplicates: Duplicates,
}

/// No package of `from` (less `except`) may reach what the other fields name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edge {
    pub(crate) rule: String,
    pub(crate) from: Vec<String>,
    #[serde(default)]
    pub(crate) except: Vec<String>,
    /// Packages of ours that may not be reached.
    #[serde(default)]
    pub(crate) never: Vec<String>,
    /// Folders of ours that may not be reached.
    #[serde(default)]
    pub(crate) never_beneath: Vec<String>,
    /// When not empty: the only folders of ours that may be reached.
    #[serde(default)]
    pub(crate) ours_only_beneath: Vec<String>,
    /// Whether the package's own dev-dependencies count too.
    #[serde(default)]
    pub(crate) dev: bool,
    pub(crate) why: String,
    pub(crate) fix: String,
}

/// Each package of `from` reaches exactly one of `of`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExactlyOne {
    pub(crate) rule: String,
    pub(crate) from: Vec<String>,
    pub(crate) of: Vec<String>,
    pub(crate) why: String,
    pub(crate) fix: String,
}

/// Packages of `from` have none of `crates`, and no procedural macro, as a direct dependency.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BannedDirect {
    pub(crate) rule: String,
    pub(crate) from: Vec<String>,
    pub(crate) proc_macros: bool,
    pub(crate) crates: Vec<String>,
    pub(crate) why: String,
    pub(crate) fix: String,
}

/// The complete list of direct dependencies of one package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MayUse {
    pub(crate) package: String,
    pub(crate) only: Vec<String>,
    pub(crate) why: String,
    pub(crate) fix: String,
}

/// Identifiers of secret-key cryptography and where they may stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretNames {
    pub(crate) crate_name: String,
    pub(crate) names: Vec<String>,
    pub(crate) modules: Vec<String>,
    pub(crate) allowed_in: Vec<String>,
    pub(crate) why: String,
    pub(crate) fix: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budgets {
    #[serde(default)]
    pub(crate) folder: Vec<FolderBudget>,
    #[serde(default)]
    pub(crate) binary: Vec<BinaryBudget>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FolderBudget {
    pub(crate) folder: String,
    pub(crate) code_lines_max: usize,
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BinaryBudget {
    pub(crate) package: String,
    /// Code lines of the binary and of all of ours beneath it.
    pub(crate) code_lines_max: usize,
    /// Crates of others in its golden tree.
    pub(crate) crates_max: usize,
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BoxBinaries {
    pub(crate) folder: String,
    pub(crate) target: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) rs_lines_max: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Promises {
    pub(crate) file: String,
    /// Other pages that name tests: each must exist.
    #[serde(default)]
    pub(crate) pages: Vec<String>,
    /// Invariants that must each name a test.
    pub(crate) invariants: Vec<String>,
    /// Highest number of a rule P1, P2, ...
    pub(crate) rules_max: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Licences {
    pub(crate) allow: Vec<String>,
    #[serde(default)]
    pub(crate) exception: Vec<LicenceException>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LicenceException {
    pub(crate) package: String,
    pub(crate) licence: String,
    pub(crate) reason: String,
}

/// Crates that a program may link in several versions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Duplicates {
    /// Folders of programs that do not ship.
    pub(crate) except: Vec<String>,
    #[serde(default)]
    pub(crate) allowed: Vec<AllowedDuplicate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowedDuplicate {
    pub(crate) package: String,
    /// Versions in one program, at most.
    pub(crate) copies: usize,
    pub(crate) reason: String,
}

/// Reads `layers.toml` at the root of the house.
///
/// # Errors
/// When the file is missing, is not TOML, lacks a section or has a key that no rule reads.
pub(crate) fn read(root: &Path) -> Result<Layers> {
    let path = root.join("layers.toml");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not understood", path.display()))
}

/// Whether `folder` ("boxes/item") lies in one of `prefixes` ("boxes/", or "" for everything).
pub(crate) fn lies_in(folder: &str, prefixes: &[String]) -> bool {
    let folder = format!("{}/", folder.trim_end_matches('/'));
    prefixes
        .iter()
        .any(|prefix| folder.starts_with(prefix.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_this_house_is_understood() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let layers = read(&root).unwrap();
        let rules: Vec<&str> = layers.edge.iter().map(|edge| edge.rule.as_str()).collect();
        assert_eq!(rules, ["1", "2", "4", "6"]);
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../layers.toml");
        let text = std::fs::read_to_string(house)
            .unwrap()
            .replace("never_beneath", "never_benaeth");
        std::fs::write(root.path().join("layers.toml"), text).unwrap();
        assert!(read(root.path()).is_err());
    }

    #[test]
    fn a_prefix_ends_at_a_folder() {
        assert!(lies_in("boxes/item", &["boxes/".into()]));
        assert!(lies_in("audit", &["audit/".into()]));
        assert!(lies_in("audit", &[String::new()]));
        assert!(!lies_in("boxes-old/item", &["boxes/".into()]));
    }
}
