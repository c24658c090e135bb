//! From a delivery to rows: pure, so that every engine writes the same.
//!
//! Not here: trust. A delivery comes from an authenticated box; what is checked is only that its
//! parts belong together, so that a fault of a box cannot put one record under another's key.

use crate::{ConflictReason, Write};
use item::{
    AccountId, Act, ActBody, ApiKeyId, ApiKeyRecord, AuthRecord, BoxKind, ChainEntry, ChainRecord,
    Counter, CreditedItem, Day, Decision, DecisionKind, Department, Digest, ItemRecord, Layout,
    MeterRecord, MeterSerial, Mills, MultiSigned, RequestId, Sealed, Signed, Subject, Time, UserId,
    UserRecord,
};
use wire::Delivery;

/// One delivery as rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Kind of box.
    pub box_kind: BoxKind,
    /// Record that changes.
    pub subject: Subject,
    /// Its counter afterwards: 1 or more.
    pub counter: Counter,
    /// Counter that the stored record must have: one less, but for a re-issue (P28), whose act names
    /// the older record that it takes the place of. None if there may be no record.
    pub before: Option<Counter>,
    /// What was answered.
    pub request: RequestId,
    /// The sealed record.
    pub record: Vec<u8>,
    /// The signed decision.
    pub decision: Vec<u8>,
    /// Digest and bytes of what was shown to the box, if anything was.
    pub evidence: Option<(Digest, Vec<u8>)>,
    /// Application that the act grants, if it is an act of licence that names one.
    pub licence: Option<Digest>,
    /// Which table the record goes to, and what goes with it.
    pub target: Target,
}

/// Where a record goes, with the copies for search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Auth box.
    User {
        /// Who.
        user: UserId,
        /// Of which account.
        account: AccountId,
    },
    /// Auth box, a key.
    ApiKey {
        /// Which.
        key: ApiKeyId,
        /// Of which account.
        account: AccountId,
    },
    /// Meter box.
    Meter {
        /// Serial.
        serial: MeterSerial,
        /// Owner.
        account: AccountId,
        /// Code of the life-cycle state.
        state: u8,
        /// Descending register in mills.
        balance_mills: u64,
        /// Items that were dispensed.
        items: Vec<ItemLine>,
        /// Keys that were answered.
        keys: Vec<KeyLine>,
        /// The item that was taken back.
        credit: Option<CreditLine>,
    },
    /// Transaction box.
    Chain {
        /// Whose chain.
        account: AccountId,
        /// The new entry.
        entry: EntryLine,
    },
}

/// One row of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemLine {
    /// Its piece count.
    pub piece_count: u32,
    /// The item record.
    pub item: Vec<u8>,
    /// What it counts against.
    pub booked: Booked,
}

/// Who spent how much on an item, for limits of users and departments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booked {
    /// Who asked.
    pub user: UserId,
    /// For which department; 0 for none.
    pub department: Department,
    /// Its value.
    pub value: Mills,
    /// Day of the box.
    pub day: Day,
}

/// One row of item credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditLine {
    /// Piece count of the item.
    pub piece_count: u32,
    /// Last day on which it could have been credited.
    pub last_day: u16,
    /// Day of the credited list after it, in days since 1970.
    pub day: u32,
    /// Journal sequence of the decision.
    pub journal: u64,
    /// When it was decided.
    pub time: Time,
    /// The `CreditedItem`.
    pub credit: Vec<u8>,
}

/// An answered key: it stands with the first item of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    /// Digest of the caller's key.
    pub key_digest: Digest,
    /// Digest of the request body.
    pub body_digest: Digest,
    /// The order.
    pub request: RequestId,
    /// First item.
    pub first_piece: u32,
    /// Number of items, at least 1.
    pub pieces: u32,
}

/// One row of chain entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryLine {
    /// Its sequence.
    pub sequence: u64,
    /// Code of the event.
    pub event: u8,
    /// When it was recorded.
    pub recorded: Time,
    /// The entry.
    pub entry: Vec<u8>,
}

