//! Bodies about drawing what was bought.

use crate::few::{lines, rows};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One piece to draw.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeOrder {
    /// Item id.
    pub item: String,
    /// Lines, upper left.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lines"
    )]
    pub return_address: Vec<String>,
    /// Lines; must be the address that the item was dispensed for, if it was for one.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lines"
    )]
    pub recipient: Vec<String>,
}

/// Draws envelopes, labels or sheets of labels. Nothing is charged, and nothing of the text is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSheet {
    /// 1 to 10,000 for `pdf`, `zpl` and `epl`, one for the others.
    #[serde(deserialize_with = "rows")]
    pub envelopes: Vec<EnvelopeOrder>,
    /// `pdf`, `png`, `svg`, `zpl`, `epl` or `payload`.
    pub format: String,
    /// For `png`: 100 to 600, 300 if absent. For `zpl`: 203 or 300, 203 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<u32>,
    /// Name of a stock of `GET /v1/stocks`; `envelope-10` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<String>,
    /// Description of an own stock, TOML, instead of `stock`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_stock: Option<String>,
    /// First label used of the first sheet, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
    /// Correction of a printer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Facing identification mark, `A` to `E`; none if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fim: Option<String>,
    /// Intelligent Mail barcode for envelopes: its serial is the item's piece count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imb: Option<MailerBarcode>,
    /// Package barcode for labels: its serial is the item's piece count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<MailerBarcode>,
}

/// What a mailer's barcodes have in common.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailerBarcode {
    /// Six or nine digits, as the post gave it.
    #[schema(example = "123456")]
    pub mailer_id: String,
    /// Three digits, as the post lists them.
    #[schema(example = "300")]
    pub service_type: String,
}

/// What a printer does wrong, as read off its calibration page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Millimetres to move everything right; may be negative.
    #[serde(default)]
    pub right_mm: f32,
    /// Millimetres to move everything down; may be negative.
    #[serde(default)]
    pub down_mm: f32,
    /// Scale, 0.97 to 1.03; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f32>,
}

/// What can be printed on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Stocks {
    /// The stocks that come with the data centre.
    pub stocks: Vec<Stock>,
}

/// One stock.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Stock {
    /// Its name in requests.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// `envelope`, `label` or `sheet`.
    pub kind: String,
    /// Pieces on one page.
    pub positions: u32,
    /// Whether it has room for addresses.
    pub addresses: bool,
}
