//! The frame of a PDF that is written from its beginning to its end, once: objects, their places,
//! the table of them. Not here: what is on a page (`pdf`). Stands on ISO 32000-1, 7.5.

use std::io::Write;

use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref, TextStr};

use crate::error::PrintError;
use crate::pdf_font::{FontRefs, Subset};

const CATALOG: Ref = Ref::new(1);
const PAGE_TREE: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
const REGULAR: FontRefs = fonts_from(4);
const BOLD: FontRefs = fonts_from(9);
/// Two objects for each page from here on: the page, its content.
const FIRST_PAGE: i32 = 14;

const fn fonts_from(first: i32) -> FontRefs {
    FontRefs {
        font: Ref::new(first),
        cid: Ref::new(first + 1),
        descriptor: Ref::new(first + 2),
        data: Ref::new(first + 3),
        cmap: Ref::new(first + 4),
    }
}

/// A file that has begun.
pub(crate) struct File<W: Write> {
    out: W,
    /// Bytes written.
    length: u64,
    /// Where each page and each content begins.
    places: Vec<u64>,
    width: f32,
    height: f32,
}

impl<W: Write> File<W> {
    pub(crate) fn begin(out: W, width: f32, height: f32) -> Result<Self, PrintError> {
        let mut file = Self {
            out,
            length: 0,
            places: Vec::new(),
            width,
            height,
        };
        // Four bytes above 127 say that the file is no text.
        file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
        Ok(file)
    }

    /// Pages so far.
    pub(crate) fn pages(&self) -> usize {
        self.places.len() / 2
    }

    /// Where it goes: whoever takes bytes away here takes those that were written.
    pub(crate) fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Writes one page; its content is deflated already.
    pub(crate) fn page(&mut self, content: &[u8]) -> Result<(), PrintError> {
        let number = i32::try_from(self.places.len()).map_err(|_| PrintError::PageCount)?;
        let (page, stream) = (
            Ref::new(FIRST_PAGE + number),
            Ref::new(FIRST_PAGE + number + 1),
        );
        let mut chunk = Chunk::new();
        chunk.page(page).parent(PAGE_TREE).contents(stream);
        self.places.push(self.length);
        self.write(chunk.as_bytes())?;
        let mut chunk = Chunk::with_capacity(content.len() + 100);
        chunk.stream(stream, content).filter(Filter::FlateDecode);
        self.places.push(self.length);
        self.write(chunk.as_bytes())
    }

    /// Writes everything that is once in a file.
    pub(crate) fn finish(mut self, regular: &Subset, bold: &Subset) -> Result<W, PrintError> {
        let mut chunks = Vec::new();
        let mut chunk = Chunk::new();
        chunk
            .indirect(CATALOG)
            .start::<pdf_writer::writers::Catalog<'_>>()
            .pages(PAGE_TREE);
        chunks.push((CATALOG, chunk));
        chunks.push((PAGE_TREE, self.page_tree()));
        let mut chunk = Chunk::new();
        chunk
            .indirect(INFO)
            .dict()
            .pair(Name(b"Title"), TextStr("Indicia"));
        chunks.push((INFO, chunk));
        chunks.extend(regular.objects(REGULAR)?);
        chunks.extend(bold.objects(BOLD)?);
        chunks.sort_by_key(|(at, _)| at.get());

        let mut places = Vec::with_capacity(chunks.len() + self.places.len());
        for (_, chunk) in &chunks {
            places.push(self.length);
            self.write(chunk.as_bytes())?;
        }
        places.append(&mut self.places);
        self.table(&places)?;
        self.out.flush().map_err(refused)?;
        Ok(self.out)
    }

    /// Paper and fonts stand here, and all pages inherit them.
    fn page_tree(&self) -> Chunk {
        let mut chunk = Chunk::new();
        let mut tree = chunk.pages(PAGE_TREE);
        let last = i32::try_from(self.places.len()).unwrap_or(i32::MAX);
        tree.kids((0..last).step_by(2).map(|at| Ref::new(FIRST_PAGE + at)));
        tree.count(last / 2);
        tree.media_box(Rect::new(0.0, 0.0, self.width, self.height));
        let mut resources = tree.resources();
        let mut fonts = resources.fonts();
        fonts.pair(Name(b"R"), REGULAR.font);
        fonts.pair(Name(b"B"), BOLD.font);
        fonts.finish();
        resources.finish();
        tree.finish();
        chunk
    }

    fn table(&mut self, places: &[u64]) -> Result<(), PrintError> {
        let start = self.length;
        let size = places.len() + 1;
        self.write(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes())?;
        for place in places {
            self.write(format!("{place:010} 00000 n \n").as_bytes())?;
        }
        let (root, info) = (CATALOG.get(), INFO.get());
        let trailer = format!(
            "trailer\n<< /Size {size} /Root {root} 0 R /Info {info} 0 R >>\n\
             startxref\n{start}\n%%EOF\n"
        );
        self.write(trailer.as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), PrintError> {
        self.out.write_all(bytes).map_err(refused)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

fn refused(error: std::io::Error) -> PrintError {
    PrintError::Pdf(error.to_string())
}
