//! Paints one page into a grey PNG. Not here: any decision about what stands where.
//!
//! Text is smoothed; the symbol is not: each module is a square of whole pixels.

use rustybuzz::ttf_parser::OutlineBuilder;
use tiny_skia::{
    Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Shader, Stroke, Transform,
};

use crate::envelope::Envelope;
use crate::error::PrintError;
use crate::limits::{DPI_MAX, DPI_MIN};
use crate::page::{Ink, Item, MODULES_PER_INCH, POINTS_PER_INCH, Page, Text};
use crate::symbol::Symbol;

/// An envelope as an 8-bit grey PNG of `dpi` dots an inch, which the file states.
///
/// A module has `dpi / 50` pixels, rounded down: 4 at 200 dpi, 6 at 300 dpi. At a resolution that
/// is no multiple of 50 the symbol is therefore a little smaller than 0.88 inch.
///
/// # Errors
/// [`PrintError::Dpi`] outside of 100 to 600; a payload or an address that does not fit.
pub fn png(envelope: &Envelope, dpi: u32) -> Result<Vec<u8>, PrintError> {
    if !(DPI_MIN..=DPI_MAX).contains(&dpi) {
        return Err(PrintError::Dpi { dpi });
    }
    let page = envelope.layout()?;
    write(&paint(&page, dpi)?, dpi)
}

fn paint(page: &Page, dpi: u32) -> Result<Pixmap, PrintError> {
    let scale = dpi as f32 / POINTS_PER_INCH;
    let pixels = |points: f32| (points * scale).round() as u32;
    let mut canvas = Pixmap::new(pixels(page.width), pixels(page.height)).ok_or(PrintError::Png)?;
    canvas.fill(Color::WHITE);
    for item in &page.items {
        match item {
            Item::Text(text) => paint_text(&mut canvas, text, scale)?,
            Item::Rect {
                x,
                y,
                width,
                height,
                grey,
            } => {
                // A rule keeps at least one pixel and starts on one, or it would fade.
                let (x, y) = ((x * scale).round(), (y * scale).round());
                let (width, height) = (
                    (width * scale).round().max(1.0),
                    (height * scale).round().max(1.0),
                );
                fill_rect(&mut canvas, (x, y, width, height), *grey)?;
            }
            Item::Symbol {
                column,
                row,
                symbol,
            } => {
                let origin = (
                    column * dpi / MODULES_PER_INCH,
                    row * dpi / MODULES_PER_INCH,
                );
                paint_symbol(&mut canvas, origin, dpi / MODULES_PER_INCH, symbol)?;
            }
        }
    }
    Ok(canvas)
}

fn paint_symbol(
    canvas: &mut Pixmap,
    (left, top): (u32, u32),
    module: u32,
    symbol: &Symbol,
) -> Result<(), PrintError> {
    let pixels = |origin: u32, modules: usize| (origin as usize + modules * module as usize) as f32;
    for block in symbol.blocks() {
        let rect = (
            pixels(left, block.column),
            pixels(top, block.row),
            pixels(0, block.columns),
            pixels(0, block.rows),
        );
        fill_rect(canvas, rect, 0)?;
    }
    Ok(())
}

fn fill_rect(
    canvas: &mut Pixmap,
    (x, y, width, height): (f32, f32, f32, f32),
    grey: u8,
) -> Result<(), PrintError> {
    let rect = Rect::from_xywh(x, y, width, height).ok_or(PrintError::Png)?;
    canvas.fill_rect(rect, &flat(grey, false), Transform::identity(), None);
    Ok(())
}

fn paint_text(canvas: &mut Pixmap, text: &Text, scale: f32) -> Result<(), PrintError> {
    let mut x = text.x;
    for glyph in &text.line.glyphs {
        let at_x = x + glyph.offset_x * text.size;
        let at_y = text.baseline - glyph.offset_y * text.size;
        x += glyph.advance * text.size;
        let mut pen = Pen(PathBuilder::new());
        let em = text.font.outline(glyph.id, &mut pen)?;
        let unit = text.size / em * scale;
        let place = Transform::from_row(unit, 0.0, 0.0, -unit, at_x * scale, at_y * scale);
        if let Some(path) = pen.0.finish().and_then(|path| path.transform(place)) {
            paint_glyph(canvas, &path, text.ink, scale);
        }
    }
    Ok(())
}

fn paint_glyph(canvas: &mut Pixmap, path: &Path, ink: Ink, scale: f32) {
    let (Ink::Solid { grey } | Ink::Edged { grey, .. }) = ink;
    let (winding, still) = (FillRule::Winding, Transform::identity());
    canvas.fill_path(path, &flat(grey, true), winding, still, None);
    if let Ink::Edged { edge, width, .. } = ink {
        let stroke = Stroke {
            width: width * scale,
            ..Stroke::default()
        };
        canvas.stroke_path(path, &flat(edge, true), &stroke, still, None);
    }
}

fn flat(grey: u8, smooth: bool) -> Paint<'static> {
    Paint {
        shader: Shader::SolidColor(Color::from_rgba8(grey, grey, grey, 255)),
        anti_alias: smooth,
        ..Paint::default()
    }
}

/// Collects a glyph outline as a path.
struct Pen(PathBuilder);

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }
    fn close(&mut self) {
        self.0.close();
    }
}

/// All ink is grey on opaque white, so one channel is the whole picture.
fn write(canvas: &Pixmap, dpi: u32) -> Result<Vec<u8>, PrintError> {
    let grey: Vec<u8> = canvas
        .data()
        .as_chunks::<4>()
        .0
        .iter()
        .map(|[red, ..]| *red)
        .collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, canvas.width(), canvas.height());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().map_err(|_| PrintError::Png)?;
    writer
        .write_image_data(&grey)
        .map_err(|_| PrintError::Png)?;
    writer.finish().map_err(|_| PrintError::Png)?;
    Ok(file)
}
