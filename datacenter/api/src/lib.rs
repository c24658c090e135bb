//! What goes over HTTP, as types: the JSON bodies of `/v1`, shared by gateway and SDK.
//!
//! Not here: routes and handlers (`gateway`), calls (`client/sdk`), any rule. Conventions: money as
//! integer mills with an ISO 4217 code beside it, times RFC 3339 UTC, days `YYYY-MM-DD`, bytes in
//! standard base64, ids in lower-case hex. Unknown fields in requests are refused.

mod addresses;
mod api_keys;
mod checks;
mod drawing;
mod epochs;
mod few;
mod headings;
mod licences;
mod mailings;
mod own_keys;
mod rates;
mod spending;
mod statements;
mod totals;
mod users;
mod voids;
mod whole;

pub use addresses::{
    AddressBatch, AddressChange, AddressLines, AddressPlace, AddressReason, StandardAddress,
    StandardAddresses,
};
pub use checks::{
    Acceptance, AcceptanceAgain, AcceptanceBatch, AcceptanceResult, Accepted, AcceptedAgain,
    AcceptedBatch, Finding, PayloadShown, Verification, VerificationBatch, VerificationResult,
    Verified, VerifiedBatch,
};

pub use drawing::{Calibration, EnvelopeOrder, EnvelopeSheet, MailerBarcode, Stock, Stocks};
pub use epochs::{Epoch, Epochs, RecordEpoch, RecordEpochs};
pub use headings::{Heading, HeadingChange, Headings, NewHeading};
pub use licences::{Licence, LicenceApplication, LicenceDetails, Licences};
pub use mailings::{
    BoughtRow, CheckedRow, Mailing, MailingCheck, MailingDone, MailingLine, MailingProgress,
    MailingRow,
};
pub use rates::{CountryGroup, Fee, RateLine, RateQuote, RateTable, Service, ServiceOrder, Word};
pub use spending::{Spending, SpendingLimit};
pub use statements::{
    Report, ReportGroup, ReportKey, ReportSums, StatementEntry, StatementLine, StatementSums,
};

pub use api_keys::{ApiKey, ApiKeyRoll, ApiKeyShown, ApiKeys, NewApiKey};
pub use own_keys::{Challenge, ChallengeWish, SignOnByKey, SigningKey};
pub use totals::{DayTotals, TotalsRow, TotalsSheet, TotalsSheets};
pub use users::{NewRecovery, NewUser, Recovery, Scope, User, Users};
pub use voids::{Void, VoidRejection, Voids};

use few::{items, lines, services};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whole::{perhaps, small, whole};

/// A problem (RFC 9457), the body of every refusal. Media type `application/problem+json`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// URI reference that names the kind of problem: `/problems/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short text for people, the same for every occurrence.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// Stable code in kebab case.
    pub code: String,
    /// Whether the same request may succeed later without a change.
    pub retryable: bool,
    /// Whether anything was charged. `null`: not known yet; ask again with the same key.
    pub charged: Option<bool>,
    /// Names this exchange in logs.
    pub request_id: String,
    /// For `duplicate-suspected`: the item that the piece looks like, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<EarlierItem>,
}

/// The item just before on a meter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EarlierItem {
    /// `SERIAL-PIECE`.
    pub item: String,
    /// RFC 3339, box time.
    pub time: String,
}

/// Signs up: makes an account, its first user, and a meter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// Log-in name, for example an e-mail address: 3 to 254 characters, case does not matter.
    #[schema(example = "mailroom@example.com")]
    pub login: String,
    /// 12 to 128 characters.
    pub password: String,
    /// Name of the account's holder: 1 to 100 characters.
    #[schema(example = "Example Mail Room")]
    pub display_name: String,
}

/// A new account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SignedUp {
    /// Account id.
    pub account: String,
    /// User id.
    pub user: String,
    /// Serial of the new meter. It dispenses once operators have registered, licensed and
    /// activated it, and it has been funded.
    pub meter: u32,
}

/// Signs on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOn {
    /// Log-in name.
    pub login: String,
    /// Password.
    pub password: String,
    /// 32 random bytes, hex, that only the client keeps; made by the server if absent. Send one to
    /// be able to repeat the request after a lost reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_secret: Option<String>,
}

/// A session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// For `Authorization: Bearer`. Good until `expires`; renew before.
    pub token: String,
    /// RFC 3339.
    pub expires: String,
    /// Account id.
    pub account: String,
    /// User id.
    pub user: String,
}

/// Changes the password; ends all sessions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// Log-in name.
    pub login: String,
    /// The password in force.
    pub old_password: String,
    /// The new one: 12 to 128 characters, none of the last five.
    pub new_password: String,
}

/// Limits of a meter, mills.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MeterLimits {
    /// Per item.
    pub item_mills: u64,
    /// Per day.
    pub day_mills: u64,
    /// Of it, dispensed today (UTC).
    pub day_used_mills: u64,
    /// Per month.
    pub month_mills: u64,
    /// Of it, dispensed this month.
    pub month_used_mills: u64,
    /// Highest descending register.
    pub descending_mills: u64,
}

