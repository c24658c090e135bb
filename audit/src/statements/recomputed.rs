//! What a statement of one meter must say: its items, and between them by counter the decisions that
//! made none, with their evidence, page by page.

use super::line::{Entry, Sums, written};
use crate::rows;
use item::{
    Act, ActBody, CreditEvidence, Day, Decision, DecisionKind, Digest, ItemCredit, ItemRecord,
    Layout, MeterRecord, MeterSerial, Mills, MultiSigned, Sealed, Signed, Time,
};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::VecDeque;

/// Rows that are read at once.
const PAGE: u32 = 200;

/// The entries of one meter, one after the other.
pub(super) struct Recomputed<'a> {
    connection: &'a Connection,
    meter: MeterSerial,
    from: Day,
    to: Day,
    sums: Sums,
    /// Balance after what was read.
    balance: u64,
    /// Decisions read and not followed yet; the counter of the last one that was read.
    decisions: VecDeque<Decision>,
    counter: u64,
    /// Items likewise.
    items: VecDeque<ItemRecord>,
    piece: i64,
    entries: VecDeque<Entry>,
    is_end: bool,
}

impl<'a> Recomputed<'a> {
    pub(super) fn begin(
        connection: &'a Connection,
        meter: MeterSerial,
        (from, to): (Day, Day),
        sums: Sums,
    ) -> Self {
        Self {
            connection,
            meter,
            from,
            to,
            sums,
            balance: 0,
            decisions: VecDeque::new(),
            counter: 0,
            items: VecDeque::new(),
            piece: -1,
            entries: VecDeque::new(),
            is_end: false,
        }
    }

    pub(super) fn serial(&self) -> u32 {
        self.meter.0
    }

    /// The balance before the first day; none if there is no such meter.
    pub(super) fn opening(&mut self) -> rusqlite::Result<Option<Entry>> {
        if self.record_balance()?.is_none() {
            return Ok(None);
        }
        // What came before the first day leaves no entry.
        while self.entries.is_empty() && !self.is_end {
            let before = self.balance;
            self.step()?;
            if !self.entries.is_empty() || self.is_end {
                self.sums.opening_mills = before;
            }
        }
        Ok(Some(Entry {
            kind: "opening".to_owned(),
            meter: self.meter.0,
            balance_mills: self.sums.opening_mills,
            ..Entry::default()
        }))
    }

    /// The next entry; none at the end.
    pub(super) fn peek(&mut self) -> rusqlite::Result<Option<&Entry>> {
        while self.entries.is_empty() && !self.is_end {
            self.step()?;
        }
        Ok(self.entries.front())
    }

    pub(super) fn pop(&mut self) {
        self.entries.pop_front();
    }

