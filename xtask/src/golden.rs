//! Golden files that are made by our own code: byte vectors of the formats, and the OpenAPI text.
//! The trees of box binaries: `tidy --bless`. Called by `main` and by `cargo xtask test`.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::demo::built_for_tests;
use crate::shell::{command, output, run};

/// Variable with which golden tests write their files instead of comparing them.
const BLESS: &str = "INDICIA_BLESS";
const OPENAPI: &str = "formats/openapi.json";

/// Rewrites `formats/*.hex` from the golden tests, then compares; with `check`, only compares.
///
/// # Errors
/// When a golden test fails, or there is none.
pub(crate) fn vectors(root: &Path, check: bool) -> Result<()> {
    let tests = || {
        command(
            root,
            "cargo",
            [
                "nextest",
                "run",
                // As for `built`: the tests of all packages are there already.
                "--workspace",
                "golden",
            ],
        )
    };
    if !check {
        run(tests().env(BLESS, "1"))?;
    }
    run(tests().env_remove(BLESS)).context(
        "the golden tests did not pass: a change of a signed layout is a new version; \
         if it is meant, run `cargo xtask vectors` and look at the difference",
    )
}

/// Writes `formats/openapi.json` from the gateway's own description; with `check`, compares.
///
/// # Errors
/// When the gateway cannot be built or run, or the file differs.
pub(crate) fn openapi(root: &Path, check: bool) -> Result<()> {
    let program = built_for_tests(root, "indicia-datacenter")?;
    let made = output(&mut command(root, &program.to_string_lossy(), ["openapi"]))?;
    let made = String::from_utf8(made).context("the OpenAPI text is not UTF-8")?;
    write_or_compare(root, OPENAPI, &made, check)
}

fn write_or_compare(root: &Path, place: &str, made: &str, check: bool) -> Result<()> {
    let path = root.join(place);
    if !check {
        std::fs::write(&path, made).with_context(|| format!("write {place}"))?;
        println!("{place}: {} bytes written", made.len());
        return Ok(());
    }
    let kept = std::fs::read_to_string(&path)
        .with_context(|| format!("read {place}: run `cargo xtask openapi` once"))?;
    match first_difference(&kept, made) {
        None => Ok(()),
        Some((line, old, new)) => bail!(
            "{place}:{line} says {old:?}, the code says {new:?}: if the change of the API is meant, \
             run `cargo xtask openapi` and name it in CHANGELOG.md"
        ),
    }
}

/// Line (from 1) and both texts where two texts part.
fn first_difference(old: &str, new: &str) -> Option<(usize, String, String)> {
    if old == new {
        return None;
    }
    let (mut old_lines, mut new_lines) = (old.split('\n'), new.split('\n'));
    let mut line = 1;
    loop {
        let (old, new) = (old_lines.next(), new_lines.next());
        if old != new {
            let shown = |text: Option<&str>| text.unwrap_or("(end)").trim().to_owned();
            return Some((line, shown(old), shown(new)));
        }
        line += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_file_is_refused_and_a_fresh_one_passes() {
        let root = tempfile::tempdir().unwrap();
        assert!(write_or_compare(root.path(), "x.json", "{}\n", true).is_err());
        write_or_compare(root.path(), "x.json", "{}\n", false).unwrap();
        write_or_compare(root.path(), "x.json", "{}\n", true).unwrap();
        let error = write_or_compare(root.path(), "x.json", "{}\n2\n", true)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("x.json:2 says \"\", the code says \"2\""),
            "{error}"
        );
    }
}
