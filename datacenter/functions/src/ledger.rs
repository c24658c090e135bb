//! A meter's money in order: items, and what else moved its balance, out of the stored records.
//!
//! Not here: what is made of it (`statement`, `report`, `totals`), and any check of signatures: `indicia
//! audit` makes those. Everything is read by pages, so that a year of items takes no more memory than a day.

use crate::change::parse;
use crate::{Centre, Problem};
use item::{
    Act, ActBody, BoxKind, Counter, CreditEvidence, Day, Decision, DecisionKind, ItemCredit,
    ItemRecord, MeterRecord, MeterSerial, Mills, MultiSigned, Signed, Time,
};
use std::collections::VecDeque;
use store::{EvidenceOf, Store};

/// Rows read at once.
const PAGE: u32 = 500;

/// From one day to another, both included; UTC, by the clock of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

/// What moved a balance without an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyKind {
    /// Credit evidence was used.
    Deposit,
    /// An item was taken back.
    ItemCredit,
    /// A withdrawn meter's balance was paid out.
    BalanceRefund,
}

/// One such movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// Counter of the decision.
    pub counter: Counter,
    /// Box time.
    pub time: Time,
    /// What it was.
    pub kind: MoneyKind,
    /// How much.
    pub amount: Mills,
    /// Number of the deposit on its meter.
    pub number: Option<u64>,
    /// Piece count of the item that was credited.
    pub piece: Option<u32>,
}

impl MoneyKind {
    /// Whether it raises the balance.
    #[must_use]
    pub fn raises(self) -> bool {
        match self {
            Self::Deposit | Self::ItemCredit => true,
            Self::BalanceRefund => false,
        }
    }
}

/// The next thing that happened.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// An item was dispensed.
    Item(Box<ItemRecord>),
    /// Money came or went.
    Money(Money),
}

/// Reads one meter from a day on, up to the record that it was begun with.
pub(crate) struct Ledger<'a, S> {
    centre: &'a Centre<S>,
    serial: MeterSerial,
    /// Nothing behind this counter is read.
    last: Counter,
    next_piece: u32,
    items: VecDeque<ItemRecord>,
    items_end: bool,
    after: Counter,
    money: VecDeque<Money>,
    money_end: bool,
}

impl<'a, S: Store> Ledger<'a, S> {
    /// Begins in front of the first thing that happened on a day or later; and the balance then.
    pub(crate) async fn begin(
        centre: &'a Centre<S>,
        meter: &MeterRecord,
        from: Day,
    ) -> Result<(Self, Mills), Problem> {
        let first = first_piece(centre, meter, from).await?;
        let before = centre.store().item_before(meter.serial, first).await?;
        let before: Option<ItemRecord> = before.map(|bytes| parse(&bytes, "item")).transpose()?;
        let mut ledger = Self {
            centre,
            serial: meter.serial,
            last: meter.counter,
            next_piece: first,
            items: VecDeque::new(),
            items_end: false,
            after: before.as_ref().map_or(Counter(0), |item| item.counter),
            money: VecDeque::new(),
            money_end: false,
        };
        let mut balance = before.map_or(Mills::ZERO, |item| item.descending);
        while let Some(money) = ledger.peek_money().await? {
            if Day::of_time(money.time) >= from {
                break;
            }
            balance = moved(balance, money);
            ledger.money.pop_front();
        }
        Ok((ledger, balance))
    }

    /// What happened next; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, Problem> {
        self.fill_items().await?;
        let item = self.items.front().map(|item| item.counter);
        let money = self.peek_money().await?.map(|money| money.counter);
        Ok(match (item, money) {
            (Some(item), Some(money)) if money < item => self.money.pop_front().map(Event::Money),
            (None, _) => self.money.pop_front().map(Event::Money),
            _ => self
                .items
                .pop_front()
                .map(|item| Event::Item(Box::new(item))),
        })
    }

    async fn fill_items(&mut self) -> Result<(), Problem> {
        if !self.items.is_empty() || self.items_end {
            return Ok(());
        }
        let store = self.centre.store();
        let rows = store.items(self.serial, self.next_piece, PAGE).await?;
        self.items_end = rows.len() < PAGE as usize;
        for row in rows {
            let item: ItemRecord = parse(&row.item, "item")?;
            self.next_piece = item.piece_count.saturating_add(1);
            if item.counter > self.last {
                self.items_end = true;
                break;
            }
            self.items.push_back(item);
        }
        Ok(())
    }

    async fn peek_money(&mut self) -> Result<Option<&Money>, Problem> {
        while self.money.is_empty() && !self.money_end {
            let (kind, subject) = (BoxKind::Meter, self.serial.subject());
            let store = self.centre.store();
            let rows = store.evidence_of(kind, subject, self.after, PAGE).await?;
            self.money_end = rows.len() < PAGE as usize;
            for row in rows {
                self.after = row.counter;
                if row.counter > self.last {
                    self.money_end = true;
                    break;
                }
                let decision = store.decision(kind, subject, row.counter).await?;
                if let Some(decision) = decision {
                    let decision: Signed<Decision> = parse(&decision.decision, "decision")?;
                    self.money.extend(money(&decision.body, &row)?);
                }
            }
        }
        Ok(self.money.front())
    }
}

/// A balance after a movement.
pub(crate) fn moved(balance: Mills, money: &Money) -> Mills {
    match money.kind.raises() {
        true => Mills(balance.0.saturating_add(money.amount.0)),
        false => Mills(balance.0.saturating_sub(money.amount.0)),
    }
}

/// What a decision moved without an item, if anything.
fn money(decision: &Decision, row: &EvidenceOf) -> Result<Option<Money>, Problem> {
    match decision.decision {
        DecisionKind::Refill => {
            let credit: MultiSigned<CreditEvidence> = parse(&row.evidence, "credit evidence")?;
            Ok(Some(Money {
                counter: decision.counter,
                time: decision.time,
                kind: MoneyKind::Deposit,
                amount: credit.body.amount,
                number: Some(credit.body.funding_sequence),
                piece: None,
            }))
        }
        DecisionKind::ItemCredit => {
            let credit: ItemCredit = parse(&row.evidence, "item credit")?;
            let approved = &credit.approval.body;
            Ok(Some(Money {
                counter: decision.counter,
                time: decision.time,
                kind: MoneyKind::ItemCredit,
                amount: approved.value,
                number: None,
                piece: Some(approved.piece_count),
            }))
        }
        DecisionKind::BalanceRefund => {
            let act: MultiSigned<Act> = parse(&row.evidence, "act")?;
            let ActBody::RefundBalance(refund) = act.body.body else {
                return Ok(None);
            };
            Ok(Some(Money {
                counter: decision.counter,
                time: decision.time,
                kind: MoneyKind::BalanceRefund,
                amount: refund.amount,
                number: None,
                piece: None,
            }))
        }
        _ => Ok(None),
    }
}

/// The first piece of a day or later: where the pieces before it end, found by halves. Box times of a
/// meter rise, but for a clock that was set back by act: then it is one of the places where days change.
async fn first_piece<S: Store>(
    centre: &Centre<S>,
    meter: &MeterRecord,
    from: Day,
) -> Result<u32, Problem> {
    let (mut low, mut high) = (1, meter.piece_count.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let found = centre.store().items(meter.serial, middle, 1).await?;
        let found = found
            .first()
            .map(|row| parse::<ItemRecord>(&row.item, "item"));
        match found.transpose()? {
            Some(item) if item.piece_count < high && Day::of_time(item.time) < from => {
                low = item.piece_count.saturating_add(1);
            }
            _ => high = middle,
        }
    }
    Ok(low)
}
