//! Mailings: thousands of rows, checked as a whole before anything is asked of a box, then bought in
//! orders of as many items as one decision holds.
//!
//! Not here: reading a list, drawing. A row that is no good is found before the box is asked. Orders of
//! a mailing have keys that follow from its own, so the same request goes on where it ended, however it
//! ended, and charges nothing twice. Nothing about a mailing is stored but its items.

use crate::limits::MAILING_ROWS_MAX;
use crate::{Centre, Code, DispenseCall, NewItem, Problem, Session};
use item::limits::ITEMS_MAX;
use item::{Digest, ItemRecord, MeterRecord, MeterSerial, Mills};
use std::sync::Arc;
use store::Store;
use tokio::sync::mpsc;

/// Orders of a mailing.
const PIECES_MAX: u32 = MAILING_ROWS_MAX.div_ceil(ITEMS_MAX) as u32;

/// Rows of a mailing, each as far as it was understood.
pub type Rows = Vec<Result<NewItem, Problem>>;

/// A row that can be bought.
#[derive(Debug, Clone)]
pub struct GoodRow {
    /// With the mailing day set, and the lines that are to be printed.
    pub item: NewItem,
    /// What it costs.
    pub value: Mills,
    /// Rate category.
    pub category: String,
    /// What was found of the address.
    pub notes: Vec<&'static str>,
}

/// A mailing that was checked. Nothing was charged.
#[derive(Debug)]
pub struct CheckedMailing {
    /// The rows, in order.
    pub rows: Vec<Result<GoodRow, Problem>>,
    /// What the good rows cost.
    pub total: Mills,
    /// The meter.
    pub meter: MeterRecord,
}

/// A mailing to be bought.
#[derive(Debug)]
pub struct MailingCall {
    /// Digest of the idempotency key.
    pub key_digest: Digest,
    /// Digest of the request body.
    pub body_digest: Digest,
    /// Whether good rows are bought although others are not.
    pub partial: bool,
}

/// A row that was bought: place among the rows, from 0, and its item.
pub type Bought = (usize, ItemRecord);

/// An order of a mailing: the rows of one piece of it that are good.
pub(crate) struct Piece<'a> {
    pub(crate) call: DispenseCall,
    pub(crate) rows: Vec<(usize, &'a GoodRow)>,
}

impl CheckedMailing {
    /// How many rows can be bought.
    #[must_use]
    pub fn good(&self) -> usize {
        self.rows.iter().filter(|row| row.is_ok()).count()
    }
}

impl<S: Store> Centre<S> {
    /// Prices and checks every row. With `correct`, addresses are set in standard form first.
    ///
    /// # Errors
    /// [`Problem`] for the meter; what is wrong with a row stands in its place.
    pub async fn check_mailing(
        &self,
        session: &Session,
        meter: MeterSerial,
        rows: Rows,
        correct: bool,
    ) -> Result<CheckedMailing, Problem> {
        let meter = self.meter(session, meter).await?;
        let items = rows.iter().flatten();
        let open = Arc::new(self.open_headings(meter.account, items).await?);
        let (centre, record) = (self.clone(), meter.clone());
        let rows = self
            .inner
            .cores
            .each(rows, move |row| {
                let item = row?;
                open.cover(&item)?;
                centre.check_row(item, &record, correct)
            })
            .await?;
        let total = rows
            .iter()
            .flatten()
            .try_fold(0u64, |sum, row| sum.checked_add(row.value.0));
        let total = total.map(Mills).ok_or_else(|| {
            Problem::new(
                Code::BadValue,
                "The rows cost more than any meter can hold.",
            )
        })?;
        Ok(CheckedMailing { rows, total, meter })
    }

    fn check_row(
        &self,
        mut item: NewItem,
        meter: &MeterRecord,
        correct: bool,
    ) -> Result<GoodRow, Problem> {
        item.mailing_day = Some(self.mailing_day(&item));
        let notes = if correct {
            item.correct_address()?
        } else {
            Vec::new()
        };
        let spec = self.item_spec(&item, meter)?;
        Ok(GoodRow {
            value: spec.value,
            category: spec.category.as_str().trim_end().to_owned(),
            item,
            notes,
        })
    }

