//! The display list between layout and painters. Layout decides everything; a painter only draws,
//! so a PDF and a PNG of one piece can never disagree. Units are points (1/72 inch) from the
//! upper left corner, downwards; grey is 0 (black) to 255 (white).

use std::sync::Arc;

use crate::calibration::Calibration;
use crate::font::{Font, Line};
use crate::symbol::Symbol;

/// Points in one inch.
pub(crate) const POINTS_PER_INCH: f32 = 72.0;
/// Side of a module of the symbol: 0.02 inch, so that 50, 100, .. dpi give whole pixels.
pub(crate) const MODULE: f32 = POINTS_PER_INCH / 50.0;

/// One page and what is on it, in painting order. The painters ([`crate::png`], [`crate::svg`],
/// [`crate::zpl`], [`crate::epl`], [`crate::PdfWriter`]) take it as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Name of the stock, for refusals.
    pub(crate) stock: String,
    /// Whether a label printer may draw it.
    pub(crate) is_label: bool,
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
    /// The symbol, its modules `module` points wide; always black on bare paper.
    Symbol {
        x: f32,
        y: f32,
        module: f32,
        symbol: Box<Symbol>,
    },
    /// Bars and spaces in turn, widths in modules.
    Bars {
        x: f32,
        y: f32,
        module: f32,
        height: f32,
        widths: Vec<u8>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) x: f32,
    pub(crate) baseline: f32,
    pub(crate) size: f32,
    pub(crate) font: Font,
    pub(crate) ink: Ink,
    pub(crate) line: Arc<Line>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ink {
    /// Letters filled with a grey.
    Solid { grey: u8 },
    /// Letters filled with a grey and edged with a line of `width` points.
    Edged { grey: u8, edge: u8, width: f32 },
}

impl Page {
    /// The page as a printer with this fault must get it.
    pub(crate) fn calibrated(mut self, calibration: Calibration) -> Self {
        if calibration != Calibration::default() {
            let (scale, right, down) = calibration.parts();
            // About the cross of the calibration page, where the offsets were read off.
            let still = POINTS_PER_INCH * (1.0 - scale);
            for item in &mut self.items {
                item.place(scale, still + right, still + down);
            }
        }
        self
    }
}

impl Item {
    /// Scales about the upper left corner of the page, then moves.
    pub(crate) fn place(&mut self, scale: f32, right: f32, down: f32) {
        let (x, y) = match self {
            Item::Text(text) => {
                text.size *= scale;
                if let Ink::Edged { width, .. } = &mut text.ink {
                    *width *= scale;
                }
                (&mut text.x, &mut text.baseline)
            }
            Item::Rect {
                x,
                y,
                width,
                height,
                ..
            } => {
                *width *= scale;
                *height *= scale;
                (x, y)
            }
            Item::Symbol { x, y, module, .. } => {
                *module *= scale;
                (x, y)
            }
            Item::Bars {
                x,
                y,
                module,
                height,
                ..
            } => {
                *module *= scale;
                *height *= scale;
                (x, y)
            }
        };
        *x = *x * scale + right;
        *y = *y * scale + down;
    }
}
