//! Prints and reads indicia: payload bytes and plain texts in, files of six formats out, and back.
//!
//! Not here: records, keys, signatures, prices, files, clocks, and what a barcode of the post says.
//! This crate neither knows what a payload means nor whether it is paid for; it is called by the
//! gateway (and through it by the command line) once an item is committed, and by verifiers to get
//! payloads out of an image or a PDF.
//!
//! ```text
//!                                                    +--pdf-----------> PDF --read_pdf-+
//! piece --+                                          +--svg-----------> SVG            |
//!         +--layout (symbol, font, fit)--> page -----+          +-----> PNG --read_png-+-> payloads
//! stock --+                                          +--raster--+-----> ZPL
//!                                                               +-----> EPL2
//! ```
//!
//! - One layout makes one display list, and all painters only draw it: two formats of one piece
//!   cannot disagree. The sixth format, the raw payload, is [`Piece::payload`] as it is.
//! - Equal input gives equal bytes: no date, no random identifier.
//! - The specimen mark is beside or below the symbol, never over it, on every stock; no stock, setup
//!   or format can leave it out.
//! - [`PdfWriter`] keeps neither pieces nor pages: ten thousand take little more memory than one.
//! - Fonts: Noto Sans Regular and Bold out of crate `notosans` (SIL Open Font License 1.1).
//!
//! ```
//! let piece = print::Piece {
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
//!     fim: None,
//!     imb: None,
//!     package: None,
//! };
//! let setup = print::Setup::new(print::Stock::bundled("envelope-10")?);
//! let image = print::png(&setup.page(&piece)?, 200)?;
//! assert_eq!(print::read_png(&image)?, vec![piece.payload]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod calibration;
mod error;
mod fit;
mod font;
mod label_printer;
mod layout;
mod length;
pub mod limits;
mod page;
mod pdf;
mod pdf_file;
mod pdf_font;
mod piece;
mod png_file;
mod raster;
mod scan;
mod scan_pdf;
mod stock;
mod svg;
mod symbol;
mod table;

pub use calibration::Calibration;
pub use error::{PrintError, ScanError, StockError};
pub use label_printer::{Dots, epl, zpl};
pub use layout::Setup;
pub use length::Length;
pub use page::Page;
pub use pdf::{PdfWriter, pdf};
pub use piece::{Fim, ImbBars, PackageBarcode, Piece};
pub use png_file::png;
pub use scan::read_png;
pub use scan_pdf::read_pdf;
pub use stock::{Kind, Stock};
pub use svg::svg;
pub use symbol::{Block, Symbol};
pub use table::{Column, RowStyle, TableHead, TableWriter};
