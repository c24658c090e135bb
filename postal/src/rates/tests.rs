//! Prices of the shipped table, and tables that must be refused.

use proptest::prelude::*;

use super::Channel::{Metered, Stamped};
use super::Shape::{Card, Flat, Letter, Parcel};
use super::{Quote, RateError, RateRequest, RateTable, Reach, Shape, US_FIRST_CLASS};
use crate::limits::RATE_TABLE_BYTES_MAX;
use crate::weight::{WeightError, milligrams};

/// Stands for a signature check: the right signature is the table's length.
fn length_check(table: &[u8], signature: &[u8]) -> bool {
    signature == table.len().to_le_bytes()
}

fn open(table: &str) -> Result<RateTable, RateError> {
    RateTable::open(table.as_bytes(), &table.len().to_le_bytes(), length_check)
}

fn shipped() -> RateTable {
    open(US_FIRST_CLASS).expect("the shipped table is consistent")
}

fn price(
    date: u32,
    shape: Shape,
    channel: super::Channel,
    ounces_hundredths: u32,
) -> Result<Quote, RateError> {
    let weight_milligrams = milligrams(ounces_hundredths)?;
    shipped().price(&RateRequest {
        channel,
        ..RateRequest::new(date, shape, weight_milligrams)
    })
}

#[test]
fn prices_of_the_shipped_table() {
    let cases = [
        (20250713, Letter, Metered, 1, 740, "FCL1"),
        (20250713, Letter, Metered, 100, 740, "FCL1"),
        (20250713, Letter, Metered, 101, 1_030, "FCL2"),
        (20250713, Letter, Metered, 200, 1_030, "FCL2"),
        (20250713, Letter, Metered, 300, 1_320, "FCL3"),
        (20250713, Letter, Metered, 301, 1_610, "FCL4"),
        (20250713, Letter, Metered, 350, 1_610, "FCL4"),
        (20250713, Letter, Stamped, 100, 780, "FSL1"),
        (20250713, Letter, Stamped, 350, 1_650, "FSL4"),
        (20250713, Card, Metered, 20, 610, "FCC1"),
        (20250713, Card, Stamped, 20, 610, "FCC1"),
        (20250713, Flat, Metered, 100, 1_630, "FCF1"),
        (20250713, Flat, Metered, 1_300, 5_110, "FCFD"),
        (99991231, Letter, Metered, 100, 740, "FCL1"),
        (20250712, Letter, Metered, 100, 690, "FCL1"),
        (20250712, Letter, Stamped, 100, 730, "FSL1"),
        (20250712, Letter, Metered, 350, 1_530, "FCL4"),
        (20240714, Card, Metered, 20, 560, "FCC1"),
        (20240714, Flat, Metered, 1_300, 4_860, "FCFD"),
    ];
    for (date, shape, channel, ounces_hundredths, mills, category) in cases {
        let found = price(date, shape, channel, ounces_hundredths).unwrap();
        assert_eq!(
            (found.total_mills, found.category.as_slice()),
            (mills, category.as_bytes()),
            "{date} {shape} {channel} {ounces_hundredths}"
        );
    }
}

#[test]
fn requests_without_a_price() {
    let too_heavy = |shape, weight, limit| {
        Err(RateError::TooHeavy {
            shape,
            weight_milligrams: weight,
            limit_milligrams: limit,
        })
    };
    let cases = [
        (
            20240713,
            Letter,
            28_350,
            Err(RateError::NoRateOnDate { date: 20240713 }),
        ),
        (
            20250229,
            Letter,
            28_350,
            Err(RateError::NotADate { date: 20250229 }),
        ),
        (0, Letter, 0, Err(RateError::NotADate { date: 0 })),
        (
            20240713,
            Letter,
            0,
            Err(RateError::Weight(WeightError::Zero)),
        ),
        (20250713, Letter, 99_224, Ok(1_610)),
        (20250713, Letter, 99_225, too_heavy(Letter, 99_225, 99_224)),
        (20250713, Card, 99_225, too_heavy(Card, 99_225, 99_224)),
        (20250713, Flat, 368_545, too_heavy(Flat, 368_545, 368_544)),
        (20250713, Flat, u32::MAX, too_heavy(Flat, u32::MAX, 368_544)),
    ];
    for (date, shape, weight_milligrams, expected) in cases {
        let request = RateRequest::new(date, shape, weight_milligrams);
        assert_eq!(
            shipped().price(&request).map(|price| price.total_mills),
            expected,
            "{request:?}"
        );
    }
}

