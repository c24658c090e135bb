//! Reports: what was dispensed and taken back, in groups.
//!
//! Not here: how it looks (`gateway`). Groups are kept, items are not.

use crate::change::parse;
use crate::ledger::{Event, Ledger, Period};
use crate::limits::GROUPS_MAX;
use crate::read::may_read;
use crate::{Centre, Code, Problem, Session};
use item::{Day, ItemRecord, MeterSerial, Time, UserId};
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use store::{HeadingKind, Store};

/// What items can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The account, all in one.
    Account,
    /// The user who asked.
    User,
    /// The department.
    Department,
    /// The end customer.
    EndCustomer,
    /// The meter.
    Meter,
    /// Origin of deposit.
    Origin,
    /// Rate category.
    Category,
    /// Day.
    Day,
    /// Month.
    Month,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Account,
        Self::User,
        Self::Department,
        Self::EndCustomer,
        Self::Meter,
        Self::Origin,
        Self::Category,
        Self::Day,
        Self::Month,
    ];

    /// As callers name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::User => "user",
            Self::Department => "department",
            Self::EndCustomer => "end-customer",
            Self::Meter => "meter",
            Self::Origin => "origin",
            Self::Category => "category",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// Of an item, at the time of what is counted.
    fn of(self, item: &ItemRecord, account: &str, time: Time) -> String {
        let day = Day::of_time(time).decimal();
        match self {
            Self::Account => account.to_owned(),
            Self::User => item.user.to_string(),
            Self::Department => item.department.0.to_string(),
            Self::EndCustomer => item.end_customer.0.to_string(),
            Self::Meter => item.meter.0.to_string(),
            Self::Origin => format!("{:05}", item.origin.0),
            Self::Category => item.category.as_str().trim_end().to_owned(),
            Self::Day => format!(
                "{:04}-{:02}-{:02}",
                day / 10_000,
                day / 100 % 100,
                day % 100
            ),
            Self::Month => format!("{:04}-{:02}", day / 10_000, day / 100 % 100),
        }
    }
}

/// Which items, and how they are grouped.
#[derive(Debug, Clone)]
pub struct ReportCall {
    /// From when to when.
    pub period: Period,
    /// Serials of the meters that are wanted.
    pub meters: RangeInclusive<u32>,
    /// Piece counts that are wanted.
    pub pieces: RangeInclusive<u32>,
    /// Groups, the coarsest first; none is everything in one.
    pub by: Vec<By>,
}

/// Sums of one group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupSums {
    /// Items dispensed.
    pub items: u64,
    /// What they were worth.
    pub mills: u64,
    /// Items taken back.
    pub credited_items: u64,
    /// What they were worth.
    pub credited_mills: u64,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// A value for each part of `by`.
    pub keys: Vec<String>,
    /// What people call it, where it has a name.
    pub names: Vec<Option<String>>,
    /// Its sums.
    pub sums: GroupSums,
}

impl GroupSums {
    fn add(&mut self, item: &ItemRecord, is_credit: bool) {
        let (count, mills) = match is_credit {
            false => (&mut self.items, &mut self.mills),
            true => (&mut self.credited_items, &mut self.credited_mills),
        };
        *count = count.saturating_add(1);
        *mills = mills.saturating_add(item.value.0);
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            items: self.items.saturating_add(other.items),
            mills: self.mills.saturating_add(other.mills),
            credited_items: self.credited_items.saturating_add(other.credited_items),
            credited_mills: self.credited_mills.saturating_add(other.credited_mills),
        }
    }
}

impl<S: Store> Centre<S> {
    /// A report of the session's account, by ascending keys.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn grouped(
        &self,
        session: &Session,
        call: &ReportCall,
    ) -> Result<Vec<Group>, Problem> {
        may_read(session)?;
        let account = session.authority().account.to_string();
        let mut groups: BTreeMap<Vec<String>, GroupSums> = BTreeMap::new();
        let mut meters = self.meters_between(session, call.meters.clone());
        while let Some(meter) = meters.next().await? {
            let (mut ledger, _) = Ledger::begin(self, &meter, call.period.from).await?;
            while let Some(event) = ledger.next().await? {
                let time = match &event {
                    Event::Item(item) => item.time,
                    Event::Money(money) => money.time,
                };
                if Day::of_time(time) > call.period.to {
                    break;
                }
                let (item, is_credit) = match event {
                    Event::Item(item) => (*item, false),
                    Event::Money(money) => match self.credited(meter.serial, money.piece).await? {
                        Some(item) => (item, true),
                        None => continue,
                    },
                };
                if !call.pieces.contains(&item.piece_count) {
                    continue;
                }
                let keys = call.by.iter().map(|by| by.of(&item, &account, time));
                let sums = groups.entry(keys.collect()).or_default();
                sums.add(&item, is_credit);
                if groups.len() > GROUPS_MAX {
                    return Err(Problem::new(
                        Code::TooLarge,
                        format!(
                            "The report has more than {GROUPS_MAX} groups: ask for a shorter period, or group \
                             by less."
                        ),
                    ));
                }
            }
        }
        let mut named = Vec::with_capacity(groups.len());
        let mut names = HashMap::new();
        for (keys, sums) in groups {
            let mut called = Vec::with_capacity(keys.len());
            for (by, key) in call.by.iter().zip(&keys) {
                called.push(self.called(session, *by, key, &mut names).await?);
            }
            named.push(Group {
                keys,
                names: called,
                sums,
            });
        }
        Ok(named)
    }

    /// The item that was taken back, if it was one.
    pub(crate) async fn credited(
        &self,
        meter: MeterSerial,
        piece: Option<u32>,
    ) -> Result<Option<ItemRecord>, Problem> {
        let Some(piece) = piece else { return Ok(None) };
        let item = self.store().item(meter, piece).await?;
        item.map(|bytes| parse(&bytes, "item")).transpose()
    }

    /// What people call a user, department or end customer.
    async fn called(
        &self,
        session: &Session,
        by: By,
        key: &str,
        known: &mut HashMap<(&'static str, String), Option<String>>,
    ) -> Result<Option<String>, Problem> {
        let account = session.authority().account;
        let kind = match by {
            By::Department => Some(HeadingKind::Department),
            By::EndCustomer => Some(HeadingKind::EndCustomer),
            By::User => None,
            _ => return Ok(None),
        };
        let place = (by.name(), key.to_owned());
        if let Some(name) = known.get(&place) {
            return Ok(name.clone());
        }
        let name = match (kind, key.parse()) {
            (Some(kind), Ok(number)) => {
                let asked = [(kind, number)];
                let found = self.store().headings_by_number(account, &asked);
                let found = found.await?.into_iter().flatten().next();
                found.map(|heading| heading.name)
            }
            _ => match UserId::from_hex(key) {
                Some(user) => {
                    let row = self.store().user(user).await?;
                    row.filter(|row| row.account == account)
                        .map(|row| row.display_name)
                }
                None => None,
            },
        };
        known.insert(place, name.clone());
        Ok(name)
    }
}
