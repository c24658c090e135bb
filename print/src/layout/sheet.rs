//! One label of a sheet: the indicium alone, in its small form. Not here: where the label is.

use crate::error::PrintError;
use crate::font::Shaper;
use crate::page::{Item, POINTS_PER_INCH};
use crate::piece::Piece;
use crate::stock::Stock;

use super::indicium::{self, SYMBOL_SIDE};
use super::no_room;
use super::writing::Writing;

/// On the left and right of a label.
const MARGIN: f32 = 0.08 * POINTS_PER_INCH;

/// Lays a label of `size`, its upper left corner at the origin.
pub(super) fn lay(
    shaper: &mut Shaper,
    stock: &Stock,
    (width, height): (f32, f32),
    piece: &Piece,
) -> Result<Vec<Item>, PrintError> {
    let any = |lines: &[String]| lines.iter().any(|line| !line.trim().is_empty());
    no_room(stock, "recipient", any(&piece.recipient))?;
    no_room(stock, "return address", any(&piece.return_address))?;
    no_room(stock, "FIM mark", piece.fim.is_some())?;
    no_room(stock, "Intelligent Mail barcode", piece.imb.is_some())?;
    no_room(stock, "package barcode", piece.package.is_some())?;
    let mut writing = Writing::new(shaper);
    let at = (MARGIN, (height - SYMBOL_SIDE) / 2.0);
    indicium::lay_small(&mut writing, piece, at, width - 2.0 * MARGIN)?;
    Ok(writing.items)
}
