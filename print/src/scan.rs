//! Reading symbols back from a page image. Not here: what a payload means; callers hand the bytes
//! to the verifier. The image comes from strangers, so size is checked before anything is unpacked.
//!
//! Finding a symbol in the page is rxing's work; error correction and decoding are the
//! `datamatrix` crate's, because it gives bytes, where rxing gives text.

use std::io::Cursor;

use datamatrix::DataMatrix;
use png::{ColorType, Transformations};
use rxing::common::{BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::datamatrix::detector::zxing_cpp_detector::detect;
use rxing::{Binarizer, Luma8LuminanceSource};

use crate::error::ScanError;
use crate::limits;

const PNG_SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];

/// Payloads of all Data Matrix symbols found in a PNG image, byte-exact.
///
/// The image is a page of 150 to 600 dpi, grey, colour or palette, with or without alpha (laid on
/// white). Equal payloads are given once; the order is that of finding and says nothing.
///
/// # Errors
/// A [`ScanError`]; [`ScanError::NoSymbol`] if there is none that can be read.
pub fn read_png(file: &[u8]) -> Result<Vec<Vec<u8>>, ScanError> {
    let payloads = payloads(decode_grey(file)?)?;
    if payloads.is_empty() {
        return Err(ScanError::NoSymbol);
    }
    Ok(payloads)
}

/// All payloads of a page; none is no error here.
pub(crate) fn payloads(page: GreyPage) -> Result<Vec<Vec<u8>>, ScanError> {
    let source = Luma8LuminanceSource::new(page.pixels, page.width, page.height)
        .map_err(|_| ScanError::NoSymbol)?;
    let binarizer = HybridBinarizer::new(source);
    let dark = binarizer
        .get_black_matrix()
        .map_err(|_| ScanError::NoSymbol)?;
    let mut payloads: Vec<Vec<u8>> = Vec::new();
    // Finding nothing is an error there.
    for candidate in detect(dark, true, true).unwrap_or_default() {
        if let Some(payload) = read_modules(candidate.getBits())
            && !payloads.contains(&payload)
        {
            payloads.push(payload);
        }
    }
    Ok(payloads)
}

/// An image of one byte a pixel, 0 is black.
pub(crate) struct GreyPage {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

fn decode_grey(file: &[u8]) -> Result<GreyPage, ScanError> {
    if file.len() > limits::IMAGE_BYTES_MAX {
        return Err(ScanError::TooManyBytes { bytes: file.len() });
    }
    if !file.starts_with(&PNG_SIGNATURE) {
        return Err(ScanError::NotPng);
    }
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let (width, height) = decoder
        .read_header_info()
        .map_err(|_| ScanError::Damaged)?
        .size();
    let sides = limits::IMAGE_SIDE_MIN..=limits::IMAGE_SIDE_MAX;
    if !sides.contains(&width)
        || !sides.contains(&height)
        || u64::from(width) * u64::from(height) > limits::IMAGE_PIXELS_MAX
    {
        return Err(ScanError::Dimensions { width, height });
    }
    let mut reader = decoder.read_info().map_err(|_| ScanError::Damaged)?;
    let size = reader.output_buffer_size().ok_or(ScanError::Damaged)?;
    let mut samples = vec![0; size];
    let frame = reader
        .next_frame(&mut samples)
        .map_err(|_| ScanError::Damaged)?;
    let pixels = match frame.color_type {
        ColorType::Grayscale => samples,
        ColorType::GrayscaleAlpha => samples
            .as_chunks()
            .0
            .iter()
            .map(|[grey, alpha]| on_white(*grey, *alpha))
            .collect(),
        ColorType::Rgb => samples.as_chunks().0.iter().map(|rgb| luma(*rgb)).collect(),
        ColorType::Rgba => samples
            .as_chunks()
            .0
            .iter()
            .map(|[r, g, b, alpha]| on_white(luma([*r, *g, *b]), *alpha))
            .collect(),
        ColorType::Indexed => return Err(ScanError::Damaged),
    };
    Ok(GreyPage {
        width,
        height,
        pixels,
    })
}

/// Rec. 601 luma in 1/256.
pub(crate) fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue)) / 256) as u8
}

