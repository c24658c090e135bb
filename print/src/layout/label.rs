//! Shipping labels, from top to bottom: indicium, return address, recipient, package barcode.

use crate::error::PrintError;
use crate::font::{Font, Shaper};
use crate::page::{Item, MODULE, POINTS_PER_INCH};
use crate::piece::{PackageBarcode, Piece};
use crate::stock::Stock;

use super::addresses::{self, Area};
use super::indicium;
use super::writing::{Style, Writing};
use super::{HAIRLINE, INK, no_room};

const INCH: f32 = POINTS_PER_INCH;

/// Printers of labels reach nearly to the edge; whole modules.
const MARGIN: f32 = 10.0 * MODULE;
const RETURN_TOP: f32 = 2.0 * INCH;
const RECIPIENT_FIRST: f32 = 3.35 * INCH;
const RECIPIENT_LAST: f32 = 4.3 * INCH;
/// From the lower edge of the paper.
const BARCODE_RULE: f32 = 1.5 * INCH;
const BARCODE_TOP: f32 = 1.3 * INCH;
const BARCODE_HEIGHT: f32 = 0.75 * INCH;
const BARCODE_TEXT: f32 = 0.3 * INCH;
/// Module of a package barcode: 0.015 inch is three dots at 203 dpi; a long one is made finer.
const BAR_MODULE: f32 = 0.015 * INCH;
/// Finer than 0.013 inch, scanners on a belt are said to miss it (from memory: no standard was at hand).
const BAR_MODULE_MIN: f32 = 0.013 * INCH;
/// Quiet zone on either side, in modules.
const BAR_QUIET: f32 = 10.0;

pub(super) fn lay(
    shaper: &mut Shaper,
    stock: &Stock,
    piece: &Piece,
) -> Result<Vec<Item>, PrintError> {
    no_room(stock, "FIM mark", piece.fim.is_some())?;
    no_room(stock, "Intelligent Mail barcode", piece.imb.is_some())?;
    let (width, height) = stock.paper();
    let inner = width - 2.0 * MARGIN;
    let mut writing = Writing::new(shaper);

    let left = ((width - MARGIN) / MODULE + 0.01).floor() * MODULE - indicium::WIDE;
    indicium::lay_wide(&mut writing, piece, left, MARGIN)?;
    addresses::lay_return(&mut writing, piece, (MARGIN, RETURN_TOP), inner)?;
    let area = Area {
        left: MARGIN + 0.3 * INCH,
        width: inner - 0.3 * INCH,
        first: RECIPIENT_FIRST,
        last: RECIPIENT_LAST.min(height - BARCODE_RULE - 0.15 * INCH),
        size: 13.0,
        leading: 15.0,
    };
    addresses::lay_recipient(&mut writing, piece, &area)?;
    if let Some(package) = &piece.package {
        lay_barcode(&mut writing, stock, package)?;
    }
    Ok(writing.items)
}

fn lay_barcode(
    writing: &mut Writing<'_>,
    stock: &Stock,
    package: &PackageBarcode,
) -> Result<(), PrintError> {
    let (width, height) = stock.paper();
    let modules: f32 = package.widths().iter().map(|w| f32::from(*w)).sum();
    let module = BAR_MODULE.min(width / (modules + 2.0 * BAR_QUIET));
    no_room(stock, "package barcode", module < BAR_MODULE_MIN)?;

    let inner = width - 2.0 * MARGIN;
    let rule = height - BARCODE_RULE;
    writing.rect((MARGIN, rule), (inner, 1.0), HAIRLINE);
    writing.items.push(Item::Bars {
        x: (width - modules * module) / 2.0,
        y: height - BARCODE_TOP,
        module,
        height: BARCODE_HEIGHT,
        widths: package.widths().to_vec(),
    });
    let style = Style::new(Font::Bold, 10.0, INK);
    let at = (width / 2.0, height - BARCODE_TEXT);
    writing.centred(style, at, inner, package.text())
}