/// Inspections of a meter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MeterInspection {
    /// Day of the last one, or of the last status report; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// From this day on the meter dispenses nothing; absent if none is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// A status report or a funding puts it off by so many days from then; 0 = neither does.
    pub interval_days: u16,
}

/// What will keep a meter from dispensing, if nobody acts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// `inspection-near` or `inspection-due`.
    pub code: String,
    /// In words.
    pub detail: String,
}

/// States the registers of a meter as the caller knows them, in mills; the meter box compares.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusReport {
    /// Ascending register.
    #[serde(deserialize_with = "whole")]
    pub ascending_mills: u64,
    /// Descending register.
    #[serde(deserialize_with = "whole")]
    pub descending_mills: u64,
    /// Items ever dispensed.
    pub piece_count: u32,
}

/// A meter, read from its sealed record.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Meter {
    /// Serial.
    pub serial: u32,
    /// `manufactured`, `registered`, `licensed`, `active`, `withdrawal-pending` or `withdrawn`.
    pub state: String,
    /// Reasons of suspension; empty when it is not suspended.
    pub suspended: Vec<String>,
    /// ISO 4217 code.
    pub currency: String,
    /// Ascending register.
    pub ascending_mills: u64,
    /// Descending register: the balance.
    pub descending_mills: u64,
    /// Items ever dispensed.
    pub piece_count: u32,
    /// Number of changes of the record.
    pub counter: u64,
    /// Origin of deposit, five digits; `00000` = chosen per item.
    pub origin: String,
    /// Licensing post office, five digits.
    pub licensing: String,
    /// Limits.
    pub limits: MeterLimits,
    /// Inspections.
    pub inspection: MeterInspection,
    /// What will keep it from dispensing soon, or does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Sequence of the last credit evidence used.
    pub funding_sequence: u64,
    /// Sequence of the last act used.
    pub act_sequence: u64,
    /// Prints only items that are plainly marked as not valid.
    pub specimen: bool,
}

/// A page of meters.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Meters {
    /// The meters.
    pub meters: Vec<Meter>,
    /// Send back as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Orders another meter for the account. There is nothing to say about it: what it may do, operators say
/// when they commission it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeterOrder {}

/// Hands in an act or credit evidence, as `indicia` signs it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedStatement {
    /// The signed bytes, base64.
    pub statement: String,
}

/// What a box decided about a signed statement.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Decided {
    /// The box's signed decision, base64. A treasury settles its ledger with it.
    pub decision: String,
    /// The meter afterwards, if it was about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<Meter>,
}

/// Has a box deliver again what it keeps, one page, and writes it. An act that allows it
/// (`indicia act redeliver`) must be the last one on that box.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redelivery {
    /// `auth`, `meter` or `transaction`.
    pub kind: String,
    /// Digest of the signed act, hex.
    pub act: String,
    /// Journal sequence that the page begins with: `next` of the page before, 0 for the first.
    #[serde(deserialize_with = "whole")]
    pub from: u64,
}

/// A decision that could not be written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NotRedelivered {
    /// What it is about, hex.
    pub subject: String,
    /// Counter after it.
    pub counter: u64,
    /// `gap` (earlier decisions are missing), `differs` (other bytes stand there), `malformed` or
    /// `no_record`.
    pub reason: String,
}

/// One page, written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Redelivered {
    /// Decisions that were missing and are there now.
    pub written: u64,
    /// Decisions that were there.
    pub there: u64,
    /// Those that could not be written.
    pub conflicts: Vec<NotRedelivered>,
    /// `from` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// Journal sequence of the end: how far there is to go.
    pub end: u64,
}

/// What a box remembers of a record (P28), beside what the database shows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Remembered {
    /// Counter of the stored record, which may be older; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_counter: Option<u64>,
    /// Newest counter that the box decided.
    pub known_counter: u64,
    /// Items ever dispensed; 0 where the record is no meter, as in all that follows.
    pub piece_count: u32,
    /// Ascending register.
    pub ascending_mills: u64,
    /// Descending register.
    pub descending_mills: u64,
    /// All deposits.
    pub deposits_mills: u64,
    /// All item credits.
    pub item_credits_mills: u64,
    /// Number of the life-cycle state, as in `formats/README.md`.
    pub state: u8,
    /// Sequence of the last credit evidence used.
    pub funding_sequence: u64,
    /// Sequence of the last act used.
    pub act_sequence: u64,
}

/// One item to dispense. Give `shape` and `weight_oz` to have it rated, or `value_mills`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemOrder {
    /// `card`, `letter`, `flat` or `parcel`: rated by the table of the mailing date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
    /// Ounces, up to two decimals, for example `0.7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_oz: Option<String>,
    /// Class of mail; the first of the table's that fits, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Whether machines can not sort it: rigid, square, with a clasp.
    #[serde(default, skip_serializing_if = "is_false")]
    pub non_machinable: bool,
    /// Extra services.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "services"
    )]
    pub services: Vec<ServiceOrder>,
    /// Country that it goes to, ISO 3166-1 alpha-2; found on the last line of `recipient` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// User-entered postage, mills, instead of rating.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "perhaps"
    )]
    pub value_mills: Option<u64>,
    /// Date of mailing; today (UTC) if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailing_date: Option<String>,
    /// Origin of deposit, five digits; needed only where the meter's is floating, and then here or for
    /// the whole batch or mailing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Address lines as printed, last line `CITY, ST ZIP` or the country. Their digest and the ZIP go into the
    /// indicium; the text is not kept.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lines"
    )]
    pub recipient: Vec<String>,
    /// Number of a department of the account (`/v1/departments`), 0 = none.
    #[serde(default, deserialize_with = "small")]
    pub department: u32,
    /// Number of an end customer of a mail house (`/v1/end-customers`), 0 = none.
    #[serde(default, deserialize_with = "small")]
    pub end_customer: u32,
}

