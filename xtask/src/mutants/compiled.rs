//! Statements under `#[cfg(feature = ..)]` are not in what the tests are built with (planted bugs of the
//! simulation): breaking them tells nothing.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::tool::Mutant;

/// The mutants of code that is compiled.
///
/// # Errors
/// When a file can not be read.
pub(super) fn only(root: &Path, listed: &[Mutant]) -> Result<Vec<Mutant>> {
    let mut absent: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for mutant in listed {
        if !absent.contains_key(mutant.file.as_str()) {
            let text = std::fs::read_to_string(root.join(&mutant.file))
                .with_context(|| format!("read {}", mutant.file))?;
            absent.insert(&mutant.file, absent_lines(&text));
        }
    }
    let is_compiled = |mutant: &&Mutant| {
        let lines = absent.get(mutant.file.as_str());
        lines.is_none_or(|lines| !lines.contains(&mutant.span.start.line))
    };
    Ok(listed.iter().filter(is_compiled).cloned().collect())
}

/// Lines, from 1, of statements under such an attribute. Formatted source is taken for granted: a
/// statement ends where a line ends it with all brackets closed.
fn absent_lines(text: &str) -> Vec<usize> {
    let mut absent = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((_, line)) = lines.next() {
        if !line.trim_start().starts_with("#[cfg(feature") {
            continue;
        }
        let mut depth = 0i32;
        for (number, line) in lines.by_ref() {
            absent.push(number);
            for letter in line.chars() {
                match letter {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth -= 1,
                    _ => {}
                }
            }
            if depth == 0 && line.ends_with([';', '}', ',']) {
                break;
            }
        }
    }
    absent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_under_a_feature_is_absent_and_the_next_is_not() {
        let text = "\
fn f() -> bool {
    let a = true;
    #[cfg(feature = \"planted\")]
    let a = a || is(
        Bug::One,
    );
    #[cfg(feature = \"planted\")]
    if let Some(b) = is(Bug::Two) {
        return b;
    }
    #[cfg(test)]
    let a = !a;
    a
}
";
        assert_eq!(absent_lines(text), [4, 5, 6, 8, 9, 10]);
    }
}
