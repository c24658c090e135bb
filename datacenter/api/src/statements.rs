//! Bodies of statements and reports.

use crate::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line of a statement: `application/x-ndjson`, entries meter by meter in the order in which they
/// happened, a meter's sums behind its entries, last `done` or `stopped`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementLine {
    /// What moved a balance, or where it began.
    Entry(Box<StatementEntry>),
    /// Sums of a meter.
    Meter(StatementSums),
    /// Sums of all meters: the statement is whole.
    Done(StatementSums),
    /// The statement ends before its end.
    Stopped(Problem),
}

/// One entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementEntry {
    /// `opening`, `item`, `deposit`, `item-credit`, `balance-refund`, or `difference` where the registers say
    /// something else than the entries.
    pub kind: String,
    /// Meter.
    pub meter: u32,
    /// RFC 3339, box time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The item, `SERIAL-PIECE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Number of the deposit on its meter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Rate category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Date of mailing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailing_date: Option<String>,
    /// Origin of deposit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// User who asked, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<u32>,
    /// End customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_customer: Option<u32>,
    /// What it adds to the balance; negative for what is taken from it.
    pub amount_mills: i64,
    /// Balance after it.
    pub balance_mills: u64,
}

/// Sums. Opening balance, deposits, item credits and differences, less items and refunds, are the closing
/// balance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementSums {
    /// Meter; absent for all together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<u32>,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Balance before the first day.
    pub opening_mills: u64,
    /// Deposits.
    pub deposits_mills: u64,
    /// Items taken back.
    pub item_credits_mills: u64,
    /// Number of items.
    pub items: u64,
    /// What they were worth.
    pub items_mills: u64,
    /// Paid out.
    pub balance_refunds_mills: u64,
    /// What the registers say beyond that; anything but 0 is to be looked at.
    pub differences_mills: i64,
    /// Balance after the last day.
    pub closing_mills: u64,
}

/// Sums of what was dispensed and taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportSums {
    /// Items dispensed.
    pub items: u64,
    /// What they were worth.
    pub items_mills: u64,
    /// Items taken back.
    pub credited_items: u64,
    /// What they were worth.
    pub credited_mills: u64,
}

/// A part of what a group is grouped by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportKey {
    /// `account`, `user`, `department`, `end-customer`, `meter`, `origin`, `category`, `day` or `month`.
    pub by: String,
    /// Its value; `0` for items without department or end customer.
    pub value: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportGroup {
    /// What it is grouped by, the coarsest first.
    pub keys: Vec<ReportKey>,
    /// Its sums.
    pub sums: ReportSums,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The groups, by ascending keys.
    pub groups: Vec<ReportGroup>,
    /// All of them together.
    pub total: ReportSums,
}
