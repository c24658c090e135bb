//! Acceptance scans: first wins by (meter, piece count), repeats are recognised by key (P31). A scan
//! of what is no item to be honoured is kept too, and is never first: whoever handed it in leaves a
//! trace, and the verifier's chain has no hole.

use item::{AcceptanceScan, Digest, KeyId, MeterSerial, Signed, Time};

/// A scan whose signature, enrolment and previous digest the caller has checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewScan {
    /// The scan.
    pub scan: Signed<AcceptanceScan>,
    /// When it reached the data centre.
    pub received: Time,
    /// Whether what was scanned is an item that may be honoured, once.
    pub sound: bool,
}

/// A stored scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanRow {
    /// Who scanned.
    pub verifier: KeyId,
    /// The verifier's sequence.
    pub sequence: u64,
    /// Meter of the item.
    pub meter: MeterSerial,
    /// Piece count of the item.
    pub piece_count: u32,
    /// Whether it was the first of its item.
    pub first: bool,
    /// When it reached the data centre.
    pub received: Time,
    /// Digest of the verifier's idempotency key.
    pub key_digest: Digest,
    /// `Signed<AcceptanceScan>`.
    pub scan: Vec<u8>,
}

/// Names one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ItemId {
    /// Its meter.
    pub meter: MeterSerial,
    /// Its piece count.
    pub piece_count: u32,
}

/// What one snapshot shows of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemUse {
    /// Its `ItemRecord`; none if there is no such item.
    pub item: Option<Vec<u8>>,
    /// The scan that used it.
    pub first: Option<ScanRow>,
    /// Its `CreditedItem`, if it was taken back.
    pub credit: Option<Vec<u8>>,
}

/// How a scan ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// Stored; the item was not used before.
    First,
    /// Stored; the item was used before.
    Used {
        /// The scan that won.
        first: ScanRow,
    },
    /// Stored; it was no sound item.
    Refused,
    /// This verifier's key was answered before, for the same item; nothing stored. The earlier
    /// outcome: `first` was it if it is the same row, otherwise the item was used, or refused.
    Repeat {
        /// The scan that was stored then.
        earlier: ScanRow,
        /// The scan that won, if any did.
        first: Option<ScanRow>,
    },
    /// This verifier's key was used for another item; nothing stored.
    KeyReused {
        /// The scan that holds the key.
        earlier: ScanRow,
    },
    /// Not the verifier's next sequence; nothing stored.
    SequenceGap {
        /// The next sequence.
        expected: u64,
    },
}
