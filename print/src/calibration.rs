//! What a printer does wrong, and its correction: every painter gets pages that are already
//! corrected. Not here: the page that shows the error (`layout::rulers`).

use crate::error::PrintError;
use crate::length::Length;
use crate::limits::{CALIBRATION_OFFSET_MAX, CALIBRATION_SCALE};

/// A printer's correction, read off the calibration page. Everything is drawn `scale` times as
/// large about the cross of that page (an inch from the left and upper edges), then moved right by
/// `offset_x` and down by `offset_y`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    offset_x: Length,
    offset_y: Length,
    scale: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Self {
            offset_x: Length::default(),
            offset_y: Length::default(),
            scale: 1.0,
        }
    }
}

impl Calibration {
    /// A correction; offsets may be negative.
    ///
    /// # Errors
    /// [`PrintError::Calibration`] for an offset above a quarter of an inch or a scale outside of
    /// 0.97 to 1.03: so much is a wrong setting, not a printer's tolerance.
    pub fn new(offset_x: Length, offset_y: Length, scale: f32) -> Result<Self, PrintError> {
        let near = |offset: Length| offset.points().abs() <= CALIBRATION_OFFSET_MAX.points();
        // Not a number is in no range.
        if near(offset_x) && near(offset_y) && CALIBRATION_SCALE.contains(&scale) {
            Ok(Self {
                offset_x,
                offset_y,
                scale,
            })
        } else {
            Err(PrintError::Calibration)
        }
    }

    /// Scale, then points right and down.
    pub(crate) fn parts(self) -> (f32, f32, f32) {
        (self.scale, self.offset_x.points(), self.offset_y.points())
    }
}
