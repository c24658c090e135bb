//! The Intelligent Mail barcode: golden vectors, every malformed input, and agreement with zint both ways.

use postal::Zip;
use postal::imb::{BARS, Bar, Bars, Imb, ImbError, ImbFields, MailerId};
use postal::zip::ZipError;
use proptest::prelude::*;

use crate::zint;

/// The sample of USPS-B-3200 with each length of routing code but nine, and the sample of a public encoder
/// page with a long one. The bars were compared with zint 2.11.
const VECTORS: [(&str, &str); 4] = [
    (
        "01234567094987654321",
        "ATTFATTDTTADTAATTDTDTATTDAFDDFADFDFTFFFFFTATFAAAATDFFTDAADFTFDTDT",
    ),
    (
        "01234567094987654321-01234",
        "DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT",
    ),
    (
        "01234567094987654321-01234567891",
        "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA",
    ),
    (
        "23270592831482031240-96713024817",
        "DDADATADTAATDTTTDFDTTFTFFADTFTDFTATAAFTTFATDAATATDATATFADAADDTFDT",
    ),
];

#[test]
fn golden_vectors_both_ways() {
    for (digits, letters) in VECTORS {
        let imb: Imb = digits.parse().unwrap();
        assert_eq!(imb.bars().to_string(), letters, "{digits}");
        let bars: Bars = letters.to_lowercase().parse().unwrap();
        assert_eq!(Imb::read(&bars), Ok(imb), "{digits}");
        assert_eq!(imb.to_string(), digits);
    }
    let imb: Imb = VECTORS[2].0.parse().unwrap();
    let expected = ImbFields {
        barcode_id: 1,
        service_type: 234,
        mailer: MailerId::new(567_094).unwrap(),
        serial: 987_654_321,
        routing: Some(Zip::parse("01234-5678-91").unwrap()),
    };
    assert_eq!(imb.fields(), expected);
    assert_eq!(imb.grouped(), "01 234 567094 987654321 01234567891");
}

#[test]
fn upside_down_is_refused_and_turned_is_read() {
    for (digits, letters) in VECTORS {
        let bars: Bars = letters.parse().unwrap();
        let seen = bars.turned();
        assert!(Imb::read(&seen).is_err(), "{digits}");
        assert_eq!(seen.turned(), bars);
    }
}

#[test]
fn fields_that_are_not_possible() {
    let good = VECTORS[0].0.parse::<Imb>().unwrap().fields();
    let long = MailerId::new(900_000_000).unwrap();
    let cases = [
        (
            ImbFields {
                barcode_id: 5,
                ..good
            },
            ImbError::BarcodeId { found: 5 },
        ),
        (
            ImbFields {
                barcode_id: 95,
                ..good
            },
            ImbError::BarcodeId { found: 95 },
        ),
        (
            ImbFields {
                barcode_id: 100,
                ..good
            },
            ImbError::BarcodeId { found: 100 },
        ),
        (
            ImbFields {
                service_type: 1_000,
                ..good
            },
            ImbError::ServiceType { found: 1_000 },
        ),
        (
            ImbFields {
                serial: 1_000_000_000,
                ..good
            },
            ImbError::Serial {
                found: 1_000_000_000,
                most: 999_999_999,
            },
        ),
        (
            ImbFields {
                mailer: long,
                serial: 1_000_000,
                ..good
            },
            ImbError::Serial {
                found: 1_000_000,
                most: 999_999,
            },
        ),
    ];
    for (fields, expected) in cases {
        assert_eq!(Imb::new(fields), Err(expected), "{fields:?}");
    }
    for number in [900_000, 899_999_999, 1_000_000_000, u32::MAX] {
        assert!(MailerId::new(number).is_err(), "{number}");
    }
    for text in [
        "",
        "12345",
        "900000",
        "0567094",
        "899999999",
        "+12345",
        "1234567890",
        "12345a",
    ] {
        assert!(text.parse::<MailerId>().is_err(), "{text:?}");
    }
    for (text, digits) in [
        ("000000", 6),
        ("899999", 6),
        ("900000000", 9),
        ("999999999", 9),
    ] {
        let mailer: MailerId = text.parse().unwrap();
        assert_eq!(
            (mailer.to_string(), mailer.digits()),
            (text.to_owned(), digits)
        );
    }
}

