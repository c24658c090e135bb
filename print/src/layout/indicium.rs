//! The indicium: symbol, the text beside it, and the specimen mark, in a wide form for envelopes
//! and labels and a small one for labels of a sheet. Not here: where on the stock it stands.

use crate::error::PrintError;
use crate::font::Font;
use crate::limits::SYMBOL_MODULES;
use crate::page::{Ink, Item, MODULE};
use crate::piece::Piece;
use crate::symbol::Symbol;

use super::writing::{Style, Writing};
use super::{CAPITAL, HAIRLINE, INK, INK_SOFT};

/// Side of the symbol, points.
pub(super) const SYMBOL_SIDE: f32 = SYMBOL_MODULES as f32 * MODULE;

/// The text left of the symbol. The gap is the quiet zone: eight modules, one is required.
const COLUMN_GAP: f32 = 8.0 * MODULE;
const COLUMN_WIDTH: f32 = 134.0;

/// Width of the wide form, points.
pub(super) const WIDE: f32 = COLUMN_WIDTH + COLUMN_GAP + SYMBOL_SIDE;

/// Height of the wide form with the specimen mark, points.
pub(super) const WIDE_HEIGHT: f32 = SYMBOL_SIDE + 9.6 + 35.0 * CAPITAL + 6.4 + 8.2 * CAPITAL;

const SPECIMEN: &str = "SPECIMEN";
const WARNING: &str = "NOT VALID POSTAGE \u{2013} SPECIMEN";
const SPECIMEN_FILL: u8 = 222;
const SPECIMEN_EDGE: u8 = 95;

/// Lays the wide form with its upper left corner at (`left`, `top`): text, symbol, and the mark
/// beneath both.
pub(super) fn lay_wide(
    writing: &mut Writing<'_>,
    piece: &Piece,
    left: f32,
    top: f32,
) -> Result<(), PrintError> {
    lay_symbol(writing, piece, left + COLUMN_WIDTH + COLUMN_GAP, top)?;

    let class = Style::new(Font::Bold, 7.4, INK).tracked(0.07);
    let amount = Style::new(Font::Bold, 25.0, INK);
    let small = Style::new(Font::Regular, 7.0, INK_SOFT).tracked(0.015);
    let strong = Style::new(Font::Bold, 7.0, INK).tracked(0.015);

    let class_baseline = top + class.capital();
    let amount_baseline = class_baseline + 7.2 + amount.capital();
    let last = top + SYMBOL_SIDE;
    let first = last - 10.6;
    let rule = (amount_baseline + first - small.capital()) / 2.0;
    let right = left + COLUMN_WIDTH;
    let (wide, narrow) = (COLUMN_WIDTH * 0.58, COLUMN_WIDTH * 0.38);

    let name = piece.class.to_uppercase();
    writing.left(class, (left, class_baseline), COLUMN_WIDTH, &name)?;
    // The dollar sign has more air on its left than small letters have.
    let at = (left - 1.0, amount_baseline);
    writing.left(amount, at, COLUMN_WIDTH, &piece.amount)?;
    writing.rect((left, rule), (COLUMN_WIDTH, 0.5), HAIRLINE);
    writing.left(strong, (left, first), narrow, &piece.mailing_date)?;
    writing.right(strong, (right, first), wide, &piece.origin)?;
    writing.left(small, (left, last), wide, &piece.meter)?;
    writing.right(small, (right, last), narrow, &piece.piece)?;

    if piece.specimen {
        let baseline = last + 9.6 + 35.0 * CAPITAL;
        writing.spread(outlined(0.7), 35.0, (left, baseline), WIDE, SPECIMEN)?;
        let baseline = baseline + 6.4 + 8.2 * CAPITAL;
        let ink = Ink::Solid { grey: INK };
        writing.spread(ink, 8.2, (left, baseline), WIDE, WARNING)?;
    }
    Ok(())
}

/// Lays the small form into an area as high as the symbol: symbol, text to its right, the mark
/// between the lines of the text.
pub(super) fn lay_small(
    writing: &mut Writing<'_>,
    piece: &Piece,
    (left, top): (f32, f32),
    width: f32,
) -> Result<(), PrintError> {
    lay_symbol(writing, piece, left, top)?;

    let left = left + SYMBOL_SIDE + 6.0 * MODULE;
    let width = width - SYMBOL_SIDE - 6.0 * MODULE;
    let right = left + width;
    let class = Style::new(Font::Bold, 5.8, INK).tracked(0.05);
    let amount = Style::new(Font::Bold, 18.0, INK);
    let small = Style::new(Font::Regular, 5.4, INK);
    let strong = Style::new(Font::Bold, 5.4, INK);
    let (wide, narrow) = (width * 0.58, width * 0.40);

    let class_baseline = top + class.capital();
    let amount_baseline = class_baseline + 4.6 + amount.capital();
    let last = top + SYMBOL_SIDE;
    let first = last - 7.0;
    let name = piece.class.to_uppercase();
    writing.left(class, (left, class_baseline), width, &name)?;
    writing.left(amount, (left - 0.7, amount_baseline), width, &piece.amount)?;
    writing.left(strong, (left, first), narrow, &piece.mailing_date)?;
    writing.right(strong, (right, first), wide, &piece.origin)?;
    writing.left(small, (left, last), wide, &piece.meter)?;
    writing.right(small, (right, last), narrow, &piece.piece)?;

    if piece.specimen {
        let baseline = amount_baseline + 5.0 + 17.5 * CAPITAL;
        writing.spread(outlined(0.5), 17.5, (left, baseline), width, SPECIMEN)?;
        let baseline = baseline + 3.2 + 5.0 * CAPITAL;
        let ink = Ink::Solid { grey: INK };
        writing.spread(ink, 5.0, (left, baseline), width, WARNING)?;
    }
    Ok(())
}

fn lay_symbol(writing: &mut Writing<'_>, piece: &Piece, x: f32, y: f32) -> Result<(), PrintError> {
    writing.items.push(Item::Symbol {
        x,
        y,
        module: MODULE,
        symbol: Box::new(Symbol::from_payload(&piece.payload)?),
    });
    Ok(())
}

fn outlined(width: f32) -> Ink {
    Ink::Edged {
        grey: SPECIMEN_FILL,
        edge: SPECIMEN_EDGE,
        width,
    }
}
