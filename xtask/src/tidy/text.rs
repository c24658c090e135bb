//! Habits that a machine can see in Rust text: file length, unfinished code, waivers without reason.
//! Formatting and lints: rustfmt and clippy. Links of pages: `links.rs`. Called by `tidy::run`.

use super::files::{Files, RustFile};
use super::finding::Finding;
use super::layers::Text;
use super::source::{attributes, inner, line_of, words};

/// All findings in `.rs` files.
pub(crate) fn check(files: &Files, rule: &Text) -> Vec<Finding> {
    files
        .rust
        .iter()
        .flat_map(|file| {
            let mut findings = unfinished(file);
            findings.extend(waivers(file));
            findings.extend(length(file, rule.rs_lines_max));
            findings
        })
        .collect()
}

fn length(file: &RustFile, lines_max: usize) -> Option<Finding> {
    let lines = file.text.lines().count();
    (lines > lines_max).then(|| {
        let what = format!("{lines} lines, the limit is {lines_max}");
        Finding::new(
            &file.path,
            what,
            "a file is one idea, seen whole",
            "split it where its ideas part",
        )
    })
}

fn unfinished(file: &RustFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in ["todo", "unimplemented", "dbg"] {
        for at in words(&file.code, name) {
            if file.code[at + name.len()..].starts_with('!') {
                let what = format!("{name}! is left in");
                findings.push(at_offset(
                    file,
                    at,
                    what,
                    "unfinished code stops a running program",
                    "finish it, or take it out",
                ));
            }
        }
    }
    findings
}

fn waivers(file: &RustFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for attribute in attributes(&file.code) {
        let inner = inner(&file.code, attribute);
        let mut add = |what: &str, why: &str, fix: &str| {
            findings.push(at_offset(file, attribute.start, what.to_owned(), why, fix));
        };
        if inner == "ignore" {
            add(
                "#[ignore] without a reason",
                "a test that sleeps for no told reason sleeps for ever",
                "write #[ignore = \"reason\"], or run it",
            );
        }
        if words(&inner, "allow")
            .any(|at| inner[at + 5..].starts_with('(') && is_lint_place(&inner, at))
        {
            add(
                "a lint is silenced with allow",
                "an allow stays when its cause is gone",
                "write expect(lint, reason = \"..\") instead",
            );
        }
        let expects = words(&inner, "expect")
            .any(|at| inner[at + 6..].starts_with('(') && is_lint_place(&inner, at));
        if expects && words(&inner, "reason").next().is_none() {
            add(
                "expect without a reason",
                "a waiver states its reason",
                "add reason = \"..\" to it",
            );
        }
    }
    findings
}

/// Whether a lint level stands at `at`: alone, or as an argument of `cfg_attr`.
fn is_lint_place(inner: &str, at: usize) -> bool {
    at == 0 || (inner.starts_with("cfg_attr(") && inner[..at].ends_with(','))
}

fn at_offset(file: &RustFile, at: usize, what: String, why: &str, fix: &str) -> Finding {
    Finding::new(
        format!("{}:{}", file.path, line_of(&file.code, at)),
        what,
        why,
        fix,
    )
}

#[cfg(test)]
mod tests {
    use super::super::files::temporary::files;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let (_root, files) = files(&[("a/src/lib.rs", text)]);
        check(&files, &Text { rs_lines_max: 9 })
            .into_iter()
            .map(|f| format!("{}: {}", f.place, f.what))
            .collect()
    }

    #[test]
    fn each_habit_bites() {
        for (text, wanted) in [
            (
                "fn a() {\n    todo!()\n}",
                "a/src/lib.rs:2: todo! is left in",
            ),
            (
                "fn a() { unimplemented!() }",
                "a/src/lib.rs:1: unimplemented! is left in",
            ),
            ("fn a() { dbg!(1); }", "a/src/lib.rs:1: dbg! is left in"),
            (
                "#[test]\n#[ignore]\nfn a() {}",
                "a/src/lib.rs:2: #[ignore] without a reason",
            ),
            (
                "#[allow(dead_code)]\nfn a() {}",
                "a/src/lib.rs:1: a lint is silenced with allow",
            ),
            (
                "#![allow(dead_code, reason = \"x\")]",
                "a/src/lib.rs:1: a lint is silenced with allow",
            ),
            (
                "#[cfg_attr(test, allow(dead_code))]\nfn a() {}",
                "a/src/lib.rs:1: a lint is silenced with allow",
            ),
            (
                "#[expect(dead_code)]\nfn a() {}",
                "a/src/lib.rs:1: expect without a reason",
            ),
            (
                "#[cfg_attr(test, expect(dead_code))]\nfn a() {}",
                "a/src/lib.rs:1: expect without a reason",
            ),
            (
                "\n\n\n\n\n\n\n\n\n\n",
                "a/src/lib.rs: 10 lines, the limit is 9",
            ),
        ] {
            assert_eq!(found(text), [wanted], "{text}");
        }
    }

    #[test]
    fn what_is_right_is_left_alone() {
        for text in [
            "// todo!() in a comment\nconst A: &str = \"dbg!(x) #[ignore] #[allow(x)]\";",
            "#[test]\n#[ignore = \"needs a printer\"]\nfn a() {}",
            "#[expect(dead_code, reason = \"read by the linker\")]\nfn a() {}",
            "fn a(todo: bool) -> bool { !todo }",
            "#[validate(allow(x))]\nfn a() { allow(1); x.expect(\"y\"); }",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