#[test]
fn a_price_names_its_source() {
    assert!(shipped().is_illustrative());
    assert!(
        price(20250713, Letter, Metered, 100)
            .unwrap()
            .base
            .source
            .contains("13 July 2025")
    );
    assert!(
        price(20250713, Flat, Metered, 100)
            .unwrap()
            .base
            .source
            .contains("Illustrative")
    );
}

#[test]
fn shapes_by_name() {
    for shape in Shape::ALL {
        assert_eq!(
            format!(" {} ", shape.name().to_uppercase()).parse(),
            Ok(shape)
        );
    }
    assert_eq!(
        "parcels".parse::<Shape>(),
        Err(RateError::UnknownShape {
            found: "parcels".into()
        })
    );
}

#[test]
fn nothing_is_read_before_the_signature_holds() {
    let damaged = RateTable::open(b"not toml", b"no signature", length_check).unwrap_err();
    assert_eq!(damaged, RateError::Signature);
    let large = vec![b'#'; RATE_TABLE_BYTES_MAX + 1];
    let never = |_: &[u8], _: &[u8]| panic!("a table above the limit is not even checked");
    assert_eq!(
        RateTable::open(&large, &[], never).unwrap_err(),
        RateError::TableTooLarge
    );
    assert!(matches!(
        RateTable::open(&[0xFF], &[], |_, _| true),
        Err(RateError::Format { .. })
    ));
}

/// A small good table that each case of the next test breaks in one place.
const SMALL: &str = r#"
format = 2
title = "small"
source = "test"
illustrative = true
[[class]]
code = "first"
title = "First"
description = "the first"
[[period]]
from = 20240101
to = 20241231
[[period.rate]]
description = "letter"
class = "first"
shape = "letter"
channels = ["metered"]
steps = [{ up_to_ounces_hundredths = 100, mills = 100, category = "AAA1" }, { up_to_ounces_hundredths = 200, mills = 200, category = "AAA2" }]
[[period]]
from = 20250101
[[period.rate]]
description = "card"
class = "first"
shape = "card"
channels = ["metered"]
steps = [{ up_to_ounces_hundredths = 100, mills = 300, category = "BBB1" }]
"#;

