//! Envelopes: return address upper left, indicium upper right, recipient in the post's reading
//! area, FIM mark at the upper edge, Intelligent Mail barcode at the lower one.

use crate::error::PrintError;
use crate::font::Shaper;
use crate::page::{Item, MODULE, POINTS_PER_INCH};
use crate::piece::{Fim, ImbBar, ImbBars, Piece};
use crate::stock::Stock;

use super::addresses::{self, Area};
use super::indicium;
use super::writing::Writing;
use super::{INK, no_room};

const INCH: f32 = POINTS_PER_INCH;

/// From the symbol to the right edge of the paper: 0.38 inch, whole modules from the left one.
const MARGIN_MODULES: f32 = 19.0;
const TOP: f32 = 18.0 * MODULE;
/// Sizes and places of mark and barcode are those of public descriptions, from memory; no drawing of the post
/// was at hand, and no machine of the post has seen them.
///
/// With a FIM mark the indicium stands below its clear zone, which is 5/8 inch high.
const TOP_BELOW_FIM: f32 = 36.0 * MODULE;

const RETURN_LEFT: f32 = 0.4 * INCH;
const RETURN_WIDTH: f32 = 3.2 * INCH;

/// Facing identification mark: nine places 1/16 inch apart for bars of 1/32 inch, 5/8 inch high;
/// right end 2 inches from the right edge, top at most 1/8 inch from the upper one. Size and place
/// as the post publishes them for reply mail.
const FIM_PITCH: f32 = INCH / 16.0;
const FIM_BAR: f32 = INCH / 32.0;
const FIM_RIGHT: f32 = 2.0 * INCH;
const FIM_TOP: f32 = 0.06 * INCH;
const FIM_HEIGHT: f32 = 0.625 * INCH - FIM_TOP;

/// Intelligent Mail barcode (USPS-B-3200): 22.2 bars an inch (20 to 24), each 0.02 inch wide (0.015
/// to 0.025) and 0.145 high (0.125 to 0.165); tracker 0.048 (0.039 to 0.057), so that ascender and
/// descender reach 0.0965 (0.082 to 0.111). A pitch of 0.045 is nine pixels at 200 dpi.
const IMB_PITCH: f32 = 0.045 * INCH;
const IMB_BAR: f32 = 0.02 * INCH;
const IMB_HEIGHT: f32 = 0.145 * INCH;
const IMB_REACH: f32 = 0.0965 * INCH;
/// In the clear zone at the lower right (4.75 x 0.625 inch): it begins 3.5 to 4.25 inches from the
/// right edge, and stands a quarter of an inch above the lower one.
const IMB_FROM_RIGHT: f32 = 4.0 * INCH;
const IMB_FROM_BOTTOM: f32 = 0.25 * INCH;

pub(super) fn lay(
    shaper: &mut Shaper,
    stock: &Stock,
    piece: &Piece,
) -> Result<Vec<Item>, PrintError> {
    no_room(stock, "package barcode", piece.package.is_some())?;
    let (width, height) = stock.paper();
    let mut writing = Writing::new(shaper);

    let symbol_right = ((width / MODULE + 0.01).floor() - MARGIN_MODULES) * MODULE;
    let left = symbol_right - indicium::WIDE;
    let top = if piece.fim.is_some() {
        TOP_BELOW_FIM
    } else {
        TOP
    };
    indicium::lay_wide(&mut writing, piece, left, top)?;
    let return_width = RETURN_WIDTH.min(left - RETURN_LEFT - 0.2 * INCH);
    addresses::lay_return(&mut writing, piece, (RETURN_LEFT, TOP), return_width)?;

    // Clear of the barcode zone along the lower edge, and not far below the middle.
    let above_edge = (0.38 * height).clamp(1.675 * INCH, 2.6 * INCH);
    let left = width * 4.2 / 9.5;
    let area = Area {
        left,
        width: width - left - 0.7 * INCH,
        first: height - above_edge,
        last: height - 0.675 * INCH,
        size: 12.0,
        leading: 14.8,
    };
    // Seven lines reach up to here; a FIM mark has pushed the specimen mark down to there.
    let area = match piece.fim {
        Some(_) => below_mark(area, piece, top),
        None => area,
    };
    addresses::lay_recipient(&mut writing, piece, &area)?;

    if let Some(fim) = piece.fim {
        lay_fim(&mut writing, fim, width);
    }
    if let Some(imb) = &piece.imb {
        lay_imb(&mut writing, imb, width, height);
    }
    Ok(writing.items)
}

/// Starts an address lower, and sets a long one tighter, so that it is below the specimen mark.
fn below_mark(area: Area, piece: &Piece, top: f32) -> Area {
    let lines = piece.recipient.iter().filter(|l| !l.trim().is_empty());
    let gaps = lines.count().saturating_sub(1) as f32;
    let highest = top + indicium::WIDE_HEIGHT + 6.0 + area.size * super::CAPITAL;
    let room = area.last - highest;
    let leading = if gaps * area.leading <= room {
        area.leading
    } else {
        room / gaps
    };
    Area {
        first: area.first.max(highest + 8.0),
        leading,
        size: area.size.min(leading * 0.8),
        ..area
    }
}

fn lay_fim(writing: &mut Writing<'_>, fim: Fim, width: f32) {
    let first = width - FIM_RIGHT - 8.0 * FIM_PITCH - FIM_BAR;
    for (place, bar) in fim.bars().into_iter().enumerate() {
        if bar {
            let x = first + place as f32 * FIM_PITCH;
            writing.rect((x, FIM_TOP), (FIM_BAR, FIM_HEIGHT), INK);
        }
    }
}

fn lay_imb(writing: &mut Writing<'_>, imb: &ImbBars, width: f32, height: f32) {
    let left = width - IMB_FROM_RIGHT;
    let top = height - IMB_FROM_BOTTOM - IMB_HEIGHT;
    let bottom_part = IMB_HEIGHT - IMB_REACH;
    for (place, bar) in imb.bars().iter().enumerate() {
        let (from, to) = match bar {
            ImbBar::Full => (0.0, IMB_HEIGHT),
            ImbBar::Ascender => (0.0, IMB_REACH),
            ImbBar::Descender => (bottom_part, IMB_HEIGHT),
            ImbBar::Tracker => (bottom_part, IMB_REACH),
        };
        let x = left + place as f32 * IMB_PITCH;
        writing.rect((x, top + from), (IMB_BAR, to - from), INK);
    }
}
