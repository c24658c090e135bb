//! Package barcodes and Code 128: published samples, every malformed input, and agreement with zint.

use postal::Zip;
use postal::code128::{self, Code128Error, Part};
use postal::imb::MailerId;
use postal::impb::{Channel, Impb, ImpbError, ImpbFields, Length, SERVICE_TYPES, ServiceType};
use postal::s10::S10;
use postal::zip::ZipError;
use proptest::prelude::*;

use crate::zint;

#[test]
fn a_published_sample_is_read_and_written() {
    let expected = ImpbFields {
        channel: Channel::Online,
        service_type: 1,
        mailer: MailerId::new(112_062).unwrap(),
        serial: 640_626_078,
        length: Length::Digits22,
        routing: None,
    };
    let alone: Impb = "9400111206206406260787".parse().unwrap();
    assert_eq!(alone.fields(), expected);
    assert_eq!(alone.grouped(), "9400 1112 0620 6406 2607 87");
    let routed = ImpbFields {
        routing: Some(Zip::parse("78745").unwrap()),
        ..expected
    };
    let forms = [
        "420787459400111206206406260787",
        "420 78745 9400 1112 0620 6406 2607 87",
        "42078745\u{1d}9400111206206406260787",
        "\u{1d}42078745\u{1d}9400111206206406260787",
    ];
    for form in forms {
        let found: Impb = form.parse().unwrap();
        assert_eq!(found.fields(), routed, "{form:?}");
        assert_eq!(found.to_string(), forms[0]);
    }
}

#[test]
fn what_is_no_package_barcode() {
    let digits = |found| ImpbError::Digits { found };
    let cases = [
        ("", digits(0)),
        ("940011120620640626078", digits(21)),
        ("94001112062064062607870", digits(23)),
        ("421787459400111206206406260787", digits(30)),
        ("42178745\u{1d}9400111206206406260787", digits(30)),
        ("420\u{1d}78745\u{1d}9400111206206406260787", digits(30)),
        (
            "940011120620640626078A",
            ImpbError::Character { found: 'A' },
        ),
        (
            "9400111206206406260788",
            ImpbError::Check {
                found: 8,
                expected: 7,
            },
        ),
        (
            "9401011206206406260787",
            ImpbError::Check {
                found: 7,
                expected: 9,
            },
        ),
        ("9100111206206406260780", ImpbError::Channel { found: 91 }),
        (
            "420000009400111206206406260787",
            ImpbError::Routing(ZipError::Zero),
        ),
        (
            "9200111206206406260789",
            ImpbError::ChannelMailer {
                channel: Channel::CommercialLong,
                mailer: MailerId::new(112_062).unwrap(),
            },
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<Impb>(), Err(expected), "{text:?}");
    }
    let good = "9400111206206406260787".parse::<Impb>().unwrap().fields();
    let long = MailerId::new(987_654_321).unwrap();
    let cases = [
        (
            ImpbFields {
                service_type: 1_000,
                ..good
            },
            ImpbError::ServiceType { found: 1_000 },
        ),
        (
            ImpbFields {
                channel: Channel::CommercialShort,
                mailer: long,
                ..good
            },
            ImpbError::ChannelMailer {
                channel: Channel::CommercialShort,
                mailer: long,
            },
        ),
        (
            ImpbFields {
                serial: 10_000_000_000,
                ..good
            },
            ImpbError::Serial {
                found: 10_000_000_000,
                digits: 10,
            },
        ),
        (
            ImpbFields {
                serial: 10_000_000,
                mailer: long,
                ..good
            },
            ImpbError::Serial {
                found: 10_000_000,
                digits: 7,
            },
        ),
        (
            ImpbFields {
                serial: 100_000_000_000,
                mailer: long,
                length: Length::Digits26,
                ..good
            },
            ImpbError::Serial {
                found: 100_000_000_000,
                digits: 11,
            },
        ),
        (
            ImpbFields {
                routing: Some(Zip::parse("95814-1234-56").unwrap()),
                ..good
            },
            ImpbError::RoutingLevel,
        ),
    ];
    for (fields, expected) in cases {
        assert_eq!(Impb::new(fields), Err(expected), "{fields:?}");
    }
}