impl Plan {
    /// Reads a delivery.
    ///
    /// # Errors
    /// [`ConflictReason::Malformed`] if its parts do not belong together or are no layouts;
    /// [`ConflictReason::NoRecord`] for the keys box.
    pub fn of(write: &Write) -> Result<Self, ConflictReason> {
        let delivery = &write.delivery;
        let decision: Decision = Signed::from_bytes(delivery.decision.as_slice())
            .map_err(malformed)?
            .body;
        let (target, subject, counter) = match write.box_kind {
            BoxKind::Keys => return Err(ConflictReason::NoRecord),
            BoxKind::Auth => user_or_key(delivery)?,
            BoxKind::Meter => meter(delivery, &decision)?,
            BoxKind::Transaction => chain(delivery)?,
        };
        require(
            decision.box_kind == write.box_kind
                && decision.subject == subject
                && delivery.subject == subject
                && decision.counter == counter
                && decision.request == delivery.request,
        )?;
        storable(counter.0)?;
        let evidence = delivery.evidence.as_slice();
        let before = match decision.decision {
            DecisionKind::Reissue => reissued_from(evidence, counter)?,
            _ => counter.0.checked_sub(1).ok_or(ConflictReason::Malformed)?,
        };
        require(evidence.is_empty() || decision.evidence != Digest::ZERO)?;
        Ok(Self {
            box_kind: write.box_kind,
            subject,
            counter,
            before: (before != 0).then_some(Counter(before)),
            request: delivery.request,
            record: delivery.record.as_slice().to_vec(),
            decision: delivery.decision.as_slice().to_vec(),
            evidence: (!evidence.is_empty()).then(|| (decision.evidence, evidence.to_vec())),
            licence: match (write.box_kind, decision.decision) {
                (BoxKind::Meter, DecisionKind::Act) => licence_of(evidence),
                _ => None,
            },
            target,
        })
    }
}

/// Application that an act of licence names.
fn licence_of(evidence: &[u8]) -> Option<Digest> {
    let act = MultiSigned::<Act>::from_bytes(evidence).ok()?;
    match act.body.body {
        ActBody::License { application, .. } if application != Digest::ZERO => Some(application),
        _ => None,
    }
}

/// Counter of the record that a re-issue takes the place of.
fn reissued_from(evidence: &[u8], counter: Counter) -> Result<u64, ConflictReason> {
    let act = MultiSigned::<Act>::from_bytes(evidence).map_err(malformed)?;
    let ActBody::Reissue(reissue) = act.body.body else {
        return Err(ConflictReason::Malformed);
    };
    let shown = reissue.shown.0;
    require(shown != 0 && shown < counter.0 && reissue.known.next() == Some(counter))?;
    Ok(shown)
}

type Found = (Target, Subject, Counter);

fn user_or_key(delivery: &Delivery) -> Result<Found, ConflictReason> {
    let record: AuthRecord = record(delivery)?;
    require(delivery.rows.as_slice().is_empty() && delivery.orders.as_slice().is_empty())?;
    let (account, subject, counter) = (record.account(), record.subject(), record.counter());
    let target = match record {
        AuthRecord::User(UserRecord { user, .. }) => Target::User { user, account },
        AuthRecord::Key(ApiKeyRecord { key, .. }) => Target::ApiKey { key, account },
    };
    Ok((target, subject, counter))
}

fn chain(delivery: &Delivery) -> Result<Found, ConflictReason> {
    let record: ChainRecord = record(delivery)?;
    require(delivery.orders.as_slice().is_empty())?;
    let [row] = delivery.rows.as_slice() else {
        return Err(ConflictReason::Malformed);
    };
    let entry = ChainEntry::from_bytes(row.as_slice()).map_err(malformed)?;
    require(entry.account == record.account && entry.sequence == record.counter.0)?;
    storable(entry.recorded.0)?;
    let target = Target::Chain {
        account: record.account,
        entry: EntryLine {
            sequence: entry.sequence,
            event: entry.event.code(),
            recorded: entry.recorded,
            entry: row.as_slice().to_vec(),
        },
    };
    Ok((target, record.subject(), record.counter))
}

