//! The items of one meter, in the order in which they left it (V1).

use crate::context::Audit;
use crate::line::Made;
use crate::{Code, answers, rows};
use item::{
    Counter, Digest, ItemRecord, KeyUsage, Layout, MeterRecord, MeterSerial, Mills, Payload,
    RequestId, Summary,
};
use rusqlite::params;
use std::fmt;
use verify::{open_payload, statement_digest};

/// Where the chain of a meter's items is.
pub(crate) struct Tape {
    meter: MeterSerial,
    pub(crate) ascending: Mills,
    pub(crate) descending: Mills,
    pub(crate) piece_count: u32,
    /// Digest of the newest item record.
    pub(crate) head: Digest,
    /// Newest piece count that was read, as the column has it.
    read: i64,
}

#[derive(Clone, Copy)]
struct Place(MeterSerial, i64);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "items {}/{}", self.0.0, self.1)
    }
}

/// Items that answer one request: an order.
pub(crate) struct Group {
    pub(crate) first: ItemRecord,
    pub(crate) pieces: u32,
    pub(crate) value: Mills,
}

impl Tape {
    pub(crate) fn new(meter: MeterSerial) -> Self {
        Self {
            meter,
            ascending: Mills::ZERO,
            descending: Mills::ZERO,
            piece_count: 0,
            head: Digest::ZERO,
            read: i64::MIN,
        }
    }

    /// Goes on behind a gap: from what the box remembered, and with a chain that begins anew.
    pub(crate) fn go_on(&mut self, memory: &Summary, head: Digest) {
        (self.ascending, self.descending) = (memory.ascending, memory.descending);
        self.piece_count = memory.pieces;
        self.head = head;
    }

    /// The items of one dispensing decision.
    pub(crate) fn dispensed(
        &mut self,
        audit: &mut Audit<'_>,
        made: &Made,
        record: Option<&MeterRecord>,
    ) -> rusqlite::Result<()> {
        let connection = audit.connection;
        let mut statement = connection.prepare_cached(
            "SELECT piece_count, counter, item, decision IS NOT NULL FROM items
             WHERE meter = ?1 AND piece_count > ?2 ORDER BY piece_count",
        )?;
        let mut all = statement.query(params![self.meter.0, self.read])?;
        let mut position = 0_u32;
        let mut group: Option<Group> = None;
        while let Some(row) = all.next()? {
            let stored = rows::blob(row, 2).unwrap_or_default();
            let decoded = ItemRecord::from_bytes(stored);
            let counter = match &decoded {
                Ok(item) => item.counter,
                Err(_) => rows::unsigned(row, 1).map_or(made.body.counter, Counter),
            };
            if counter > made.body.counter {
                break;
            }
            let place = self.take(audit, row);
            match decoded {
                Err(error) => audit.problem(Code::Undecodable, place, error, Mills::ZERO),
                Ok(item) => {
                    check_columns(audit, place, row, &item, made);
                    self.follow(audit, place, &item, made, position);
                    check_payload(audit, place, &item, record);
                    audit.report.add_value(item.value, item.specimen);
                    let key = (item.meter, item.origin, item.kind, item.specimen);
                    audit.count_day(item.time, key, item.value, false)?;
                    group = extend(audit, group, item, record)?;
                }
            }
            position = position.saturating_add(1);
            self.piece_count = self.piece_count.saturating_add(1);
            self.head = statement_digest(stored);
        }
        if let Some(group) = group {
            answers::answered(audit, &group, record)?;
        }
        let message = "it dispensed nothing that is kept";
        audit.expect(
            position > 0,
            Code::ItemGap,
            made.place(),
            message,
            Mills::ZERO,
        );
        Ok(())
    }

    fn take(&mut self, audit: &mut Audit<'_>, row: &rusqlite::Row<'_>) -> Place {
        audit.row();
        audit.report.counts.items = audit.report.counts.items.saturating_add(1);
        self.read = row.get(0).unwrap_or(i64::MAX);
        Place(self.meter, self.read)
    }

    fn follow(
        &mut self,
        audit: &mut Audit<'_>,
        place: Place,
        item: &ItemRecord,
        made: &Made,
        position: u32,
    ) {
        audit.expect(
            Some(item.piece_count) == self.piece_count.checked_add(1),
            Code::ItemGap,
            place,
            format_args!("it follows piece {}", self.piece_count),
            item.value,
        );
        self.piece_count = item.piece_count.saturating_sub(1);
        audit.expect(
            item.previous == self.head,
            Code::ItemChain,
            place,
            "it does not name the item before it",
            item.value,
        );
        audit.expect(
            item.counter == made.body.counter
                && item.position == position
                && item.time == made.body.time,
            Code::ItemOrphan,
            place,
            "no dispensing decision has this counter, place and time",
            item.value,
        );
        audit.expect(
            self.ascending.plus(item.value) == Some(item.ascending)
                && self.descending.minus(item.value) == Some(item.descending),
            Code::RegistersDiffer,
            place,
            format_args!(
                "AR {} and DR {} do not follow from {} and {} by {}",
                item.ascending, item.descending, self.ascending, self.descending, item.value
            ),
            item.value,
        );
        // The item's own, so that one wrong figure is one problem.
        (self.ascending, self.descending) = (item.ascending, item.descending);
    }

