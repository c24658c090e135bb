//! Item credits (P23): each is recomputed from the refunders' approval and the item's own payload.

use crate::context::Audit;
use crate::line::Made;
use crate::scratch::Once;
use crate::{Code, evidence, rows, totals};
use item::{
    AcceptanceScan, CreditApproval, CreditedItem, CreditedList, CreditedPiece, Day, Digest,
    ItemCredit, ItemRecord, Layout, MeterRecord, MeterSerial, Mills, Payload, Signed,
};
use rusqlite::{OptionalExtension, params};
use verify::{Tag, credited_digest, digest, open_payload};

/// What one meter was credited with.
pub(crate) struct Credits {
    meter: MeterSerial,
    pub(crate) total: Mills,
    list: CreditedList,
    lowest: u32,
}

impl Credits {
    pub(crate) fn new(meter: MeterSerial) -> Self {
        Self {
            meter,
            total: Mills::ZERO,
            list: CreditedList::default(),
            lowest: 1,
        }
    }

    /// Goes on behind a gap: nothing before it can be credited any more (P28).
    pub(crate) fn go_on(&mut self, total: Mills, pieces: u32) {
        self.total = total;
        self.list = CreditedList::default();
        self.lowest = pieces.saturating_add(1);
    }

    /// One item credit; its value. `pieces` is how many items the meter had dispensed by then.
    pub(crate) fn credited(
        &mut self,
        audit: &mut Audit<'_>,
        made: &Made,
        record: Option<&MeterRecord>,
        pieces: u32,
    ) -> rusqlite::Result<Mills> {
        let Some((approval, payload, bytes)) = shown(audit, made)? else {
            return Ok(Mills::ZERO);
        };
        let value = payload.value;
        let body = &made.body;
        let fits = approval.installation == body.installation
            && approval.meter == self.meter
            && payload.meter == self.meter
            && record.is_none_or(|record| record.currency == payload.currency)
            && approval.piece_count == payload.piece_count
            && approval.value == value
            && approval.payload == digest(Tag::PAYLOAD_DIGEST, &[&bytes])
            && body.time < approval.expires
            && (self.lowest..=pieces).contains(&payload.piece_count);
        audit.expect(
            fits,
            Code::EvidenceDiffers,
            made.place(),
            "the approval or the payload is of another item, or had expired",
            value,
        );
        self.recorded(audit, made, &payload, &bytes)?;
        self.listed(audit, made, &payload)?;
        audit.count_day(made.body.time, totals::key_of(&payload), value, true)?;
        self.total.0 = self.total.0.saturating_add(value.0);
        Ok(value)
    }

    /// The item itself: on record with this payload, and accepted by nobody.
    fn recorded(
        &self,
        audit: &mut Audit<'_>,
        made: &Made,
        payload: &Payload,
        bytes: &[u8],
    ) -> rusqlite::Result<()> {
        let key = params![self.meter.0, payload.piece_count];
        let item = audit
            .connection
            .prepare_cached("SELECT item FROM items WHERE meter = ?1 AND piece_count = ?2")?
            .query_row(key, |row| {
                Ok(rows::blob(row, 0).and_then(|b| ItemRecord::from_bytes(b).ok()))
            })
            .optional()?;
        let lost = audit.lost_items.get(&self.meter);
        let lost = lost.is_some_and(|lost| lost.iter().any(|l| l.contains(&payload.piece_count)));
        let same = match item {
            Some(Some(item)) => item.payload.as_slice() == bytes,
            // What can not be read is reported where items are.
            Some(None) => true,
            None => lost,
        };
        audit.expect(
            same,
            Code::EvidenceDiffers,
            made.place(),
            "the item that was taken back is not the recorded one",
            payload.value,
        );
        let key = params![self.meter.0, payload.piece_count];
        let scan = audit
            .connection
            .prepare_cached(
                "SELECT scan FROM scans WHERE meter = ?1 AND piece_count = ?2 AND first = 1",
            )?
            .query_row(key, |row| Ok(rows::blob(row, 0).map(<[u8]>::to_vec)))
            .optional()?
            .flatten();
        let taken = scan
            .and_then(|scan| Signed::<AcceptanceScan>::from_bytes(&scan).ok())
            .is_some_and(|scan| scan.body.payload == digest(Tag::PAYLOAD_DIGEST, &[bytes]));
        audit.expect(
            !taken,
            Code::CreditedAndUsed,
            made.place(),
            "the item was taken back, and a verifier accepted it",
            payload.value,
        );
        Ok(())
    }

