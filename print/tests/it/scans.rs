//! Our own reader: exact on our images, typed refusals on everything else.

use print::limits::{IMAGE_BYTES_MAX, IMAGE_SIDE_MAX};
use print::{ScanError, read_png};
use proptest::prelude::*;

use crate::{page, piece};

/// An image as PNG; `samples` in the order of `color`.
fn encode(width: u32, height: u32, color: png::ColorType, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    let mut writer = encoder.write_header().expect("header");
    writer.write_image_data(samples).expect("samples");
    writer.finish().expect("end");
    file
}

fn decode(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .expect("png");
    let mut samples = vec![0; reader.output_buffer_size().expect("size")];
    let info = reader.next_frame(&mut samples).expect("frame");
    (info.width, info.height, samples)
}

#[test]
fn our_png_is_read_back_at_every_resolution() {
    for (seed, dpi) in [(1, 150), (2, 200), (3, 240), (4, 300), (5, 600)] {
        let envelope = piece(seed);
        let image = print::png(&page(&envelope), dpi).expect("prints");
        assert_eq!(read_png(&image), Ok(vec![envelope.payload]), "{dpi} dpi");
    }
}

#[test]
fn every_colour_type_is_read() {
    let envelope = piece(6);
    let image = print::png(&page(&envelope), 200).expect("prints");
    let (width, height, grey) = decode(&image);
    let rgb: Vec<u8> = grey.iter().flat_map(|g| [*g, *g, *g]).collect();
    // Black ink on transparent paper: what a design program exports.
    let rgba: Vec<u8> = grey.iter().flat_map(|g| [0, 0, 0, 255 - *g]).collect();
    let grey_alpha: Vec<u8> = grey.iter().flat_map(|g| [0, 255 - *g]).collect();
    for (color, samples) in [
        (png::ColorType::Rgb, rgb),
        (png::ColorType::Rgba, rgba),
        (png::ColorType::GrayscaleAlpha, grey_alpha),
    ] {
        let file = encode(width, height, color, &samples);
        assert_eq!(
            read_png(&file),
            Ok(vec![envelope.payload.clone()]),
            "{color:?}"
        );
    }
}

#[test]
fn a_turned_and_a_scratched_page_is_read() {
    let envelope = piece(7);
    let image = print::png(&page(&envelope), 200).expect("prints");
    let (width, height, grey) = decode(&image);
    let upside_down: Vec<u8> = grey.iter().rev().copied().collect();
    let file = encode(width, height, png::ColorType::Grayscale, &upside_down);
    assert_eq!(read_png(&file), Ok(vec![envelope.payload.clone()]));

    let mut scratched = grey;
    // A white line of two modules through the middle, timing patterns and all.
    let (left, top, side, module) = (412 * 4, 18 * 4, 44 * 4, 4);
    for y in top + side / 3..top + side / 3 + 2 * module {
        scratched[y * width as usize + left + 2 * module..][..side].fill(255);
    }
    let file = encode(width, height, png::ColorType::Grayscale, &scratched);
    assert_eq!(read_png(&file), Ok(vec![envelope.payload]));
}

#[test]
fn all_symbols_of_a_page_are_read() {
    let (first, second) = (piece(8), piece(9));
    let (width, height, mut both) = decode(&print::png(&page(&first), 200).expect("prints"));
    both.extend(decode(&print::png(&page(&second), 200).expect("prints")).2);
    let file = encode(width, height * 2, png::ColorType::Grayscale, &both);
    let mut found = read_png(&file).expect("two symbols");
    found.sort();
    let mut expected = vec![first.payload, second.payload];
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn what_is_no_image_is_refused_by_type() {
    assert_eq!(read_png(b""), Err(ScanError::NotPng));
    assert_eq!(read_png(b"%PDF-1.7"), Err(ScanError::NotPng));
    assert_eq!(read_png(b"\x89PNG\r\n\x1a\n"), Err(ScanError::Damaged));
    let bytes = IMAGE_BYTES_MAX + 1;
    assert_eq!(
        read_png(&vec![0; bytes]),
        Err(ScanError::TooManyBytes { bytes })
    );

    let blank = encode(400, 300, png::ColorType::Grayscale, &vec![255; 400 * 300]);
    assert_eq!(read_png(&blank), Err(ScanError::NoSymbol));
    let (width, height) = (IMAGE_SIDE_MAX + 1, 20);
    let long = encode(
        width,
        height,
        png::ColorType::Grayscale,
        &vec![0; (width * height) as usize],
    );
    assert_eq!(
        read_png(&long),
        Err(ScanError::Dimensions { width, height })
    );
    let dot = encode(1, 1, png::ColorType::Grayscale, &[0]);
    assert_eq!(
        read_png(&dot),
        Err(ScanError::Dimensions {
            width: 1,
            height: 1
        })
    );
}

#[test]
fn a_cut_file_is_damaged_or_blank_never_a_panic() {
    let image = print::png(&page(&piece(10)), 100).expect("prints");
    for cut in (8..image.len()).step_by(1 + image.len() / 40) {
        assert!(read_png(&image[..cut]).is_err(), "cut at {cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Strangers send images: noise of any grain finds nothing and breaks nothing.
    #[test]
    fn noise_never_panics(
        (width, height, grain) in (16u32..220, 16u32..220, 1u32..12),
        noise in prop::collection::vec(any::<u8>(), 64),
    ) {
        let samples: Vec<u8> = (0..width * height)
            .map(|at| {
                let (x, y) = (at % width / grain, at / width / grain);
                let mixed = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b);
                let byte = noise[(mixed >> 13) as usize % noise.len()];
                if byte > 127 { 255 } else { 0 }
            })
            .collect();
        let file = encode(width, height, png::ColorType::Grayscale, &samples);
        prop_assert_eq!(read_png(&file), Err(ScanError::NoSymbol));
    }

    /// A symbol with any modules destroyed gives the right bytes or none.
    #[test]
    fn damage_gives_the_right_bytes_or_none(
        (x, y) in (0usize..176, 0usize..176),
        (wide, high) in (1usize..120, 1usize..120),
        ink in prop::bool::ANY,
    ) {
        let envelope = piece(11);
        let (width, height, mut samples) = decode(&print::png(&page(&envelope), 200)?);
        for row in 18 * 4 + y..18 * 4 + y + high {
            let start = row * width as usize + 412 * 4 + x;
            samples[start..start + wide].fill(if ink { 0 } else { 255 });
        }
        let file = encode(width, height, png::ColorType::Grayscale, &samples);
        match read_png(&file) {
            Ok(found) => prop_assert_eq!(found, vec![envelope.payload]),
            Err(refusal) => prop_assert_eq!(refusal, ScanError::NoSymbol),
        }
    }
}
