//! What ARCHITECTURE.md promises is tested: each invariant (V) and each rule (P) that it states names
//! a test that exists. Whether the test passes: `cargo xtask test`. Called by `tidy::run`.
//!
//! A promise is a paragraph, list entry or table row that begins with `V3` or `P12`. It names its
//! tests as `test:PACKAGE::fn_name` in backticks. A rule marked `(later)` owes no test yet.

use std::collections::BTreeSet;

use super::files::Files;
use super::finding::Finding;
use super::graph::Graph;
use super::layers::{Promises, lies_in};
use super::source::{attributes, inner, is_test, words};

const WHY: &str = "an invariant that no test enforces is a wish";

/// All promises that are not kept.
pub(crate) fn check(graph: &Graph, files: &Files, rule: &Promises) -> Vec<Finding> {
    let Some(page) = files.pages.iter().find(|page| page.path == rule.file) else {
        return vec![Finding::new(
            &rule.file,
            format!("{} is absent", rule.file),
            "it states the invariants V1-V8 and the rules P1-P32, and names the test of each",
            format!("write {} at the root of the house", rule.file),
        )];
    };
    let mut findings = Vec::new();
    let mut kept = BTreeSet::new();
    for block in blocks(&page.text) {
        let place = format!("{}:{}", rule.file, block.line);
        let tokens = tokens(&block.text);
        findings.extend(absent(graph, files, &place, &tokens));
        let Some(name) = rule_name(&block.text) else {
            continue;
        };
        if !is_known(&name, rule) {
            let what = format!("{name} is no invariant or rule of the design");
            findings.push(Finding::new(
                &place,
                what,
                "numbers are used in tests and commits",
                "correct the number",
            ));
        } else if !tokens.is_empty() {
            kept.insert(name);
        } else if name.starts_with('P') && !block.text.contains("(later)") {
            let fix = "add `test:PACKAGE::fn_name` to this entry, or mark it (later)";
            findings.push(Finding::new(
                &place,
                format!("{name} names no test"),
                WHY,
                fix,
            ));
        }
    }
    for name in rule.invariants.iter().filter(|name| !kept.contains(*name)) {
        let fix = format!("begin an entry with {name} and add `test:PACKAGE::fn_name`");
        findings.push(Finding::new(
            &rule.file,
            format!("{name} names no test"),
            WHY,
            fix,
        ));
    }
    for path in &rule.pages {
        let Some(page) = files.pages.iter().find(|page| page.path == *path) else {
            let fix = "correct its path in layers.toml";
            findings.push(Finding::new(path, format!("{path} is absent"), WHY, fix));
            continue;
        };
        for (line, text) in (1..).zip(page.text.lines()) {
            let place = format!("{path}:{line}");
            findings.extend(absent(graph, files, &place, &tokens(text)));
        }
    }
    findings
}

/// A finding for each named test that is not there.
fn absent(graph: &Graph, files: &Files, place: &str, tokens: &[&str]) -> Vec<Finding> {
    let fix = "name a test that exists as `test:PACKAGE::fn_name`, or write it";
    tokens
        .iter()
        .filter_map(|token| look_up(graph, files, token).err())
        .map(|what| Finding::new(place, what, WHY, fix))
        .collect()
}

struct Block {
    line: usize,
    text: String,
}

/// Paragraphs, list entries and table rows.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let starts = trimmed.starts_with(['|', '#'])
            || trimmed.starts_with("- ")
            || trimmed.starts_with("* ");
        match blocks.last_mut() {
            _ if trimmed.is_empty() => open = false,
            Some(block) if open && !starts && rule_name(line).is_none() => {
                block.text.push('\n');
                block.text.push_str(line);
            }
            _ => {
                blocks.push(Block {
                    line: at + 1,
                    text: line.to_owned(),
                });
                open = true;
            }
        }
    }
    blocks
}

