//! Keeps `formats/README.md` in step with the code. Used by the golden tests of `item` and, through
//! its path, of `wire`.
//!
//! A layout stands in the document as a heading `### Name` and a table `| offset | size | field |
//! meaning |`; a list of codes as a heading `### Name` and a table `| number | name | meaning |`.
//! Sizes that depend on content are text, and so is every offset behind one.

use super::vectors::{Vector, place};

/// Rows of the table under `### name`, without the two lines of its head.
fn rows(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(place("README.md")).unwrap();
    let heading = format!("### {name}");
    let rows: Vec<Vec<String>> = text
        .lines()
        .skip_while(|line| *line != heading)
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect();
    assert!(!rows.is_empty(), "formats/README.md has no table of {name}");
    rows
}

/// The document names these fields in this order, each behind the one before, and where every size
/// is fixed they make up the vector of that name.
pub(super) fn assert_documented(name: &str, fields: &[&str], vectors: &[Vector]) {
    let rows = rows(name);
    let named: Vec<&str> = rows.iter().map(|row| row[2].as_str()).collect();
    assert_eq!(named, fields, "fields of {name} in formats/README.md");
    let mut offset = Some(0);
    for row in &rows {
        let field = &row[2];
        assert_eq!(row[0].parse().ok(), offset, "offset of {name}.{field}");
        let size = row[1].parse::<usize>().ok();
        offset = offset.zip(size).map(|(offset, size)| offset + size);
    }
    if offset.is_some() {
        let vector = vectors.iter().find(|vector| vector.name == name);
        let length = vector.map(|vector| vector.bytes.len());
        assert_eq!(offset, length, "sizes of {name}");
    }
}

/// The document has exactly these numbers and names.
pub(super) fn assert_codes(name: &str, codes: impl Iterator<Item = (u64, String)>) {
    let documented: Vec<(u64, String)> = rows(name)
        .into_iter()
        .map(|row| (row[0].parse().unwrap(), row[1].clone()))
        .collect();
    assert_eq!(
        documented,
        codes.collect::<Vec<_>>(),
        "codes of {name} in formats/README.md"
    );
}