#[test]
fn broken_tables() {
    let second_rate = r#"
[[period.rate]]
description = "again"
class = "first"
shape = "card"
channels = ["stamped", "metered"]
steps = [{ up_to_ounces_hundredths = 100, mills = 300, category = "CCC1" }]"#;
    let same_category = second_rate
        .replace(r#", "metered""#, "")
        .replace("CCC1", "BBB1");
    let long = format!("title = \"{}\"", "x".repeat(161));
    let cases: [(&str, &str, &str); 30] = [
        ("format = 2", "format = 1", "format 1"),
        ("format = 2", "format = 2\nextra = 1", "unknown field"),
        ("code = \"first\"", "code = \"First\"", "lower-case"),
        (
            "class = \"first\"",
            "class = \"last\"",
            "not among the classes",
        ),
        (
            "class = \"first\"",
            "class = \"first\"\nzones = []",
            "at least one",
        ),
        (
            "class = \"first\"",
            "class = \"first\"\nzones = [0]",
            "zone 0",
        ),
        (
            "class = \"first\"",
            "class = \"first\"\nzones = [1, 1]",
            "two rates",
        ),
        (
            "class = \"first\"",
            "class = \"first\"\ngroups = [\"a\"]",
            "group a is not",
        ),
        ("to = 20241231", "until = 20241231", "unknown field"),
        ("title = \"small\"", "", "missing field"),
        (
            "title = \"small\"",
            "title = \" \"",
            "title must be one line",
        ),
        (
            "title = \"small\"",
            "title = \"a\\nb\"",
            "title must be one line",
        ),
        ("title = \"small\"", &long, "title must be one line"),
        ("illustrative = true", "illustrative = 1", "boolean"),
        ("to = 20241231", "to = 20250101", "must end before"),
        ("to = 20241231", "", "must end before"),
        ("to = 20241231", "to = 20231231", "ends before it begins"),
        ("to = 20241231", "to = 20241301", "20241301 is not a date"),
        ("from = 20250101", "from = 20230101", "must end before"),
        (
            "\"letter\"\nchannels",
            "\"box\"\nchannels",
            "unknown variant",
        ),
        ("channels = [\"metered\"]", "channels = []", "no channel"),
        (
            "channels = [\"metered\"]",
            "channels = [\"metered\", \"metered\"]",
            "two rates",
        ),
        ("mills = 200", "mills = 99", "must rise"),
        ("mills = 200", "mills = 0.2", "floating point"),
        ("mills = 200", "mills = -200", "invalid value"),
        ("mills = 200", "mills = 4294967296", "is not a price"),
        ("mills = 300", "mills = 0", "is not a price"),
        ("hundredths = 200", "hundredths = 100", "must rise"),
        (
            "hundredths = 200",
            "hundredths = 112001",
            "above 1120 ounces",
        ),
        ("AAA2", "AAa2", "four capitals"),
    ];
    assert!(open(SMALL).is_ok());
    for (good, bad, expected) in cases {
        let broken = SMALL.replacen(good, bad, 1);
        assert_ne!(broken, SMALL, "{good:?} is not in the table");
        refused(&broken, expected);
    }
    refused(&SMALL.replace("AAA2", "AAA1"), "AAA1 twice");
    refused(&SMALL.replace("AAA2", "AAA22"), "four capitals");
    refused(
        &format!("{SMALL}{second_rate}"),
        "two rates for first, card, metered",
    );
    refused(&format!("{SMALL}{same_category}"), "BBB1 twice");
    assert!(
        open(&format!(
            "{SMALL}{}",
            second_rate.replace(r#", "metered""#, "")
        ))
        .is_ok()
    );
    refused(
        "format = 2\ntitle = \"a\"\nsource = \"b\"\nillustrative = true\nperiod = []\n[[class]]\ncode = \"a\"\ntitle = \"A\"\ndescription = \"a\"",
        "0 periods",
    );
}

/// What stands behind the table above, and each way to break it.
const EXTRAS: &str = r#"
[[period.surcharge]]
description = "surcharge"
classes = ["first"]
shapes = ["letter"]
mills = 10
[[period.group]]
code = "north"
description = "north"
countries = ["CA", "MX"]
[[period.group]]
code = "south"
description = "south"
countries = ["AR"]
[[period.service]]
code = "one"
description = "one"
classes = ["first"]
shapes = ["letter"]
mills = 20
[[period.service]]
code = "two"
description = "two"
classes = ["first"]
shapes = ["letter"]
bands = [{ up_to_mills = 100, mills = 30 }, { up_to_mills = 200, mills = 40 }]
needs = ["one"]
"#;

#[test]
fn broken_extras() {
    let cases = [
        (
            "shapes = [\"letter\"]\nmills = 10",
            "shapes = []\nmills = 10",
            "no class or no shape",
        ),
        (
            "classes = [\"first\"]",
            "classes = [\"last\"]",
            "not among the classes",
        ),
        (
            "shapes = [\"letter\"]",
            "shapes = [\"letter\", \"letter\"]",
            "two surcharges",
        ),
        ("mills = 10", "mills = 0", "is not a price"),
        ("\"MX\"", "\"mx\"", "two capitals"),
        ("\"MX\"", "\"AR\"", "country AR stands twice"),
        (
            "code = \"south\"",
            "code = \"north\"",
            "group north stands twice",
        ),
        ("countries = [\"AR\"]", "countries = []", "0 countries"),
        (
            "code = \"two\"",
            "code = \"one\"",
            "service one stands twice",
        ),
        ("code = \"two\"", "code = \"t wo\"", "lower-case"),
        ("mills = 20", "", "give mills or bands"),
        ("bands = [", "mills = 5\nbands = [", "give mills or bands"),
        ("up_to_mills = 200", "up_to_mills = 100", "must rise"),
        ("up_to_mills = 100", "up_to_mills = 0", "ends at nothing"),
        ("mills = 40", "mills = 29", "must rise"),
        ("mills = 40", "mills = 4.5", "floating point"),
        (
            "needs = [\"one\"]",
            "needs = [\"three\"]",
            "no other service",
        ),
        ("needs = [\"one\"]", "needs = [\"two\"]", "no other service"),
        (
            "needs = [\"one\"]",
            "needs = [\"one\"]\nexcludes = [\"one\"]",
            "needs and excludes",
        ),
        ("needs = [\"one\"]", "wants = [\"one\"]", "unknown field"),
    ];
    let whole = format!("{SMALL}{EXTRAS}");
    assert!(open(&whole).is_ok());
    for (good, bad, expected) in cases {
        let broken = EXTRAS.replacen(good, bad, 1);
        assert_ne!(broken, EXTRAS, "{good:?} is not in the table");
        refused(&format!("{SMALL}{broken}"), expected);
    }
}

#[test]
fn a_parcel_asks_for_its_zone() {
    let parcel = RateRequest::new(20250713, Parcel, 28_350);
    assert_eq!(
        shipped().price(&parcel),
        Err(RateError::ZoneNeeded { shape: Parcel })
    );
}

fn refused(table: &str, expected: &str) {
    let error = open(table).expect_err(expected).to_string();
    assert!(
        error.contains(expected),
        "expected {expected:?}, found {error}"
    );
}

#[test]
fn a_gap_between_periods_has_no_price() {
    let table = open(&SMALL.replace("to = 20241231", "to = 20241230")).unwrap();
    let request = RateRequest::new(20241231, Letter, 1);
    assert_eq!(
        table.price(&request),
        Err(RateError::NoRateOnDate { date: 20241231 })
    );
    let other_shape = RateRequest {
        date: 20241230,
        shape: Card,
        ..request
    };
    let expected = RateError::NoRateForShape {
        date: 20241230,
        class: None,
        shape: Card,
        channel: Metered,
        reach: Reach::Domestic,
    };
    assert_eq!(table.price(&other_shape), Err(expected));
}

proptest! {
    #[test]
    fn a_heavier_piece_is_never_cheaper(
        one in 1u32..2_000, other in 1u32..2_000,
        shape in prop::sample::select(vec![Card, Letter, Flat]),
        channel in prop::sample::select(vec![Metered, Stamped]),
        date in prop::sample::select(vec![20240714, 20250712, 20250713, 20300101]),
    ) {
        let light = price(date, shape, channel, one.min(other));
        let heavy = price(date, shape, channel, one.max(other));
        match (light, heavy) {
            (Ok(light), Ok(heavy)) => prop_assert!(light.total_mills <= heavy.total_mills),
            (_, heavy) => prop_assert!(
                matches!(heavy, Err(RateError::TooHeavy { .. })), "only too heavy is left: {heavy:?}"
            ),
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = RateTable::open(&bytes, &[], |_, _| true);
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0..US_FIRST_CLASS.len(), byte in any::<u8>()) {
        let mut bytes = US_FIRST_CLASS.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = RateTable::open(&bytes, &[], |_, _| true);
    }
}