    /// Buys the good rows of a mailing; `bought` is told of each order's as soon as they are.
    ///
    /// A mailing of more than one order is not one decision: its total is compared with the balance
    /// beforehand, and if a box refuses a later order all the same, the earlier ones stand.
    ///
    /// # Errors
    /// [`Problem`]; whatever `bought` was told of is bought. A mailing that may not be bought
    /// ([`CheckedMailing::may_be_bought`]) is refused.
    pub async fn buy_mailing(
        &self,
        session: &Session,
        mailing: &CheckedMailing,
        call: &MailingCall,
        bought: &mpsc::Sender<Vec<Bought>>,
    ) -> Result<(), Problem> {
        mailing.may_be_bought(call.partial)?;
        let mut left = Vec::new();
        let mut owed = 0u64;
        for piece in mailing.pieces(call) {
            if self.was_bought(session, &piece.call).await? {
                self.buy_piece(session, piece, bought).await?;
            } else {
                owed = piece
                    .rows
                    .iter()
                    .fold(owed, |sum, (_, row)| sum.saturating_add(row.value.0));
                left.push(piece);
            }
        }
        let balance = mailing.meter.descending;
        if owed > balance.0 && !left.is_empty() {
            return Err(Problem::new(
                Code::Funds,
                format!(
                    "What is left to buy costs {}, the balance is {balance}.",
                    Mills(owed)
                ),
            ));
        }
        for piece in left {
            self.buy_piece(session, piece, bought).await?;
        }
        Ok(())
    }

    /// Items that a mailing's key paid for so far.
    ///
    /// # Errors
    /// [`Code::NotFound`] if the key bought no mailing.
    pub async fn mailing_items(
        &self,
        session: &Session,
        meter: MeterSerial,
        key_digest: &Digest,
    ) -> Result<Vec<ItemRecord>, Problem> {
        let mut items = Vec::new();
        for number in 0..PIECES_MAX {
            match self
                .items_by_key(session, piece_key(key_digest, number))
                .await
            {
                Ok(more) => items.extend(more.into_iter().filter(|item| item.meter == meter)),
                Err(problem) if problem.code == Code::NotFound => {}
                Err(problem) => return Err(problem),
            }
        }
        if items.is_empty() {
            return Err(Problem::new(
                Code::NotFound,
                "No mailing was bought with that key.",
            ));
        }
        Ok(items)
    }

    async fn was_bought(&self, session: &Session, call: &DispenseCall) -> Result<bool, Problem> {
        let account = session.authority().account;
        let prior = self.store().prior_by_key(account, call.key_digest).await?;
        Ok(prior.is_some())
    }

    async fn buy_piece(
        &self,
        session: &Session,
        piece: Piece<'_>,
        bought: &mpsc::Sender<Vec<Bought>>,
    ) -> Result<(), Problem> {
        let items = self.dispense(session, piece.call).await?.items;
        if items.len() != piece.rows.len() {
            return Err(Problem::internal("an order has another number of items"));
        }
        let places = piece.rows.into_iter().map(|(place, _)| place);
        // Nobody listens any more: the items are bought all the same.
        let _ = bought.send(places.zip(items).collect()).await;
        Ok(())
    }
}

impl CheckedMailing {
    /// Whether buying may begin.
    ///
    /// # Errors
    /// [`Code::RowsRejected`] if a row is rejected and all are wanted, or if all rows are.
    pub fn may_be_bought(&self, partial: bool) -> Result<(), Problem> {
        let rejected = self.rows.len() - self.good();
        if rejected == 0 || (partial && rejected < self.rows.len()) {
            return Ok(());
        }
        let mut first = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(place, row)| match row {
                Ok(_) => None,
                Err(problem) => Some(format!("row {}: {}", place + 1, problem.detail)),
            });
        Err(Problem::new(
            Code::RowsRejected,
            format!(
                "{rejected} of {} rows can not be bought; {}",
                self.rows.len(),
                first.next().unwrap_or_default()
            ),
        ))
    }

    /// The orders, each of the good ones among so many rows as one decision holds. Their digests hold
    /// which rows those are: should a later check find others good, the key is refused for them.
    pub(crate) fn pieces(&self, call: &MailingCall) -> Vec<Piece<'_>> {
        let numbered: Vec<_> = self.rows.iter().enumerate().collect();
        let pieces = numbered.chunks(ITEMS_MAX).zip(0u32..);
        pieces
            .filter_map(|(rows, number)| {
                let rows: Vec<(usize, &GoodRow)> = rows
                    .iter()
                    .filter_map(|(place, row)| Some((*place, row.as_ref().ok()?)))
                    .collect();
                let places: Vec<String> = rows.iter().map(|(place, _)| place.to_string()).collect();
                let whole = format!("{} {}", call.body_digest, places.join(" "));
                let call = DispenseCall {
                    meter: self.meter.serial,
                    key_digest: piece_key(&call.key_digest, number),
                    body_digest: verify::request_body(whole.as_bytes()),
                    items: rows.iter().map(|(_, row)| row.item.clone()).collect(),
                    batch: true,
                    expected_piece_count: None,
                    // Asked about as a whole, before anything is bought.
                    allow_duplicate: true,
                };
                (!rows.is_empty()).then_some(Piece { call, rows })
            })
            .collect()
    }
}

/// Key of an order, out of the mailing's.
fn piece_key(mailing: &Digest, number: u32) -> Digest {
    verify::idempotency_key(&format!("mailing {mailing} {number}"))
}
