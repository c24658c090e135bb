//! Addresses as they are typed: lines, separated by semicolons or by line ends.

use std::path::Path;

use anyhow::{Context, Result};
use postal::Address;

/// The lines of an address of the United States, checked as far as can be done here.
///
/// # Errors
/// What is wrong with which line.
pub(crate) fn parse(text: &str) -> Result<Vec<String>> {
    let lines = split(text);
    let address = Address::parse(&lines)?;
    address.destination()?;
    Ok(address.lines().to_vec())
}

/// As [`parse`], out of a text file with one line a line.
///
/// # Errors
/// As [`parse`], and what the file system says.
pub(crate) fn parse_file(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    parse(&text).with_context(|| path.display().to_string())
}

/// Lines of a return address or of an address as it was read from a piece: any country, no check.
pub(crate) fn split(text: &str) -> Vec<String> {
    text.split([';', '\n'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_and_line_ends_part_lines() {
        let expected = ["State Capitol", "1315 10th St", "Sacramento, CA 95814"];
        for text in [
            "State Capitol;1315 10th St;Sacramento, CA 95814",
            "State Capitol\n1315 10th St\r\n\nSacramento, CA 95814\n",
            " State Capitol ; 1315 10th St;; Sacramento, CA 95814;",
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn an_address_must_end_with_a_place() {
        assert!(parse("State Capitol;Sacramento").is_err());
        assert!(parse("").is_err());
    }
}
