//! Paints one page into grey pixels. Not here: any decision about what stands where, and the files
//! that pixels go to (`png_file`, `zpl`, `epl`).
//!
//! Text is smoothed; symbol and bars are not: each module is a number of whole pixels.

use rustybuzz::ttf_parser::OutlineBuilder;
use tiny_skia::{
    Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Shader, Stroke, Transform,
};

use crate::error::PrintError;
use crate::page::{Ink, Item, POINTS_PER_INCH, Page, Text};
use crate::symbol::Symbol;

/// A painted page: one byte a pixel, 0 is black.
pub(crate) struct Pixels {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) grey: Vec<u8>,
}

/// Paints a page at `dpi` dots an inch.
pub(crate) fn pixels(page: &Page, dpi: u32) -> Result<Pixels, PrintError> {
    let canvas = paint(page, dpi)?;
    // All ink is grey on opaque white, so one channel is the whole picture.
    let grey = canvas.data().as_chunks::<4>().0;
    Ok(Pixels {
        width: canvas.width() as usize,
        height: canvas.height() as usize,
        grey: grey.iter().map(|[red, ..]| *red).collect(),
    })
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
                x,
                y,
                module,
                symbol,
            } => {
                let origin = ((x * scale).round(), (y * scale).round());
                paint_symbol(&mut canvas, origin, whole(module * scale), symbol)?;
            }
            Item::Bars {
                x,
                y,
                module,
                height,
                widths,
            } => {
                let sum: f32 = widths.iter().map(|width| f32::from(*width)).sum();
                let pixels = whole(module * scale);
                // What whole pixels are short of stays white on both sides.
                let mut at = (x * scale + (module * scale - pixels) * sum / 2.0).round();
                let (top, high) = ((y * scale).round(), (height * scale).round());
                for (place, width) in widths.iter().enumerate() {
                    let wide = f32::from(*width) * pixels;
                    if place % 2 == 0 {
                        fill_rect(&mut canvas, (at, top, wide, high), 0)?;
                    }
                    at += wide;
                }
            }
        }
    }
    Ok(canvas)
}

/// Whole pixels of a module, rounded down: a reader minds uneven modules more than small ones. A
/// printer's correction takes up to a fifth of a pixel, and that is no reason to lose a whole one.
fn whole(module: f32) -> f32 {
    (module + 0.19).floor().max(1.0)
}

fn paint_symbol(
    canvas: &mut Pixmap,
    (left, top): (f32, f32),
    module: f32,
    symbol: &Symbol,
) -> Result<(), PrintError> {
    for block in symbol.blocks() {
        let rect = (
            left + block.column as f32 * module,
            top + block.row as f32 * module,
            block.columns as f32 * module,
            block.rows as f32 * module,
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
        text.font.outline(glyph.id, &mut pen)?;
        let unit = text.size / text.font.units_per_em()? * scale;
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