    /// What is left after the last decision.
    pub(crate) fn end(&mut self, audit: &mut Audit<'_>) -> rusqlite::Result<()> {
        let connection = audit.connection;
        let mut statement = connection.prepare_cached(
            "SELECT piece_count, item FROM items
             WHERE meter = ?1 AND piece_count > ?2 ORDER BY piece_count",
        )?;
        let mut all = statement.query(params![self.meter.0, self.read])?;
        while let Some(row) = all.next()? {
            let place = self.take(audit, row);
            let value = rows::blob(row, 1)
                .and_then(|bytes| ItemRecord::from_bytes(bytes).ok())
                .map_or(Mills::ZERO, |item| item.value);
            audit.problem(Code::ItemOrphan, place, "no decision dispensed it", value);
        }
        Ok(())
    }
}

/// The columns say what the item says, and the first of a decision has that decision.
fn check_columns(
    audit: &mut Audit<'_>,
    place: Place,
    row: &rusqlite::Row<'_>,
    item: &ItemRecord,
    made: &Made,
) {
    let columns = (rows::unsigned(row, 0), rows::unsigned(row, 1));
    audit.expect(
        item.meter == place.0
            && columns == (Some(u64::from(item.piece_count)), Some(item.counter.0)),
        Code::ColumnDiffers,
        place,
        "the row's columns differ from its item",
        item.value,
    );
    let is_first = item.position == 0 && item.counter == made.body.counter;
    audit.expect(
        !is_first || rows::unsigned(row, 3) == Some(1),
        Code::ColumnDiffers,
        place,
        "the first item of a decision is kept without it",
        item.value,
    );
}

/// What the items of one order have in common.
pub(crate) fn order_of(item: &ItemRecord) -> (RequestId, Digest, Digest) {
    (item.request, item.key_digest, item.body_digest)
}

/// Adds an item to the group of its request, or ends that group and starts another.
fn extend(
    audit: &mut Audit<'_>,
    group: Option<Group>,
    item: ItemRecord,
    record: Option<&MeterRecord>,
) -> rusqlite::Result<Option<Group>> {
    Ok(Some(match group {
        Some(group) if order_of(&group.first) == order_of(&item) => Group {
            pieces: group.pieces.saturating_add(1),
            value: group.value.plus(item.value).unwrap_or(group.value),
            ..group
        },
        other => {
            if let Some(ended) = other {
                answers::answered(audit, &ended, record)?;
            }
            Group {
                pieces: 1,
                value: item.value,
                first: item,
            }
        }
    }))
}

fn check_payload(
    audit: &mut Audit<'_>,
    place: Place,
    item: &ItemRecord,
    record: Option<&MeterRecord>,
) {
    let payload = match Payload::from_bytes(item.payload.as_slice()) {
        Ok(payload) => payload,
        Err(error) => {
            audit.problem(Code::Undecodable, place, error, item.value);
            return;
        }
    };
    audit.expect(
        is_signed(audit, &payload, item),
        Code::PayloadForged,
        place,
        "no issuing key that was good then signed the payload",
        item.value,
    );
    let transcript = audit.transcript();
    audit.expect(
        says_the_same(&payload, item) && record.is_none_or(|record| is_of(&payload, record)),
        Code::PayloadDiffers,
        place,
        "the payload says something else than the records",
        item.value,
    );
    audit.expect(
        item.specimen == transcript.specimen && payload.specimen == transcript.specimen,
        Code::SpecimenDiffers,
        place,
        "the specimen flag differs from the installation's",
        item.value,
    );
}

fn is_signed(audit: &Audit<'_>, payload: &Payload, item: &ItemRecord) -> bool {
    let valid = audit.installation.certificates().any(|certificate| {
        certificate.serial == payload.key
            && certificate.usage == KeyUsage::Item
            && certificate.key.suite() == payload.suite
            && certificate.not_before <= item.time
            && item.time < certificate.not_after
    });
    valid
        && audit
            .installation
            .item_key(payload.key)
            .is_ok_and(|key| open_payload(payload.clone(), key).is_ok())
}

fn says_the_same(payload: &Payload, item: &ItemRecord) -> bool {
    payload.meter == item.meter
        && payload.ascending == item.ascending
        && payload.descending == item.descending
        && payload.value == item.value
        && payload.piece_count == item.piece_count
        && payload.mailing_day == item.mailing_day
        && payload.origin == item.origin
        && payload.destination == item.destination
        && payload.category == item.category
        && payload.kind == item.kind
        && payload.specimen == item.specimen
        && payload.address_digest == item.address_digest
}

fn is_of(payload: &Payload, record: &MeterRecord) -> bool {
    (payload.vendor, payload.model) == (record.vendor, record.model)
        && payload.kind == record.item_kind
        && payload.post == record.post
        && payload.currency == record.currency
        && (record.origin.0 == 0 || payload.origin == record.origin)
}
