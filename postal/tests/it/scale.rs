//! Reports of a scale, byte by byte.

use postal::scale::{ScaleError, milligrams};
use postal::weight;
use proptest::prelude::*;

#[test]
fn reports_with_a_weight() {
    let cases: [(&[u8], u32); 8] = [
        (&[3, 4, 11, 0xFF, 10, 0], 28_350),
        (&[3, 4, 11, 0xFF, 35, 0], 99_224),
        (&[3, 4, 2, 0, 20, 0], 20_000),
        (&[3, 4, 2, 0xFF, 205, 0], 20_500),
        (&[3, 4, 1, 0, 0xFF, 0xFF], 65_535),
        (&[3, 4, 3, 0xFD, 0xDC, 0x05], 1_500_000),
        (&[3, 4, 12, 0xFE, 0x58, 0x1B], 31_751_466),
        // A system's buffer, longer than the report.
        (&[3, 4, 2, 1, 2, 0, 0, 0], 20_000),
    ];
    for (report, expected) in cases {
        assert_eq!(milligrams(report), Ok(expected), "{report:?}");
    }
}

#[test]
fn reports_without_a_weight() {
    let cases: [(&[u8], ScaleError); 17] = [
        (&[], ScaleError::Short { found: 0 }),
        (&[3, 4, 2, 0, 20], ScaleError::Short { found: 5 }),
        (&[4, 4, 2, 0, 20, 0], ScaleError::Report { found: 4 }),
        (&[3, 0, 2, 0, 20, 0], ScaleError::Status { found: 0 }),
        (&[3, 1, 2, 0, 20, 0], ScaleError::Fault),
        (&[3, 2, 2, 0, 0, 0], ScaleError::Empty),
        (&[3, 3, 2, 0, 20, 0], ScaleError::InMotion),
        (&[3, 4, 2, 0, 0, 0], ScaleError::Empty),
        (&[3, 5, 2, 0, 20, 0], ScaleError::UnderZero),
        (&[3, 6, 2, 0, 20, 0], ScaleError::Overload),
        (&[3, 7, 2, 0, 20, 0], ScaleError::NeedsCalibration),
        (&[3, 8, 2, 0, 20, 0], ScaleError::NeedsZero),
        (&[3, 9, 2, 0, 20, 0], ScaleError::Status { found: 9 }),
        (&[3, 4, 0, 0, 20, 0], ScaleError::Unit { found: 0 }),
        (&[3, 4, 10, 0, 20, 0], ScaleError::Unit { found: 10 }),
        (&[3, 4, 2, 0x80, 20, 0], ScaleError::Range),
        (&[3, 4, 3, 2, 0xFF, 0xFF], ScaleError::Range),
    ];
    for (report, expected) in cases {
        assert_eq!(milligrams(report), Err(expected), "{report:?}");
    }
}

proptest! {
    /// A scale in tenths of an ounce and a hand that types the same give the same weight.
    #[test]
    fn scale_and_hand_agree(tenths in 1u16..=11_200) {
        let [low, high] = tenths.to_le_bytes();
        let typed = weight::parse_ounces(&format!("{}.{}", tenths / 10, tenths % 10)).unwrap();
        prop_assert_eq!(milligrams(&[3, 4, 11, 0xFF, low, high]), Ok(typed));
    }

    #[test]
    fn any_bytes_are_answered(report in prop::collection::vec(any::<u8>(), 0..10)) {
        if let Ok(weight) = milligrams(&report) {
            prop_assert!(weight > 0);
        }
    }
}
