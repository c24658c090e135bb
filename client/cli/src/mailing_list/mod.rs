//! Mailing lists as CSV, one letter a row, as people and spreadsheets write them.
//!
//! Not here: prices, and whether an address is good; the data centre says that of each row before
//! anything is bought. What a row lacks to be asked about at all is its reason for rejection here.
//!
//! | file | one idea |
//! |---|---|
//! | `text` | bytes as text |
//! | `columns` | which column is which field |
//! | `booked` | departments and end customers by number, code or name |

mod booked;
mod columns;
mod text;

use std::borrow::Cow;

use anyhow::{Context, Result, bail};
use csv::StringRecord;
use sdk::api::ItemOrder;

use crate::amount::Amount;
use booked::Booked;
use columns::{Columns, Field};

/// Letters of one list: far more than one run prints, and still small in memory.
pub(crate) const ROWS_MAX: usize = 100_000;

/// A list as it was read.
#[derive(Debug)]
pub(crate) struct MailingList {
    /// Titles of the columns, as they stand in the file.
    pub(crate) header: StringRecord,
    /// In the file's order; at least one.
    pub(crate) rows: Vec<Row>,
    /// What parts the fields.
    pub(crate) delimiter: u8,
    /// What people should know about how it was read, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// One letter of a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Line of the file that it begins with, from 1.
    pub(crate) line: u64,
    /// As it stands in the file.
    pub(crate) fields: StringRecord,
    /// The list's own name for it; empty for none.
    pub(crate) reference: String,
    /// Whom it is for, for people.
    pub(crate) name: String,
    /// What is asked for, or why it can not be asked.
    pub(crate) order: Result<ItemOrder, String>,
    /// What it is booked under, in the list's words.
    booked: Booked,
}

/// Reads a list.
///
/// # Errors
/// A file that is no list, whatever its rows hold; rows are judged one by one, in [`Row::order`].
pub(crate) fn read(bytes: &[u8]) -> Result<MailingList> {
    let text = text::read(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(text.delimiter)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.content.as_bytes());
    let header = reader
        .headers()
        .context("read the list's first line")?
        .clone();
    let columns = Columns::of(&header)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let fields = record.with_context(|| format!("row {}", rows.len() + 1))?;
        // Spreadsheets leave empty rows behind.
        if fields.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == ROWS_MAX {
            bail!("the list has more than {ROWS_MAX} rows: split it");
        }
        let line = fields.position().map_or(0, csv::Position::line);
        rows.push(Row::of(
            fields,
            &columns,
            line.saturating_add(text.lines_before),
        ));
    }
    if rows.is_empty() {
        bail!("the list has no rows");
    }
    let mut notes = Vec::new();
    if !columns.ignored.is_empty() {
        notes.push(format!(
            "columns that are not used: {}",
            columns.ignored.join(", ")
        ));
    }
    if let Some(guessed) = text.guessed {
        notes.push(format!(
            "the list is not UTF-8 and was read as {guessed}: look at names with accents"
        ));
    }
    Ok(MailingList {
        header,
        rows,
        delimiter: text.delimiter,
        notes,
    })
}

impl Row {
    fn of(fields: StringRecord, columns: &Columns, line: u64) -> Self {
        let given = Given {
            fields: &fields,
            columns,
        };
        let name = match given.field(Field::Name) {
            "" => given.field(Field::Company),
            name => name,
        };
        Self {
            line,
            reference: given.field(Field::Reference).to_owned(),
            name: name.to_owned(),
            order: given.order(),
            booked: given.booked(),
            fields,
        }
    }
}

/// A row under its header.
struct Given<'a> {
    fields: &'a StringRecord,
    columns: &'a Columns,
}

