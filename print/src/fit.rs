//! Making a text fit a width: smaller first, then cut with an ellipsis. Pure and deterministic.

use std::sync::Arc;

use crate::error::PrintError;
use crate::font::{Font, Line, Shaper};
use crate::limits::LINE_CHARS_MAX;

/// A text is never set smaller than this share of the size asked for.
const SHRINK_MIN: f32 = 0.78;

/// A line and the size at which it fits.
pub(crate) struct Fitted {
    pub(crate) line: Arc<Line>,
    /// Font size, points.
    pub(crate) size: f32,
    /// Tracking after the last glyph: no ink, so not part of the width.
    tail: f32,
}

impl Fitted {
    /// Width of the ink, points.
    pub(crate) fn width(&self) -> f32 {
        (self.line.width() - self.tail) * self.size
    }
}

/// Sets `text` at `size` points or smaller, so that it is at most `width` points wide.
pub(crate) fn fit(
    shaper: &mut Shaper,
    font: Font,
    text: &str,
    tracking: f32,
    size: f32,
    width: f32,
) -> Result<Fitted, PrintError> {
    let (kept, cut) = match text.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    };
    if !cut {
        let mut fitted = Fitted {
            line: shaper.line(font, kept, tracking)?,
            size,
            tail: tracking,
        };
        let natural = fitted.width();
        if natural <= width {
            return Ok(fitted);
        }
        if natural * SHRINK_MIN <= width {
            fitted.size = size * width / natural;
            return Ok(fitted);
        }
    }
    ellipsize(shaper, font, kept, tracking, size * SHRINK_MIN, width)
}

/// The longest start of `text` that fits with an ellipsis after it.
fn ellipsize(
    shaper: &mut Shaper,
    font: Font,
    text: &str,
    tracking: f32,
    size: f32,
    width: f32,
) -> Result<Fitted, PrintError> {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let mut set = |end: usize| -> Result<Fitted, PrintError> {
        let shown = format!("{}\u{2026}", text[..end].trim_end());
        Ok(Fitted {
            line: shaper.line(font, &shown, tracking)?,
            size,
            tail: tracking,
        })
    };
    // Halving: the start at `low` fits, the one at `high` does not.
    let (mut low, mut high) = (0, ends.len());
    let mut best = set(0)?;
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        let tried = set(ends[middle])?;
        if tried.width() <= width {
            (low, best) = (middle, tried);
        } else {
            high = middle;
        }
    }
    Ok(best)
}

/// Sets `text` at `size` points with the tracking that makes it exactly `width` points wide.
pub(crate) fn spread(
    shaper: &mut Shaper,
    font: Font,
    text: &str,
    size: f32,
    width: f32,
) -> Result<Fitted, PrintError> {
    let dense = shaper.line(font, text, 0.0)?;
    let gaps = dense.glyphs.len().saturating_sub(1).max(1) as f32;
    let tracking = (width / size - dense.width()) / gaps;
    Ok(Fitted {
        line: shaper.line(font, text, tracking)?,
        size,
        tail: tracking,
    })
}
