//! Departments and end customers: making, naming and archiving them, and what items may be booked under.
//!
//! Not here: spending limits of a department (`spending`). Names are checked for what would harm a
//! terminal or a list; they are never given to a box.

use crate::read::may_read;
use crate::{Centre, Code, NewItem, Problem, Session};
use item::{AccountId, Department, Digest, EndCustomer, Rights};
use std::collections::BTreeSet;
use store::{HeadingChange, HeadingKind, HeadingMade, HeadingRow, NewHeading, Store};

/// Characters of a name.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=100;
/// Characters of a cost code; none is none.
const CODE_LENGTH: std::ops::RangeInclusive<usize> = 0..=40;

/// A department or end customer as a caller wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadingWish {
    /// Its number; the next one if none.
    pub number: Option<u32>,
    /// Its name.
    pub name: String,
    /// Its cost code; empty for none.
    pub cost_code: String,
}

/// Numbers that items may be booked under. Only [`Centre::open_headings`] makes one.
#[derive(Debug, Default)]
pub(crate) struct OpenHeadings(BTreeSet<(HeadingKind, u32)>);

impl OpenHeadings {
    /// Whether this item may be booked.
    ///
    /// # Errors
    /// [`Code::Department`], [`Code::EndCustomer`].
    pub(crate) fn cover(&self, item: &NewItem) -> Result<(), Problem> {
        headings_of(item).try_for_each(|(kind, number)| {
            if self.0.contains(&(kind, number)) {
                return Ok(());
            }
            let (code, what, route) = match kind {
                HeadingKind::Department => (Code::Department, "department", "departments"),
                HeadingKind::EndCustomer => (Code::EndCustomer, "end customer", "end-customers"),
            };
            Err(Problem::new(
                code,
                format!(
                    "You have no {what} {number}, or it is archived; `GET /v1/{route}` lists yours."
                ),
            ))
        })
    }
}

/// What an item is to be booked under; 0 is nothing.
fn headings_of(item: &NewItem) -> impl Iterator<Item = (HeadingKind, u32)> {
    let Department(department) = item.department;
    let EndCustomer(customer) = item.end_customer;
    [
        (HeadingKind::Department, department),
        (HeadingKind::EndCustomer, customer),
    ]
    .into_iter()
    .filter(|(_, number)| *number != 0)
}

impl<S: Store> Centre<S> {
    /// Makes a department or end customer; the same key again finds it.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn make_heading(
        &self,
        session: &Session,
        kind: HeadingKind,
        wish: HeadingWish,
        key_digest: Digest,
        body_digest: Digest,
    ) -> Result<HeadingRow, Problem> {
        may_manage(session)?;
        if wish.number == Some(0) {
            return Err(Problem::new(Code::BadName, "A number is 1 or more."));
        }
        let made = self
            .store()
            .make_heading(NewHeading {
                account: session.authority().account,
                kind,
                number: wish.number,
                name: name(&wish.name)?,
                cost_code: cost_code(&wish.cost_code)?,
                key_digest,
                body_digest,
            })
            .await?;
        match made {
            HeadingMade::Made(row) => Ok(row),
            HeadingMade::OtherBody => Err(Problem::new(
                Code::KeyReused,
                "Send another Idempotency-Key with another request.",
            )),
            HeadingMade::Taken => Err(Problem::new(
                Code::NumberTaken,
                "Choose another number, or none to have the next one.",
            )),
            HeadingMade::Full => Err(Problem::new(
                Code::TooMany,
                "An account has 10,000 departments and 10,000 end customers at most.",
            )),
        }
    }

    /// A page of departments or end customers, behind `after`.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn headings(
        &self,
        session: &Session,
        kind: HeadingKind,
        after: u32,
        limit: u32,
    ) -> Result<Vec<HeadingRow>, Problem> {
        may_read(session)?;
        let account = session.authority().account;
        Ok(self.store().headings(account, kind, after, limit).await?)
    }

    /// Renames, codes or archives one. To erase a name, give another.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn change_heading(
        &self,
        session: &Session,
        kind: HeadingKind,
        number: u32,
        change: HeadingChange,
    ) -> Result<HeadingRow, Problem> {
        may_manage(session)?;
        let change = HeadingChange {
            name: change.name.as_deref().map(name).transpose()?,
            cost_code: change.cost_code.as_deref().map(cost_code).transpose()?,
            archived: change.archived,
        };
        let account = session.authority().account;
        let changed = self
            .store()
            .change_heading(account, kind, number, change)
            .await?;
        changed.ok_or_else(|| Problem::new(Code::NotFound, "You have none of that number."))
    }

    /// Which of the headings that these items name are there and open. Asks nothing if they name none.
    pub(crate) async fn open_headings<'a>(
        &self,
        account: AccountId,
        items: impl Iterator<Item = &'a NewItem>,
    ) -> Result<OpenHeadings, Problem> {
        let named: BTreeSet<_> = items.flat_map(headings_of).collect();
        if named.is_empty() {
            return Ok(OpenHeadings::default());
        }
        let named: Vec<_> = named.into_iter().collect();
        let found = self.store().headings_by_number(account, &named).await?;
        let open = named.iter().zip(found);
        let open = open.filter(|(_, row)| row.as_ref().is_some_and(|row| !row.archived));
        Ok(OpenHeadings(open.map(|(named, _)| *named).collect()))
    }
}

pub(crate) fn may_manage(session: &Session) -> Result<(), Problem> {
    if session.authority().rights.covers(Rights::MANAGE) {
        return Ok(());
    }
    Err(Problem::new(
        Code::NotCovered,
        "The user may not manage the account.",
    ))
}

fn name(text: &str) -> Result<String, Problem> {
    let trimmed = text.trim();
    let good = NAME_LENGTH.contains(&trimmed.chars().count()) && is_plain(trimmed);
    good.then(|| trimmed.to_owned())
        .ok_or_else(|| Problem::new(Code::BadName, "A name has 1 to 100 characters."))
}

fn cost_code(text: &str) -> Result<String, Problem> {
    let trimmed = text.trim();
    let good = CODE_LENGTH.contains(&trimmed.chars().count()) && is_plain(trimmed);
    good.then(|| trimmed.to_owned())
        .ok_or_else(|| Problem::new(Code::BadName, "A cost code has at most 40 characters."))
}

/// Nothing that would drive a terminal.
fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_drive_no_terminal() {
        assert_eq!(name("  Sales ").unwrap(), "Sales");
        for bad in ["", "   ", "a\u{1b}[2Jb", "a\nb", &"x".repeat(101)] {
            assert_eq!(name(bad).unwrap_err().code, Code::BadName, "{bad:?}");
        }
        assert_eq!(cost_code("").unwrap(), "");
        assert!(cost_code(&"9".repeat(41)).is_err());
    }
}
