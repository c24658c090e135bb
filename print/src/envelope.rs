//! A #10 envelope and its one layout. Not here: drawing (`pdf`, `raster`), and where the texts
//! come from; they are set as given, only the class is capitalised.

use crate::error::PrintError;
use crate::fit::{self, Fitted};
use crate::font::Font;
use crate::limits::{RECIPIENT_LINES_MAX, RETURN_LINES_MAX, SYMBOL_MODULES};
use crate::page::{Ink, Item, MODULES_PER_INCH, POINTS_PER_INCH, Page, Text};
use crate::symbol::Symbol;

/// What is printed on one #10 envelope (9.5 x 4.125 inch, landscape).
///
/// Texts that are too long are set smaller, then cut with an ellipsis; a character that the font
/// lacks is shown as U+FFFD. Blank address lines are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
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
    /// Whether the page is marked as a specimen. Only an installation that a post has authorised
    /// may print without the mark.
    pub specimen: bool,
    /// Return address, upper left, at most [`RETURN_LINES_MAX`] lines.
    pub return_address: Vec<String>,
    /// Recipient, at most [`RECIPIENT_LINES_MAX`] lines.
    pub recipient: Vec<String>,
}

const INCH: f32 = POINTS_PER_INCH;
const PAGE_WIDTH: f32 = 9.5 * INCH;
const PAGE_HEIGHT: f32 = 4.125 * INCH;

const INK: u8 = 0;
const INK_SOFT: u8 = 70;
const HAIRLINE: u8 = 130;
const SPECIMEN_FILL: u8 = 222;
const SPECIMEN_EDGE: u8 = 95;

/// Place of the symbol on the module grid: right edge 0.38 inch from the paper's edge.
const SYMBOL_COLUMN: u32 = 412;
const SYMBOL_ROW: u32 = 18;
const MODULE: f32 = INCH / MODULES_PER_INCH as f32;
const SYMBOL_LEFT: f32 = SYMBOL_COLUMN as f32 * MODULE;
const SYMBOL_TOP: f32 = SYMBOL_ROW as f32 * MODULE;
const SYMBOL_SIDE: f32 = SYMBOL_MODULES as f32 * MODULE;
const SYMBOL_BOTTOM: f32 = SYMBOL_TOP + SYMBOL_SIDE;

/// The text left of the symbol. The gap is the quiet zone: eight modules, one is required.
const COLUMN_GAP: f32 = 8.0 * MODULE;
const COLUMN_WIDTH: f32 = 134.0;
const COLUMN_LEFT: f32 = SYMBOL_LEFT - COLUMN_GAP - COLUMN_WIDTH;
const COLUMN_RIGHT: f32 = COLUMN_LEFT + COLUMN_WIDTH;
const BLOCK_WIDTH: f32 = COLUMN_WIDTH + COLUMN_GAP + SYMBOL_SIDE;

/// Height of a capital in Noto Sans, in ems.
const CAPITAL: f32 = 0.714;

const RETURN_LEFT: f32 = 0.4 * INCH;
const RETURN_WIDTH: f32 = 3.2 * INCH;
const RETURN_SIZE: f32 = 8.5;
const RETURN_LEADING: f32 = 11.5;

/// Recipient: within the post's reading area, clear of the barcode zone along the lower edge.
const RECIPIENT_LEFT: f32 = 4.2 * INCH;
const RECIPIENT_FIRST: f32 = 2.45 * INCH;
const RECIPIENT_LAST: f32 = 3.45 * INCH;
const RECIPIENT_WIDTH: f32 = 4.6 * INCH;
const RECIPIENT_SIZE: f32 = 12.0;
const RECIPIENT_LEADING: f32 = 14.8;

impl Envelope {
    /// Places everything; the only layout there is.
    pub(crate) fn layout(&self) -> Result<Page, PrintError> {
        let symbol = Box::new(Symbol::from_payload(&self.payload)?);
        let mut sheet = Sheet { items: Vec::new() };
        sheet.items.push(Item::Symbol {
            column: SYMBOL_COLUMN,
            row: SYMBOL_ROW,
            symbol,
        });
        self.lay_indicium(&mut sheet)?;
        if self.specimen {
            lay_specimen_mark(&mut sheet)?;
        }
        self.lay_addresses(&mut sheet)?;
        Ok(Page {
            width: PAGE_WIDTH,
            height: PAGE_HEIGHT,
            items: sheet.items,
        })
    }

    /// The readable half of the indicium, as tall as the symbol beside it.
    fn lay_indicium(&self, sheet: &mut Sheet) -> Result<(), PrintError> {
        let class = Style::new(Font::Bold, 7.4, INK).tracked(0.07);
        let amount = Style::new(Font::Bold, 25.0, INK);
        let small = Style::new(Font::Regular, 7.0, INK_SOFT).tracked(0.015);
        let small_strong = Style::new(Font::Bold, 7.0, INK).tracked(0.015);

        let class_baseline = SYMBOL_TOP + class.size * CAPITAL;
        let amount_baseline = class_baseline + 7.2 + amount.size * CAPITAL;
        let last_baseline = SYMBOL_BOTTOM;
        let first_baseline = last_baseline - 10.6;
        let rule = (amount_baseline + first_baseline - small.size * CAPITAL) / 2.0;

        sheet.left(
            class,
            COLUMN_LEFT,
            class_baseline,
            COLUMN_WIDTH,
            &self.class.to_uppercase(),
        )?;
        sheet.left(
            amount,
            COLUMN_LEFT - 1.0,
            amount_baseline,
            COLUMN_WIDTH,
            &self.amount,
        )?;
        sheet.items.push(Item::Rect {
            x: COLUMN_LEFT,
            y: rule,
            width: COLUMN_WIDTH,
            height: 0.5,
            grey: HAIRLINE,
        });
        let (wide, narrow) = (COLUMN_WIDTH * 0.58, COLUMN_WIDTH * 0.38);
        sheet.left(
            small_strong,
            COLUMN_LEFT,
            first_baseline,
            narrow,
            &self.mailing_date,
        )?;
        sheet.right(
            small_strong,
            COLUMN_RIGHT,
            first_baseline,
            wide,
            &self.origin,
        )?;
        sheet.left(small, COLUMN_LEFT, last_baseline, wide, &self.meter)?;
        sheet.right(small, COLUMN_RIGHT, last_baseline, narrow, &self.piece)
    }

