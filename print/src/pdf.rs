//! Paints pages into a PDF. Not here: any decision about what stands where.
//!
//! Fonts are embedded as subsets, text stays text, the symbol is one path of whole blocks.
//! No date and no random identifier is written: equal envelopes give equal files.

use krilla::color::luma;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

use crate::envelope::Envelope;
use crate::error::PrintError;
use crate::font::Font;
use crate::limits::ENVELOPES_MAX;
use crate::page::{Ink, Item, MODULES_PER_INCH, POINTS_PER_INCH, Page, Text};
use crate::symbol::Symbol;

/// A PDF with one page for each envelope, in the order given.
///
/// # Errors
/// [`PrintError::EnvelopeCount`] for none or more than [`ENVELOPES_MAX`]; a payload or an address
/// that does not fit; [`PrintError::Pdf`] if the writer refuses.
pub fn pdf(envelopes: &[Envelope]) -> Result<Vec<u8>, PrintError> {
    if envelopes.is_empty() || envelopes.len() > ENVELOPES_MAX {
        return Err(PrintError::EnvelopeCount {
            envelopes: envelopes.len(),
        });
    }
    let fonts = Fonts::load()?;
    let mut document = Document::new_with(SerializeSettings {
        enable_tagging: false,
        xmp_metadata: false,
        ..SerializeSettings::default()
    });
    document.set_metadata(Metadata::new().title("Envelopes".to_owned()));
    for envelope in envelopes {
        let page = envelope.layout()?;
        let settings = PageSettings::from_wh(page.width, page.height)
            .ok_or_else(|| PrintError::Pdf("page size".to_owned()))?;
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        paint(&mut surface, &page, &fonts)?;
        surface.finish();
        sheet.finish();
    }
    document
        .finish()
        .map_err(|error| PrintError::Pdf(error.to_string()))
}

struct Fonts {
    regular: krilla::text::Font,
    bold: krilla::text::Font,
}

impl Fonts {
    fn load() -> Result<Self, PrintError> {
        let load =
            |font: Font| krilla::text::Font::new(font.file().into(), 0).ok_or(PrintError::Font);
        Ok(Self {
            regular: load(Font::Regular)?,
            bold: load(Font::Bold)?,
        })
    }

    fn get(&self, font: Font) -> krilla::text::Font {
        match font {
            Font::Regular => self.regular.clone(),
            Font::Bold => self.bold.clone(),
        }
    }
}

fn paint(surface: &mut Surface<'_>, page: &Page, fonts: &Fonts) -> Result<(), PrintError> {
    for item in &page.items {
        match item {
            Item::Text(text) => paint_text(surface, text, fonts),
            Item::Rect {
                x,
                y,
                width,
                height,
                grey,
            } => {
                paint_rects(surface, *grey, std::iter::once((*x, *y, *width, *height)))?;
            }
            Item::Symbol {
                column,
                row,
                symbol,
            } => {
                paint_symbol(surface, *column as usize, *row as usize, symbol)?;
            }
        }
    }
    Ok(())
}

fn paint_text(surface: &mut Surface<'_>, text: &Text, fonts: &Fonts) {
    match text.ink {
        Ink::Solid { grey } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(grey)));
        }
        Ink::Edged { grey, edge, width } => {
            surface.set_fill(Some(fill(grey)));
            surface.set_stroke(Some(Stroke {
                paint: luma::Color::new(edge).into(),
                width,
                ..Stroke::default()
            }));
        }
    }
    let glyphs: Vec<KrillaGlyph> = text
        .line
        .glyphs
        .iter()
        .map(|glyph| {
            KrillaGlyph::new(
                GlyphId::new(u32::from(glyph.id)),
                glyph.advance,
                glyph.offset_x,
                glyph.offset_y,
                0.0,
                glyph.text.clone(),
                None,
            )
        })
        .collect();
    let start = Point::from_xy(text.x, text.baseline);
    surface.draw_glyphs(
        start,
        &glyphs,
        fonts.get(text.font),
        &text.line.text,
        text.size,
        false,
    );
}

fn paint_symbol(
    surface: &mut Surface<'_>,
    column: usize,
    row: usize,
    symbol: &Symbol,
) -> Result<(), PrintError> {
    let points = |modules: usize| modules as f32 * POINTS_PER_INCH / MODULES_PER_INCH as f32;
    let blocks = symbol.blocks();
    let rects = blocks.iter().map(|block| {
        (
            points(column + block.column),
            points(row + block.row),
            points(block.columns),
            points(block.rows),
        )
    });
    paint_rects(surface, 0, rects)
}

/// Fills rectangles as one path, so that no seam shows where two of them touch.
fn paint_rects(
    surface: &mut Surface<'_>,
    grey: u8,
    rects: impl Iterator<Item = (f32, f32, f32, f32)>,
) -> Result<(), PrintError> {
    let broken = || PrintError::Pdf("empty shape".to_owned());
    let mut builder = PathBuilder::new();
    for (x, y, width, height) in rects {
        builder.push_rect(Rect::from_xywh(x, y, width, height).ok_or_else(broken)?);
    }
    surface.set_stroke(None);
    surface.set_fill(Some(fill(grey)));
    surface.draw_path(&builder.finish().ok_or_else(broken)?);
    Ok(())
}

fn fill(grey: u8) -> Fill {
    Fill {
        paint: luma::Color::new(grey).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}
