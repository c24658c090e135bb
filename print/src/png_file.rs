//! A painted page as a PNG file. Not here: painting (`raster`).

use crate::error::PrintError;
use crate::limits::{DPI_MAX, DPI_MIN};
use crate::page::Page;
use crate::raster;

/// A page as an 8-bit grey PNG of `dpi` dots an inch, which the file states.
///
/// A module has `dpi / 50` pixels, rounded down: 4 at 200 dpi, 6 at 300 dpi. At a resolution that
/// is no multiple of 50 the symbol is therefore a little smaller than 0.88 inch.
///
/// # Errors
/// [`PrintError::Dpi`] outside of 100 to 600.
pub fn png(page: &Page, dpi: u32) -> Result<Vec<u8>, PrintError> {
    if !(DPI_MIN..=DPI_MAX).contains(&dpi) {
        return Err(PrintError::Dpi { dpi });
    }
    let pixels = raster::pixels(page, dpi)?;
    let side = |pixels: usize| u32::try_from(pixels).map_err(|_| PrintError::Png);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side(pixels.width)?, side(pixels.height)?);
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
        .write_image_data(&pixels.grey)
        .map_err(|_| PrintError::Png)?;
    writer.finish().map_err(|_| PrintError::Png)?;
    Ok(file)
}
