//! Every crate of others may be used in a work under MIT OR Apache-2.0. It believes what the crate
//! says of itself. What only builds or tests counts too. Called by `tidy::run`.

use super::finding::Finding;
use super::graph::{Graph, Package};
use super::layers::Licences;

/// Crates whose licence the list does not satisfy, and exceptions that nothing needs.
pub(crate) fn check(graph: &Graph, rule: &Licences) -> Vec<Finding> {
    let others = || {
        graph
            .packages
            .iter()
            .filter(|package| package.folder.is_none())
    };
    let mut findings: Vec<Finding> =
        others().filter(|package| !fits(package, rule)).map(|package| {
            let licence = package.licence.as_deref().unwrap_or("none told");
            Finding::new(
                format!("{} {}", package.name, package.version),
                format!("its licence ({licence}) is not on the list"),
                "whoever builds Indicia must be able to use it under MIT OR Apache-2.0",
                "take another crate, or add the licence or an exception with its reason to layers.toml",
            )
        }).collect();
    for exception in &rule.exception {
        let used = others()
            .any(|package| package.name == exception.package && !fits_list(package, &rule.allow));
        if !used || exception.reason.trim().is_empty() {
            findings.push(Finding::new(
                "layers.toml",
                format!(
                    "the licence exception for {} is not needed or has no reason",
                    exception.package
                ),
                "an exception that nobody needs hides the next one",
                "take it out, or give its reason",
            ));
        }
    }
    findings
}

fn fits(package: &Package, rule: &Licences) -> bool {
    let excepted = rule.exception.iter().any(|exception| {
        exception.package == package.name
            && Some(exception.licence.as_str()) == package.licence.as_deref()
    });
    excepted || fits_list(package, &rule.allow)
}

fn fits_list(package: &Package, allow: &[String]) -> bool {
    package
        .licence
        .as_deref()
        .is_some_and(|licence| satisfied(licence, allow))
}

/// Whether an SPDX expression can be satisfied with licences of `allow` alone. What is not understood
/// is not satisfied.
fn satisfied(expression: &str, allow: &[String]) -> bool {
    // Old manifests write `MIT/Apache-2.0` for OR.
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    either(&words, &mut at, allow) == Some(true) && at == words.len()
}

fn either(words: &[&str], at: &mut usize, allow: &[String]) -> Option<bool> {
    let mut value = both(words, at, allow)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        value |= both(words, at, allow)?;
    }
    Some(value)
}

fn both(words: &[&str], at: &mut usize, allow: &[String]) -> Option<bool> {
    let mut value = one(words, at, allow)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        value &= one(words, at, allow)?;
    }
    Some(value)
}

fn one(words: &[&str], at: &mut usize, allow: &[String]) -> Option<bool> {
    let word = *words.get(*at)?;
    *at += 1;
    if word == "(" {
        let value = either(words, at, allow)?;
        let closes = words.get(*at) == Some(&")");
        *at += 1;
        return closes.then_some(value);
    }
    let mut name = word.to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1)?);
        *at += 2;
    }
    Some(allow.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::super::graph::synthetic::House;
    use super::super::layers::LicenceException;
    use super::*;

    fn rule() -> Licences {
        let allow = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]
            .map(String::from)
            .to_vec();
        Licences {
            allow,
            exception: Vec::new(),
        }
    }

    #[test]
    fn expressions_are_read_as_spdx_reads_them() {
        let allow = rule().allow;
        for (expression, wanted) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0/MIT", true),
            ("MIT AND GPL-3.0", false),
            ("ISC AND (GPL-3.0 OR MIT)", true),
            ("GPL-3.0 OR ISC AND MIT", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("MIT OR", false),
            ("(MIT", false),
            ("MIT)", false),
            ("", false),
        ] {
            assert_eq!(satisfied(expression, &allow), wanted, "{expression}");
        }
    }

    #[test]
    fn a_foreign_licence_is_found_unless_excepted_with_reason() {
        let graph = House::default()
            .ours("ours", "a")
            .external("good", "MIT")
            .external("bad", "GPL-3.0")
            .dev_edge("ours", "bad")
            .graph();
        let mut rule = rule();
        assert_eq!(check(&graph, &rule)[0].place, "bad 1.0.0");
        let exception = |package: &str, reason: &str| LicenceException {
            package: package.into(),
            licence: "GPL-3.0".into(),
            reason: reason.into(),
        };
        rule.exception = vec![exception("bad", "only a test tool")];
        assert!(check(&graph, &rule).is_empty());
        rule.exception = vec![exception("bad", "")];
        assert_eq!(check(&graph, &rule).len(), 1);
        rule.exception.push(exception("good", "not needed"));
        assert_eq!(check(&graph, &rule).len(), 2);
    }

    #[test]
    fn a_crate_without_licence_is_found() {
        let mut graph = House::default().external("silent", "MIT").graph();
        graph.packages[0].licence = None;
        assert_eq!(check(&graph, &rule()).len(), 1);
    }
}
