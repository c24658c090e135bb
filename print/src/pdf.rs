//! Paints pages into a PDF that is written as it grows. Not here: any decision about what stands
//! where, and the frame of the file (`pdf_file`).
//!
//! Fonts are embedded once, as subsets, at the end; text stays text; the symbol is one path of whole
//! blocks. No date and no random identifier is written: equal pieces give equal files.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Name, Str};

use crate::error::PrintError;
use crate::font::{Font, Glyph};
use crate::layout::{Pages, Setup};
use crate::limits::PAGES_MAX;
use crate::page::{Ink, Item, Page, Text};
use crate::pdf_file::File;
use crate::pdf_font::Subset;
use crate::piece::Piece;
use crate::symbol::Symbol;

/// A PDF of these pieces in the order given.
///
/// # Errors
/// As [`PdfWriter`].
pub fn pdf(setup: &Setup, pieces: &[Piece]) -> Result<Vec<u8>, PrintError> {
    let mut writer = PdfWriter::new(Vec::new(), setup.clone())?;
    for piece in pieces {
        writer.add(piece)?;
    }
    writer.finish()
}

/// Writes a PDF page by page: neither the pieces nor the pages are kept, only the place of each
/// page in the file.
pub struct PdfWriter<W: Write> {
    painter: Painter<W>,
    pages: Pages,
}

impl<W: Write> PdfWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`PrintError::Pdf`] if `out` takes nothing.
    pub fn new(out: W, setup: Setup) -> Result<Self, PrintError> {
        let (width, height) = setup.stock().paper();
        Ok(Self {
            painter: Painter::begin(out, width, height)?,
            pages: Pages::new(setup),
        })
    }

    /// Adds one piece; a page is written when it is full.
    ///
    /// # Errors
    /// A payload or an address that does not fit, [`PrintError::NoRoom`]; nothing of this piece is
    /// written then, and the file may go on. [`PrintError::PageCount`] beyond [`PAGES_MAX`].
    /// [`PrintError::Pdf`] if `out` refuses: the file is then lost.
    pub fn add(&mut self, piece: &Piece) -> Result<(), PrintError> {
        if self.painter.pages() == PAGES_MAX {
            return Err(PrintError::PageCount);
        }
        match self.pages.add(piece)? {
            Some(page) => self.painter.page(&page),
            None => Ok(()),
        }
    }

    /// Adds the calibration page of the setup.
    ///
    /// # Errors
    /// As [`PdfWriter::add`].
    pub fn add_calibration_page(&mut self) -> Result<(), PrintError> {
        let page = self.pages.setup().calibration_page()?;
        self.painter.page(&page)
    }

    /// Writes what is left, the fonts and the table of objects; gives `out` back.
    ///
    /// # Errors
    /// [`PrintError::PageCount`] if nothing was added; [`PrintError::Pdf`] if `out` refuses.
    pub fn finish(mut self) -> Result<W, PrintError> {
        if let Some(page) = self.pages.rest() {
            self.painter.page(&page)?;
        }
        self.painter.finish()
    }
}

/// Paints pages one after the other, and the fonts that they use at the end.
pub(crate) struct Painter<W: Write> {
    file: File<W>,
    regular: Subset,
    bold: Subset,
}

impl<W: Write> Painter<W> {
    pub(crate) fn begin(out: W, width: f32, height: f32) -> Result<Self, PrintError> {
        Ok(Self {
            file: File::begin(out, width, height)?,
            regular: Subset::new(Font::Regular)?,
            bold: Subset::new(Font::Bold)?,
        })
    }

    /// Pages so far.
    pub(crate) fn pages(&self) -> usize {
        self.file.pages()
    }

    /// Where the file goes.
    pub(crate) fn out(&mut self) -> &mut W {
        self.file.out()
    }

    /// Paints a page.
    pub(crate) fn page(&mut self, page: &Page) -> Result<(), PrintError> {
        let mut content = Content::new();
        for item in &page.items {
            self.paint(&mut content, page.height, item);
        }
        let content = deflated(content.finish().as_slice())?;
        self.file.page(&content)
    }

    /// Writes fonts and the table of objects.
    pub(crate) fn finish(self) -> Result<W, PrintError> {
        if self.file.pages() == 0 {
            return Err(PrintError::PageCount);
        }
        self.file.finish(&self.regular, &self.bold)
    }

