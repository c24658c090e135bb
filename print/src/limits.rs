//! Every bound of this crate, with its reason. Not here: the limits of a payload's *meaning*
//! (the caller's business) and of requests (the gateway's).

/// Modules on one side of the symbol: the smallest square that holds our 138 bytes.
pub const SYMBOL_MODULES: usize = 44;
/// Payload bytes that fit: 144 data codewords less the Base 256 latch and one length codeword.
pub const PAYLOAD_BYTES_MAX: usize = 142;

/// Pages in one PDF: the file is built in memory, and a batch holds at most 1,000 items.
pub const ENVELOPES_MAX: usize = 1_000;
/// Lines of the return address: what fits above the recipient.
pub const RETURN_LINES_MAX: usize = 6;
/// Lines of the recipient: name, attention, company, two streets, city, country.
pub const RECIPIENT_LINES_MAX: usize = 7;
/// Characters of one line that are looked at; no line of this length can be set legibly.
pub const LINE_CHARS_MAX: usize = 200;

/// Coarsest raster: two pixels a module, below which no reader finds the symbol.
pub const DPI_MIN: u32 = 100;
/// Finest raster: 5,700 x 2,475 pixels, 56 MB while painting.
pub const DPI_MAX: u32 = 600;

/// Bytes of an image file to be scanned: a 600 dpi colour scan of a letter page compresses to less.
pub const IMAGE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Pixels of an image to be scanned: a letter page at 600 dpi is 33.7 million.
pub const IMAGE_PIXELS_MAX: u64 = 36_000_000;
/// Pixels of one side: the detector walks lines, so an absurdly long strip is refused.
pub const IMAGE_SIDE_MAX: u32 = 10_000;
/// Pixels of one side at least: the smallest Data Matrix (8 modules) at two pixels a module.
pub const IMAGE_SIDE_MIN: u32 = 16;

const _: () = assert!(DPI_MIN < DPI_MAX);
// A #10 envelope at the finest raster can be read back by our own scanner.
const _: () = assert!((DPI_MAX as u64 * 95 / 10) * (DPI_MAX as u64 * 33 / 8) <= IMAGE_PIXELS_MAX);
const _: () = assert!(DPI_MAX * 95 / 10 <= IMAGE_SIDE_MAX);
// Base 256 with a one-codeword length ends at 249 bytes.
const _: () = assert!(PAYLOAD_BYTES_MAX < 250);