    fn lay_addresses(&self, sheet: &mut Sheet) -> Result<(), PrintError> {
        let name = Style::new(Font::Bold, RETURN_SIZE, INK);
        let rest = Style::new(Font::Regular, RETURN_SIZE, INK_SOFT);
        let lines = address_lines("return address", &self.return_address, RETURN_LINES_MAX)?;
        let mut baseline = SYMBOL_TOP + RETURN_SIZE * CAPITAL;
        for (index, line) in lines.into_iter().enumerate() {
            let style = if index == 0 { name } else { rest };
            sheet.left(style, RETURN_LEFT, baseline, RETURN_WIDTH, line)?;
            baseline += RETURN_LEADING;
        }

        let style = Style::new(Font::Regular, RECIPIENT_SIZE, INK);
        let lines = address_lines("recipient", &self.recipient, RECIPIENT_LINES_MAX)?;
        // A long address starts higher, so that it ends above the barcode zone.
        let below_first = lines.len().saturating_sub(1) as f32 * RECIPIENT_LEADING;
        let mut baseline = RECIPIENT_FIRST.min(RECIPIENT_LAST - below_first);
        for line in lines {
            sheet.left(style, RECIPIENT_LEFT, baseline, RECIPIENT_WIDTH, line)?;
            baseline += RECIPIENT_LEADING;
        }
        Ok(())
    }
}

/// Large grey letters as wide as the whole indicium, below the symbol, never over it.
fn lay_specimen_mark(sheet: &mut Sheet) -> Result<(), PrintError> {
    let word = fit::spread(Font::Bold, "SPECIMEN", 35.0, BLOCK_WIDTH)?;
    let baseline = SYMBOL_BOTTOM + 9.6 + word.size * CAPITAL;
    let ink = Ink::Edged {
        grey: SPECIMEN_FILL,
        edge: SPECIMEN_EDGE,
        width: 0.7,
    };
    sheet.place(Font::Bold, ink, COLUMN_LEFT, baseline, word);
    let text = "NOT VALID POSTAGE \u{2013} SPECIMEN";
    let warning = fit::spread(Font::Bold, text, 8.2, BLOCK_WIDTH)?;
    let baseline = baseline + 6.4 + warning.size * CAPITAL;
    sheet.place(
        Font::Bold,
        Ink::Solid { grey: INK },
        COLUMN_LEFT,
        baseline,
        warning,
    );
    Ok(())
}

/// The lines that are not blank, trimmed.
fn address_lines<'a>(
    which: &'static str,
    lines: &'a [String],
    max: usize,
) -> Result<Vec<&'a str>, PrintError> {
    let kept: Vec<&str> = lines
        .iter()
        .map(|l| l.trim())
        .filter(|l| !l.is_empty())
        .collect();
    if kept.len() > max {
        return Err(PrintError::TooManyLines {
            which,
            lines: kept.len(),
            max,
        });
    }
    Ok(kept)
}

#[derive(Clone, Copy)]
struct Style {
    font: Font,
    size: f32,
    grey: u8,
    tracking: f32,
}

impl Style {
    const fn new(font: Font, size: f32, grey: u8) -> Self {
        Self {
            font,
            size,
            grey,
            tracking: 0.0,
        }
    }

    const fn tracked(self, tracking: f32) -> Self {
        Self { tracking, ..self }
    }
}

/// The items laid so far.
struct Sheet {
    items: Vec<Item>,
}

impl Sheet {
    fn left(
        &mut self,
        style: Style,
        x: f32,
        baseline: f32,
        width: f32,
        text: &str,
    ) -> Result<(), PrintError> {
        let fitted = fit::fit(style.font, text, style.tracking, style.size, width)?;
        self.place(
            style.font,
            Ink::Solid { grey: style.grey },
            x,
            baseline,
            fitted,
        );
        Ok(())
    }

    fn right(
        &mut self,
        style: Style,
        right: f32,
        baseline: f32,
        width: f32,
        text: &str,
    ) -> Result<(), PrintError> {
        let fitted = fit::fit(style.font, text, style.tracking, style.size, width)?;
        let x = right - fitted.width();
        self.place(
            style.font,
            Ink::Solid { grey: style.grey },
            x,
            baseline,
            fitted,
        );
        Ok(())
    }

    fn place(&mut self, font: Font, ink: Ink, x: f32, baseline: f32, fitted: Fitted) {
        let Fitted { size, line, .. } = fitted;
        self.items.push(Item::Text(Text {
            x,
            baseline,
            size,
            font,
            ink,
            line,
        }));
    }
}
