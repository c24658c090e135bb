//! No crate is in a program twice, in two versions, unless `layers.toml` says why. Two versions are
//! two chances of a fault, and a fix of one leaves the other. Called by `tidy::run`.
//!
//! Not here: what only builds or tests (macros, build scripts, dev-dependencies): it does not ship.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::finding::Finding;
use super::graph::Graph;
use super::layers::Duplicates;

/// Versions by crate, by program.
pub(crate) type Shipped = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// What each program that ships links, for one platform.
///
/// # Errors
/// When `cargo tree` fails.
pub(crate) fn shipped(
    root: &Path,
    graph: &Graph,
    rule: &Duplicates,
    target: &str,
) -> Result<Shipped> {
    let mut shipped = Shipped::new();
    for (_, package, _) in graph.ours().filter(|(_, package, folder)| {
        package.program && !rule.except.iter().any(|e| folder.starts_with(e))
    }) {
        let output = Command::new("cargo")
            .args(["tree", "-p", &package.name, "-e", "normal,no-proc-macro"])
            .args(["--prefix", "none", "--no-dedupe", "--target", target])
            .current_dir(root)
            .output()
            .context("run cargo tree")?;
        if !output.status.success() {
            bail!(
                "cargo tree -p {} failed:\n{}",
                package.name,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let text = String::from_utf8(output.stdout).context("cargo tree is not UTF-8")?;
        shipped.insert(package.name.clone(), versions(&text));
    }
    Ok(shipped)
}

/// Versions by crate, of lines such as `memchr v2.8.3 (*)`.
fn versions(tree: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            let known = versions.entry(name.to_owned()).or_default();
            known.insert(version.to_owned());
        }
    }
    versions
}

/// Crates that are there twice without a reason, and reasons that nothing needs.
pub(crate) fn check(shipped: &Shipped, rule: &Duplicates) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut needed = BTreeSet::new();
    for (program, crates) in shipped {
        for (name, versions) in crates.iter().filter(|(_, versions)| versions.len() > 1) {
            let allowed = rule.allowed.iter().find(|a| a.package == *name);
            if allowed.is_some_and(|a| a.copies >= versions.len()) {
                needed.insert((name.as_str(), versions.len()));
                continue;
            }
            let list: Vec<&str> = versions.iter().map(String::as_str).collect();
            findings.push(Finding::new(
                program,
                format!(
                    "it links {name} {} times: {}",
                    versions.len(),
                    list.join(", ")
                ),
                "two versions are two chances of a fault, and a fix of one leaves the other",
                "bring both to one version, or allow it in layers.toml with its reason",
            ));
        }
    }
    for allowed in &rule.allowed {
        let is_needed = needed.contains(&(allowed.package.as_str(), allowed.copies));
        if !is_needed || allowed.reason.trim().is_empty() {
            findings.push(Finding::new(
                "layers.toml",
                format!(
                    "the duplicate of {} is not there, has fewer copies, or has no reason",
                    allowed.package
                ),
                "a permission that nobody needs hides the next one",
                "take it out, lower `copies`, or give its reason",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::layers::AllowedDuplicate;
    use super::*;

    fn allowed(package: &str, copies: usize, reason: &str) -> AllowedDuplicate {
        AllowedDuplicate {
            package: package.into(),
            copies,
            reason: reason.into(),
        }
    }

    fn rule(allowed: Vec<AllowedDuplicate>) -> Duplicates {
        Duplicates {
            except: Vec::new(),
            allowed,
        }
    }

    fn program(tree: &str) -> Shipped {
        Shipped::from([("program".to_owned(), versions(tree))])
    }

    #[test]
    fn one_crate_in_two_versions_is_found_unless_allowed_with_reason() {
        let shipped = program("program v1 (/x)\na v1.0.0\nb v1.0.0\na v2.0.0\nb v1.0.0 (*)\n");
        let found = check(&shipped, &rule(Vec::new()));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].what.contains("a 2 times: v1.0.0, v2.0.0"),
            "{}",
            found[0]
        );
        assert!(check(&shipped, &rule(vec![allowed("a", 2, "why")])).is_empty());
        assert_eq!(check(&shipped, &rule(vec![allowed("a", 2, " ")])).len(), 1);
    }

    #[test]
    fn a_third_version_is_found_although_two_are_allowed() {
        let shipped = program("a v1\na v2\na v3\n");
        let found = check(&shipped, &rule(vec![allowed("a", 2, "why")]));
        assert!(found.iter().any(|finding| finding.place == "program"));
    }

    #[test]
    fn a_permission_that_nothing_needs_is_found() {
        let shipped = program("a v1\na v2\nb v1\n");
        let rules = vec![allowed("a", 2, "why"), allowed("b", 2, "why")];
        assert_eq!(check(&shipped, &rule(rules)).len(), 1);
        assert_eq!(
            check(&shipped, &rule(vec![allowed("a", 3, "why")])).len(),
            1
        );
    }

    #[test]
    fn two_programs_may_differ() {
        let mut shipped = program("a v1\n");
        shipped.insert("other".to_owned(), versions("a v2\n"));
        assert!(check(&shipped, &rule(Vec::new())).is_empty());
    }
}
