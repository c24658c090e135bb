//! One label in the languages of label printers, ZPL II and EPL2: as one picture, drawn here, so
//! that symbol, text and specimen mark are the same as in every other format. Not here: painting
//! (`raster`), and sending to a printer.
//!
//! Why a picture and not the printer's own Data Matrix (`^BX`): that one takes text with escapes,
//! chooses its own encodation and is drawn by a firmware that no test of ours reaches; a picture
//! holds exactly our modules. Nothing is written that outlives the label: no darkness, speed, media
//! or other setting.

use std::fmt::Write;

use crate::error::PrintError;
use crate::page::Page;
use crate::raster;

/// Resolution of a label printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dots {
    /// 203 dots an inch (eight a millimetre): a module has four dots.
    Dpi203,
    /// 300 dots an inch: a module has six dots.
    Dpi300,
}

impl Dots {
    fn dpi(self) -> u32 {
        match self {
            Dots::Dpi203 => 203,
            Dots::Dpi300 => 300,
        }
    }
}

/// A pixel of a letter's edge is a dot if more than three eighths of it is ink: thin strokes of
/// small print would break at a half.
const DARK: u8 = 160;

/// A label in ZPL II: one field with one graphic (`^GFA`, compressed as the language describes).
///
/// # Errors
/// [`PrintError::NotALabel`] for envelopes and sheets.
pub fn zpl(page: &Page, dots: Dots) -> Result<String, PrintError> {
    let picture = Picture::of(page, dots)?;
    let mut data = String::new();
    let mut before: Option<&[u8]> = None;
    for row in &picture.rows {
        if before == Some(row) {
            data.push(':');
        } else {
            pack_row(&mut data, row);
        }
        data.push('\n');
        before = Some(row);
    }
    let bytes = picture.bytes_a_row * picture.rows.len();
    Ok(format!(
        "^XA\n^FO0,0\n^GFA,{bytes},{bytes},{},\n{data}^FS\n^XZ\n",
        picture.bytes_a_row
    ))
}

/// A label in EPL2, whose printers have 203 dots an inch: the image buffer is cleared, each block
/// of rows with ink on it is one `GW`, one label is printed.
///
/// # Errors
/// [`PrintError::NotALabel`] for envelopes and sheets.
pub fn epl(page: &Page) -> Result<Vec<u8>, PrintError> {
    let picture = Picture::of(page, Dots::Dpi203)?;
    // A line feed first: it ends whatever stood in the printer's line before.
    let mut out = b"\nN\n".to_vec();
    let is_blank = |row: &Vec<u8>| row.iter().all(|byte| *byte == 0);
    let mut top = 0;
    for block in picture.rows.chunk_by(|a, b| is_blank(a) == is_blank(b)) {
        if !block.first().is_none_or(is_blank) {
            let (first, last) = ink(block);
            let (wide, high) = (last + 1 - first, block.len());
            let head = format!("GW{},{top},{wide},{high},", first * 8);
            out.extend(head.as_bytes());
            for row in block {
                // In EPL2 a dot is a zero.
                out.extend(row.iter().skip(first).take(wide).map(|byte| !byte));
            }
            out.push(b'\n');
        }
        top += block.len();
    }
    out.extend(b"P1\n");
    Ok(out)
}

/// First and last byte with ink in any of the rows.
fn ink(rows: &[Vec<u8>]) -> (usize, usize) {
    let dark = |byte: &u8| *byte != 0;
    let first = rows
        .iter()
        .filter_map(|row| row.iter().position(dark))
        .min();
    let last = rows
        .iter()
        .filter_map(|row| row.iter().rposition(dark))
        .max();
    (first.unwrap_or(0), last.unwrap_or(0))
}

/// Rows of bytes, eight dots each from the left, a dot is a one.
struct Picture {
    bytes_a_row: usize,
    rows: Vec<Vec<u8>>,
}

impl Picture {
    fn of(page: &Page, dots: Dots) -> Result<Self, PrintError> {
        if !page.is_label {
            return Err(PrintError::NotALabel {
                stock: page.stock.clone(),
            });
        }
        let pixels = raster::pixels(page, dots.dpi())?;
        let byte = |eight: &[u8]| {
            let places = eight.iter().zip([128u8, 64, 32, 16, 8, 4, 2, 1]);
            places.fold(0, |byte, (grey, bit)| {
                byte | if *grey < DARK { bit } else { 0 }
            })
        };
        let row = |row: &[u8]| row.chunks(8).map(byte).collect();
        Ok(Self {
            bytes_a_row: pixels.width.div_ceil(8),
            rows: pixels.grey.chunks(pixels.width).map(row).collect(),
        })
    }
}

/// One row in hexadecimal with runs shortened: a letter G to Y for 1 to 19 of the next digit, g to
/// z for 20 to 400, and a comma for zeros up to the end of the row.
fn pack_row(data: &mut String, row: &[u8]) {
    let mut digits = String::with_capacity(row.len() * 2);
    for byte in row {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02X}");
    }
    let digits = digits.as_bytes();
    let kept = digits.iter().rposition(|digit| *digit != b'0');
    let kept = digits.split_at(kept.map_or(0, |last| last + 1)).0;
    for run in kept.chunk_by(|a, b| a == b) {
        let mut count = run.len();
        while count >= 400 {
            data.push('z');
            count -= 400;
        }
        if count >= 20 {
            data.push(char::from(b'f' + (count / 20) as u8));
            count %= 20;
        }
        // Once alone stands for itself.
        if count > 1 || (count == 1 && run.len() > 1) {
            data.push(char::from(b'F' + count as u8));
        }
        data.push(char::from(run.first().copied().unwrap_or(b'0')));
    }
    if kept.len() < digits.len() {
        data.push(',');
    }
}
