//! The part of a font that a PDF shows, collected while pages are written. Not here: shaping
//! (`font`), and where the font stands in the file (`pdf_file`).

use std::collections::BTreeMap;

use pdf_writer::types::UnicodeCmap;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref, Str};
use subsetter::GlyphRemapper;

use crate::error::PrintError;
use crate::font::{Font, Glyph};
use crate::pdf::deflated;

const CID: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// Objects that a font takes in the file.
#[derive(Clone, Copy)]
pub(crate) struct FontRefs {
    pub(crate) font: Ref,
    pub(crate) cid: Ref,
    pub(crate) descriptor: Ref,
    pub(crate) data: Ref,
    pub(crate) cmap: Ref,
}

/// Glyphs shown so far, numbered in the order of their first use.
pub(crate) struct Subset {
    font: Font,
    glyphs: GlyphRemapper,
    /// What each new number stands for, and its advance in ems.
    shown: BTreeMap<u16, (String, f32)>,
    /// Advances of the font itself by old number, ems.
    advances: Vec<f32>,
}

impl Subset {
    pub(crate) fn new(font: Font) -> Result<Self, PrintError> {
        let face = font.face()?;
        let em = face.units_per_em() as f32;
        let advance = |id| {
            let units = face.glyph_hor_advance(rustybuzz::ttf_parser::GlyphId(id));
            f32::from(units.unwrap_or(0)) / em
        };
        Ok(Self {
            font,
            glyphs: GlyphRemapper::new(),
            shown: BTreeMap::new(),
            advances: (0..face.number_of_glyphs()).map(advance).collect(),
        })
    }

    /// Advance of a glyph as the font has it, ems.
    pub(crate) fn advance(&self, id: u16) -> f32 {
        self.advances.get(usize::from(id)).copied().unwrap_or(0.0)
    }

    /// The two bytes that show this glyph; `text` is what the line says.
    pub(crate) fn code(&mut self, glyph: &Glyph, text: &str) -> [u8; 2] {
        let code = self.glyphs.remap(glyph.id);
        if let std::collections::btree_map::Entry::Vacant(free) = self.shown.entry(code) {
            let says = text.get(glyph.text.clone()).unwrap_or_default().to_owned();
            let advance = self.advances.get(usize::from(glyph.id)).copied();
            free.insert((says, advance.unwrap_or(0.0)));
        }
        code.to_be_bytes()
    }

    /// The font's objects, each in a chunk of its own.
    pub(crate) fn objects(&self, refs: FontRefs) -> Result<Vec<(Ref, Chunk)>, PrintError> {
        let data = subsetter::subset(self.font.file(), 0, &self.glyphs)
            .map_err(|error| PrintError::Pdf(error.to_string()))?;
        let name: &[u8] = match self.font {
            Font::Regular => b"INDICI+NotoSans-Regular",
            Font::Bold => b"INDICI+NotoSans-Bold",
        };
        let name = Name(name);
        let mut chunks = Vec::with_capacity(5);

        let mut chunk = Chunk::new();
        chunk
            .type0_font(refs.font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(refs.cid)
            .to_unicode(refs.cmap);
        chunks.push((refs.font, chunk));

        let mut chunk = Chunk::new();
        let mut cid = chunk.cid_font(refs.cid);
        cid.subtype(CidFontType::Type2)
            .base_font(name)
            .system_info(CID)
            .font_descriptor(refs.descriptor)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        let widths = self
            .shown
            .values()
            .map(|(_, advance)| (advance * 100_000.0).round() / 100.0);
        if let Some(first) = self.shown.keys().next() {
            cid.widths().consecutive(*first, widths);
        }
        cid.finish();
        chunks.push((refs.cid, chunk));

        chunks.push((refs.descriptor, self.descriptor(refs, name)?));

        let packed = deflated(&data)?;
        let mut chunk = Chunk::new();
        chunk
            .stream(refs.data, &packed)
            .filter(Filter::FlateDecode)
            .pair(Name(b"Length1"), i32::try_from(data.len()).unwrap_or(0));
        chunks.push((refs.data, chunk));

        let mut map = UnicodeCmap::new(Name(b"Indicia"), CID);
        for (code, (says, _)) in &self.shown {
            if !says.is_empty() {
                map.pair_with_multiple(*code, says.chars());
            }
        }
        let packed = deflated(map.finish().as_slice())?;
        let mut chunk = Chunk::new();
        chunk.cmap(refs.cmap, &packed).filter(Filter::FlateDecode);
        chunks.push((refs.cmap, chunk));
        Ok(chunks)
    }

    fn descriptor(&self, refs: FontRefs, name: Name<'_>) -> Result<Chunk, PrintError> {
        let face = self.font.face()?;
        let em = face.units_per_em() as f32;
        let units = |value: i16| (f32::from(value) / em * 1_000.0).round();
        let bounds = face.global_bounding_box();
        let mut chunk = Chunk::new();
        chunk
            .font_descriptor(refs.descriptor)
            .name(name)
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(
                units(bounds.x_min),
                units(bounds.y_min),
                units(bounds.x_max),
                units(bounds.y_max),
            ))
            .italic_angle(0.0)
            .ascent(units(face.ascender()))
            .descent(units(face.descender()))
            .cap_height(units(face.capital_height().unwrap_or_default()))
            .stem_v(if self.font == Font::Bold { 140.0 } else { 90.0 })
            .font_file2(refs.data);
        Ok(chunk)
    }
}
