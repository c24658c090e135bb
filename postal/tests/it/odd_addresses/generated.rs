//! Standardising twice changes nothing: over addresses that look real, and over anything at all.

use postal::standard::standardise;
use proptest::prelude::*;

fn word(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(choices).prop_map(str::to_owned)
}

const NUMBERS: &[&str] = &[
    "", "1", "12", "123A", "112-10", "12 1/2", "12-1/2", "N6W23001", "A17", "One", "1200", "5TH",
];
const DIRECTIONS: &[&str] = &[
    "",
    "",
    "N",
    "North",
    "S.W.",
    "South East",
    "East West",
    "NE",
    "West",
];
const NAMES: &[&str] = &[
    "Main",
    "Oak",
    "1700",
    "39.2",
    "5th",
    "First",
    "St Johns",
    "Martin Luther King Jr",
    "Avenue",
    "Park",
    "Lake View",
    "The",
    "Bay West",
    "O'Brien",
    "Highway 5",
    "Hwy 66 Frontage Road",
    "CR 12",
    "Co Rd 5",
    "US 41",
    "I-10",
    "SR 220",
    "KY 1207",
    "Old Hwy 12",
    "Front",
    "Rear",
    "Key",
    "Fox & Hounds",
    "E",
    "End",
    "Calle A",
    "Do\u{f1}a",
    "3rd St Cir",
    "Unit",
    "A",
];
const SUFFIXES: &[&str] = &[
    "",
    "Street",
    "St.",
    "Ave",
    "Avenue Drive",
    "Trl",
    "Extension",
    "Highway",
    "View",
    "Xing",
    "Key",
];
const UNITS: &[&str] = &[
    "",
    "",
    "Apt 5",
    "#5",
    "Apt #5",
    "Suite 200",
    "Rear",
    "2nd Floor",
    "Bldg B Apt 3",
    "PMB 12",
    "5B",
    "Ste",
    "B",
    "Upper",
    "Lot 5 B",
    "Office",
    "Key 5",
    "Apt3B",
    ", Unit 5",
];
const OTHERS: &[&str] = &[
    "PO Box 12",
    "P.O. Drawer D",
    "Box 12",
    "RR 2 Box 5",
    "RFD Route 04 #87A",
    "HC 68 Box 23A",
    "RR2",
    "Star Route 5 Box 1",
    "Gen Del",
    "PSC 802 Box 74",
    "Unit 2050 Box 4190",
    "USS Nimitz",
    "State Capitol",
    "Urb Las Gladiolas",
    "Attn: Clerk",
    "C/O Clerk",
    "Apt 5",
    "Suite 200",
    "PMB 234",
    "Legislative Hall, 411 Legislative Ave",
    "Urb Sol 5 Calle B",
    "5 Calle B Urb Sol",
    "12",
    "Rear",
];
const LASTS: &[&str] = &[
    "Sacramento, CA 95814",
    "Sacramento, California 95814-1234",
    "St. Paul MN 55155",
    "New York New York 10001",
    "APO AE 09499",
    "APO Armed Forces Europe 09012",
    "San Juan PR 00926",
    "Frankfort, KY 40601",
    "Denver, CO 80203",
    "Sacremento CA 95814",
    "Port Washington 11050",
    "Sacramento CA",
    "Sacramento",
    "CA 95814",
    "95814",
    "Winston-Salem, NC 27101",
    "Hagatna Guam 96910",
    "Sacramento CA 95814 1234",
    "USA",
    "Washington DC 20500",
    "N Las Vegas NV 89030",
    "12 CA 95814",
];

fn street() -> impl Strategy<Value = String> {
    (
        word(NUMBERS),
        word(DIRECTIONS),
        word(NAMES),
        word(SUFFIXES),
        word(DIRECTIONS),
        word(UNITS),
        any::<bool>(),
    )
        .prop_map(|(number, pre, name, suffix, post, unit, first)| {
            let parts = if first {
                [&unit, &number, &pre, &name, &suffix, &post]
            } else {
                [&number, &pre, &name, &suffix, &post, &unit]
            };
            parts.map(String::as_str).join(" ")
        })
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![3 => street(), 1 => word(OTHERS), 1 => ("[A-Z0-9a-z]{1,6}", word(OTHERS)).prop_map(|(a, b)| format!("{a} {b}"))]
}

fn stays(lines: &[String]) -> Result<(), TestCaseError> {
    let Ok(once) = standardise(lines) else {
        return Ok(());
    };
    let twice = standardise(&once.lines)
        .map_err(|error| TestCaseError::fail(format!("{:?}: {error}", once.lines)))?;
    prop_assert_eq!(
        &once.lines,
        &twice.lines,
        "given {:?}, reasons {:?}",
        lines,
        once.reasons
    );
    prop_assert!(
        twice.verdict <= once.verdict || once.verdict == twice.verdict,
        "{:?} {:?} {:?}",
        lines,
        once,
        twice
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn twice_is_once_for_addresses_that_look_real(
        upper in prop::collection::vec(line(), 1..4), last in word(LASTS), country in prop::bool::weighted(0.05),
    ) {
        let mut lines = upper;
        lines.push(last);
        if country {
            lines.push("USA".to_owned());
        }
        stays(&lines)?;
    }

    #[test]
    fn twice_is_once_for_anything(lines in prop::collection::vec("\\PC{0,30}", 0..7), last in word(LASTS)) {
        let mut lines = lines;
        lines.push(last);
        stays(&lines)?;
    }

    #[test]
    fn twice_is_once_for_words_of_the_post(
        words in prop::collection::vec(
            prop::sample::select(&[
                "N", "EAST", "ST", "AVE", "AVENUE", "HWY", "5", "5TH", "12", "A", "B", "#", "APT", "FL", "REAR", "BOX", "PO", "RR", "HC",
                "RD", "RT", "CO", "CR", "US", "I", "STATE", "UNIT", "PSC", "1/2", "39.2", "AND", ",", "-", "STAR", "ROUTE", "URB", "CALLE",
                "MAIN", "KY", "OLD", "BYPASS", "FRONTAGE", "SR", "ONE", "FRONT", "PMB", "GENERAL", "DELIVERY", "END", "/",
            ][..]), 1..8),
        last in word(LASTS),
    ) {
        stays(&[words.join(" "), last])?;
    }
}