/// Dispenses one item.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DispenseOne {
    /// The item.
    pub item: ItemOrder,
    /// If given: refused unless the meter's piece count is this one before the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_piece_count: Option<u32>,
    /// Whether a piece to the same address for the same amount as the item just before on the meter is
    /// meant. If not, it is refused with `duplicate-suspected`. No part of what a key stands for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_duplicate: bool,
}

/// Dispenses up to 1,000 items, all or nothing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DispenseBatch {
    /// The items, 1 to 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    #[serde(deserialize_with = "items")]
    pub items: Vec<ItemOrder>,
    /// If given: refused unless the meter's piece count is this one before the first item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_piece_count: Option<u32>,
    /// Whether it is meant that the first piece goes to the same address for the same amount as the item
    /// just before on the meter, or that the same list is dispensed again. If not, it is refused with `duplicate-suspected`. No part of what a key stands for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_duplicate: bool,
    /// Origin of deposit of the items that name none, five digits; needed only where the meter's is
    /// floating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// A dispensed item.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// `SERIAL-PIECE`.
    #[schema(example = "10000001-42")]
    pub id: String,
    /// Meter.
    pub meter: u32,
    /// Number among all items of the meter.
    pub piece_count: u32,
    /// What it is worth.
    pub value_mills: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// Rate category.
    pub category: String,
    /// Date of mailing.
    pub mailing_date: String,
    /// Origin of deposit.
    pub origin: String,
    /// Destination ZIP, with ZIP+4 and delivery point where they were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// Ascending register after it.
    pub ascending_mills: u64,
    /// Descending register after it.
    pub descending_mills: u64,
    /// RFC 3339, box time.
    pub time: String,
    /// Batch id, for items of a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// Department that it is booked under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<u32>,
    /// End customer that it is booked under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_customer: Option<u32>,
    /// Plainly not valid.
    pub specimen: bool,
    /// Whether it was taken back: then nobody is to honour it. Said of an item that is asked for by its id;
    /// absent where it is not so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub void: bool,
    /// The payload of the symbol, base64: 138 bytes.
    pub payload: String,
    /// Of its meter, where the item was just dispensed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// Items.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Items {
    /// In order of piece count.
    pub items: Vec<Item>,
    /// Of their meter, where they were just dispensed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// What a client needs to know about an installation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Installation {
    /// Its id.
    pub installation: String,
    /// Its name.
    pub name: String,
    /// Root fingerprint. Compare it with the one from the ceremony: a server could lie.
    pub root_fingerprint: String,
    /// The signed transcript, base64.
    pub transcript: String,
    /// Prints only items that are plainly marked as not valid.
    pub specimen: bool,
}

/// The newest verification pack.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Pack {
    /// Its sequence.
    pub sequence: u64,
    /// The signed pack, base64.
    pub pack: String,
}

/// How the data centre is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok` or `degraded`.
    pub status: String,
    /// How the last write to the database went: `ok`, `busy`, `full` or `failing`.
    pub database: String,
    /// One line a box.
    pub boxes: Vec<BoxHealth>,
}

/// What boxes and data centre noticed, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Alerts {
    /// The alerts.
    pub alerts: Vec<Alert>,
    /// Send back as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One alert: at most one a minute for one subject and reason.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Rises with each alert.
    pub id: u64,
    /// RFC 3339, UTC.
    pub raised: String,
    /// Kind of box.
    pub kind: String,
    /// Record that it is about, 32 hex digits: a meter begins with its serial, low byte first.
    pub subject: String,
    /// Serial of the meter, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<u32>,
    /// Why, in one word of `docs/operators.md`.
    pub code: String,
    /// In words.
    pub detail: String,
    /// The box's signed refusal, base64; empty if it gave none.
    pub evidence: String,
}

/// How a box is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BoxHealth {
    /// Kind.
    pub kind: String,
    /// `ok`, `latched`, `clock-doubtful` or `unreachable`.
    pub status: String,
    /// Decisions that wait to be written.
    pub open: u64,
    /// Sequence of the last act on the box itself.
    pub act_sequence: u64,
    /// Epoch whose keys it signs with, YYYYMM; 0 if it does not answer.
    pub epoch: u32,
    /// Newest epoch that it has keys of.
    pub newest_epoch: u32,
}

/// For fields that are left out when they are not so: the digest of a body that does not have one is what
/// it was before there was such a field.
fn is_false(value: &bool) -> bool {
    !value
}
