//! What can go wrong, one type each for printing, stocks and scanning. No text of an inner library
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
    /// The stock has no place for something that was asked for.
    #[error("{stock} has no room for the {what}: leave it out, or take another stock")]
    NoRoom {
        /// What.
        what: &'static str,
        /// Name of the stock.
        stock: String,
    },
    /// A sheet starts at one of its labels.
    #[error("the first label is 1 to {positions}, not {start}")]
    Start {
        /// Asked for.
        start: usize,
        /// Labels of the sheet.
        positions: usize,
    },
    /// A PDF has at least one page and at most [`limits::PAGES_MAX`].
    #[error("a PDF has 1 to {max} pages", max = limits::PAGES_MAX)]
    PageCount,
    /// A correction beyond a printer's tolerance.
    #[error("a calibration moves by at most 0.25 inch and scales by 0.97 to 1.03")]
    Calibration,
    /// A text that is no Intelligent Mail barcode.
    #[error("an Intelligent Mail barcode has 65 bars, each F, A, D or T")]
    ImbBars,
    /// Widths that are no barcode of GS1-128.
    #[error(
        "a package barcode has an odd number of widths from 1 to 4, at most 400, and a line of text"
    )]
    PackageBarcode,
    /// Only labels are printed by label printers.
    #[error("{stock} is no single label: take PDF, PNG or SVG")]
    NotALabel {
        /// Name of the stock.
        stock: String,
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
    /// What takes the file refused it, or a font could not be made small.
    #[error("the PDF cannot be written: {0}")]
    Pdf(String),
    /// The PNG could not be written.
    #[error("the PNG cannot be written")]
    Png,
}

/// Why a stock's description is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StockError {
    /// None of the bundled stocks has this name.
    #[error("no stock is called {name}; there are: {known}")]
    Unknown {
        /// Asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// The file is longer than any description.
    #[error("a description has at most {max} bytes, not {bytes}", max = limits::STOCK_BYTES_MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// No TOML, or a field that is unknown, missing or of a wrong type.
    #[error("{0}")]
    Syntax(String),
    /// A length without number or unit.
    #[error("\"{0}\" is no length: write `2.625 in`, `229 mm` or `12 pt`")]
    Length(String),
    /// Fields that contradict each other, or what every stock must hold.
    #[error("{0}")]
    Wrong(&'static str),
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
    /// The first bytes are no PDF's.
    #[error("this is not a PDF file")]
    NotPdf,
    /// The PDF is encrypted or can not be understood.
    #[error("the PDF file is damaged, or protected by a password")]
    DamagedPdf,
    /// The PDF has more than [`limits::SCAN_PAGES_MAX`] pages.
    #[error("the PDF has {pages} pages, at most {max} are read: split it", max = limits::SCAN_PAGES_MAX)]
    TooManyPages {
        /// Its pages.
        pages: usize,
    },
    /// Reading took longer than [`limits::SCAN_SECONDS_MAX`].
    #[error("reading the PDF took too long: export the page with the symbol as PNG")]
    TooSlow,
    /// No Data Matrix symbol that can be read is in the image.
    #[error("no readable Data Matrix symbol is in the image")]
    NoSymbol,
}