/// `V3` or `P12` when the text begins with it, behind list, table and emphasis marks.
fn rule_name(text: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || "-*|>#_`[".contains(c));
    let letter = text.chars().next().filter(|c| matches!(c, 'V' | 'P'))?;
    let digits: String = text[1..].chars().take_while(char::is_ascii_digit).collect();
    let after = text[1 + digits.len()..].chars().next();
    // `P-256` and `P256x` are no rules, and `P30-P32` is a range that a sentence may begin with.
    let ends = after.is_none_or(|c| !c.is_alphanumeric() && c != '-');
    (!digits.is_empty() && ends).then(|| format!("{letter}{digits}"))
}

fn is_known(name: &str, rule: &Promises) -> bool {
    match name.strip_prefix('P') {
        Some(number) => number
            .parse()
            .is_ok_and(|number: u32| (1..=rule.rules_max).contains(&number)),
        None => rule.invariants.iter().any(|invariant| invariant == name),
    }
}

/// The backticked `test:..` of a text.
fn tokens(text: &str) -> Vec<&str> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|token| token.strip_prefix("test:"))
        .collect()
}

/// Whether the test is there; what is wrong otherwise.
fn look_up(graph: &Graph, files: &Files, token: &str) -> Result<(), String> {
    let Some((package, function)) = token
        .split_once("::")
        .filter(|(_, function)| !function.contains("::"))
    else {
        return Err(format!(
            "`test:{token}` is not of the form test:PACKAGE::fn_name"
        ));
    };
    let Some((_, _, folder)) = graph.our(package) else {
        return Err(format!("`test:{token}` names no package of ours"));
    };
    let own = [format!("{folder}/")];
    let mut found = files
        .rust
        .iter()
        .filter(|file| lies_in(&file.path, &own))
        .map(|file| state(&file.code, function));
    match found.by_ref().find(|state| *state != Function::Absent) {
        Some(Function::Test) => Ok(()),
        Some(Function::Ignored) => Err(format!(
            "`test:{token}` is marked #[ignore]: nobody runs it"
        )),
        Some(Function::Plain) => Err(format!("`test:{token}` is no test: it has no #[test]")),
        Some(Function::Absent) | None => Err(format!("`test:{token}` does not exist")),
    }
}

#[derive(PartialEq, Eq)]
enum Function {
    Absent,
    Plain,
    Ignored,
    Test,
}

/// What the function `name` is in `code`: its attributes stand between it and the item before.
fn state(code: &str, name: &str) -> Function {
    let mut state = Function::Absent;
    for at in words(code, name) {
        let before = code[..at].trim_end();
        let Some(before) = before.strip_suffix("fn") else {
            continue;
        };
        if !before.is_empty() && !before.ends_with(|c: char| c.is_whitespace()) {
            continue;
        }
        let attributes = attributes_before(code, before.len());
        if !attributes.iter().any(|attribute| is_test(attribute)) {
            state = Function::Plain;
        } else if attributes
            .iter()
            .any(|attribute| attribute == "ignore" || attribute.starts_with("ignore="))
        {
            return Function::Ignored;
        } else {
            return Function::Test;
        }
    }
    state
}