#[test]
fn digits_that_are_not_possible() {
    let cases = [
        ("", ImbError::Digits),
        ("0123456709498765432", ImbError::Digits),
        ("0123456709498765432x", ImbError::Digits),
        ("+1234567094987654321", ImbError::Digits),
        ("01234567094987654321-", ImbError::Digits),
        ("05234567094987654321", ImbError::BarcodeId { found: 5 }),
        ("99234567094987654321", ImbError::BarcodeId { found: 99 }),
        (
            "01234567094987654321-00000",
            ImbError::Routing(ZipError::Zero),
        ),
        (
            "012345670949876543211234",
            ImbError::Routing(ZipError::Syntax {
                found: "1234".into(),
            }),
        ),
        (
            "01234567094987654321--1234",
            ImbError::Routing(ZipError::Syntax {
                found: "-1234".into(),
            }),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<Imb>(), Err(expected), "{text:?}");
    }
    // In the middle of a character, the text is cut nowhere.
    assert_eq!(
        "0123456709498765432\u{e4}".parse::<Imb>(),
        Err(ImbError::Digits)
    );
}

#[test]
fn bars_that_are_not_possible() {
    let good = VECTORS[0].1;
    assert_eq!("".parse::<Bars>(), Err(ImbError::BarCount { found: 0 }));
    assert_eq!(
        good[1..].parse::<Bars>(),
        Err(ImbError::BarCount { found: 64 })
    );
    assert_eq!(
        format!("{good}A").parse::<Bars>(),
        Err(ImbError::BarCount { found: 66 })
    );
    let other = format!("{}X", &good[..64]);
    assert_eq!(
        other.parse::<Bars>(),
        Err(ImbError::BarLetter {
            position: 65,
            found: 'X'
        })
    );
    assert_eq!(
        Imb::read(&Bars([Bar::Tracker; BARS])),
        Err(ImbError::Character { index: 1 })
    );
    assert_eq!(
        Imb::read(&Bars([Bar::Full; BARS])),
        Err(ImbError::Character { index: 1 })
    );
}

/// Every half of every bar wrong, alone and with every other half: nothing of it is read as other data.
#[test]
fn one_or_two_wrong_halves_are_noticed() {
    let flip = |bars: &mut Bars, half: usize| {
        let bar = &mut bars.0[half / 2];
        let (up, down) = (bar.has_ascender(), bar.has_descender());
        *bar = if half.is_multiple_of(2) {
            Bar::new(!up, down)
        } else {
            Bar::new(up, !down)
        };
    };
    for (digits, letters) in VECTORS {
        let good: Bars = letters.parse().unwrap();
        for one in 0..2 * BARS {
            for other in one..2 * BARS {
                let mut bars = good;
                flip(&mut bars, one);
                if other != one {
                    flip(&mut bars, other);
                }
                assert!(Imb::read(&bars).is_err(), "{digits}: {one} and {other}");
            }
        }
    }
}

/// The bars of each value as zint makes them.
fn bars_of_zint(values: &[String]) -> Vec<Bars> {
    let rows = zint::rows("USPS_IMAIL", &[], values);
    assert_eq!(rows.len(), 3 * values.len(), "zint refused a value");
    let bars = rows.chunks_exact(3).map(|rows| {
        let [up, middle, down] = rows else {
            unreachable!()
        };
        assert!(
            middle.starts_with(&"A".repeat(32)),
            "trackers and gaps: {middle}"
        );
        // Every second column is a gap.
        let halves = zint::bits(up).zip(zint::bits(down)).step_by(2).take(BARS);
        let bars: Vec<Bar> = halves.map(|(up, down)| Bar::new(up, down)).collect();
        Bars(bars.try_into().unwrap())
    });
    bars.collect()
}

