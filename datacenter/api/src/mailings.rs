//! Bodies of mailings: many rows, checked as a whole, then bought.

use crate::few::rows;
use crate::{Item, ItemOrder, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A mailing: 1 to 10,000 rows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mailing {
    /// The rows.
    #[schema(min_items = 1, max_items = 10_000)]
    #[serde(deserialize_with = "rows")]
    pub rows: Vec<MailingRow>,
    /// Whether each address is used in standard form. The answer has the lines that are to be printed.
    #[serde(default)]
    pub correct_addresses: bool,
    /// Whether good rows are bought although others are rejected. If not, one rejected row refuses all.
    #[serde(default)]
    pub partial: bool,
    /// Whether it is meant that the first row is a piece like the item just before on the meter, that
    /// the same mailing is bought again, or that two rows in a row are one piece by `reference`, address and
    /// amount. If not, such a mailing is refused with `duplicate-suspected`. No part of what a key stands
    /// for.
    #[serde(default, skip_serializing_if = "crate::is_false")]
    pub allow_duplicate: bool,
    /// Origin of deposit of the rows that name none, five digits; needed only where the meter's is
    /// floating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// One row of a mailing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailingRow {
    /// The caller's own name for it, given back with its result: at most 64 characters, not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What is asked for.
    #[serde(deserialize_with = "crate::few::object")]
    pub item: ItemOrder,
}

/// What buying a mailing would do. Nothing was charged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MailingCheck {
    /// The rows, in order.
    pub rows: Vec<CheckedRow>,
    /// Rows that can be bought.
    pub accepted: u32,
    /// Rows that can not.
    pub rejected: u32,
    /// What the accepted rows cost.
    pub total_mills: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// Descending register of the meter.
    pub descending_mills: u64,
}

/// A row that was checked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckedRow {
    /// Place in the mailing, from 1.
    pub row: u32,
    /// The caller's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_mills: Option<u64>,
    /// Rate category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Lines that are to be printed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipient: Vec<String>,
    /// What was found of the address, in words of `POST /v1/addresses`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address_notes: Vec<String>,
    /// Why it can not be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// One line of the answer to a mailing that is bought: `application/x-ndjson`, a line for each row, as
/// soon as it is decided, then one of `done` or `stopped`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailingLine {
    /// A row was bought.
    Bought(Box<BoughtRow>),
    /// A row can not be bought; others are (`partial`).
    Rejected(CheckedRow),
    /// All that could be bought is.
    Done(MailingDone),
    /// Buying ended before that; rows that were not named are not bought. The same request with the
    /// same key goes on.
    Stopped(Problem),
}

/// A row that was bought.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BoughtRow {
    /// Place in the mailing, from 1.
    pub row: u32,
    /// The caller's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The item.
    pub item: Item,
    /// Lines that are to be printed: the item is for these.
    pub recipient: Vec<String>,
}

/// The end of a mailing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MailingDone {
    /// Items.
    pub items: u32,
    /// Rows that were rejected.
    pub rejected: u32,
    /// What the items cost.
    pub total_mills: u64,
    /// Descending register after the last.
    pub descending_mills: u64,
}

/// How far a mailing has come.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MailingProgress {
    /// Items that are bought.
    pub items: u32,
    /// What they cost.
    pub total_mills: u64,
}
