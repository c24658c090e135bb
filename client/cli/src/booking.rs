//! What an item is booked under, as people name it: a department or end customer by number, cost code or
//! name.
//!
//! Not here: whether it may be booked there; the data centre says that.

use anyhow::{Result, bail};
use clap::Args;
use sdk::api::Heading;
use sdk::{Client, HeadingKind};

/// Options of commands that buy.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Booking")]
pub(crate) struct BookingOptions {
    /// Department that it is booked under: its number, cost code or name
    #[arg(long, value_name = "DEPARTMENT")]
    pub(crate) department: Option<String>,
    /// End customer that it is booked under: number, cost code or name
    #[arg(long, value_name = "CUSTOMER")]
    pub(crate) end_customer: Option<String>,
}

impl BookingOptions {
    /// Numbers of department and end customer, 0 for none.
    pub(crate) async fn numbers(&self, client: &Client) -> Result<(u32, u32)> {
        let department = number(client, HeadingKind::Department, self.department.as_deref());
        let customer = number(
            client,
            HeadingKind::EndCustomer,
            self.end_customer.as_deref(),
        );
        Ok((department.await?, customer.await?))
    }
}

/// The number of what is named so.
pub(crate) async fn number(client: &Client, kind: HeadingKind, text: Option<&str>) -> Result<u32> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(0);
    };
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let headings = client.all_headings(kind).await?;
    named(&headings, kind, text).or_else(|why| bail!("{why}"))
}

/// The one of this cost code, or else of this name; capitals do not count.
pub(crate) fn named(headings: &[Heading], kind: HeadingKind, text: &str) -> Result<u32, String> {
    let wanted = text.to_lowercase();
    let open = || headings.iter().filter(|heading| !heading.archived);
    let by_code = open().filter(|heading| heading.cost_code.to_lowercase() == wanted);
    let by_name = open().filter(|heading| heading.name.to_lowercase() == wanted);
    let what = word(kind);
    let mut found: Vec<u32> = by_code.map(|heading| heading.number).collect();
    if found.is_empty() {
        found = by_name.map(|heading| heading.number).collect();
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(format!("no {what} has the cost code or name {text:?}")),
        several => Err(format!(
            "{} {what}s are called {text:?}: give a number",
            several.len()
        )),
    }
}

/// What people call it.
pub(crate) fn word(kind: HeadingKind) -> &'static str {
    match kind {
        HeadingKind::Department => "department",
        HeadingKind::EndCustomer => "end customer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(number: u32, name: &str, cost_code: &str, archived: bool) -> Heading {
        Heading {
            number,
            name: name.to_owned(),
            cost_code: cost_code.to_owned(),
            archived,
        }
    }

    #[test]
    fn a_cost_code_goes_before_a_name_and_archived_ones_are_not_meant() {
        let kind = HeadingKind::Department;
        let all = [
            heading(1, "Sales", "C-1", false),
            heading(2, "C-1", "", false),
            heading(3, "Claims", "X", false),
            heading(4, "claims", "", true),
            heading(5, "Twice", "", false),
            heading(6, "twice", "", false),
        ];
        assert_eq!(named(&all, kind, "c-1"), Ok(1));
        assert_eq!(named(&all, kind, "CLAIMS"), Ok(3));
        for (text, says) in [("nobody", "no department"), ("Twice", "2 departments")] {
            assert!(
                named(&all, kind, text).unwrap_err().contains(says),
                "{text}"
            );
        }
    }
}
