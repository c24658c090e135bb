//! Statements: what an account had, what came in and went out, what it has, entry by entry.
//!
//! Not here: how it looks (`gateway`). It is told as it is read, so its length takes no memory. Opening
//! balance, deposits, credits, items and refunds must give the closing balance, and the registers that stand
//! in each item record and in the meter are compared on the way: what does not fit is an entry of its own.

use crate::ledger::{Event, Ledger, Money, MoneyKind, Period, moved};
use crate::read::may_read;
use crate::{Centre, Code, Problem, Session};
use item::{Day, ItemRecord, MeterRecord, MeterSerial, Mills, Time};
use std::ops::RangeInclusive;
use store::Store;
use tokio::sync::mpsc;

/// Lines that are told at once.
const TOLD: usize = 500;

/// What is to be told.
#[derive(Debug, Clone)]
pub struct StatementCall {
    /// From when to when.
    pub period: Period,
    /// Serials of the meters that are wanted.
    pub meters: RangeInclusive<u32>,
}

/// One line.
#[derive(Debug, Clone)]
pub enum StatementLine {
    /// A meter's balance before the first day.
    Opening(MeterSerial, Mills),
    /// An item was dispensed; its record says the balance.
    Item(Box<ItemRecord>),
    /// Money came or went, and the balance after it.
    Money(MeterSerial, Money, Mills),
    /// The records do not add up to this balance: something is missing between the entries.
    Difference(MeterSerial, Option<Time>, i128, Mills),
    /// A meter's sums.
    Closing(MeterSerial, StatementSums),
}

/// What came in and went out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatementSums {
    /// Balance before.
    pub opening: u64,
    /// Deposits.
    pub deposits: u64,
    /// Number of items.
    pub items: u64,
    /// What they were worth.
    pub items_mills: u64,
    /// Items taken back.
    pub item_credits: u64,
    /// Paid out.
    pub balance_refunds: u64,
    /// What does not fit.
    pub differences: i128,
    /// Balance after.
    pub closing: u64,
}

impl StatementSums {
    /// Opening balance and everything that moved it.
    #[must_use]
    pub fn adds_up_to(&self) -> i128 {
        i128::from(self.opening) + i128::from(self.deposits) + i128::from(self.item_credits)
            - i128::from(self.items_mills)
            - i128::from(self.balance_refunds)
            + self.differences
    }

    /// Both together. Balances of meters are added, too.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            opening: self.opening.saturating_add(other.opening),
            deposits: self.deposits.saturating_add(other.deposits),
            items: self.items.saturating_add(other.items),
            items_mills: self.items_mills.saturating_add(other.items_mills),
            item_credits: self.item_credits.saturating_add(other.item_credits),
            balance_refunds: self.balance_refunds.saturating_add(other.balance_refunds),
            differences: self.differences.saturating_add(other.differences),
            closing: self.closing.saturating_add(other.closing),
        }
    }
}

/// Who hears it; an error is that nobody does any more.
struct Told<'a> {
    lines: Vec<StatementLine>,
    to: &'a mpsc::Sender<Vec<StatementLine>>,
}

impl Told<'_> {
    async fn line(&mut self, line: StatementLine) -> Result<(), Problem> {
        self.lines.push(line);
        match self.lines.len() < TOLD {
            true => Ok(()),
            false => self.send().await,
        }
    }

    async fn send(&mut self) -> Result<(), Problem> {
        let lines = std::mem::replace(&mut self.lines, Vec::with_capacity(TOLD));
        let gone = |_| Problem::new(Code::Unavailable, "Nobody listens any more.");
        self.to.send(lines).await.map_err(gone)
    }
}

impl<S: Store> Centre<S> {
    /// Tells the statement of the session's account, meter by meter; gives the sums of all.
    ///
    /// # Errors
    /// [`Problem`]; what was told until then is no whole statement.
    pub async fn statement(
        &self,
        session: &Session,
        call: &StatementCall,
        told: &mpsc::Sender<Vec<StatementLine>>,
    ) -> Result<StatementSums, Problem> {
        may_read(session)?;
        let mut told = Told {
            lines: Vec::with_capacity(TOLD),
            to: told,
        };
        let mut sums = StatementSums::default();
        let mut meters = self.meters_between(session, call.meters.clone());
        while let Some(meter) = meters.next().await? {
            let own = self.state_meter(&meter, call.period, &mut told).await?;
            sums = sums.plus(&own);
        }
        told.send().await?;
        Ok(sums)
    }