    /// Sums of the period; of what was read so far.
    pub(super) fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Follows one decision or item.
    fn step(&mut self) -> rusqlite::Result<()> {
        self.read_decisions()?;
        self.read_items()?;
        let is_item = match (self.items.front(), self.decisions.front()) {
            (Some(item), Some(decision)) => item.counter <= decision.counter,
            (item, _) => item.is_some(),
        };
        if let Some(item) = self.items.pop_front_if(|_| is_item) {
            self.dispensed(&item);
            return Ok(());
        }
        let Some(decision) = self.decisions.pop_front() else {
            let register = self.record_balance()?;
            self.differ(None, register.unwrap_or(self.balance));
            self.end();
            return Ok(());
        };
        match decision.decision {
            DecisionKind::Refill => {
                let credit: Option<MultiSigned<CreditEvidence>> = self.evidence(&decision)?;
                if let Some(credit) = credit.map(|credit| credit.body) {
                    let entry = Entry {
                        kind: "deposit".to_owned(),
                        number: Some(credit.funding_sequence),
                        ..Entry::default()
                    };
                    self.moved(decision.time, entry, credit.amount, false);
                }
            }
            DecisionKind::ItemCredit => {
                let credit: Option<ItemCredit> = self.evidence(&decision)?;
                if let Some(approval) = credit.map(|credit| credit.approval.body) {
                    let entry = Entry {
                        kind: "item-credit".to_owned(),
                        item: Some(format!("{}-{}", self.meter.0, approval.piece_count)),
                        ..Entry::default()
                    };
                    self.moved(decision.time, entry, approval.value, false);
                }
            }
            DecisionKind::BalanceRefund => {
                let act: Option<MultiSigned<Act>> = self.evidence(&decision)?;
                if let Some(ActBody::RefundBalance(refund)) = act.map(|act| act.body.body) {
                    let entry = Entry {
                        kind: "balance-refund".to_owned(),
                        ..Entry::default()
                    };
                    self.moved(decision.time, entry, refund.amount, true);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether it is of the period; behind it is the end.
    fn counts(&mut self, time: Time) -> bool {
        let day = Day::of_time(time);
        if day > self.to && !self.is_end {
            self.end();
        }
        !self.is_end && day >= self.from
    }

    fn end(&mut self) {
        self.is_end = true;
        self.sums.closing_mills = self.balance;
    }

    fn moved(&mut self, time: Time, entry: Entry, amount: Mills, out: bool) {
        let counts = self.counts(time);
        if self.is_end {
            return;
        }
        self.balance = match out {
            true => self.balance.saturating_sub(amount.0),
            false => self.balance.saturating_add(amount.0),
        };
        if !counts {
            return;
        }
        let sums = &mut self.sums;
        let sum = match entry.kind.as_str() {
            "deposit" => &mut sums.deposits_mills,
            "item-credit" => &mut sums.item_credits_mills,
            _ => &mut sums.balance_refunds_mills,
        };
        *sum = sum.saturating_add(amount.0);
        let amount = i64::try_from(amount.0).unwrap_or(i64::MAX);
        self.entries.push_back(Entry {
            meter: self.meter.0,
            time: Some(written(time)),
            amount_mills: if out { amount.saturating_neg() } else { amount },
            balance_mills: self.balance,
            ..entry
        });
    }

    fn dispensed(&mut self, item: &ItemRecord) {
        let counts = self.counts(item.time);
        if self.is_end {
            return;
        }
        if counts {
            self.differ(
                Some(item.time),
                item.descending.0.saturating_add(item.value.0),
            );
            let sums = &mut self.sums;
            sums.items = sums.items.saturating_add(1);
            sums.items_mills = sums.items_mills.saturating_add(item.value.0);
            let number = |number: u32| (number != 0).then_some(number);
            let amount = i64::try_from(item.value.0).unwrap_or(i64::MAX);
            self.entries.push_back(Entry {
                kind: "item".to_owned(),
                meter: item.meter.0,
                time: Some(written(item.time)),
                item: Some(format!("{}-{}", item.meter.0, item.piece_count)),
                number: None,
                category: Some(item.category.as_str().trim_end().to_owned()),
                mailing_date: Some(item.mailing_day.to_string()),
                origin: Some(format!("{:05}", item.origin.0)),
                user: Some(item.user.to_string()),
                department: number(item.department.0),
                end_customer: number(item.end_customer.0),
                amount_mills: amount.saturating_neg(),
                balance_mills: item.descending.0,
            });
        }
        self.balance = item.descending.0;
    }

    /// An entry for what the register says beyond the entries, if it does.
    fn differ(&mut self, time: Option<Time>, register: u64) {
        if register == self.balance {
            return;
        }
        let difference = i128::from(register).saturating_sub(self.balance.into());
        let mills = i64::try_from(difference).unwrap_or(i64::MAX);
        let sum = &mut self.sums.differences_mills;
        *sum = sum.saturating_add(mills);
        self.balance = register;
        self.entries.push_back(Entry {
            kind: "difference".to_owned(),
            meter: self.meter.0,
            time: time.map(written),
            amount_mills: mills,
            balance_mills: register,
            ..Entry::default()
        });
    }

    fn read_decisions(&mut self) -> rusqlite::Result<()> {
        if !self.decisions.is_empty() || self.is_end {
            return Ok(());
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT counter, decision FROM decisions
             WHERE box_kind = 3 AND subject = ?1 AND counter > ?2 ORDER BY counter LIMIT ?3",
        )?;
        let subject = self.meter.subject().0;
        let mut all = statement.query(params![subject, rows::stored(self.counter), PAGE])?;
        while let Some(row) = all.next()? {
            self.counter = rows::unsigned(row, 0).unwrap_or(u64::MAX >> 1);
            let decision = rows::blob(row, 1).and_then(|b| Signed::<Decision>::from_bytes(b).ok());
            // What can not be read is reported where decisions are.
            self.decisions.extend(decision.map(|signed| signed.body));
        }
        Ok(())
    }

    fn read_items(&mut self) -> rusqlite::Result<()> {
        if !self.items.is_empty() || self.is_end {
            return Ok(());
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT piece_count, item FROM items
             WHERE meter = ?1 AND piece_count > ?2 ORDER BY piece_count LIMIT ?3",
        )?;
        let mut all = statement.query(params![self.meter.0, self.piece, PAGE])?;
        while let Some(row) = all.next()? {
            self.piece = row.get(0).unwrap_or(i64::MAX);
            let item = rows::blob(row, 1).and_then(|bytes| ItemRecord::from_bytes(bytes).ok());
            self.items.extend(item);
        }
        Ok(())
    }

    fn evidence<T: Layout>(&self, decision: &Decision) -> rusqlite::Result<Option<T>> {
        let Digest(digest) = decision.evidence;
        self.connection
            .prepare_cached("SELECT evidence FROM evidence WHERE digest = ?1")?
            .query_row([digest], |row| {
                Ok(rows::blob(row, 0).and_then(|bytes| T::from_bytes(bytes).ok()))
            })
            .optional()
            .map(Option::flatten)
    }

    /// The descending register of the record.
    fn record_balance(&self) -> rusqlite::Result<Option<u64>> {
        let found = self
            .connection
            .prepare_cached("SELECT record FROM meters WHERE serial = ?1")?
            .query_row([self.meter.0], |row| {
                let record = rows::blob(row, 0);
                Ok(record.and_then(|b| Sealed::<MeterRecord>::from_bytes(b).ok()))
            })
            .optional()?;
        Ok(found.map(|record| record.map_or(self.balance, |r| r.body.descending.0)))
    }
}
