//! Paints one page into an SVG file. Not here: any decision about what stands where.
//!
//! Letters are outlines, so that the file looks the same without the fonts; what a line says stands
//! beside its outline as `aria-label`.

use std::fmt::Write;

use rustybuzz::ttf_parser::OutlineBuilder;

use crate::error::PrintError;
use crate::page::{Ink, Item, POINTS_PER_INCH, Page, Text};

/// A page as SVG 1.1, in its true size.
///
/// # Errors
/// [`PrintError::Font`] in a broken build.
pub fn svg(page: &Page) -> Result<String, PrintError> {
    let mut out = String::new();
    let inches = |points: f32| short(points / POINTS_PER_INCH);
    // Writing to a string does not fail, here and below.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}in\" height=\"{}in\" \
         viewBox=\"0 0 {} {}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
        inches(page.width),
        inches(page.height),
        short(page.width),
        short(page.height)
    );
    for item in &page.items {
        paint(&mut out, item)?;
    }
    out.push_str("</svg>\n");
    Ok(out)
}

fn paint(out: &mut String, item: &Item) -> Result<(), PrintError> {
    match item {
        Item::Text(text) => return paint_text(out, text),
        Item::Rect {
            x,
            y,
            width,
            height,
            grey,
        } => {
            let _ = writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>",
                short(*x),
                short(*y),
                short(*width),
                short(*height),
                colour(*grey)
            );
        }
        Item::Symbol {
            x,
            y,
            module,
            symbol,
        } => {
            let (x, y) = (short(*x), short(*y));
            let _ = write!(
                out,
                "<path shape-rendering=\"crispEdges\" \
                 transform=\"translate({x} {y}) scale({module})\" d=\""
            );
            for block in symbol.blocks() {
                let _ = write!(
                    out,
                    "M{} {}h{}v{}h-{}z",
                    block.column, block.row, block.columns, block.rows, block.columns
                );
            }
            out.push_str("\"/>\n");
        }
        Item::Bars {
            x,
            y,
            module,
            height,
            widths,
        } => {
            let (x, y) = (short(*x), short(*y));
            let _ = write!(
                out,
                "<path shape-rendering=\"crispEdges\" \
                 transform=\"translate({x} {y}) scale({module} {height})\" d=\""
            );
            let mut at = 0u32;
            for (place, width) in widths.iter().enumerate() {
                if place % 2 == 0 {
                    let _ = write!(out, "M{at} 0h{width}v1h-{width}z");
                }
                at += u32::from(*width);
            }
            out.push_str("\"/>\n");
        }
    }
    Ok(())
}

fn paint_text(out: &mut String, text: &Text) -> Result<(), PrintError> {
    let ink = match text.ink {
        Ink::Solid { grey } => format!("fill=\"{}\"", colour(grey)),
        Ink::Edged { grey, edge, width } => format!(
            "fill=\"{}\" stroke=\"{}\" stroke-width=\"{}\"",
            colour(grey),
            colour(edge),
            short(width)
        ),
    };
    let _ = write!(out, "<path {ink} aria-label=\"");
    escape(out, &text.line.text);
    out.push_str("\" d=\"");
    let mut x = text.x;
    for glyph in &text.line.glyphs {
        let mut pen = Pen {
            out,
            x: x + glyph.offset_x * text.size,
            y: text.baseline - glyph.offset_y * text.size,
            unit: text.size / text.font.units_per_em()?,
        };
        text.font.outline(glyph.id, &mut pen)?;
        x += glyph.advance * text.size;
    }
    out.push_str("\"/>\n");
    Ok(())
}

/// Control characters are none: the font has shown them as U+FFFD.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
}

fn colour(grey: u8) -> String {
    format!("#{grey:02x}{grey:02x}{grey:02x}")
}

fn short(points: f32) -> f32 {
    (points * 1_000.0).round() / 1_000.0
}

/// Writes a glyph's outline as path data, scaled and moved to its place.
struct Pen<'a> {
    out: &'a mut String,
    x: f32,
    y: f32,
    unit: f32,
}

impl Pen<'_> {
    fn add(&mut self, letter: char, points: &[(f32, f32)]) {
        self.out.push(letter);
        for (index, (x, y)) in points.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            let (x, y) = (short(self.x + x * self.unit), short(self.y - y * self.unit));
            let _ = write!(self.out, "{space}{x} {y}");
        }
    }
}

impl OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[(x, y)]);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[(x, y)]);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add('Q', &[(x1, y1), (x, y)]);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add('C', &[(x1, y1), (x2, y2), (x, y)]);
    }
    fn close(&mut self) {
        self.out.push('Z');
    }
}
