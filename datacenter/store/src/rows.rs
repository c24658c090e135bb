//! Rows as callers see them. Records are bytes: only a box, or `verify`, can say what they are worth.

use item::{
    AccountId, BoxKind, Counter, Day, Digest, Epoch, MeterSerial, RequestId, Subject, Time, UserId,
};
use std::collections::BTreeMap;

/// A user: the sign-up, and the record once the auth box has made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Who.
    pub user: UserId,
    /// Of which account, as the sign-up says.
    pub account: AccountId,
    /// Log-in name.
    pub login: String,
    /// How the user wants to be called.
    pub display_name: String,
    /// `Sealed<AuthRecord>`; none before the auth box has answered.
    pub record: Option<Vec<u8>>,
}

/// A meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterRow {
    /// Serial that was asked for.
    pub serial: MeterSerial,
    /// Owner, a copy for search. Decide by the record.
    pub account: AccountId,
    /// `Sealed<MeterRecord>`.
    pub record: Vec<u8>,
}

/// The head of an account's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRow {
    /// `Sealed<ChainRecord>`.
    pub record: Vec<u8>,
    /// The `ChainEntry` of highest sequence; none if entries are missing.
    pub newest_entry: Option<Vec<u8>>,
}

/// What a dispense looks up (P10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookUpKey {
    /// Account of the caller.
    pub account: AccountId,
    /// Digest of the caller's idempotency key.
    pub key_digest: Digest,
    /// Meter to dispense from.
    pub meter: MeterSerial,
    /// Whether the meter's newest item is wanted too.
    pub newest: bool,
}

/// What one snapshot shows (P10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookUp {
    /// The meter, whoever owns it.
    pub meter: Option<MeterRow>,
    /// What the key was answered with, by whichever meter.
    pub prior: Option<PriorAnswer>,
    /// `ItemRecord` of the meter's highest piece count, if it was asked for and there is one.
    pub newest: Option<Vec<u8>>,
    /// Whether users or departments of the account have limits.
    pub limited: bool,
}

/// The stored answer of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriorAnswer {
    /// Digest of the request body that it answered.
    pub body_digest: Digest,
    /// Request of that order.
    pub request: RequestId,
    /// Meter that dispensed.
    pub meter: MeterSerial,
    /// Counter of the meter record after that decision.
    pub counter: Counter,
    /// First item.
    pub first_piece: u32,
    /// Number of items.
    pub pieces: u32,
    /// The `ItemRecord`s found, by ascending piece count. Fewer than `pieces`: some are missing.
    pub items: Vec<Vec<u8>>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// Its meter.
    pub meter: MeterSerial,
    /// Its piece count.
    pub piece_count: u32,
    /// `ItemRecord`.
    pub item: Vec<u8>,
}

/// Where a listing of items goes on: behind this item. The default is the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ItemCursor {
    /// Meter of the last item seen.
    pub meter: MeterSerial,
    /// Piece count of the last item seen.
    pub piece_count: u32,
}

/// A signed decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// Kind of box.
    pub box_kind: BoxKind,
    /// Record that changed.
    pub subject: Subject,
    /// Counter after the change.
    pub counter: Counter,
    /// What was answered.
    pub request: RequestId,
    /// `Signed<Decision>`.
    pub decision: Vec<u8>,
}

/// An act, credit evidence or receipt, and the decision that used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// Kind of box.
    pub box_kind: BoxKind,
    /// Record that it changed.
    pub subject: Subject,
    /// Counter of the decision.
    pub counter: Counter,
    /// As it was shown to the box.
    pub evidence: Vec<u8>,
}

/// An epoch that was opened after the ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochRow {
    /// Which.
    pub epoch: Epoch,
    /// From when it is in force.
    pub starts: Time,
    /// The `Signed<EpochOpening>` as stored.
    pub opening: Vec<u8>,
}

/// Epochs that some records name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordEpochs {
    /// How many records name each. What is too short to name one counts as epoch 0.
    pub counts: BTreeMap<Epoch, u64>,
    /// The last record that was looked at; none if there was no further one.
    pub last: Option<Subject>,
}

impl RecordEpochs {
    /// Counts one more record. All kinds name their epoch behind version and suite, an auth box's one byte
    /// later: before them it says what the record is of.
    pub fn count(&mut self, kind: BoxKind, subject: Subject, record: &[u8]) {
        let from = if kind == BoxKind::Auth { 3 } else { 2 };
        let named = record.get(from..from + 4);
        let named = named.and_then(|bytes| bytes.try_into().ok());
        let epoch = Epoch(named.map_or(0, u32::from_le_bytes));
        *self.counts.entry(epoch).or_default() += 1;
        self.last = Some(subject);
    }
}

/// Evidence of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceOf {
    /// Counter of the decision.
    pub counter: Counter,
    /// As it was shown to the box.
    pub evidence: Vec<u8>,
}

/// A verification pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRow {
    /// Its sequence.
    pub sequence: u64,
    /// `Signed<PackBody>`.
    pub pack: Vec<u8>,
}

/// A sheet of daily totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalsRow {
    /// Its number.
    pub sequence: u64,
    /// Its day.
    pub day: Day,
    /// `Signed<DailyTotals>`.
    pub sheet: Vec<u8>,
}

/// Something that a box or server noticed. The writer limits them per subject and minute (P16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// When.
    pub raised: Time,
    /// Kind of box whose record it is about.
    pub box_kind: BoxKind,
    /// Record that it is about.
    pub subject: Subject,
    /// Stable short name.
    pub code: String,
    /// One sentence, without names and secrets.
    pub detail: String,
    /// Signed refusal or record; empty if there is none.
    pub evidence: Vec<u8>,
}

/// A stored alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// Rises with each alert.
    pub id: u64,
    /// The alert.
    pub alert: Alert,
}
