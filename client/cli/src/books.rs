//! Options that `indicia statement` and `indicia report` have in common: which part of the books, and as
//! what.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use sdk::BooksQuestion;

/// Which days, which meters.
#[derive(Debug, Clone, Args)]
pub(crate) struct BooksOptions {
    /// First day, YYYY-MM-DD, UTC; the first of this month if not given
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
    /// Last day; today if not given
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
    /// One meter, or a range like 10000001-10000009; all if not given
    #[arg(long, value_name = "SERIALS")]
    pub(crate) meters: Option<String>,
    /// Write CSV
    #[arg(long, conflicts_with = "pdf")]
    pub(crate) csv: bool,
    /// Write a PDF; needs --out
    #[arg(long)]
    pub(crate) pdf: bool,
    /// File to write, instead of the terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

impl BooksOptions {
    pub(crate) fn question(&self) -> BooksQuestion {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        BooksQuestion {
            from: text(&self.from),
            to: text(&self.to),
            meters: text(&self.meters),
            ..BooksQuestion::default()
        }
    }

    /// `csv` or `pdf`, by option or by the ending of the file; none for a table.
    pub(crate) fn format(&self) -> Result<Option<&'static str>> {
        let ending = self.out.as_ref().and_then(|path| path.extension());
        let ending = ending.and_then(|ending| ending.to_str()).unwrap_or("");
        if self.pdf && self.out.is_none() {
            bail!("a PDF needs a file: --out statement.pdf");
        }
        Ok(match (self.csv, self.pdf, ending) {
            (true, _, _) | (_, false, "csv") => Some("csv"),
            (_, true, _) | (_, _, "pdf") => Some("pdf"),
            _ => None,
        })
    }
}

/// Columns with room for the widest cell of each; those of `right` end at the same place.
pub(crate) fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |place: usize| {
        let cells = rows.iter().filter_map(|row| row.get(place));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(wide).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let set = cells.map(|(place, (cell, wide))| match right.contains(&place) {
            true => format!("{cell:>wide$}"),
            false => format!("{cell:wide$}"),
        });
        set.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_at_one_place() {
        let rows = [["what", "much"], ["a", "1.000"], ["longer", "12.000"]];
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.map(str::to_owned).to_vec())
            .collect();
        assert_eq!(
            table(&rows, &[1]),
            "what      much\na        1.000\nlonger  12.000"
        );
    }
}