fn on_white(grey: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    ((u32::from(grey) * alpha + 255 * (255 - alpha)) / 255) as u8
}

/// Corrects and decodes sampled modules; `None` if this is no readable symbol.
fn read_modules(bits: &BitMatrix) -> Option<Vec<u8>> {
    let (width, height) = (bits.getWidth() as usize, bits.getHeight() as usize);
    let mut modules = Vec::with_capacity(width * height);
    for y in 0..bits.getHeight() {
        for x in 0..bits.getWidth() {
            modules.push(bits.get(x, y));
        }
    }
    if width == height {
        restore_patterns(&mut modules, width);
    }
    DataMatrix::decode(&modules, width).ok()
}

/// Draws finder and timing patterns anew. They carry no data, but the decoder insists on them,
/// and a scratch or a fold across them must not cost a symbol whose data can be corrected.
fn restore_patterns(modules: &mut [bool], width: usize) {
    let regions = match width {
        10..=26 => 1,
        32..=52 => 2,
        64..=104 => 4,
        _ => 6,
    };
    let side = width / regions;
    for (index, module) in modules.iter_mut().enumerate() {
        let (x, y) = (index % width % side, index / width % side);
        if x == 0 || y + 1 == side {
            *module = true;
        } else if y == 0 {
            *module = x % 2 == 0;
        } else if x + 1 == side {
            *module = y % 2 == 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use datamatrix::placement::MatrixMap;
    use datamatrix::{SymbolSize, errorcode};
    use proptest::prelude::*;

    use super::*;

    /// A well-formed symbol of any data codewords at all, as a stranger could draw it.
    fn symbol(codewords: &[u8]) -> BitMatrix {
        let size = SymbolSize::Square44;
        let mut all = codewords.to_vec();
        all.extend(errorcode::encode_error(codewords, size));
        let map = MatrixMap::<bool>::new_with_codewords(&all, size);
        let mut bits = BitMatrix::with_single_dimension(44).expect("44 modules");
        for (x, y) in map.bitmap().pixels() {
            bits.set(x as u32, y as u32);
        }
        bits
    }

    fn codewords() -> impl Strategy<Value = Vec<u8>> {
        // Latches, shifts, macros, FNC1, reader programming and ECI are all above 128.
        let control = prop_oneof![2 => 229u8..=242, 1 => any::<u8>()];
        prop::collection::vec(control, 144)
    }

    #[test]
    fn a_pair_of_zeros_is_refused_in_every_mode() {
        // C40, X12, Text.
        for latch in [230, 238, 239] {
            let mut codewords = [0; 144];
            codewords[0] = latch;
            assert_eq!(read_modules(&symbol(&codewords)), None, "{latch}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn no_codewords_of_a_stranger_panic(codewords in codewords()) {
            let payload = read_modules(&symbol(&codewords));
            prop_assert!(payload.is_none_or(|payload| payload.len() <= 144 * 2 + 16));
        }

        /// 56 error codewords correct 28 wrong ones, and a module is part of one codeword.
        #[test]
        fn wrong_modules_are_corrected(
            payload in prop::collection::vec(any::<u8>(), 138),
            wrong in prop::collection::hash_set((0u32..44, 0u32..44), 1..=20),
        ) {
            let symbol = crate::Symbol::from_payload(&payload)?;
            let mut bits = BitMatrix::with_single_dimension(44).expect("44 modules");
            for (y, row) in (0..).zip(symbol.modules()) {
                for (x, dark) in (0..).zip(row) {
                    bits.set_bool(x, y, *dark);
                }
            }
            for (x, y) in wrong {
                bits.flip_coords(x, y);
            }
            prop_assert_eq!(read_modules(&bits), Some(payload));
        }
    }
}
