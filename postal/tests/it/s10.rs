//! S10: published samples, every way to be wrong, and round trips.

use postal::s10::{S10, S10Error};
use proptest::prelude::*;

#[test]
fn samples_are_read_and_written() {
    // UPU S10 explains its check digit with 47312482 (9); RB123456785US is on the post's own sample forms.
    // The other two are worked by hand from the weights: remainders 1 and 0, the exceptions of the rule.
    let cases = [
        ("EE473124829US", "EE", 47_312_482, 9, "US"),
        ("RB123456785US", "RB", 12_345_678, 5, "US"),
        ("CP000000120GB", "CP", 12, 0, "GB"),
        ("LZ000000005FR", "LZ", 0, 5, "FR"),
    ];
    for (text, service, serial, check, country) in cases {
        let item: S10 = text.parse().unwrap();
        let parts = (
            item.service(),
            item.serial(),
            item.check_digit(),
            item.country(),
        );
        assert_eq!(parts, (service, serial, check, country), "{text}");
        assert_eq!(item, S10::new(service, serial, country).unwrap());
        assert_eq!(item.to_string(), text);
    }
}

#[test]
fn what_is_no_identifier() {
    let cases = [
        ("", S10Error::Length { found: 0 }),
        ("RB123456785U", S10Error::Length { found: 12 }),
        ("RB123456785USA", S10Error::Length { found: 14 }),
        ("R1123456785US", S10Error::Service),
        ("\u{e4}B123456785US", S10Error::Service),
        ("RB12345678XUS", S10Error::Digits),
        ("RB1234567-5US", S10Error::Digits),
        ("RB+23456785US", S10Error::Digits),
        ("RB123456785U1", S10Error::Country),
        (
            "RB123456784US",
            S10Error::Check {
                found: 4,
                expected: 5,
            },
        ),
        (
            "RB213456785US",
            S10Error::Check {
                found: 5,
                expected: 3,
            },
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<S10>(), Err(expected), "{text:?}");
    }
    assert_eq!(S10::new("R", 1, "US"), Err(S10Error::Service));
    assert_eq!(S10::new("RBX", 1, "US"), Err(S10Error::Service));
    assert_eq!(S10::new("RB", 1, "U"), Err(S10Error::Country));
    assert_eq!(S10::new("RB", 100_000_000, "US"), Err(S10Error::Serial));
}

#[test]
fn people_read_it_in_groups() {
    let item: S10 = "rb 123 456 785 us".parse().unwrap();
    assert_eq!(item.grouped(), "RB 123 456 785 US");
    assert_eq!(item.grouped().parse(), Ok(item));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        service in "[A-Z]{2}", serial in 0u32..=99_999_999, country in "[A-Z]{2}",
    ) {
        let item = S10::new(&service, serial, &country).unwrap();
        prop_assert_eq!(item.to_string().parse(), Ok(item));
    }

    #[test]
    fn a_wrong_check_digit_is_refused(serial in 0u32..=99_999_999, by in 1u8..10) {
        let item = S10::new("RR", serial, "DE").unwrap();
        let wrong = (item.check_digit() + by) % 10;
        let text = format!("RR{serial:08}{wrong}DE");
        let expected = S10Error::Check { found: wrong, expected: item.check_digit() };
        prop_assert_eq!(text.parse::<S10>(), Err(expected));
    }

    #[test]
    fn any_text_is_answered(text in ".{0,20}") {
        let _ = text.parse::<S10>();
    }
}