fn agrees(values: &[String]) {
    for (value, bars) in values.iter().zip(bars_of_zint(values)) {
        let imb: Imb = value
            .parse()
            .unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!(imb.bars().to_string(), bars.to_string(), "{value}");
        assert_eq!(
            Imb::read(&bars).map(|imb| imb.to_string()).as_ref(),
            Ok(value)
        );
    }
}

#[test]
fn ten_thousand_random_values_agree_with_zint() {
    let mut random = fastrand::Rng::with_seed(3_200);
    let values: Vec<String> = (0..10_000)
        .map(|_| {
            let (first, second) = (random.u8(0..10), random.u8(0..5));
            let tracking: String = (0..18).map(|_| random.digit(10)).collect();
            let prefix = format!("{:05}", random.u32(1..=99_999));
            let more: String = (0..6).map(|_| random.digit(10)).collect();
            let routing = match random.u8(0..4) {
                0 => String::new(),
                1 => format!("-{prefix}"),
                2 => format!("-{prefix}{}", &more[..4]),
                _ => format!("-{prefix}{more}"),
            };
            format!("{first}{second}{tracking}{routing}")
        })
        .collect();
    agrees(&values);
}

/// The lowest and the highest of each field, with its neighbours, in every combination.
#[test]
fn boundary_values_agree_with_zint() {
    let fifteen = [
        "000000000000000",
        "000000000000001",
        "000000999999999",
        "000001000000000",
        "899999000000000",
        "899999999999999",
        "900000000000000",
        "900000000999999",
        "900000001000000",
        "999999999000000",
        "999999999999998",
        "999999999999999",
    ];
    let routing = [
        "",
        "-00001",
        "-00002",
        "-99998",
        "-99999",
        "-000010000",
        "-000010001",
        "-999999998",
        "-999999999",
        "-00001000000",
        "-00001000001",
        "-99999999998",
        "-99999999999",
    ];
    let mut values = Vec::new();
    for id in ["00", "01", "04", "10", "14", "90", "94"] {
        for service in ["000", "001", "998", "999"] {
            for fifteen in fifteen {
                values.extend(routing.map(|routing| format!("{id}{service}{fifteen}{routing}")));
            }
        }
    }
    agrees(&values);
}

/// What zint writes and is no ZIP for us: refused with the reason, not read as something else.
#[test]
fn a_routing_code_of_zeros_is_refused_by_name() {
    let values = ["-00000", "-000000000", "-000009999", "-00000999999"];
    let values = values.map(|routing| format!("00000000000000000000{routing}"));
    for (value, bars) in values.iter().zip(bars_of_zint(&values)) {
        assert_eq!(
            Imb::read(&bars),
            Err(ImbError::Routing(ZipError::Zero)),
            "{value}"
        );
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        id in 0u8..50, service_type in 0u16..=999,
        mailer in prop_oneof![0u32..=899_999, 900_000_000u32..=999_999_999],
        serial in 0u32..=999_999, routing in 0u64..=101_000_100_000,
    ) {
        let routing = Zip::from_routing(routing);
        prop_assume!(routing.is_ok());
        let imb = Imb::new(ImbFields {
            barcode_id: id / 5 * 10 + id % 5,
            service_type,
            mailer: MailerId::new(mailer).unwrap(),
            serial,
            routing: routing.unwrap(),
        }).unwrap();
        prop_assert_eq!(Imb::read(&imb.bars()), Ok(imb));
        prop_assert_eq!(imb.to_string().parse(), Ok(imb));
        prop_assert_eq!(imb.to_string().replace('-', "").parse(), Ok(imb));
    }

    #[test]
    fn any_bars_are_answered(letters in "[FADT]{65}") {
        let bars: Bars = letters.parse().unwrap();
        if let Ok(imb) = Imb::read(&bars) {
            prop_assert_eq!(imb.bars(), bars);
        }
    }

    #[test]
    fn any_text_is_answered(text in ".{0,40}", digits in "[0-9]{20}.{0,14}") {
        let _ = (text.parse::<Imb>(), text.parse::<Bars>(), digits.parse::<Imb>());
    }
}
