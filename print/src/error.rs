//! What can go wrong, one type for printing and one for scanning. No text of an inner library
//! leaves through them, except the reason why a PDF could not be written.

use crate::limits;

/// Why nothing was printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// The payload is empty or does not fit into the symbol.
    #[error("a payload has 1 to {max} bytes, not {bytes}", max = limits::PAYLOAD_BYTES_MAX)]
    PayloadLength {
        /// Length of the payload refused.
        bytes: usize,
    },
    /// An address has more lines than its area holds.
    #[error("the {which} has {lines} lines, at most {max} fit")]
    TooManyLines {
        /// Which address.
        which: &'static str,
        /// Lines given.
        lines: usize,
        /// Lines that fit.
        max: usize,
    },
    /// A PDF has at least one page and at most [`limits::ENVELOPES_MAX`].
    #[error("a PDF has 1 to {max} envelopes, not {envelopes}", max = limits::ENVELOPES_MAX)]
    EnvelopeCount {
        /// Envelopes given.
        envelopes: usize,
    },
    /// The raster resolution is out of range.
    #[error("the resolution is {min} to {max} dpi, not {dpi}", min = limits::DPI_MIN, max = limits::DPI_MAX)]
    Dpi {
        /// Resolution asked for, dots an inch.
        dpi: u32,
    },
    /// The embedded font could not be used: a broken build, not a broken input.
    #[error("the embedded font cannot be read")]
    Font,
    /// The PDF could not be written.
    #[error("the PDF cannot be written: {0}")]
    Pdf(String),
    /// The PNG could not be written.
    #[error("the PNG cannot be written")]
    Png,
}

/// Why an image gave no payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The first eight bytes are not the PNG signature.
    #[error("this is not a PNG file")]
    NotPng,
    /// The file is larger than [`limits::IMAGE_BYTES_MAX`].
    #[error("the image file has {bytes} bytes, at most {max} are read", max = limits::IMAGE_BYTES_MAX)]
    TooManyBytes {
        /// Size of the file.
        bytes: usize,
    },
    /// The image is larger or smaller than can be scanned; checked before it is unpacked.
    #[error("an image of {width} x {height} pixels is out of range")]
    Dimensions {
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
    },
    /// A PNG signature, but what follows cannot be unpacked.
    #[error("the PNG file is damaged")]
    Damaged,
    /// No Data Matrix symbol that can be read is in the image.
    #[error("no readable Data Matrix symbol is in the image")]
    NoSymbol,
}
