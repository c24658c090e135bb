//! Rows that a hostile database may have changed: what can be told without a box is told here.
//!
//! Not here: decisions. A box checks each sealed record that it is shown; items are shown to no
//! box, so they are compared with the signed decision that made them. Called wherever a stored row
//! becomes an answer.

use crate::change::parse;
use crate::dispense::dispense_request;
use crate::limits::ITEMS_READ;
use crate::sign_up::meter_record;
use crate::{Centre, Charged, Code, Problem};
use item::{
    AccountId, BoxKind, Counter, Decision, Digest, ItemRecord, KeySerial, KeyUsage, Layout,
    MeterRecord, MeterSerial, Payload, Signed, Subject,
};
use std::sync::Arc;
use store::{PriorAnswer, Store};
use verify::{Installation, open_payload, statement_digest};

impl<S: Store> Centre<S> {
    /// A meter's stored record, for reading and rating; a box checks it before it decides.
    pub(crate) async fn stored_meter(
        &self,
        serial: MeterSerial,
        stored: &[u8],
    ) -> Result<MeterRecord, Problem> {
        let (code, detail) = match meter_record(stored) {
            Ok(record) if record.serial == serial => return Ok(record),
            Ok(_) => ("moved", "another meter's record stands in its place"),
            Err(_) => ("unreadable", "its stored record can not be read"),
        };
        let subject = serial.subject();
        Err(self.unusable(BoxKind::Meter, subject, code, detail).await)
    }

    /// The items that this account's key was answered with, all of them, as the box made them.
    pub(crate) async fn stored_answer(
        &self,
        account: AccountId,
        key_digest: &Digest,
        prior: &PriorAnswer,
    ) -> Result<Vec<ItemRecord>, Problem> {
        let subject = prior.meter.subject();
        if prior.items.is_empty() || prior.items.len() != prior.pieces as usize {
            let detail = "items of an earlier answer are missing";
            let problem = self.unusable(BoxKind::Meter, subject, "item-missing", detail);
            return Err(problem.await);
        }
        let items = self
            .stored_items(prior.meter, prior.first_piece, &prior.items)
            .await?;
        // The look-up row is only a copy: the items themselves must say what it says.
        let request = dispense_request(account, key_digest);
        let belongs =
            |item: &ItemRecord| item.request == request && item.body_digest == prior.body_digest;
        if !items.iter().all(belongs) {
            let detail = "an answer leads to items that another request made";
            let problem = self.unusable(BoxKind::Meter, subject, "answer-moved", detail);
            return Err(problem.await);
        }
        Ok(items)
    }

    /// Items of one decision, from piece `first` on, as the box made them.
    pub(crate) async fn stored_items(
        &self,
        serial: MeterSerial,
        first: u32,
        items: &[Vec<u8>],
    ) -> Result<Vec<ItemRecord>, Problem> {
        if let Some(records) = run(serial, first, items)
            && self.is_of_its_decision(&records, items).await?
        {
            return Ok(records);
        }
        let (subject, detail) = (
            serial.subject(),
            "a stored item is not the one that was made",
        );
        let problem = self.unusable(BoxKind::Meter, subject, "item-altered", detail);
        Err(problem.await)
    }

    /// An item whose payload is what is wanted: only that is compared, which no other row is
    /// needed for.
    pub(crate) async fn stored_payload(
        &self,
        serial: MeterSerial,
        piece_count: u32,
        stored: &[u8],
    ) -> Result<ItemRecord, Problem> {
        if let Ok(item) = parse::<ItemRecord>(stored, "item")
            && let Ok(payload) = Payload::from_bytes(item.payload.as_slice())
            && (payload.meter, payload.piece_count) == (serial, piece_count)
            && let known = self.knowing(payload.key).await
            && let Ok(key) = known.item_key(payload.key)
            && open_payload(payload, key).is_ok()
        {
            return Ok(item);
        }
        let (subject, detail) = (serial.subject(), "a stored item holds no genuine payload");
        let problem = self.unusable(BoxKind::Meter, subject, "item-altered", detail);
        Err(problem.await)
    }

