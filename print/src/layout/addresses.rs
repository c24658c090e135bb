//! Lines of addresses. Not here: whether an address is right (crate `postal`), and where it stands.

use crate::error::PrintError;
use crate::font::Font;
use crate::limits::{RECIPIENT_LINES_MAX, RETURN_LINES_MAX};
use crate::piece::Piece;

use super::writing::{Style, Writing};
use super::{INK, INK_SOFT};

const RETURN_SIZE: f32 = 8.5;
const RETURN_LEADING: f32 = 11.5;

/// Sets the return address, the top of its capitals at `top`.
pub(super) fn lay_return(
    writing: &mut Writing<'_>,
    piece: &Piece,
    (left, top): (f32, f32),
    width: f32,
) -> Result<(), PrintError> {
    let name = Style::new(Font::Bold, RETURN_SIZE, INK);
    let rest = Style::new(Font::Regular, RETURN_SIZE, INK_SOFT);
    let lines = kept("return address", &piece.return_address, RETURN_LINES_MAX)?;
    let mut baseline = top + name.capital();
    for (index, line) in lines.into_iter().enumerate() {
        let style = if index == 0 { name } else { rest };
        writing.left(style, (left, baseline), width, line)?;
        baseline += RETURN_LEADING;
    }
    Ok(())
}

/// Where a recipient stands.
pub(super) struct Area {
    pub(super) left: f32,
    pub(super) width: f32,
    /// Baseline of the first line; a long address starts higher.
    pub(super) first: f32,
    /// Baseline that no line is below.
    pub(super) last: f32,
    pub(super) size: f32,
    pub(super) leading: f32,
}

/// Sets the recipient.
pub(super) fn lay_recipient(
    writing: &mut Writing<'_>,
    piece: &Piece,
    area: &Area,
) -> Result<(), PrintError> {
    let style = Style::new(Font::Regular, area.size, INK);
    let lines = kept("recipient", &piece.recipient, RECIPIENT_LINES_MAX)?;
    let below_first = lines.len().saturating_sub(1) as f32 * area.leading;
    let mut baseline = area.first.min(area.last - below_first);
    for line in lines {
        writing.left(style, (area.left, baseline), area.width, line)?;
        baseline += area.leading;
    }
    Ok(())
}

/// The lines that are not blank, trimmed.
pub(super) fn kept<'a>(
    which: &'static str,
    lines: &'a [String],
    max: usize,
) -> Result<Vec<&'a str>, PrintError> {
    let kept: Vec<&str> = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
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
