//! The golden dependency tree of each box binary: what is linked into a trusted program changes only
//! in plain sight. How many crates that may be: `budgets.rs`. Called by `tidy::run`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::finding::Finding;
use super::graph::Graph;
use super::layers::{BoxBinaries, lies_in};

/// The trees of today, by package.
///
/// # Errors
/// When `cargo tree` fails.
pub(crate) fn current(
    root: &Path,
    graph: &Graph,
    rule: &BoxBinaries,
) -> Result<BTreeMap<String, String>> {
    let mut trees = BTreeMap::new();
    for (_, package, _) in graph
        .ours()
        .filter(|(_, _, folder)| lies_in(folder, std::slice::from_ref(&rule.folder)))
    {
        let output = Command::new("cargo")
            .args([
                "tree",
                "-p",
                &package.name,
                "-e",
                "normal",
                "--prefix",
                "none",
                "--no-dedupe",
            ])
            .args(["--target", &rule.target])
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
        trees.insert(
            package.name.clone(),
            normalise(&text, &root.to_string_lossy()),
        );
    }
    Ok(trees)
}

/// Sorted, without repetition, with folders relative to `root`.
fn normalise(text: &str, root: &str) -> String {
    let inside = format!("({}/", root.trim_end_matches('/'));
    let lines: BTreeSet<String> = text
        .lines()
        .map(|line| line.trim().trim_end_matches(" (*)").replace(&inside, "("))
        .filter(|line| !line.is_empty())
        .collect();
    lines
        .into_iter()
        .fold(String::new(), |text, line| text + &line + "\n")
}

/// Compares `trees` with the files of the house; with `bless`, writes them instead.
///
/// # Errors
/// When a golden file cannot be read or written, other than for being absent.
pub(crate) fn check(
    root: &Path,
    graph: &Graph,
    trees: &BTreeMap<String, String>,
    bless: bool,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (name, tree) in trees {
        let (_, _, folder) = graph
            .our(name)
            .with_context(|| format!("{name} is not ours"))?;
        let place = format!("{folder}/tree.golden");
        let path = root.join(&place);
        if bless {
            std::fs::write(&path, tree).with_context(|| format!("write {place}"))?;
            continue;
        }
        let golden = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("read {place}")),
        };
        if golden != *tree {
            findings.push(Finding::new(
                place,
                format!("the tree of {name} has changed: {}", difference(&golden, tree)),
                "each crate in a box is trusted with its secrets",
                "look at what came in; if it is right, `cargo xtask tidy --bless` and say why in the commit",
            ));
        }
    }
    Ok(findings)
}

/// What came and what went, on one line; a few of each are enough to know what happened.
fn difference(golden: &str, tree: &str) -> String {
    const SHOWN_MAX: usize = 6;
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
        (golden.lines().collect(), tree.lines().collect());
    let came = new.difference(&old).map(|line| format!("+{line}"));
    let went = old.difference(&new).map(|line| format!("-{line}"));
    let all: Vec<String> = came.chain(went).collect();
    let more = all.len().saturating_sub(SHOWN_MAX);
    let mut text = all
        .into_iter()
        .take(SHOWN_MAX)
        .collect::<Vec<_>>()
        .join(", ");
    if more > 0 {
        text += &format!(" and {more} more");
    }
    if text.is_empty() {
        "order or line ends only".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::synthetic::House;
    use super::*;

    #[test]
    fn a_tree_names_no_place_of_this_machine() {
        let text = "box v0.1.0 (/home/me/house/boxes/box)\nzeroize v1.9.1\nitem v0.1.0 (/home/me/house/boxes/item) (*)\nzeroize v1.9.1\n";
        assert_eq!(
            normalise(text, "/home/me/house"),
            "box v0.1.0 (boxes/box)\nitem v0.1.0 (boxes/item)\nzeroize v1.9.1\n"
        );
    }

    #[test]
    fn a_changed_tree_is_found_and_can_be_blessed() {
        let root = super::super::files::temporary::folder(&[(
            "boxes/boxd/bin/meter/tree.golden",
            "a v1\nb v1\n",
        )]);
        let graph = House::default()
            .ours("meter-box", "boxes/boxd/bin/meter")
            .graph();
        let trees = BTreeMap::from([("meter-box".to_owned(), "a v1\nc v2\n".to_owned())]);
        let found = check(root.path(), &graph, &trees, false).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("+c v2, -b v1"), "{}", found[0].what);
        assert!(check(root.path(), &graph, &trees, true).unwrap().is_empty());
        assert!(
            check(root.path(), &graph, &trees, false)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_missing_golden_file_is_found() {
        let root =
            super::super::files::temporary::folder(&[("boxes/boxd/bin/meter/src/main.rs", "")]);
        let graph = House::default()
            .ours("meter-box", "boxes/boxd/bin/meter")
            .graph();
        let trees = BTreeMap::from([("meter-box".to_owned(), "a v1\n".to_owned())]);
        assert_eq!(check(root.path(), &graph, &trees, false).unwrap().len(), 1);
    }
}
