//! Rows that a hostile database may have changed: what can be told without a box is told here.
//!
//! Not here: decisions. A box checks each sealed record that it is shown; items are shown to no
//! box, so they are compared with the signed decision that made them. Called wherever a stored row
//! becomes an answer.

use crate::change::parse;
use crate::sign_up::meter_record;
use crate::{Centre, Charged, Code, Problem};
use item::{
    BoxKind, Counter, Decision, Digest, ItemRecord, KeyUsage, Layout, MeterRecord, MeterSerial,
    Payload, Signed, Subject,
};
use store::{PriorAnswer, Store};
use verify::{open_payload, statement_digest};

/// Items read at once on the way to the end of a decision.
const ITEMS_READ: u32 = 1_000;

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

    /// The items of a prior answer, all of them, as the box made them.
    pub(crate) async fn stored_answer(
        &self,
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
        let belongs = |item: &ItemRecord| {
            item.request == prior.request && item.body_digest == prior.body_digest
        };
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
            && let Ok(key) = self.installation().item_key(payload.key)
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
        let Some(head) = self.head(last.meter, last.counter).await? else {
            return Ok(false);
        };
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

    /// Digest of the last item of a decision, if that is in the database and signed by a meter box.
    async fn head(&self, serial: MeterSerial, counter: Counter) -> Result<Option<Digest>, Problem> {
        let subject = serial.subject();
        let row = self
            .store()
            .decision(BoxKind::Meter, subject, counter)
            .await?;
        let signed = row.and_then(|row| Signed::<Decision>::from_bytes(&row.decision).ok());
        let Some(signed) = signed else {
            return Ok(None);
        };
        let (key, time) = (signed.body.key, signed.body.time);
        let usage = KeyUsage::Decision;
        let opened = self
            .installation()
            .open_statement(signed, key, BoxKind::Meter, usage, time);
        Ok(opened
            .ok()
            .filter(|decision| (decision.subject, decision.counter) == (subject, counter))
            .map(|decision| decision.head))
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