/// Attributes that stand directly before `end`, past `pub`, `async` and the like.
fn attributes_before(code: &str, end: usize) -> Vec<String> {
    let all = attributes(&code[..end]);
    let mut edge = end;
    let mut found = Vec::new();
    for attribute in all.into_iter().rev() {
        let between = code[attribute.end..edge].split_whitespace();
        if !between
            .into_iter()
            .all(|word| matches!(word, "pub" | "async" | "const" | "pub(crate)"))
        {
            break;
        }
        found.push(inner(code, attribute));
        edge = attribute.start;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::files::temporary::files;
    use super::super::graph::synthetic::House;
    use super::*;

    const TESTS: &str = "fn helper() {}\n\
        #[test]\nfn kept() {}\n\
        #[tokio::test(flavor = \"multi_thread\")]\n#[expect(x, reason = \"y\")]\nasync fn kept_async() {}\n\
        proptest! {\n    /// Doc.\n    #[test]\n    fn kept_property(a in 0..9) {}\n}\n\
        #[test]\n#[ignore = \"slow\"]\nfn asleep() {}\n\
        fn after() { kept(); }\n";

    fn found(page: &str) -> Vec<String> {
        let (_root, files) = files(&[("ARCHITECTURE.md", page), ("boxes/a/src/lib.rs", TESTS)]);
        let graph = House::default().ours("indicia-a", "boxes/a").graph();
        let rule = Promises {
            file: "ARCHITECTURE.md".into(),
            pages: Vec::new(),
            invariants: vec!["V1".into()],
            rules_max: 32,
        };
        check(&graph, &files, &rule)
            .into_iter()
            .map(|f| format!("{}: {}", f.place, f.what))
            .collect()
    }

    const V1: &str = "- **V1**: text\n  goes on (`test:indicia-a::kept`)\n";

    #[test]
    fn kept_promises_are_no_finding() {
        for name in ["kept", "kept_async", "kept_property"] {
            let page = format!(
                "{V1}\nP16: rows `test:indicia-a::{name}`\n| P3 | `test:indicia-a::{name}` |\n- P29 (later)\n"
            );
            assert_eq!(found(&page), Vec::<String>::new(), "{name}");
        }
        assert_eq!(
            found(&format!("{V1}\nP-256 is a curve.\n")),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_broken_promise_is_found() {
        for (line, wanted) in [
            (
                "P16: `test:indicia-a::gone`",
                "`test:indicia-a::gone` does not exist",
            ),
            ("P16: `test:indicia-a::helper`", "is no test"),
            ("P16: `test:indicia-a::after`", "is no test"),
            ("P16: `test:indicia-a::asleep`", "is marked #[ignore]"),
            ("P16: `test:indicia-b::kept`", "names no package of ours"),
            ("P16: `test:indicia-a::mod::kept`", "is not of the form"),
            ("as `test:indicia-a::gone` shows", "does not exist"),
            ("P16: nothing", "P16 names no test"),
            ("P33: `test:indicia-a::kept`", "P33 is no invariant or rule"),
        ] {
            let found = found(&format!("{V1}\n{line}\n"));
            assert_eq!(found.len(), 1, "{line}: {found:?}");
            assert!(
                found[0].starts_with("ARCHITECTURE.md:4: ") && found[0].contains(wanted),
                "{line}: {found:?}"
            );
        }
    }

    #[test]
    fn an_invariant_without_test_is_found() {
        assert_eq!(
            found("V1: text\n\nand `test:indicia-a::kept`\n"),
            ["ARCHITECTURE.md: V1 names no test"]
        );
    }

    #[test]
    fn an_absent_page_is_found() {
        let (_root, files) = files(&[("README.md", "")]);
        let rule = Promises {
            file: "ARCHITECTURE.md".into(),
            pages: Vec::new(),
            invariants: Vec::new(),
            rules_max: 32,
        };
        let found = check(&House::default().graph(), &files, &rule);
        assert_eq!(found[0].what, "ARCHITECTURE.md is absent");
    }

    #[test]
    fn other_pages_name_tests_that_exist_too() {
        let page = "text\nas `test:indicia-a::gone` shows\n";
        let (_root, files) = files(&[("ARCHITECTURE.md", ""), ("docs/threats.md", page)]);
        let rule = |pages: &[&str]| Promises {
            file: "ARCHITECTURE.md".into(),
            pages: pages.iter().map(|page| (*page).to_owned()).collect(),
            invariants: Vec::new(),
            rules_max: 32,
        };
        let graph = House::default().ours("indicia-a", "a").graph();
        assert!(check(&graph, &files, &rule(&[])).is_empty());
        let found = check(&graph, &files, &rule(&["docs/threats.md", "docs/gone.md"]));
        let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(places, ["docs/threats.md:2", "docs/gone.md"]);
    }
}