fn meter(delivery: &Delivery, decision: &Decision) -> Result<Found, ConflictReason> {
    let record: MeterRecord = record(delivery)?;
    if decision.decision == DecisionKind::ItemCredit {
        let credit = credit(delivery, decision, &record)?;
        return meter_target(&record, Vec::new(), Vec::new(), Some(credit));
    }
    let mut items = Vec::with_capacity(delivery.rows.as_slice().len());
    let mut seen = Vec::with_capacity(items.capacity());
    for row in &delivery.rows {
        let item = ItemRecord::from_bytes(row.as_slice()).map_err(malformed)?;
        require(item.meter == record.serial && item.counter == record.counter)?;
        items.push(ItemLine {
            piece_count: item.piece_count,
            item: row.as_slice().to_vec(),
            booked: Booked {
                user: item.user,
                department: item.department,
                value: item.value,
                day: Day::of_time(item.time),
            },
        });
        seen.push(item);
    }
    require(follow_each_other(&seen))?;
    let keys = keys(delivery, &seen)?;
    meter_target(&record, items, keys, None)
}

fn meter_target(
    record: &MeterRecord,
    items: Vec<ItemLine>,
    keys: Vec<KeyLine>,
    credit: Option<CreditLine>,
) -> Result<Found, ConflictReason> {
    storable(record.descending.0)?;
    let target = Target::Meter {
        serial: record.serial,
        account: record.account,
        state: record.state.code(),
        balance_mills: record.descending.0,
        items,
        keys,
        credit,
    };
    Ok((target, record.subject(), record.counter))
}

/// The one row of an item credit.
fn credit(
    delivery: &Delivery,
    decision: &Decision,
    record: &MeterRecord,
) -> Result<CreditLine, ConflictReason> {
    require(delivery.orders.as_slice().is_empty())?;
    let [row] = delivery.rows.as_slice() else {
        return Err(ConflictReason::Malformed);
    };
    let credit = CreditedItem::from_bytes(row.as_slice()).map_err(malformed)?;
    require(credit.meter == record.serial && credit.counter == record.counter)?;
    storable(decision.journal_sequence)?;
    storable(decision.time.0)?;
    Ok(CreditLine {
        piece_count: credit.piece_count,
        last_day: credit.last_day,
        day: credit.day.number(),
        journal: decision.journal_sequence,
        time: decision.time,
        credit: row.as_slice().to_vec(),
    })
}

/// The answered keys: one for each order that made items. Together they cover every row.
fn keys(delivery: &Delivery, items: &[ItemRecord]) -> Result<Vec<KeyLine>, ConflictReason> {
    let mut keys = Vec::with_capacity(delivery.orders.as_slice().len());
    let mut next = 0;
    for order in &delivery.orders {
        let Ok((first, count)) = order.result else {
            continue;
        };
        let (from, pieces) = (first as usize, count as usize);
        require(from == next)?;
        next = from.saturating_add(pieces);
        let made = items.get(from..next).ok_or(ConflictReason::Malformed)?;
        let lead = made.first().ok_or(ConflictReason::Malformed)?;
        require(made.iter().all(|item| {
            item.request == order.request
                && item.key_digest == lead.key_digest
                && item.body_digest == lead.body_digest
        }))?;
        keys.push(KeyLine {
            key_digest: lead.key_digest,
            body_digest: lead.body_digest,
            request: order.request,
            first_piece: lead.piece_count,
            pieces: count,
        });
    }
    require(next == items.len())?;
    Ok(keys)
}

fn follow_each_other(items: &[ItemRecord]) -> bool {
    items
        .iter()
        .zip(items.iter().skip(1))
        .all(|(one, next)| one.piece_count.checked_add(1) == Some(next.piece_count))
}

fn record<T: Layout>(delivery: &Delivery) -> Result<T, ConflictReason> {
    Sealed::from_bytes(delivery.record.as_slice())
        .map(|sealed| sealed.body)
        .map_err(malformed)
}

fn require(holds: bool) -> Result<(), ConflictReason> {
    holds.then_some(()).ok_or(ConflictReason::Malformed)
}

/// Engines keep integers as signed 64-bit.
fn storable(value: u64) -> Result<(), ConflictReason> {
    i64::try_from(value)
        .map(|_| ())
        .map_err(|_| ConflictReason::Malformed)
}

fn malformed(_: item::LayoutError) -> ConflictReason {
    ConflictReason::Malformed
}