    /// The list after it, with the row that says so.
    fn listed(
        &mut self,
        audit: &mut Audit<'_>,
        made: &Made,
        payload: &Payload,
    ) -> rusqlite::Result<()> {
        let transcript = audit.transcript();
        let mailed = payload.mailing_day.number();
        let (from, last) = (
            mailed.saturating_add(transcript.credit_waiting_days.into()),
            mailed.saturating_add(transcript.credit_window_days.into()),
        );
        let day = self.list.day().max(Day::of_time(made.body.time));
        audit.expect(
            (from..=last).contains(&day.number()),
            Code::CreditedOutside,
            made.place(),
            "it was credited before its waiting time or after its window",
            payload.value,
        );
        let place = made.place().to_string();
        let key = item_key(self.meter.0, payload.piece_count);
        let earlier = audit.scratch.once(Once::CreditedItem, &key, &place)?;
        if let Some(earlier) = &earlier {
            let message = format!("the item was credited at {earlier}");
            audit.problem(Code::CreditedTwice, &place, message, payload.value);
        }
        let last_day = u16::try_from(last).unwrap_or(u16::MAX);
        let piece = CreditedPiece {
            piece_count: payload.piece_count,
            last_day,
        };
        match self.list.with(day, piece) {
            Ok(list) => self.list = list,
            Err(error) if earlier.is_none() => {
                audit.problem(Code::CreditedListDiffers, &place, error, payload.value);
            }
            Err(_) => {}
        }
        let row = CreditedItem {
            version: item::Version,
            meter: self.meter,
            piece_count: payload.piece_count,
            value: payload.value,
            counter: made.body.counter,
            last_day,
            day: self.list.day(),
        };
        let void = (self.meter.0, payload.piece_count, payload.value);
        audit.scratch.void(void, made.body.journal_sequence)?;
        if earlier.is_none() {
            self.stored(audit, made, &row)?;
        }
        Ok(())
    }

    fn stored(
        &self,
        audit: &mut Audit<'_>,
        made: &Made,
        expected: &CreditedItem,
    ) -> rusqlite::Result<()> {
        let found = audit
            .connection
            .prepare_cached(
                "SELECT counter, last_day, day, journal, credit FROM item_credits
                 WHERE meter = ?1 AND piece_count = ?2",
            )?
            .query_row(params![self.meter.0, expected.piece_count], |row| {
                let columns = [0, 1, 2, 3].map(|column| rows::unsigned(row, column));
                Ok((columns, rows::blob(row, 4).map(<[u8]>::to_vec)))
            })
            .optional()?;
        let Some((columns, credit)) = found else {
            let message = "the row of the item that was taken back is not there";
            audit.problem(Code::CreditMissing, made.place(), message, expected.value);
            return Ok(());
        };
        let copied = columns
            == [
                expected.counter.0,
                expected.last_day.into(),
                expected.day.number().into(),
                made.body.journal_sequence,
            ]
            .map(Some)
            && credit.as_deref() == Some(expected.to_bytes().as_slice());
        let place = format!("item_credits {}/{}", self.meter.0, expected.piece_count);
        let message = "the row is not what the decision made";
        audit.expect(copied, Code::ColumnDiffers, place, message, expected.value);
        Ok(())
    }

