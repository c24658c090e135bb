//! Daily totals for the post: rows of a day, and signed sheets of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What one meter dispensed and was credited with at one origin of deposit, on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TotalsRow {
    /// Meter.
    pub meter: u32,
    /// Origin of deposit, five digits.
    pub origin: String,
    /// Kind of item: `postage`, `ticket`, `coupon`, `voucher`, `note` or `cheque`.
    pub kind: String,
    /// Not valid.
    pub specimen: bool,
    /// Items dispensed.
    pub pieces: u32,
    /// What they were worth.
    pub value_mills: u64,
    /// Items taken back, whenever they were dispensed.
    pub credited_pieces: u32,
    /// What they were worth.
    pub credited_mills: u64,
}

/// A page of a day's rows, by meter, origin and kind.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DayTotals {
    /// The day.
    pub day: String,
    /// The rows; a page may be empty and not the last.
    pub rows: Vec<TotalsRow>,
    /// Send back as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A sheet of daily totals, with its sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TotalsSheet {
    /// Number among all sheets, from 1.
    pub sequence: u64,
    /// Its day.
    pub day: String,
    /// Number among the sheets of the day, from 1.
    pub part: u32,
    /// No further sheet of the day follows.
    pub last: bool,
    /// RFC 3339: when it was made.
    pub made: String,
    /// Key that signed it.
    pub reporter: String,
    /// Number of rows.
    pub rows: u32,
    /// Items dispensed.
    pub pieces: u64,
    /// What they were worth.
    pub value_mills: u64,
    /// Items taken back.
    pub credited_pieces: u64,
    /// What they were worth.
    pub credited_mills: u64,
    /// Digest of the signed sheet, hex: what the next one names.
    pub digest: String,
    /// The signed sheet, base64.
    pub sheet: String,
}

/// A page of sheets.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TotalsSheets {
    /// The sheets, by number.
    pub sheets: Vec<TotalsSheet>,
    /// Send back as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