impl<'a> Given<'a> {
    /// A field, empty if the list or the row has none.
    fn field(&self, field: Field) -> &'a str {
        let place = self.columns.place(field);
        let text = place
            .and_then(|place| self.fields.get(place))
            .unwrap_or_default();
        // What people write to keep a spreadsheet from making a number of it.
        match text
            .strip_prefix("=\"")
            .and_then(|text| text.strip_suffix('"'))
        {
            Some(kept) => kept.trim(),
            None => text.trim_start_matches('\''),
        }
    }

    fn order(&self) -> Result<ItemOrder, String> {
        let value_mills = match self.field(Field::Value) {
            "" => None,
            text => {
                let text = text.trim_start_matches('$');
                let amount: Amount = text.parse().map_err(|error| format!("{error}"))?;
                Some(amount.0.0)
            }
        };
        let rated = |text: &str, usual: &str| {
            let text = if text.is_empty() { usual } else { text };
            value_mills.is_none().then(|| text.to_owned())
        };
        Ok(ItemOrder {
            shape: rated(&self.field(Field::Shape).to_lowercase(), "letter"),
            // A decimal comma, where the list's fields are parted by something else.
            weight_oz: rated(&self.field(Field::Weight).replace(',', "."), "1"),
            value_mills,
            origin: Some(zip_with_zeros(self.field(Field::Origin)).into_owned())
                .filter(|zip| !zip.is_empty()),
            recipient: self.recipient(),
            ..Default::default()
        })
    }

    fn booked(&self) -> Booked {
        let text = |field| self.field(field).to_owned();
        Booked {
            department: text(Field::Department),
            cost_code: text(Field::CostCode),
            end_customer: text(Field::EndCustomer),
        }
    }

    /// The lines of the address, top to bottom.
    fn recipient(&self) -> Vec<String> {
        let (city, state) = (self.field(Field::City), self.field(Field::State));
        let zip = zip_with_zeros(self.field(Field::Zip));
        let comma = if state.is_empty() { "" } else { "," };
        let last = format!("{city}{comma} {state} {zip}");
        let last: Vec<&str> = last.split_whitespace().collect();
        let lines =
            [Field::Name, Field::Company, Field::Line1, Field::Line2].map(|f| self.field(f));
        lines
            .into_iter()
            .chain([last.join(" ").as_str(), self.field(Field::Country)])
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

/// A ZIP that a spreadsheet took for a number has lost its zeros: 501 is 00501.
fn zip_with_zeros(zip: &str) -> Cow<'_, str> {
    let is_short = (3..5).contains(&zip.len()) && zip.bytes().all(|byte| byte.is_ascii_digit());
    if is_short {
        Cow::Owned(format!("{zip:0>5}"))
    } else {
        Cow::Borrowed(zip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "name,line1,line2,city,state,zip,shape,weight_oz\n";

    fn order(list: &str) -> Result<ItemOrder, String> {
        read(list.as_bytes()).unwrap().rows[0].order.clone()
    }

    #[test]
    fn an_origin_may_stand_in_the_list() {
        let list = "name,line1,city,state,zip,origin\nA,1 B St,Austin,TX,78701,501\nC,2 D St,Austin,TX,78701,\n";
        let rows = read(list.as_bytes()).unwrap().rows;
        let origin = |row: &Row| row.order.clone().unwrap().origin;
        assert_eq!(origin(&rows[0]).as_deref(), Some("00501"));
        assert_eq!(origin(&rows[1]), None);
    }

    #[test]
    fn the_example_is_read() {
        let list = read(crate::commands::demo::CAPITOLS.as_bytes()).unwrap();
        assert_eq!(list.rows.len(), 50);
        assert!(list.notes.is_empty());
        let first = &list.rows[0];
        assert_eq!(
            (first.line, first.name.as_str()),
            (2, "Alabama State Capitol")
        );
        let order = first.order.clone().unwrap();
        assert_eq!(
            order.recipient,
            [
                "Alabama State Capitol",
                "600 Dexter Ave",
                "Montgomery, AL 36130"
            ]
        );
        assert_eq!(order.shape.as_deref(), Some("letter"));
        assert_eq!(order.weight_oz.as_deref(), Some("0.7"));
        assert_eq!(order.value_mills, None);
    }

    #[test]
    fn a_spreadsheets_ways_are_undone() {
        let list = "Ref;Company;Contact;Street;City;ST;ZIP Code;Weight;Dept\r\n\
                    =\"007\";Acme;\"Jo \"\"J\"\" Doe\";'1 B St;Boston;MA;2134;1,5;12\r\n;;;;;;;;\r\n";
        let read = read(list.as_bytes()).unwrap();
        assert_eq!(read.rows.len(), 1);
        assert_eq!(read.rows[0].reference, "007");
        let order = read.rows[0].order.clone().unwrap();
        assert_eq!(
            order.recipient,
            ["Jo \"J\" Doe", "Acme", "1 B St", "Boston, MA 02134"]
        );
        assert_eq!(order.weight_oz.as_deref(), Some("1.5"));
        assert_eq!(read.rows[0].booked.department, "12");
    }

    #[test]
    fn what_is_not_given_is_usual_or_left_out() {
        let bare = order("name,street,city,zip\nA,1 B St,Austin TX,78701\n").unwrap();
        assert_eq!(bare.recipient, ["A", "1 B St", "Austin TX 78701"]);
        assert_eq!(
            (bare.shape.as_deref(), bare.weight_oz.as_deref()),
            (Some("letter"), Some("1"))
        );
        let entered =
            order("name,street,city,zip,postage\nA,1 B St,Austin TX,78701,$0.74\n").unwrap();
        assert_eq!((entered.shape, entered.value_mills), (None, Some(740)));
        let abroad =
            order("name,street,city,zip,country\nA,10 Downing St,London,SW1A 2AA,Great Britain\n");
        assert_eq!(
            abroad.unwrap().recipient,
            ["A", "10 Downing St", "London SW1A 2AA", "Great Britain"]
        );
    }

    #[test]
    fn a_bad_row_does_not_hide_the_others() {
        let list = format!(
            "{},value\n{}",
            HEADER.trim_end(),
            "A,1 B St,,Austin,TX,78701,letter,1,x\nB,\"2 C\nSt\",,Austin,TX,78701,letter,1\n\
             C,3 D St,,Austin,TX,78701,letter,1,4\n"
        );
        let rows = read(list.as_bytes()).unwrap().rows;
        let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 3, 5]);
        assert!(
            rows[0]
                .order
                .clone()
                .unwrap_err()
                .contains("write an amount")
        );
        assert!(rows[1].order.is_ok() && rows[2].order.is_ok());
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for (list, says) in [
            ("", "whom it is for"),
            (HEADER, "no rows"),
            ("name,street\nA,B\n", "the city"),
        ] {
            let error = format!("{:#}", read(list.as_bytes()).unwrap_err());
            assert!(error.contains(says), "{list}: {error}");
        }
    }
}
