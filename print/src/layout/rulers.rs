//! The calibration page: a cross one inch from two edges, with rulers to read off how far it is
//! from there, and a line of known length. Not here: the correction itself (`calibration`).

use crate::error::PrintError;
use crate::font::{Font, Shaper};
use crate::page::{POINTS_PER_INCH, Page};

use super::writing::{Style, Writing};
use super::{INK, INK_SOFT};

const INCH: f32 = POINTS_PER_INCH;
const LINE: f32 = 0.6;
/// A twentieth of an inch.
const TICK: f32 = 0.05 * INCH;

pub(super) fn lay(shaper: &mut Shaper, page: &mut Page) -> Result<(), PrintError> {
    let mut writing = Writing::new(shaper);
    // The cross, and a ruler along each of its arms, numbered in inches from the paper's edges.
    writing.rect((INCH - LINE / 2.0, 0.2 * INCH), (LINE, 1.3 * INCH), INK);
    writing.rect((0.2 * INCH, INCH - LINE / 2.0), (1.3 * INCH, LINE), INK);
    for tick in 5..=30u8 {
        let at = f32::from(tick) * TICK;
        let long = if tick % 10 == 0 { 9.0 } else { 4.5 };
        if tick != 20 {
            writing.rect((at - LINE / 2.0, INCH - long), (LINE, long), INK);
            writing.rect((INCH - long, at - LINE / 2.0), (long, LINE), INK);
        }
    }
    // The long line: whole inches, as many as the paper takes.
    let inches = ((page.width - 0.6 * INCH) / INCH).floor().max(1.0);
    let (left, y) = ((page.width - inches * INCH) / 2.0, 2.9 * INCH);
    writing.rect((left, y - LINE / 2.0), (inches * INCH, LINE), INK);
    let mut inch = 0.0;
    while inch <= inches {
        let x = left + inch * INCH - LINE / 2.0;
        let high = if inch == 0.0 || inch == inches {
            12.0
        } else {
            6.0
        };
        writing.rect((x, y - high), (LINE, high), INK);
        inch += 1.0;
    }

    let head = Style::new(Font::Bold, 9.0, INK);
    let text = Style::new(Font::Regular, 7.0, INK_SOFT);
    let (left, width) = (1.65 * INCH, page.width - 1.85 * INCH);
    writing.left(head, (left, 0.45 * INCH), width, "Printer calibration")?;
    let lines = [
        "Print at actual size; never \u{201c}fit to page\u{201d}.",
        "Measure from the left edge to the upright line",
        "of the cross: offset x = 1 inch less that.",
        "Measure from the upper edge to the level line:",
        "offset y = 1 inch less that.",
        "A tick is 0.05 inch.",
    ];
    let mut baseline = 0.64 * INCH;
    for line in lines {
        writing.left(text, (left, baseline), width, line)?;
        baseline += 10.5;
    }
    let (left, width) = (0.3 * INCH, page.width - 0.6 * INCH);
    let scale =
        format!("Measure the line below from end to end: scale = {inches} inch divided by that.");
    writing.left(text, (left, 2.6 * INCH), width, &scale)?;
    let name = format!("{} \u{2013} no postage", page.stock);
    writing.left(text, (left, 3.15 * INCH), width, &name)?;
    page.items = writing.items;
    Ok(())
}