    /// Compares with the record.
    pub(crate) fn compare(&self, audit: &mut Audit<'_>, record: &MeterRecord, place: &str) {
        audit.expect(
            record.credited_digest == credited_digest(&self.list)
                && record.lowest_creditable_piece == self.lowest,
            Code::CreditedListDiffers,
            place,
            "the credited list is not what the item credits made it",
            self.total,
        );
    }
}

/// Key of an item among what may occur once.
fn item_key(meter: u32, piece_count: u32) -> [u8; 8] {
    let mut key = [0; 8];
    let (first, second) = key.split_at_mut(4);
    first.copy_from_slice(&meter.to_be_bytes());
    second.copy_from_slice(&piece_count.to_be_bytes());
    key
}

type Shown = (CreditApproval, Payload, Vec<u8>);

/// Approval and payload of the evidence; `None` is reported.
fn shown(audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<Option<Shown>> {
    let Some(bytes) = evidence::fetch(audit, made)? else {
        return Ok(None);
    };
    let credit = match ItemCredit::from_bytes(&bytes) {
        Ok(credit) => credit,
        Err(error) => {
            audit.problem(Code::Undecodable, made.place(), error, Mills::ZERO);
            return Ok(None);
        }
    };
    let refunders = &audit.transcript().refunders;
    let approval = credit.approval.to_bytes();
    let Some(approval) =
        evidence::signed_by_many::<CreditApproval>(audit, made, &approval, refunders)
    else {
        return Ok(None);
    };
    let Ok(payload) = Payload::from_bytes(&credit.payload) else {
        let message = "what was taken back is no item";
        audit.problem(Code::PayloadForged, made.place(), message, approval.value);
        return Ok(None);
    };
    let signed = audit
        .installation
        .item_key(payload.key)
        .is_ok_and(|key| open_payload(payload.clone(), key).is_ok());
    let message = "no issuing key signed the item that was taken back";
    audit.expect(
        signed,
        Code::PayloadForged,
        made.place(),
        message,
        payload.value,
    );
    Ok(Some((approval, payload, credit.payload.to_vec())))
}

/// Every row belongs to a decision.
pub(crate) fn orphans(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT meter, piece_count FROM item_credits ORDER BY meter, piece_count",
    )?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.item_credits = audit.report.counts.item_credits.saturating_add(1);
        let place = rows::place("item_credits", row, 2);
        let id = rows::unsigned(row, 0).zip(rows::unsigned(row, 1));
        let key = id.and_then(|(meter, piece)| {
            Some(item_key(
                u32::try_from(meter).ok()?,
                u32::try_from(piece).ok()?,
            ))
        });
        let known = match key {
            Some(key) => audit.scratch.occurred(Once::CreditedItem, &key)?,
            None => false,
        };
        let message = "no decision took this item back";
        audit.expect(known, Code::CreditOrphan, place, message, Mills::ZERO);
    }
    Ok(())
}

/// The voids of a pack are items that were credited, and close the total of the checkpoint that it
/// names (P32).
pub(crate) fn pack(
    audit: &mut Audit<'_>,
    body: &item::PackBody,
    place: &str,
) -> rusqlite::Result<()> {
    let mut sum = Mills::ZERO;
    for void in &body.voids {
        let key = (void.meter.0, void.piece_count, void.value);
        let known = audit.scratch.is_void(key)?;
        let message = format_args!(
            "it calls item {}-{} void, which no decision took back",
            void.meter.0, void.piece_count
        );
        audit.expect(known, Code::PackVoids, place, message, void.value);
        sum.0 = sum.0.saturating_add(void.value.0);
    }
    if body.closes == Digest::ZERO {
        return Ok(());
    }
    // A checkpoint that is not kept here can not be compared with.
    if let Some(total) = audit.closed.get(&body.closes).copied() {
        let message = "its voids do not add up to the total of the checkpoint that it closes";
        audit.expect(sum == total, Code::PackVoids, place, message, total);
    }
    Ok(())
}