/// 34 digits are nine and 22 or five and 26; a text made to be both is not guessed at.
#[test]
fn what_can_be_read_in_two_ways_is_asked_about() {
    // 9430 adds 40 to the sum of the check digit, which is therefore right for both.
    let text = "4209581494309400111206206406260787";
    assert_eq!(text.parse::<Impb>(), Err(ImpbError::Ambiguous));
    // Another digit there, and only one reading is left.
    let other: Impb = "4209581494209400111206206406260787".parse().unwrap();
    assert_eq!(other.fields().length, Length::Digits22);
    let split = |at: usize| format!("{}\u{1d}{}", &text[..at], &text[at..]).parse::<Impb>();
    assert_eq!(split(8).unwrap().fields().length, Length::Digits26);
    assert_eq!(split(12).unwrap().fields().length, Length::Digits22);
}

#[test]
fn service_types_by_class_and_services() {
    let cases = [
        ("ground", &[][..], Some(1)),
        ("priority", &[], Some(55)),
        ("express", &[], Some(701)),
        ("priority", &["certified"], Some(73)),
        ("first-class", &["registered"], Some(88)),
        ("first-class", &["registered", "certified"], None),
        ("first-class", &["insured"], None),
    ];
    for (class, services, code) in cases {
        let found = ServiceType::find(class, services);
        assert_eq!(found.map(|found| found.code), code, "{class} {services:?}");
    }
    for known in &SERVICE_TYPES {
        assert_eq!(ServiceType::of_code(known.code), Some(known));
    }
    assert_eq!(ServiceType::of_code(999), None);
}

/// The modules of a symbol, dark ones set.
fn modules(widths: &[u8]) -> Vec<bool> {
    let bars = [true, false].into_iter().cycle();
    let runs = widths.iter().zip(bars);
    runs.flat_map(|(width, is_bar)| std::iter::repeat_n(is_bar, usize::from(*width)))
        .collect()
}

fn same_symbol(widths: &[u8], row: &str, value: &str) {
    let ours = modules(widths);
    let theirs: Vec<bool> = zint::bits(row).take(ours.len()).collect();
    assert_eq!(ours, theirs, "{value}");
    // The rest of zint's last digits is filling.
    assert!(
        zint::bits(row).skip(ours.len()).all(|dark| !dark),
        "{value}"
    );
    assert!(row.len() * 4 - ours.len() < 8, "{value}");
}

#[test]
fn thousands_of_package_symbols_agree_with_zint() {
    let mut random = fastrand::Rng::with_seed(128);
    let barcodes: Vec<Impb> = (0..4_000).map(|_| random_barcode(&mut random)).collect();
    let values: Vec<String> = barcodes.iter().map(with_brackets).collect();
    let rows = zint::rows("GS1_128", &["--notext"], &values);
    assert_eq!(rows.len(), values.len(), "zint refused a value");
    for ((barcode, value), row) in barcodes.iter().zip(&values).zip(&rows) {
        same_symbol(&barcode.symbol().unwrap(), row, value);
    }
}

fn random_barcode(random: &mut fastrand::Rng) -> Impb {
    let is_long = random.bool();
    let channels = if is_long {
        [Channel::CommercialLong, Channel::Online, Channel::Retail]
    } else {
        [Channel::CommercialShort, Channel::Online, Channel::Retail]
    };
    let mailer = if is_long {
        random.u32(900_000_000..=999_999_999)
    } else {
        random.u32(0..=899_999)
    };
    let length = if random.bool() {
        Length::Digits22
    } else {
        Length::Digits26
    };
    let digits = length.digits() - 6 - if is_long { 9 } else { 6 };
    let routing = match random.u8(0..3) {
        0 => None,
        1 => Some(format!("{:05}", random.u32(1..=99_999))),
        _ => Some(format!(
            "{:05}-{:04}",
            random.u32(1..=99_999),
            random.u32(0..=9_999)
        )),
    };
    Impb::new(ImpbFields {
        channel: channels[random.usize(0..3)],
        service_type: random.u16(0..=999),
        mailer: MailerId::new(mailer).unwrap(),
        serial: random.u64(0..10_u64.pow(digits as u32)),
        length,
        routing: routing.map(|zip| Zip::parse(&zip).unwrap()),
    })
    .unwrap()
}

/// As zint wants it: `[420]78745[94]00111...`.
fn with_brackets(barcode: &Impb) -> String {
    let (all, tracking) = (barcode.to_string(), barcode.tracking());
    let routing = all.strip_suffix(&tracking).unwrap();
    let routing = routing
        .strip_prefix("420")
        .map(|zip| format!("[420]{zip}"))
        .unwrap_or_default();
    format!("{routing}[{}]{}", &tracking[..2], &tracking[2..])
}

