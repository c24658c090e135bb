//! The two fonts and their measures: text in, placed glyphs out. Both painters draw the glyphs
//! made here, so a PDF and a PNG cannot differ in spacing. Not here: line breaking or fitting.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use rustybuzz::ttf_parser::{self, GlyphId, OutlineBuilder};
use rustybuzz::{Direction, UnicodeBuffer};

use crate::error::PrintError;
use crate::limits::LINES_KEPT_MAX;

/// Shown for each character that the font lacks.
const REPLACEMENT: char = '\u{fffd}';

/// A typeface of the page: Noto Sans, SIL Open Font License 1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Font {
    Regular,
    Bold,
}

/// One glyph of a line, lengths in ems (1.0 is the font size).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: u16,
    /// Byte range of the line's text that this glyph shows.
    pub(crate) text: std::ops::Range<usize>,
    pub(crate) advance: f32,
    pub(crate) offset_x: f32,
    pub(crate) offset_y: f32,
}

/// A line of text with its glyphs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) glyphs: Vec<Glyph>,
}

type Face = rustybuzz::Face<'static>;

static REGULAR: LazyLock<Option<Face>> =
    LazyLock::new(|| Face::from_slice(notosans::REGULAR_TTF, 0));
static BOLD: LazyLock<Option<Face>> = LazyLock::new(|| Face::from_slice(notosans::BOLD_TTF, 0));

impl Font {
    /// The font file.
    pub(crate) fn file(self) -> &'static [u8] {
        match self {
            Font::Regular => notosans::REGULAR_TTF,
            Font::Bold => notosans::BOLD_TTF,
        }
    }

    pub(crate) fn face(self) -> Result<&'static Face, PrintError> {
        let face = match self {
            Font::Regular => &REGULAR,
            Font::Bold => &BOLD,
        };
        face.as_ref().ok_or(PrintError::Font)
    }

    /// Shapes one line: kerning, marks, and `tracking` (in ems) after every glyph.
    fn line(self, text: &str, tracking: f32) -> Result<Line, PrintError> {
        let face = self.face()?;
        let text: String = text
            .chars()
            .map(|c| {
                if face.glyph_index(c).is_some() && !c.is_control() {
                    c
                } else {
                    REPLACEMENT
                }
            })
            .collect();
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let shaped = rustybuzz::shape(face, &[], buffer);
        let em = face.units_per_em() as f32;
        let starts: Vec<usize> = shaped
            .glyph_infos()
            .iter()
            .map(|info| info.cluster as usize)
            .collect();
        let glyphs = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, position)| {
                let start = info.cluster as usize;
                let end = starts
                    .iter()
                    .copied()
                    .filter(|s| *s > start)
                    .min()
                    .unwrap_or(text.len());
                Glyph {
                    id: u16::try_from(info.glyph_id).unwrap_or(0),
                    text: start..end,
                    advance: position.x_advance as f32 / em + tracking,
                    offset_x: position.x_offset as f32 / em,
                    offset_y: position.y_offset as f32 / em,
                }
            })
            .collect();
        Ok(Line { text, glyphs })
    }

    /// Feeds the outline of a glyph to `pen`, in font units.
    pub(crate) fn outline(self, id: u16, pen: &mut dyn OutlineBuilder) -> Result<(), PrintError> {
        let face: &ttf_parser::Face<'_> = self.face()?;
        // No outline: a space.
        let _ = face.outline_glyph(GlyphId(id), pen);
        Ok(())
    }

    /// Font units in an em.
    pub(crate) fn units_per_em(self) -> Result<f32, PrintError> {
        Ok(self.face()?.units_per_em() as f32)
    }
}

/// Shapes lines, and keeps some: most lines of a batch are on every page.
#[derive(Debug, Default)]
pub(crate) struct Shaper {
    kept: HashMap<(Font, u32, String), Arc<Line>>,
}

impl Shaper {
    /// A shaped line of `text`, with `tracking` (in ems) after every glyph.
    pub(crate) fn line(
        &mut self,
        font: Font,
        text: &str,
        tracking: f32,
    ) -> Result<Arc<Line>, PrintError> {
        let key = (font, tracking.to_bits(), text.to_owned());
        if let Some(line) = self.kept.get(&key) {
            return Ok(Arc::clone(line));
        }
        let line = Arc::new(font.line(text, tracking)?);
        if self.kept.len() == LINES_KEPT_MAX {
            // What repeats is back after one page.
            self.kept.clear();
        }
        self.kept.insert(key, Arc::clone(&line));
        Ok(line)
    }
}

impl Line {
    /// Width in ems.
    pub(crate) fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.advance).sum()
    }
}
