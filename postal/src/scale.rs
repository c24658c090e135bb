//! The report of a USB scale: six bytes to milligrams, or the reason why there is no weight.
//!
//! Not here: finding and opening the device (the command line does it). Called with each report that was read.
//!
//! Source: USB HID Point of Sale usage tables, section 4.4, usage page 0x8D (weighing devices), data report: report id 3,
//! status, unit, exponent of ten (signed), weight (16 bits, little-endian). No floating point.

use crate::limits::SCALE_EXPONENT_MAX;

/// Report id of a data report.
const REPORT_ID: u8 = 3;

/// Bytes of a data report. Some systems hand longer buffers, filled with zeros.
const REPORT_BYTES: usize = 6;

/// Why a report has no weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScaleError {
    /// Fewer than six bytes.
    #[error("the scale's report has {found} bytes and must have 6: read again")]
    Short {
        /// Bytes given.
        found: usize,
    },
    /// Another kind of report.
    #[error("report {found} is not the weight: wait for report 3")]
    Report {
        /// Its id.
        found: u8,
    },
    /// Status 1.
    #[error("the scale says that it is faulty: switch it off and on, or have it serviced")]
    Fault,
    /// Status 2.
    #[error("nothing is on the scale: put the piece on it")]
    Empty,
    /// Status 3.
    #[error("the scale has not settled: wait until the piece lies still")]
    InMotion,
    /// Status 5.
    #[error("the scale shows less than nothing: take everything off and set it to zero")]
    UnderZero,
    /// Status 6.
    #[error("the piece is too heavy for this scale: take it off")]
    Overload,
    /// Status 7.
    #[error("the scale must be calibrated before it weighs")]
    NeedsCalibration,
    /// Status 8.
    #[error("the scale must be set to zero: take everything off and press its zero key")]
    NeedsZero,
    /// A status of no meaning.
    #[error("the scale's status {found} has no meaning: it is not a scale of this kind")]
    Status {
        /// What stands there.
        found: u8,
    },
    /// A unit that is none, or none of weight that the post uses.
    #[error(
        "the scale's unit {found} is not understood: set it to grams, kilograms, ounces or pounds"
    )]
    Unit {
        /// What stands there.
        found: u8,
    },
    /// A weight above what a u32 of milligrams holds, or an exponent beyond sense.
    #[error("the scale's weight is beyond any piece: it is not a scale of this kind")]
    Range,
}

/// Milligrams of a data report, rounded up, so that a piece at a step's limit stays within it as
/// [`crate::weight::milligrams`] has it; above 0.
///
/// # Errors
/// [`ScaleError`].
pub fn milligrams(report: &[u8]) -> Result<u32, ScaleError> {
    let short = ScaleError::Short {
        found: report.len(),
    };
    let Some(&[id, status, unit, exponent, low, high]) = report.get(..REPORT_BYTES) else {
        return Err(short);
    };
    if id != REPORT_ID {
        return Err(ScaleError::Report { found: id });
    }
    match status {
        1 => return Err(ScaleError::Fault),
        2 => return Err(ScaleError::Empty),
        3 => return Err(ScaleError::InMotion),
        4 => {}
        5 => return Err(ScaleError::UnderZero),
        6 => return Err(ScaleError::Overload),
        7 => return Err(ScaleError::NeedsCalibration),
        8 => return Err(ScaleError::NeedsZero),
        found => return Err(ScaleError::Status { found }),
    }
    let unit = nanograms(unit)?;
    let count = u128::from(u16::from_le_bytes([low, high]));
    if count == 0 {
        return Err(ScaleError::Empty);
    }
    let exponent = i8::from_le_bytes([exponent]);
    if exponent.unsigned_abs() > SCALE_EXPONENT_MAX {
        return Err(ScaleError::Range);
    }
    let power = 10_u128.pow(u32::from(exponent.unsigned_abs()));
    let (more, less) = if exponent < 0 { (1, power) } else { (power, 1) };
    // 16 bits of count, at most 50 bits of unit, 30 bits of power.
    let weight = (count * unit * more).div_ceil(less * 1_000_000);
    u32::try_from(weight).map_err(|_| ScaleError::Range)
}

/// Nanograms of a unit. Pounds and ounces are avoirdupois, exactly.
const fn nanograms(unit: u8) -> Result<u128, ScaleError> {
    match unit {
        1 => Ok(1_000_000),
        2 => Ok(1_000_000_000),
        3 => Ok(1_000_000_000_000),
        // A troy ounce and a metric ton are units of the standard that no mail scale uses.
        11 => Ok(28_349_523_125),
        12 => Ok(453_592_370_000),
        found => Err(ScaleError::Unit { found }),
    }
}
