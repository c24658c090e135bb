//! Reading symbols back from the pages of a PDF: one we printed, or a scanner's. Not here: finding
//! symbols in pixels (`scan`). Called by the command line.
//!
//! The file comes from strangers and the library that draws it (hayro: plain Rust, no `unsafe` of its
//! own) can not be stopped. So it works in a thread of its own: a panic there is a damaged file, and
//! after [`limits::SCAN_SECONDS_MAX`] nobody waits any longer. The thread then goes on until it is
//! done; its memory is bounded by nothing but the machine. Therefore: call this where a runaway
//! hurts only who sent the file, and give a server a process for it that can be killed.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::page::Page;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

use crate::error::ScanError;
use crate::limits;
use crate::page::POINTS_PER_INCH;
use crate::scan::{GreyPage, luma, payloads};

/// Payloads of all Data Matrix symbols on the pages of a PDF, byte-exact, page by page.
///
/// Equal payloads are given once. A page is drawn at [`limits::SCAN_DPI`], a larger one than
/// [`limits::PAPER_MAX`] as much coarser as it is larger.
///
/// # Errors
/// A [`ScanError`]; [`ScanError::NoSymbol`] if there is none that can be read on any page.
pub fn read_pdf(file: &[u8]) -> Result<Vec<Vec<u8>>, ScanError> {
    if file.len() > limits::IMAGE_BYTES_MAX {
        return Err(ScanError::TooManyBytes { bytes: file.len() });
    }
    if !file.starts_with(b"%PDF-") {
        return Err(ScanError::NotPdf);
    }
    let file = file.to_vec();
    let (done, result) = sync_channel(1);
    std::thread::Builder::new()
        .name("pdf".to_owned())
        .spawn(move || {
            // Nobody may be waiting any more.
            let _ = done.send(read(file));
        })
        .map_err(|_| ScanError::DamagedPdf)?;
    match result.recv_timeout(Duration::from_secs(limits::SCAN_SECONDS_MAX)) {
        Ok(found) => found,
        Err(RecvTimeoutError::Timeout) => Err(ScanError::TooSlow),
        // It panicked.
        Err(RecvTimeoutError::Disconnected) => Err(ScanError::DamagedPdf),
    }
}

fn read(file: Vec<u8>) -> Result<Vec<Vec<u8>>, ScanError> {
    let pdf = Pdf::new(file).map_err(|_| ScanError::DamagedPdf)?;
    let pages = pdf.pages();
    if pages.len() > limits::SCAN_PAGES_MAX {
        return Err(ScanError::TooManyPages { pages: pages.len() });
    }
    let mut found: Vec<Vec<u8>> = Vec::new();
    for page in pages.iter() {
        for payload in payloads(draw(page)?)? {
            if !found.contains(&payload) {
                found.push(payload);
            }
        }
    }
    if found.is_empty() {
        return Err(ScanError::NoSymbol);
    }
    Ok(found)
}

/// Draws a page in grey on white.
fn draw(page: &Page<'_>) -> Result<GreyPage, ScanError> {
    let (width, height) = page.render_dimensions();
    let longest = width.max(height).max(1.0);
    let scale = 1.0_f32.min(limits::PAPER_MAX.points() / longest) * limits::SCAN_DPI as f32
        / POINTS_PER_INCH;
    let pixels = ((width * scale) as u32, (height * scale) as u32);
    let sides = limits::IMAGE_SIDE_MIN..=limits::IMAGE_SIDE_MAX;
    if !sides.contains(&pixels.0) || !sides.contains(&pixels.1) {
        let (width, height) = pixels;
        return Err(ScanError::Dimensions { width, height });
    }
    let size = PixmapSettings {
        x_scale: scale,
        y_scale: scale,
        bg_color: WHITE,
    };
    // Nothing of one page is kept for the next: what it cost is given back.
    let cache = RenderCache::new();
    let drawn = render(
        page,
        &cache,
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &size,
    );
    Ok(GreyPage {
        width: u32::from(drawn.width()),
        height: u32::from(drawn.height()),
        pixels: drawn
            .data()
            .iter()
            .map(|pixel| luma([pixel.r, pixel.g, pixel.b]))
            .collect(),
    })
}
