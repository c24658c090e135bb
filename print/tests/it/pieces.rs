//! Pages: deterministic, bounded, and whole for any text.

use print::limits::{RECIPIENT_LINES_MAX, RETURN_LINES_MAX};
use print::{PrintError, pdf, png, read_png};
use proptest::prelude::*;

use crate::{bare, lines, page, piece, setup};

#[test]
fn equal_envelopes_give_equal_files() {
    let batch = [piece(1), piece(2)];
    let setup = setup("envelope-10");
    assert_eq!(pdf(&setup, &batch), pdf(&setup, &batch.clone()));
    assert_eq!(
        png(&page(&batch[0]), 150),
        png(&page(&batch[0].clone()), 150)
    );
    assert_ne!(png(&page(&batch[0]), 150), png(&page(&batch[1]), 150));
}

#[test]
fn a_pdf_carries_no_date_and_its_fonts() {
    let file = pdf(&setup("envelope-10"), &[piece(1)]).expect("prints");
    let text = String::from_utf8_lossy(&file);
    assert!(text.starts_with("%PDF-"));
    assert!(!text.contains("CreationDate") && !text.contains("ModDate"));
    assert!(text.contains("NotoSans"), "fonts are embedded");
    assert!(
        file.len() < 60_000,
        "fonts are subset: {} bytes",
        file.len()
    );
}

#[test]
fn the_png_states_its_resolution() {
    let file = png(&page(&piece(1)), 300).expect("prints");
    let reader = png::Decoder::new(std::io::Cursor::new(&file))
        .read_info()
        .expect("png");
    let info = reader.info();
    assert_eq!(info.size(), (2_850, 1_238));
    let density = info.pixel_dims.expect("pHYs");
    assert_eq!((density.xppu, density.yppu), (11_811, 11_811));
}

#[test]
fn resolutions_out_of_range_are_refused() {
    for dpi in [0, 99, 601, u32::MAX] {
        assert_eq!(png(&page(&piece(1)), dpi), Err(PrintError::Dpi { dpi }));
    }
}

#[test]
fn an_empty_pdf_is_refused_and_sheets_are_filled() {
    assert_eq!(pdf(&setup("envelope-10"), &[]), Err(PrintError::PageCount));
    let count = |file: Vec<u8>| {
        String::from_utf8_lossy(&file)
            .matches("/Type /Page\n")
            .count()
    };
    let sheet = |start, pieces: u32| {
        let setup = setup("sheet-5160").starting_at(start).expect("start");
        let pieces: Vec<_> = (0..pieces).map(bare).collect();
        count(pdf(&setup, &pieces).expect("prints"))
    };
    assert_eq!(
        [sheet(1, 30), sheet(1, 31), sheet(30, 1), sheet(30, 2)],
        [1, 2, 1, 2]
    );
}

#[test]
fn too_many_lines_are_refused_and_blank_ones_not_counted() {
    let mut crowded = piece(1);
    crowded.recipient = vec!["x".to_owned(); RECIPIENT_LINES_MAX + 1];
    let refused = PrintError::TooManyLines {
        which: "recipient",
        lines: RECIPIENT_LINES_MAX + 1,
        max: RECIPIENT_LINES_MAX,
    };
    assert_eq!(setup("envelope-10").page(&crowded), Err(refused));
    crowded.recipient = lines(&["A", "", "  ", "B", "", "", "", "", "C"]);
    crowded.return_address = vec!["y".to_owned(); RETURN_LINES_MAX];
    assert!(setup("envelope-10").page(&crowded).is_ok());
}

#[test]
fn the_specimen_mark_is_only_on_specimens() {
    let mut real = piece(1);
    real.specimen = false;
    let (with, without) = (png(&page(&piece(1)), 200), png(&page(&real), 200));
    assert_ne!(with, without);
    assert_eq!(read_png(&without.expect("prints")), Ok(vec![real.payload]));
}

#[test]
fn a_full_envelope_with_long_lines_is_still_readable() {
    let mut full = piece(1);
    let long =
        "A very long line that goes on and on, well beyond the right edge of the paper, ".repeat(6);
    full.recipient = vec![long.clone(); RECIPIENT_LINES_MAX];
    full.return_address = vec![long.clone(); RETURN_LINES_MAX];
    for field in [&mut full.amount, &mut full.mailing_date, &mut full.class] {
        field.clone_from(&long);
    }
    for field in [&mut full.origin, &mut full.meter, &mut full.piece] {
        field.clone_from(&long);
    }
    let image = png(&page(&full), 200).expect("prints");
    assert_eq!(read_png(&image), Ok(vec![full.payload]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any text in any field: a page comes out, and the symbol on it is clean.
    #[test]
    fn any_text_prints(texts in prop::collection::vec(any::<String>(), 8)) {
        let mut odd = piece(3);
        let [a, b, c, d, e, f, g, h] = texts.try_into().expect("eight");
        (odd.amount, odd.mailing_date, odd.class, odd.origin) = (a, b, c, d);
        (odd.meter, odd.piece) = (e, f);
        odd.recipient[1] = g;
        odd.return_address[1] = h;
        prop_assert!(pdf(&setup("envelope-10"), std::slice::from_ref(&odd)).is_ok());
        prop_assert_eq!(read_png(&png(&page(&odd), 150)?), Ok(vec![odd.payload]));
    }
}
