//! What a batch writes beside its envelopes: items, a check's findings, rejected rows. All CSV.

use std::path::Path;

use anyhow::Result;

use super::mailing::Fate;
use crate::files;
use crate::mailing_list::{MailingList, Row};

/// `items.csv`: which item went to whom.
pub(crate) fn write_items(path: &Path, rows: &[Row], fates: &[Fate]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "item",
        "reference",
        "name",
        "value_mills",
        "category",
        "mailing_date",
        "origin",
        "destination",
        "payload",
    ])?;
    for (row, fate) in rows.iter().zip(fates) {
        if let Fate::Bought(item, _) = fate {
            writer.write_record([
                item.id.as_str(),
                &row.reference,
                &row.name,
                &item.value_mills.to_string(),
                item.category.trim_end(),
                &item.mailing_date,
                &item.origin,
                item.destination.as_deref().unwrap_or_default(),
                &item.payload,
            ])?;
        }
    }
    replace(path, writer)
}

/// `checked.csv`: price and address of each row, or why it can not be bought.
pub(crate) fn write_checked(path: &Path, rows: &[Row], fates: &[Fate]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "line",
        "reference",
        "value_mills",
        "category",
        "address",
        "notes",
        "rejected",
    ])?;
    for (row, fate) in rows.iter().zip(fates) {
        let line = row.line.to_string();
        match fate {
            Fate::Good(checked) => writer.write_record([
                line.as_str(),
                &row.reference,
                &checked
                    .value_mills
                    .map(|mills| mills.to_string())
                    .unwrap_or_default(),
                checked.category.as_deref().unwrap_or_default(),
                &checked.recipient.join("; "),
                &checked.address_notes.join(" "),
                "",
            ])?,
            Fate::Rejected(why) => {
                writer.write_record([line.as_str(), &row.reference, "", "", "", "", why])?;
            }
            Fate::Bought(..) => {}
        }
    }
    replace(path, writer)
}

/// `rejected.csv`: the rejected rows as they stand in the list, with the reason in a last column, to be mended
/// and given again. Removed where there is none.
pub(crate) fn write_rejected(path: &Path, list: &MailingList, fates: &[Fate]) -> Result<usize> {
    let rejected: Vec<(&Row, &str)> = list
        .rows
        .iter()
        .zip(fates)
        .filter_map(|(row, fate)| match fate {
            Fate::Rejected(why) => Some((row, why.as_str())),
            _ => None,
        })
        .collect();
    if rejected.is_empty() {
        files::remove_if_there(path)?;
        return Ok(0);
    }
    let mut writer = csv::WriterBuilder::new()
        .delimiter(list.delimiter)
        .flexible(true)
        .from_writer(Vec::new());
    writer.write_record(list.header.iter().chain(["rejected because"]))?;
    for (row, why) in &rejected {
        // Rows may be shorter than the header; the reason stands in its column all the same.
        let fields = (0..list.header.len()).map(|place| row.fields.get(place).unwrap_or_default());
        writer.write_record(fields.chain([*why]))?;
    }
    replace(path, writer)?;
    Ok(rejected.len())
}

fn replace(path: &Path, writer: csv::Writer<Vec<u8>>) -> Result<()> {
    let content = writer.into_inner().map_err(|error| error.into_error())?;
    files::replace(path, &content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailing_list;

    #[test]
    fn rejected_rows_can_be_mended_and_given_again() {
        let list =
            "Name;Street;City;ZIP;Phone\nA;\"1 B; St\";Austin TX;78701;5\nB;2 C St;Austin TX\n";
        let list = mailing_list::read(list.as_bytes()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejected.csv");
        let fates = vec![Fate::Rejected("why; not".to_owned()); 2];
        assert_eq!(write_rejected(&path, &list, &fates).unwrap(), 2);
        let written = std::fs::read(&path).unwrap();
        let expected = "Name;Street;City;ZIP;Phone;rejected because\n\
                        A;\"1 B; St\";Austin TX;78701;5;\"why; not\"\nB;2 C St;Austin TX;;;\"why; not\"\n";
        assert_eq!(String::from_utf8(written.clone()).unwrap(), expected);
        let again = mailing_list::read(&written).unwrap();
        assert_eq!(again.rows[0].order, list.rows[0].order);
        assert_eq!(write_rejected(&path, &list, &[]).unwrap(), 0);
        assert!(!path.exists());
    }
}