/// International identifiers in plain Code 128: letters, digits and letters, so that both sets are used.
#[test]
fn a_thousand_international_identifiers_agree_with_zint() {
    let mut random = fastrand::Rng::with_seed(10);
    let items: Vec<String> = (0..1_000)
        .map(|_| {
            let letters: String = (0..4).map(|_| random.uppercase()).collect();
            S10::new(&letters[..2], random.u32(0..=99_999_999), &letters[2..])
                .unwrap()
                .to_string()
        })
        .collect();
    let rows = zint::rows("CODE128", &["--notext"], &items);
    assert_eq!(rows.len(), items.len());
    for (item, row) in items.iter().zip(&rows) {
        same_symbol(&code128::widths(&[Part::Text(item)]).unwrap(), row, item);
    }
}

/// What a symbol's characters say again, read by the rules of the standard.
fn text_of(characters: &[u8]) -> Option<String> {
    let (start, rest) = characters.split_first()?;
    let (check, data) = rest.split_last()?;
    let sum = data
        .iter()
        .zip(1..)
        .map(|(value, place)| u32::from(*value) * place)
        .sum::<u32>();
    if (sum + u32::from(*start)) % 103 != u32::from(*check) {
        return None;
    }
    let mut in_c = *start == 105;
    let mut text = String::new();
    for value in data {
        match (in_c, *value) {
            (_, 102) => text.push('\u{1d}'),
            (true, 100) => in_c = false,
            (false, 99) => in_c = true,
            (true, pair) => text.push_str(&format!("{pair:02}")),
            (false, value) => text.push(char::from(value + 32)),
        }
    }
    Some(text)
}

#[test]
fn what_is_no_symbol() {
    assert_eq!(code128::widths(&[]), Err(Code128Error::Empty));
    assert_eq!(code128::widths(&[Part::Text("")]), Err(Code128Error::Empty));
    assert_eq!(
        code128::widths(&[Part::Text("a\n")]),
        Err(Code128Error::Character { found: '\n' })
    );
    assert_eq!(
        code128::widths(&[Part::Text("\u{7f}")]),
        Err(Code128Error::Character { found: '\u{7f}' })
    );
    assert_eq!(
        code128::widths(&[Part::Text(&"a".repeat(96))]),
        Err(Code128Error::TooLong)
    );
    assert_eq!(
        code128::widths(&[Part::Text(&"1".repeat(1_000))]),
        Err(Code128Error::TooLong)
    );
    assert!(code128::widths(&[Part::Text(&"a".repeat(95))]).is_ok());
}

proptest! {
    #[test]
    fn any_text_comes_back(text in "[ -~]{1,30}", digits in "[0-9]{0,20}") {
        let parts = [Part::Fnc1, Part::Text(&digits), Part::Fnc1, Part::Text(&text), Part::Text(&digits)];
        let characters = code128::characters(&parts).unwrap();
        prop_assert_eq!(text_of(&characters), Some(format!("\u{1d}{digits}\u{1d}{text}{digits}")));
        // Eleven modules a character, two more in the stop.
        let modules: u32 = code128::widths(&parts).unwrap().iter().map(|width| u32::from(*width)).sum();
        prop_assert_eq!(modules as usize, 11 * (characters.len() + 1) + 2);
    }

    #[test]
    fn what_is_written_is_read(seed in any::<u64>()) {
        let barcode = random_barcode(&mut fastrand::Rng::with_seed(seed));
        let found = barcode.to_string().parse::<Impb>();
        prop_assert!(found == Ok(barcode) || found == Err(ImpbError::Ambiguous), "{found:?}");
    }

    #[test]
    fn one_wrong_digit_is_refused(seed in any::<u64>(), at in 0usize..22, by in 1u8..10) {
        let barcode = random_barcode(&mut fastrand::Rng::with_seed(seed));
        let mut digits = barcode.tracking().into_bytes();
        digits[at] = (digits[at] - b'0' + by) % 10 + b'0';
        let found = String::from_utf8(digits).unwrap().parse::<Impb>();
        prop_assert!(matches!(found, Err(ImpbError::Check { .. })), "{found:?}");
    }

    #[test]
    fn any_digits_are_answered(text in ".{0,40}", digits in "[0-9\u{1d} ]{0,45}") {
        let _ = (text.parse::<Impb>(), digits.parse::<Impb>());
    }
}