    fn paint(&mut self, content: &mut Content, page_height: f32, item: &Item) {
        match item {
            Item::Text(text) => self.paint_text(content, page_height, text),
            Item::Rect {
                x,
                y,
                width,
                height,
                grey,
            } => {
                content.set_fill_gray(shade(*grey));
                content.rect(
                    short(*x),
                    short(page_height - y - height),
                    short(*width),
                    short(*height),
                );
                content.fill_nonzero();
            }
            Item::Symbol {
                x,
                y,
                module,
                symbol,
            } => {
                content.save_state();
                content.transform([*module, 0.0, 0.0, -module, short(*x), page_height - y]);
                paint_symbol(content, symbol);
                content.restore_state();
            }
            Item::Bars {
                x,
                y,
                module,
                height,
                widths,
            } => {
                content.save_state();
                content.transform([*module, 0.0, 0.0, -height, short(*x), page_height - y]);
                content.set_fill_gray(0.0);
                let mut at = 0.0;
                for (place, width) in widths.iter().enumerate() {
                    let width = f32::from(*width);
                    if place % 2 == 0 {
                        content.rect(at, 0.0, width, 1.0);
                    }
                    at += width;
                }
                content.fill_nonzero();
                content.restore_state();
            }
        }
    }

    fn paint_text(&mut self, content: &mut Content, page_height: f32, text: &Text) {
        let (subset, name) = match text.font {
            Font::Regular => (&mut self.regular, Name(b"R")),
            Font::Bold => (&mut self.bold, Name(b"B")),
        };
        content.begin_text();
        content.set_font(name, short(text.size));
        match text.ink {
            Ink::Solid { grey } => {
                content.set_fill_gray(shade(grey));
                content.set_text_rendering_mode(TextRenderingMode::Fill);
            }
            Ink::Edged { grey, edge, width } => {
                content.set_fill_gray(shade(grey));
                content.set_stroke_gray(shade(edge));
                content.set_line_width(short(width));
                content.set_text_rendering_mode(TextRenderingMode::FillStroke);
            }
        }
        let (x, y) = (text.x, page_height - text.baseline);
        let moved = |glyph: &Glyph| glyph.offset_x != 0.0 || glyph.offset_y != 0.0;
        if text.line.glyphs.iter().any(moved) {
            // Marks above or below letters: each glyph at its own place.
            let mut pen = x;
            for glyph in &text.line.glyphs {
                let code = subset.code(glyph, &text.line.text);
                let at = (
                    pen + glyph.offset_x * text.size,
                    y + glyph.offset_y * text.size,
                );
                content.set_text_matrix([1.0, 0.0, 0.0, 1.0, short(at.0), short(at.1)]);
                content.show(Str(&code));
                pen += glyph.advance * text.size;
            }
        } else {
            content.next_line(short(x), short(y));
            show(content, subset, text);
        }
        content.end_text();
    }
}

/// Shows a line in one go: runs of glyphs, and numbers where an advance is not the font's own.
fn show(content: &mut Content, subset: &mut Subset, text: &Text) {
    let mut shown = content.show_positioned();
    let mut items = shown.items();
    let mut run = Vec::with_capacity(text.line.glyphs.len() * 2);
    for glyph in &text.line.glyphs {
        run.extend(subset.code(glyph, &text.line.text));
        // Thousandths of an em, to the left.
        let back = ((subset.advance(glyph.id) - glyph.advance) * 1_000.0).round();
        if back != 0.0 {
            items.show(Str(&run));
            items.adjust(back);
            run.clear();
        }
    }
    if !run.is_empty() {
        items.show(Str(&run));
    }
}

/// Fills the dark modules as one path, so that no seam shows where two blocks touch.
fn paint_symbol(content: &mut Content, symbol: &Symbol) {
    content.set_fill_gray(0.0);
    for block in symbol.blocks() {
        content.rect(
            block.column as f32,
            block.row as f32,
            block.columns as f32,
            block.rows as f32,
        );
    }
    content.fill_nonzero();
}

pub(crate) fn deflated(bytes: &[u8]) -> Result<Vec<u8>, PrintError> {
    let broken = |error: std::io::Error| PrintError::Pdf(error.to_string());
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
    encoder.write_all(bytes).map_err(broken)?;
    encoder.finish().map_err(broken)
}

fn shade(grey: u8) -> f32 {
    (f32::from(grey) / 255.0 * 1_000.0).round() / 1_000.0
}

/// Thousandths of a point are finer than any printer.
fn short(points: f32) -> f32 {
    (points * 1_000.0).round() / 1_000.0
}
