//! Prints and reads indicia: payload bytes and plain texts in, PDF or PNG bytes out, and back.
//!
//! Not here: records, keys, signatures, prices, files, clocks. This crate neither knows what a
//! payload means nor whether it is paid for; it is called by the gateway (and through it by the
//! command line) once an item is committed, and by verifiers to get payloads out of an image.
//!
//! ```text
//! payload --symbol--> 44x44 modules --\
//! texts ----font, fit----> glyphs -----+--envelope--> page --+--pdf-----> PDF
//!                                                            +--raster--> PNG --scan--> payloads
//! ```
//!
//! - One layout makes one display list, and both painters only draw it: a PDF and a PNG of one
//!   envelope cannot disagree.
//! - Equal input gives equal bytes: no date, no random identifier.
//! - The specimen mark is beside and below the symbol, never over it.
//! - Fonts: Noto Sans Regular and Bold out of crate `notosans` (SIL Open Font License 1.1).
//!
//! ```
//! let envelope = print::Envelope {
//!     payload: vec![0x80; 138],
//!     amount: "$0.740".to_owned(),
//!     mailing_date: "2026-11-21".to_owned(),
//!     class: "First-Class Letter".to_owned(),
//!     origin: "ORIGIN 95814".to_owned(),
//!     meter: "METER 0001000001".to_owned(),
//!     piece: "PIECE 42".to_owned(),
//!     specimen: true,
//!     return_address: vec!["Indicia".to_owned(), "1 Main Street".to_owned()],
//!     recipient: vec!["State Capitol".to_owned(), "Sacramento CA 95814".to_owned()],
//! };
//! let image = print::png(&envelope, 200)?;
//! assert_eq!(print::read_png(&image)?, vec![envelope.payload]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod envelope;
mod error;
mod fit;
mod font;
pub mod limits;
mod page;
mod pdf;
mod raster;
mod scan;
mod symbol;

pub use envelope::Envelope;
pub use error::{PrintError, ScanError};
pub use pdf::pdf;
pub use raster::png;
pub use scan::read_png;
pub use symbol::{Block, Symbol};
