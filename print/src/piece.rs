//! What is printed for one item. Not here: on what (`stock`), and where (`layout`). The texts are
//! set as given, only the class is capitalised.

use std::str::FromStr;

use crate::error::PrintError;
use crate::limits::{PACKAGE_TEXT_MAX, PACKAGE_WIDTHS_MAX};

/// What is printed for one item.
///
/// Texts that are too long are set smaller, then cut with an ellipsis; a character that the font
/// lacks is shown as U+FFFD. Blank address lines are left out. The raw payload, the format without
/// any drawing, is the field `payload` itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Bytes of the symbol, 1 to [`crate::limits::PAYLOAD_BYTES_MAX`].
    pub payload: Vec<u8>,
    /// Postage, as `$0.740`.
    pub amount: String,
    /// Mailing date, as `2026-11-21`.
    pub mailing_date: String,
    /// Mail class, as `First-Class Letter`.
    pub class: String,
    /// Origin of deposit, as `ORIGIN 95814`.
    pub origin: String,
    /// Meter serial, as `METER 0001000001`.
    pub meter: String,
    /// Piece count, as `PIECE 42`.
    pub piece: String,
    /// Whether the item is a specimen. It then bears the mark on every stock and in every format:
    /// neither has a way to leave it out. Take it from the signed payload, never from a user.
    pub specimen: bool,
    /// Return address, at most [`crate::limits::RETURN_LINES_MAX`] lines.
    pub return_address: Vec<String>,
    /// Recipient, at most [`crate::limits::RECIPIENT_LINES_MAX`] lines.
    pub recipient: Vec<String>,
    /// Facing identification mark; envelopes only.
    pub fim: Option<Fim>,
    /// Intelligent Mail barcode; envelopes only.
    pub imb: Option<ImbBars>,
    /// Package barcode; labels only.
    pub package: Option<PackageBarcode>,
}

/// A facing identification mark: bars at the upper edge by which a machine faces letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fim {
    /// Courtesy reply mail, with a barcode.
    A,
    /// Business reply mail, without a barcode.
    B,
    /// Business reply mail, with a barcode.
    C,
    /// Letters with an indicium that machines read: the one for our items.
    D,
    /// Customised services, with an Intelligent Mail barcode.
    E,
}

impl Fim {
    /// Its nine places, left to right; `true` is a bar. Stated alike by several public tables of
    /// the five patterns; the post's own drawing was not at hand.
    pub(crate) fn bars(self) -> [bool; 9] {
        let pattern = match self {
            Fim::A => b"110010011",
            Fim::B => b"101101101",
            Fim::C => b"110101011",
            Fim::D => b"111010111",
            Fim::E => b"101000101",
        };
        pattern.map(|place| place == b'1')
    }
}

/// One bar of an Intelligent Mail barcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImbBar {
    Full,
    Ascender,
    Descender,
    Tracker,
}

/// The 65 bars of an Intelligent Mail barcode (USPS-B-3200), parsed from their letters F, A, D
/// and T. What they mean is not looked at: crate `postal` encodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImbBars([ImbBar; 65]);

impl ImbBars {
    pub(crate) fn bars(&self) -> &[ImbBar; 65] {
        &self.0
    }
}

impl FromStr for ImbBars {
    type Err = PrintError;

    fn from_str(text: &str) -> Result<Self, PrintError> {
        let bars: Option<Vec<ImbBar>> = text
            .bytes()
            .map(|letter| match letter {
                b'F' => Some(ImbBar::Full),
                b'A' => Some(ImbBar::Ascender),
                b'D' => Some(ImbBar::Descender),
                b'T' => Some(ImbBar::Tracker),
                _ => None,
            })
            .collect();
        let bars = bars.ok_or(PrintError::ImbBars)?;
        bars.try_into().map(Self).map_err(|_| PrintError::ImbBars)
    }
}

/// A package barcode (GS1-128) as bars. What they mean is not looked at: crate `postal` encodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageBarcode {
    widths: Vec<u8>,
    text: String,
}

impl PackageBarcode {
    /// A barcode of `widths` in modules, bar, space, bar, .. bar, without quiet zones, and the
    /// line of `text` below it.
    ///
    /// # Errors
    /// [`PrintError::PackageBarcode`] unless the number of widths is odd and at most
    /// [`PACKAGE_WIDTHS_MAX`], each is 1 to 4, and the text has 1 to [`PACKAGE_TEXT_MAX`]
    /// characters.
    pub fn new(widths: Vec<u8>, text: String) -> Result<Self, PrintError> {
        let chars = text.chars().count();
        if widths.len().is_multiple_of(2)
            || widths.len() > PACKAGE_WIDTHS_MAX
            || widths.iter().any(|width| !(1..=4).contains(width))
            || !(1..=PACKAGE_TEXT_MAX).contains(&chars)
        {
            return Err(PrintError::PackageBarcode);
        }
        Ok(Self { widths, text })
    }

    pub(crate) fn widths(&self) -> &[u8] {
        &self.widths
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