    /// How the session's user wants to be called: whose books they are.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn holder(&self, session: &Session) -> Result<String, Problem> {
        let user = self.store().user(session.authority().user).await?;
        Ok(user.map(|user| user.display_name).unwrap_or_default())
    }

    async fn state_meter(
        &self,
        meter: &MeterRecord,
        period: Period,
        told: &mut Told<'_>,
    ) -> Result<StatementSums, Problem> {
        let (mut ledger, opening) = Ledger::begin(self, meter, period.from).await?;
        let serial = meter.serial;
        let mut sums = StatementSums {
            opening: opening.0,
            ..StatementSums::default()
        };
        let mut balance = opening;
        let mut is_newest = true;
        told.line(StatementLine::Opening(serial, opening)).await?;
        while let Some(event) = ledger.next().await? {
            let time = match &event {
                Event::Item(item) => item.time,
                Event::Money(money) => money.time,
            };
            if Day::of_time(time) > period.to {
                is_newest = false;
                break;
            }
            match event {
                Event::Money(money) => {
                    let sum = match money.kind {
                        MoneyKind::Deposit => &mut sums.deposits,
                        MoneyKind::ItemCredit => &mut sums.item_credits,
                        MoneyKind::BalanceRefund => &mut sums.balance_refunds,
                    };
                    *sum = sum.saturating_add(money.amount.0);
                    balance = moved(balance, &money);
                    told.line(StatementLine::Money(serial, money, balance))
                        .await?;
                }
                Event::Item(item) => {
                    let before = item.descending.0.saturating_add(item.value.0);
                    sums.differ(serial, Some(time), balance, Mills(before), told)
                        .await?;
                    sums.items = sums.items.saturating_add(1);
                    sums.items_mills = sums.items_mills.saturating_add(item.value.0);
                    balance = item.descending;
                    told.line(StatementLine::Item(item)).await?;
                }
            }
        }
        if is_newest {
            sums.differ(serial, None, balance, meter.descending, told)
                .await?;
            balance = meter.descending;
        }
        sums.closing = balance.0;
        if sums.adds_up_to() != i128::from(sums.closing) {
            return Err(Problem::internal("a statement that does not add up"));
        }
        told.line(StatementLine::Closing(serial, sums)).await?;
        Ok(sums)
    }
}

impl StatementSums {
    /// Tells what lies between a balance and the one that a register says.
    async fn differ(
        &mut self,
        meter: MeterSerial,
        time: Option<Time>,
        balance: Mills,
        register: Mills,
        told: &mut Told<'_>,
    ) -> Result<(), Problem> {
        let difference = i128::from(register.0) - i128::from(balance.0);
        if difference == 0 {
            return Ok(());
        }
        tracing::warn!(%meter, difference, "a statement does not fit the registers");
        self.differences += difference;
        told.line(StatementLine::Difference(meter, time, difference, register))
            .await
    }
}

/// Meters of a session, page by page.
pub(crate) struct Meters<'a, S> {
    centre: &'a Centre<S>,
    session: &'a Session,
    wanted: RangeInclusive<u32>,
    after: Option<MeterSerial>,
    page: std::collections::VecDeque<MeterRecord>,
    is_end: bool,
}

impl<S: Store> Centre<S> {
    /// The session's meters with a serial of this range.
    pub(crate) fn meters_between<'a>(
        &'a self,
        session: &'a Session,
        wanted: RangeInclusive<u32>,
    ) -> Meters<'a, S> {
        Meters {
            centre: self,
            session,
            after: wanted.start().checked_sub(1).map(MeterSerial),
            wanted,
            page: std::collections::VecDeque::new(),
            is_end: false,
        }
    }
}

impl<S: Store> Meters<'_, S> {
    /// Meters of one page.
    const PAGE: u32 = 100;

    pub(crate) async fn next(&mut self) -> Result<Option<MeterRecord>, Problem> {
        while self.page.is_empty() && !self.is_end {
            let account = self.session.authority().account;
            let store = self.centre.store();
            let rows = store.meters_of(account, self.after, Self::PAGE).await?;
            self.is_end = rows.len() < Self::PAGE as usize;
            for row in rows {
                self.after = Some(row.serial);
                if !self.wanted.contains(&row.serial.0) {
                    self.is_end = true;
                    break;
                }
                let record = self.centre.stored_meter(row.serial, &row.record).await?;
                self.page
                    .extend(Some(record).filter(|meter| self.session.covers(meter)));
            }
        }
        Ok(self.page.pop_front())
    }
}
