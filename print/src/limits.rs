//! Every bound of this crate, with its reason. Not here: the limits of a payload's *meaning*
//! (the caller's business) and of requests (the gateway's).

use std::ops::RangeInclusive;

use crate::length::Length;

/// Modules on one side of the symbol: the smallest square that holds our 138 bytes.
pub const SYMBOL_MODULES: usize = 44;
/// Payload bytes that fit: 144 data codewords less the Base 256 latch and one length codeword.
pub const PAYLOAD_BYTES_MAX: usize = 142;

/// Pages in one PDF: ten of the largest batches; the table of objects then takes 4 MB.
pub const PAGES_MAX: usize = 100_000;
/// Lines of the return address: what fits above the recipient.
pub const RETURN_LINES_MAX: usize = 6;
/// Lines of the recipient: name, attention, company, two streets, city, country.
pub const RECIPIENT_LINES_MAX: usize = 7;
/// Characters of one line that are looked at; no line of this length can be set legibly.
pub const LINE_CHARS_MAX: usize = 200;
/// Shaped lines that are kept for the next page: what repeats is far less, and they take 1 MB.
pub const LINES_KEPT_MAX: usize = 256;

/// Bytes of a stock's description: ours have 400.
pub const STOCK_BYTES_MAX: usize = 16 * 1024;
/// The smallest envelope on which return address and indicium stand side by side.
pub const ENVELOPE_MIN: (Length, Length) = (Length::inches(7.5), Length::inches(4.0));
/// The smallest label on which indicium, both addresses and a package barcode fit.
pub const LABEL_MIN: (Length, Length) = (Length::inches(3.9), Length::inches(5.95));
/// The smallest sheet: it takes the calibration page.
pub const SHEET_MIN: (Length, Length) = (Length::inches(3.0), Length::inches(4.0));
/// The smallest label of a sheet: the symbol's 0.88 inch with its quiet zones, text beside it.
pub const SHEET_LABEL_MIN: (Length, Length) = (Length::inches(2.5), Length::inches(0.98));
/// The longest side of a paper: A3 or tabloid.
pub const PAPER_MAX: Length = Length::inches(17.0);
/// Labels of a sheet in one direction: an inch each on the longest paper, and then some.
pub const LABELS_A_SIDE_MAX: usize = 40;

/// The farthest a page is moved: more is a wrong paper setting.
pub const CALIBRATION_OFFSET_MAX: Length = Length::inches(0.25);
/// How much a page is stretched: more is a printer set to "fit to page".
pub const CALIBRATION_SCALE: RangeInclusive<f32> = 0.97..=1.03;

/// Bars and spaces of a package barcode: GS1-128 allows 48 characters, four bars or so each.
pub const PACKAGE_WIDTHS_MAX: usize = 400;
/// Characters below a package barcode.
pub const PACKAGE_TEXT_MAX: usize = 60;

/// Coarsest raster: two pixels a module, below which no reader finds the symbol.
pub const DPI_MIN: u32 = 100;
/// Finest raster: 5,700 x 2,475 pixels, 56 MB while painting, for a #10 envelope.
pub const DPI_MAX: u32 = 600;

/// Bytes of an image or PDF file to be scanned: a 600 dpi colour scan of a letter page compresses
/// to less.
pub const IMAGE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Pixels of an image to be scanned: a letter page at 600 dpi is 33.7 million.
pub const IMAGE_PIXELS_MAX: u64 = 36_000_000;
/// Pixels of one side: the detector walks lines, so an absurdly long strip is refused.
pub const IMAGE_SIDE_MAX: u32 = 10_000;
/// Pixels of one side at least: the smallest Data Matrix (8 modules) at two pixels a module.
pub const IMAGE_SIDE_MIN: u32 = 16;

/// Pages of a PDF that are looked at; a longer file is refused, not read in part.
pub const SCAN_PAGES_MAX: usize = 50;
/// Resolution at which pages of a PDF are drawn: six pixels a module of ours.
pub const SCAN_DPI: u32 = 300;
/// Seconds that a PDF may take in all.
pub const SCAN_SECONDS_MAX: u64 = 30;

const _: () = assert!(DPI_MIN < DPI_MAX);
// A #10 envelope at the finest raster can be read back by our own scanner.
const _: () = assert!((DPI_MAX as u64 * 95 / 10) * (DPI_MAX as u64 * 33 / 8) <= IMAGE_PIXELS_MAX);
const _: () = assert!(DPI_MAX * 95 / 10 <= IMAGE_SIDE_MAX);
// Base 256 with a one-codeword length ends at 249 bytes.
const _: () = assert!(PAYLOAD_BYTES_MAX < 250);
// The largest paper can be drawn for scanning.
const _: () = assert!((SCAN_DPI as u64 * 17) * (SCAN_DPI as u64 * 17) <= IMAGE_PIXELS_MAX);