    /// Whether a chain of items ends, with the items that other orders of the decision made, where
    /// the decision says.
    async fn is_of_its_decision(
        &self,
        records: &[ItemRecord],
        items: &[Vec<u8>],
    ) -> Result<bool, Problem> {
        let (Some(last), Some(bytes)) = (records.last(), items.last()) else {
            return Ok(false);
        };
        let first = last.piece_count.saturating_sub(last.position);
        let Some(decision) = self.store().decision_at(last.meter, first).await? else {
            return Ok(false);
        };
        let (kind, subject) = (BoxKind::Meter, last.meter.subject());
        let decision = self
            .opened_decision(kind, subject, last.counter, &decision)
            .await?;
        let head = decision.head;
        let (mut digest, mut piece) = (statement_digest(bytes), last.piece_count);
        while digest != head {
            let next = piece.saturating_add(1);
            let rows = self.store().items(last.meter, next, ITEMS_READ).await?;
            let rows: Vec<Vec<u8>> = rows.into_iter().map(|row| row.item).collect();
            let before = piece;
            for stored in &rows {
                let Ok(item) = ItemRecord::from_bytes(stored) else {
                    return Ok(false);
                };
                if item.counter != last.counter || item.previous != digest {
                    return Ok(false);
                }
                (digest, piece) = (statement_digest(stored), item.piece_count);
                if digest == head {
                    break;
                }
            }
            if piece <= before {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A decision that made no items, as its box signed it, with its stored bytes; none if it is not
    /// in the database.
    pub(crate) async fn stored_decision(
        &self,
        kind: BoxKind,
        subject: Subject,
        counter: Counter,
    ) -> Result<Option<(Decision, Vec<u8>)>, Problem> {
        let Some(row) = self.store().decision(kind, subject, counter).await? else {
            return Ok(None);
        };
        let decision = self
            .opened_decision(kind, subject, counter, &row.decision)
            .await?;
        Ok(Some((decision, row.decision)))
    }

    /// What a box signed to give a record this counter.
    async fn opened_decision(
        &self,
        kind: BoxKind,
        subject: Subject,
        counter: Counter,
        stored: &[u8],
    ) -> Result<Decision, Problem> {
        if let Ok(signed) = Signed::<Decision>::from_bytes(stored) {
            let (key, time) = (signed.body.key, signed.body.time);
            let usage = KeyUsage::Decision;
            let known = self.knowing(key).await;
            let opened = known.open_statement(signed, key, kind, usage, time);
            if let Ok(decision) = opened
                && (decision.subject, decision.counter) == (subject, counter)
            {
                return Ok(decision.into_body());
            }
        }
        let detail = "a stored decision is not one that its box signed";
        let problem = self.unusable(kind, subject, "decision-altered", detail);
        Err(problem.await)
    }

    /// The installation, with the epoch of this certificate if anybody stored it: another server may
    /// have learnt of it since this one last looked.
    async fn knowing(&self, serial: KeySerial) -> Arc<Installation> {
        let known = self.known();
        if known.certificates().any(|c| c.serial == serial) {
            return known;
        }
        if let Err(problem) = self.learn_epochs().await {
            tracing::warn!(%problem, "epochs");
        }
        self.known()
    }

    /// Raises the alert about a row that is not used, and gives what its caller is told.
    pub(crate) async fn unusable(
        &self,
        kind: BoxKind,
        subject: Subject,
        code: &str,
        detail: &str,
    ) -> Problem {
        self.alert(kind, subject, code, detail, Vec::new()).await;
        Problem {
            charged: Charged::Unknown,
            ..Problem::new(
                Code::RecordRefused,
                "What is stored is not what was made; operators were alerted.",
            )
        }
    }
}

/// The items, if they can be read, follow each other and are of one decision.
fn run(serial: MeterSerial, first: u32, items: &[Vec<u8>]) -> Option<Vec<ItemRecord>> {
    let records: Vec<ItemRecord> = items
        .iter()
        .map(|bytes| ItemRecord::from_bytes(bytes).ok())
        .collect::<Option<_>>()?;
    let counter = records.first()?.counter;
    let right = records.iter().zip(first..).all(|(item, piece)| {
        (item.meter, item.piece_count, item.counter) == (serial, piece, counter)
    });
    let linked = records
        .iter()
        .skip(1)
        .zip(items)
        .all(|(item, before)| item.previous == statement_digest(before));
    (right && linked).then_some(records)
}
