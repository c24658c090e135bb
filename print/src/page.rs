//! The display list between layout and painters. Layout decides everything; a painter only draws,
//! so a PDF and a PNG of one envelope can never disagree. Units are points (1/72 inch) from the
//! upper left corner, downwards; grey is 0 (black) to 255 (white).

use crate::font::{Font, Line};
use crate::symbol::Symbol;

/// Points in one inch.
pub(crate) const POINTS_PER_INCH: f32 = 72.0;
/// Symbol modules in one inch: 0.02 inch each, so that 50, 100, .. dpi give whole pixels.
pub(crate) const MODULES_PER_INCH: u32 = 50;

/// One page and what is on it, in painting order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Text(Text),
    /// A filled rectangle.
    Rect {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        grey: u8,
    },
    /// The symbol, placed on the grid of [`MODULES_PER_INCH`]; always black on bare paper.
    Symbol {
        column: u32,
        row: u32,
        symbol: Box<Symbol>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) x: f32,
    pub(crate) baseline: f32,
    pub(crate) size: f32,
    pub(crate) font: Font,
    pub(crate) ink: Ink,
    pub(crate) line: Line,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ink {
    /// Letters filled with a grey.
    Solid { grey: u8 },
    /// Letters filled with a grey and edged with a line of `width` points.
    Edged { grey: u8, edge: u8, width: f32 },
}
