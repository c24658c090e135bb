//! Relative links of `.md` pages lead to files of the house. Links into the web are not followed.
//! Called by `tidy::run`.

use std::path::{Component, Path, PathBuf};

use super::files::{Files, Page};
use super::finding::Finding;

/// Every relative link that leads nowhere, or out of the house.
pub(crate) fn check(files: &Files) -> Vec<Finding> {
    files
        .pages
        .iter()
        .flat_map(|page| check_page(&files.root, page))
        .collect()
}

fn check_page(root: &Path, page: &Page) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, target) in links(&page.text) {
        let path = target.split(['#', '?']).next().unwrap_or_default();
        if path.is_empty() || has_scheme(path) {
            continue;
        }
        let leads_somewhere =
            inside(&page.path, path).is_some_and(|inside| root.join(inside).exists());
        if !leads_somewhere {
            findings.push(Finding::new(
                format!("{}:{line}", page.path),
                format!("the link {target:?} leads to no file of the house"),
                "a reader who follows it stands before a wall",
                "correct the path, or take the link out",
            ));
        }
    }
    findings
}

fn has_scheme(target: &str) -> bool {
    let scheme = target.split(':').next().unwrap_or_default();
    scheme.len() < target.len()
        && !scheme.is_empty()
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
}

/// The path from the root, when it does not climb out; `/x` counts from the root.
fn inside(page: &str, target: &str) -> Option<PathBuf> {
    let target = target.replace("%20", " ");
    let start = if target.starts_with('/') {
        Path::new("")
    } else {
        Path::new(page).parent()?
    };
    let mut path = PathBuf::new();
    for part in start.join(target.trim_start_matches('/')).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir if !path.pop() => return None,
            _ => {}
        }
    }
    Some(path)
}

/// Targets of `[text](target)` and `[name]: target` with their lines; code is left out.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                found.extend(targets(trimmed).into_iter().map(|target| (at + 1, target)))
            }
        }
    }
    found
}

fn targets(line: &str) -> Vec<String> {
    // Inline code stands between backticks: every second piece.
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("` `");
    let mut targets: Vec<String> = Vec::new();
    if prose.starts_with('[')
        && let Some((_, target)) = prose.split_once("]: ")
    {
        targets.extend(target.split_whitespace().next().map(str::to_owned));
    }
    let mut rest = prose.as_str();
    while let Some((_, after)) = rest.split_once("](") {
        let Some((target, behind)) = after.split_once(')') else {
            break;
        };
        let target = target.trim();
        let bare = target.strip_prefix('<').and_then(|t| t.split('>').next());
        let bare = bare
            .or_else(|| target.split_whitespace().next())
            .unwrap_or_default();
        targets.push(bare.to_owned());
        rest = behind;
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::super::files::temporary::files;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let (_root, files) = files(&[
            ("docs/page.md", text),
            ("README.md", ""),
            ("docs/a b.md", ""),
            ("x/y.rs", ""),
        ]);
        check(&files)
            .into_iter()
            .map(|finding| format!("{}: {}", finding.place, finding.what))
            .collect()
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        for target in ["gone.md", "../gone.md#part", "../../outside.md", "/gone"] {
            for text in [
                format!("\nsee [it]({target})"),
                format!("\nan ![image]({target} \"title\")"),
                format!("\n[it]: {target}"),
            ] {
                let found = found(&text);
                assert_eq!(found.len(), 1, "{text}");
                assert!(found[0].starts_with("docs/page.md:2: "), "{}", found[0]);
            }
        }
        assert_eq!(
            found("[a](../README.md) and [`b`](gone.md), `[c](d)`").len(),
            1
        );
    }

    #[test]
    fn a_link_that_leads_somewhere_is_left_alone() {
        for text in [
            "[a](../README.md) [b](../x/y.rs#L3) [c](../x) [d](/README.md) [e](page.md \"title\")",
            "[a](https://example.org/x) [b](#part) [c](mailto:a@example.org) [d](<a b.md>)",
            "```\n[a](gone.md)\n```\n",
            "`[a](gone.md)`",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
