//! Standardising by hand-picked examples, and properties over generated addresses.

mod generated;
mod table;

use std::collections::BTreeSet;

use postal::standard::{Component, Delivery, Reason, Verdict, Weight, standardise};
use table::CASES;

fn split(lines: &str) -> Vec<&str> {
    lines.split(" / ").collect()
}

#[test]
fn odd_addresses_take_the_standard_form() {
    assert!(CASES.len() >= 100);
    let mut wrong = Vec::new();
    for case in CASES {
        let found = standardise(split(case.0)).unwrap();
        let lines = found.lines.join(" / ");
        if (lines.as_str(), found.verdict) != (case.1, case.2) {
            wrong.push(format!(
                "{}\n  wanted {} {:?}\n  found  {lines} {:?} {:?}",
                case.0, case.1, case.2, found.verdict, found.reasons
            ));
        }
        assert!(!case.3.is_empty());
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        CASES.len(),
        wrong.join("\n")
    );
}

#[test]
fn standard_forms_stay() {
    for case in CASES {
        let once = standardise(split(case.0)).unwrap();
        let twice = standardise(&once.lines).unwrap();
        assert_eq!(once.lines, twice.lines, "{}", case.0);
        // What was only written differently is good now; what was doubtful is still.
        let expected = if once.verdict == Verdict::Corrected {
            Verdict::Good
        } else {
            once.verdict
        };
        assert_eq!(twice.verdict, expected, "{} {:?}", case.0, twice.reasons);
    }
}

#[test]
fn what_has_two_readings_stays_as_given_with_its_other_doubts() {
    let given = split("Urb#Laa14 S Urb#La15 S / San Juan PR 90210");
    let found = standardise(&given).unwrap();
    assert_eq!(found.lines, given);
    assert!(found.changes.is_empty(), "{:?}", found.changes);
    for reason in [Reason::TwoReadings, Reason::ZipNotOfState] {
        assert!(found.reasons.contains(&reason), "{:?}", found.reasons);
    }
}

#[test]
fn every_reason_is_given_by_some_address() {
    let mut given: BTreeSet<Reason> = BTreeSet::new();
    for case in CASES {
        let found = standardise(split(case.0)).unwrap();
        let heaviest = found.reasons.iter().map(|reason| reason.weight()).max();
        assert_eq!(
            found.verdict >= Verdict::Doubtful,
            heaviest == Some(Weight::Doubt),
            "{}",
            case.0
        );
        assert!(
            found
                .changes
                .iter()
                .all(|change| found.reasons.contains(&change.reason))
        );
        given.extend(found.reasons);
    }
    let never: Vec<&str> = Reason::ALL
        .iter()
        .filter(|reason| !given.contains(reason))
        .map(|reason| reason.name())
        .collect();
    assert!(never.is_empty(), "{never:?}");
    assert!(Reason::ALL.is_sorted());
    let names: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
}

#[test]
fn parts_of_a_street() {
    let found = standardise([
        "12 1/2 North Main Street East Apartment 5",
        "Denver, CO 80203",
    ])
    .unwrap();
    let Some(Delivery::Street(street)) = found.delivery else {
        panic!("a street");
    };
    assert_eq!(street.number, "12 1/2");
    assert_eq!(
        (street.predirectional, street.postdirectional),
        (Some("N"), Some("E"))
    );
    assert_eq!((street.name.as_str(), street.suffix), ("MAIN", Some("ST")));
    assert_eq!(
        (street.units[0].designator, street.units[0].number.as_str()),
        ("APT", "5")
    );
    let changes: Vec<(Component, &str, &str)> = found
        .changes
        .iter()
        .filter(|change| change.component != Component::Line)
        .map(|change| {
            (
                change.component,
                change.before.as_str(),
                change.after.as_str(),
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            (Component::Unit, "APARTMENT 5", "APT 5"),
            (Component::Postdirectional, "EAST", "E"),
            (Component::Predirectional, "NORTH", "N"),
            (Component::Suffix, "STREET", "ST"),
        ]
    );
}

#[test]
fn doubtful_last_lines_have_candidates() {
    let cases = [
        // City and state as given; the ZIP's own place first, then the city's ZIPs.
        (
            "Sacramento, CA 10001",
            "NEW YORK NY 10001",
            "SACRAMENTO CA 94204",
        ),
        ("Sacremento, CA 95814", "SACRAMENTO CA 95814", ""),
        ("Beverly Hills, CA 90120", "BEVERLY HILLS CA 90210", ""),
        ("Sacramento 95814", "SACRAMENTO CA 95814", ""),
        ("Dover, DE", "DOVER DE 19901", "DOVER DE 19904"),
        ("Montpelir, VT", "MONTPELIER VT 05601", ""),
    ];
    for (last, first, other) in cases {
        let found = standardise(["1 Main St", last]).unwrap();
        let places: Vec<String> = found
            .candidates
            .iter()
            .map(|place| format!("{} {} {:05}", place.city, place.state, place.zip5))
            .collect();
        assert_eq!(
            places.first().map(String::as_str),
            Some(first),
            "{last}: {places:?}"
        );
        assert!(
            other.is_empty() || places.iter().any(|place| place == other),
            "{last}: {places:?}"
        );
        assert!(places.len() <= postal::limits::CANDIDATES_MAX);
    }
}

#[test]
fn public_buildings_of_every_state_are_good() {
    let file = include_str!("../../../examples/state-capitols.csv");
    let mut rows = csv::Reader::from_reader(file.as_bytes());
    for row in rows.records() {
        let row = row.unwrap();
        let last = format!("{}, {} {}", &row[3], &row[4], &row[5]);
        let found = standardise([&row[0], &row[1], &row[2], last.as_str()]).unwrap();
        // The capitol of Albany is given by its corner; the table has another city for no ZIP of the list.
        let expected = if &row[4] == "NY" {
            Verdict::Doubtful
        } else {
            Verdict::Good
        };
        assert_eq!(
            found.verdict, expected,
            "{:?} {:?} {:?}",
            found.lines, found.reasons, found.candidates
        );
    }
}

#[test]
fn a_line_that_would_grow_too_long_stays() {
    // AVENUE is three longer than AVE, DR three shorter than DRIVE.
    let long = format!("1 {} Ave Drive", "x".repeat(52));
    assert_eq!(long.len(), 64);
    let kept = standardise([long.as_str(), "Reno, NV 89501"]).unwrap();
    assert_eq!(kept.lines[0].len(), 64);
    let long = format!("1 {} Ave Dr", "x".repeat(55));
    assert_eq!(long.len(), 64);
    let kept = standardise([long.as_str(), "Reno, NV 89501"]).unwrap();
    assert_eq!(
        (kept.lines[0].as_str(), kept.verdict),
        (long.as_str(), Verdict::Doubtful)
    );
    assert_eq!(standardise(&kept.lines).unwrap().lines, kept.lines);
}
