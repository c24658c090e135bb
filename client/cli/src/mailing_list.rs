//! Mailing lists as CSV: one letter a row. Every row is checked before anything is bought.

use std::io::Read;

use anyhow::{Context, Result, bail};
use postal::{Address, Shape};
use sdk::api::ItemOrder;
use serde::Deserialize;

/// Letters of one list: far more than one run prints, and still small in memory.
pub(crate) const ROWS_MAX: usize = 100_000;

/// A row as it stands in the file; other columns are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    line1: String,
    #[serde(default)]
    line2: String,
    city: String,
    state: String,
    zip: String,
    shape: String,
    weight_oz: String,
}

/// One letter of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) name: String,
    pub(crate) recipient: Vec<String>,
    pub(crate) shape: String,
    pub(crate) weight_oz: String,
}

impl Letter {
    /// The order for it, rated by the data centre.
    pub(crate) fn order(&self, mailing_date: Option<&str>) -> ItemOrder {
        ItemOrder {
            shape: Some(self.shape.clone()),
            weight_oz: Some(self.weight_oz.clone()),
            mailing_date: mailing_date.map(str::to_owned),
            recipient: self.recipient.clone(),
            ..Default::default()
        }
    }
}

/// The letters of a list with the columns `name,line1,line2,city,state,zip,shape,weight_oz`.
///
/// # Errors
/// The first row that is not a letter, with its line.
pub(crate) fn read(content: impl Read) -> Result<Vec<Letter>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(content);
    let mut letters = Vec::new();
    for row in reader.deserialize::<Row>() {
        let line = letters.len() + 2;
        if letters.len() == ROWS_MAX {
            bail!("the list has more than {ROWS_MAX} rows: split it");
        }
        let row = row.context(
            "the list needs the columns name,line1,line2,city,state,zip,shape,weight_oz",
        )?;
        letters.push(letter(row).with_context(|| format!("letter {} (line {line})", line - 1))?);
    }
    if letters.is_empty() {
        bail!("the list has no rows");
    }
    Ok(letters)
}

fn letter(row: Row) -> Result<Letter> {
    let last = format!("{}, {} {}", row.city, row.state, row.zip);
    let lines = [&row.name, &row.line1, &row.line2, &last];
    let address = Address::parse(lines.into_iter().filter(|line| !line.is_empty()))?;
    address.destination()?;
    let shape: Shape = row.shape.parse()?;
    postal::weight::parse_ounces(&row.weight_oz)?;
    Ok(Letter {
        name: row.name,
        recipient: address.lines().to_vec(),
        shape: shape.name().to_owned(),
        weight_oz: row.weight_oz,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "name,line1,line2,city,state,zip,shape,weight_oz\n";

    fn list(rows: &str) -> Result<Vec<Letter>> {
        read(format!("{HEADER}{rows}").as_bytes())
    }

    #[test]
    fn the_example_is_read() {
        let letters = read(crate::commands::demo::CAPITOLS.as_bytes()).unwrap();
        assert_eq!(letters.len(), 50);
        assert_eq!(
            letters[0].recipient,
            [
                "Alabama State Capitol",
                "600 Dexter Ave",
                "Montgomery, AL 36130"
            ]
        );
    }

    #[test]
    fn an_order_is_rated_for_its_address() {
        let letters = list("A,1 B St,,Austin,TX,78701,Letter,1.4\n").unwrap();
        let order = letters[0].order(Some("2026-11-21"));
        assert_eq!(order.shape.as_deref(), Some("letter"));
        assert_eq!(order.weight_oz.as_deref(), Some("1.4"));
        assert_eq!(order.mailing_date.as_deref(), Some("2026-11-21"));
        assert_eq!(order.value_mills, None);
        assert_eq!(order.recipient, ["A", "1 B St", "Austin, TX 78701"]);
    }

    #[test]
    fn a_bad_row_is_named_before_anything_is_bought() {
        for (row, place) in [
            ("A,1 B St,,Austin,TX,787,letter,1\n", "letter 1 (line 2)"),
            ("A,1 B St,,Austin,ZZ,78701,letter,1\n", "letter 1 (line 2)"),
            ("A,1 B St,,Austin,TX,78701,parcel,1\n", "letter 1 (line 2)"),
            ("A,1 B St,,Austin,TX,78701,letter,0\n", "letter 1 (line 2)"),
            (
                "A,1 B St,,Austin,TX,78701,letter,heavy\n",
                "letter 1 (line 2)",
            ),
            (
                "A,1 B St,,Austin,TX,78701,letter,1\nB,2 C St,,Austin,TX,,letter,1\n",
                "letter 2 (line 3)",
            ),
        ] {
            let error = format!("{:#}", list(row).unwrap_err());
            assert!(error.contains(place), "{row}: {error}");
        }
        assert!(list("").is_err());
        assert!(list("A,1 B St,,Austin,TX\n").is_err());
        assert!(read("name,street\nA,B\n".as_bytes()).is_err());
    }
}
