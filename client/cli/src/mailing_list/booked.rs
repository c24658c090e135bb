//! What rows are booked under: numbers as they stand, cost codes and names looked up once for the list.

use anyhow::Result;
use sdk::api::Heading;
use sdk::{Client, HeadingKind};

use super::MailingList;
use crate::booking::named;

/// As the row says it; empty for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Booked {
    pub(super) department: String,
    pub(super) cost_code: String,
    pub(super) end_customer: String,
}

impl Booked {
    /// Whether departments, and whether end customers, must be looked up.
    fn looks_up(&self) -> (bool, bool) {
        let is_word = |text: &str| !text.is_empty() && text.parse::<u32>().is_err();
        (
            is_word(&self.department) || !self.cost_code.is_empty(),
            is_word(&self.end_customer),
        )
    }

    /// Numbers of department and end customer; 0 for none.
    fn numbers(
        &self,
        departments: &[Heading],
        customers: &[Heading],
    ) -> Result<(u32, u32), String> {
        let number = |kind, headings, text: &str| match text {
            "" => Ok(0),
            text => text.parse().or_else(|_| named(headings, kind, text)),
        };
        let kind = HeadingKind::Department;
        let by_code = match self.cost_code.as_str() {
            "" => 0,
            code => {
                let coded = departments.iter().filter(|one| one.cost_code == code);
                let coded: Vec<Heading> = coded.cloned().collect();
                named(&coded, kind, code)?
            }
        };
        let department = match number(kind, departments, &self.department)? {
            0 => by_code,
            other if by_code == 0 || by_code == other => other,
            _ => return Err("department and cost code are of two departments".to_owned()),
        };
        let customer = number(HeadingKind::EndCustomer, customers, &self.end_customer)?;
        Ok((department, customer))
    }
}

impl MailingList {
    /// Books each row that can be asked about under what it names.
    ///
    /// # Errors
    /// The data centre does not say what there is. A row that names nothing of it is not an error: it is
    /// that row's reason for rejection.
    pub(crate) async fn book(&mut self, client: &Client) -> Result<()> {
        let looks_up = self.rows.iter().map(|row| row.booked.looks_up());
        let (departments, customers) =
            looks_up.fold((false, false), |all, row| (all.0 || row.0, all.1 || row.1));
        let all = async |kind, needed| match needed {
            true => client.all_headings(kind).await,
            false => Ok(Vec::new()),
        };
        let departments = all(HeadingKind::Department, departments).await?;
        let customers = all(HeadingKind::EndCustomer, customers).await?;
        self.book_as(&departments, &customers);
        Ok(())
    }

    fn book_as(&mut self, departments: &[Heading], customers: &[Heading]) {
        for row in &mut self.rows {
            let Ok(order) = &mut row.order else { continue };
            match row.booked.numbers(departments, customers) {
                Ok(numbers) => (order.department, order.end_customer) = numbers,
                Err(why) => row.order = Err(why),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_booked_by_number_code_or_name_and_rejected_one_by_one() {
        let list = "name,street,city,zip,dept,cost code,end customer\n\
                    A,1 B St,Austin TX,78701,7,,\n\
                    B,1 B St,Austin TX,78701,sales,,9\n\
                    C,1 B St,Austin TX,78701,,7,acme\n\
                    D,1 B St,Austin TX,78701,,sales,\n\
                    E,1 B St,Austin TX,78701,7,7,\n\
                    F,1 B St,Austin TX,78701,,,\n";
        let heading = |number, name: &str, code: &str| Heading {
            number,
            name: name.to_owned(),
            cost_code: code.to_owned(),
            archived: false,
        };
        let mut read = crate::mailing_list::read(list.as_bytes()).unwrap();
        let looks: Vec<_> = read.rows.iter().map(|row| row.booked.looks_up()).collect();
        assert_eq!(looks[0], (false, false));
        assert_eq!((looks[1], looks[2]), ((true, false), (true, true)));
        read.book_as(&[heading(3, "Sales", "7")], &[heading(5, "Acme", "")]);
        let numbers: Vec<_> = read
            .rows
            .iter()
            .map(|row| row.order.as_ref().map(|o| (o.department, o.end_customer)))
            .collect();
        assert_eq!(numbers[0], Ok((7, 0)));
        assert_eq!(numbers[1], Ok((3, 9)));
        // A cost code is never taken for a number.
        assert_eq!(numbers[2], Ok((3, 5)));
        assert!(numbers[3].as_ref().unwrap_err().contains("\"sales\""));
        assert!(numbers[4].as_ref().unwrap_err().contains("two departments"));
        assert_eq!(numbers[5], Ok((0, 0)));
    }
}
