//! PDFs as input: ours are read exactly, everything else is refused by its type.

use print::limits::SCAN_PAGES_MAX;
use print::{ScanError, pdf, read_pdf};
use proptest::prelude::*;

use crate::{piece, setup};

#[test]
fn all_symbols_of_all_pages_are_read_in_order() {
    let pieces = [piece(70), piece(71), piece(70)];
    let file = pdf(&setup("envelope-10"), &pieces).expect("prints");
    let [first, second, _] = pieces;
    assert_eq!(read_pdf(&file), Ok(vec![first.payload, second.payload]));
}

#[test]
fn what_is_no_pdf_is_refused_by_type() {
    assert_eq!(read_pdf(b""), Err(ScanError::NotPdf));
    assert_eq!(read_pdf(b"\x89PNG\r\n\x1a\n"), Err(ScanError::NotPdf));
    assert_eq!(read_pdf(b"%PDF-1.7\n"), Err(ScanError::DamagedPdf));
    let bytes = print::limits::IMAGE_BYTES_MAX + 1;
    assert_eq!(
        read_pdf(&vec![0; bytes]),
        Err(ScanError::TooManyBytes { bytes })
    );
    let pages = SCAN_PAGES_MAX + 1;
    let file = pdf(&setup("envelope-10"), &vec![piece(1); pages]).expect("prints");
    assert_eq!(read_pdf(&file), Err(ScanError::TooManyPages { pages }));
    let mut rulers = print::PdfWriter::new(Vec::new(), setup("label-4x6")).expect("begins");
    rulers.add_calibration_page().expect("rulers");
    assert_eq!(
        read_pdf(&rulers.finish().expect("ends")),
        Err(ScanError::NoSymbol)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// One byte changed, or the end cut off: the payload or a refusal, never a wrong payload.
    #[test]
    fn a_damaged_file_gives_the_payload_or_a_refusal(at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let letter = piece(72);
        let mut file = pdf(&setup("envelope-10"), std::slice::from_ref(&letter))?;
        let at = at.index(file.len());
        if cut {
            file.truncate(at);
        } else {
            file[at] = byte;
        }
        if let Ok(found) = read_pdf(&file) {
            prop_assert_eq!(found, vec![letter.payload]);
        }
    }
}
