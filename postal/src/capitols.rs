//! Checks the example batch, examples/state-capitols.csv: every row is an address that this crate takes,
//! in the right capital, with a price. The reading of batches itself is the command line's.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::rates::{RateRequest, RateTable, Shape, US_FIRST_CLASS};
use crate::state::State;
use crate::weight::parse_ounces;
use crate::zip::{Zip, ZipLevel};

const CAPITOLS: &str = include_str!("../../examples/state-capitols.csv");

/// Each state's capital, and the first three digits that ZIPs there begin with.
const CAPITALS: [(&str, &str, &str); 50] = [
    ("AK", "Juneau", "998"),
    ("AL", "Montgomery", "361"),
    ("AR", "Little Rock", "722"),
    ("AZ", "Phoenix", "850"),
    ("CA", "Sacramento", "958"),
    ("CO", "Denver", "802"),
    ("CT", "Hartford", "061"),
    ("DE", "Dover", "199"),
    ("FL", "Tallahassee", "323"),
    ("GA", "Atlanta", "303"),
    ("HI", "Honolulu", "968"),
    ("IA", "Des Moines", "503"),
    ("ID", "Boise", "837"),
    ("IL", "Springfield", "627"),
    ("IN", "Indianapolis", "462"),
    ("KS", "Topeka", "666"),
    ("KY", "Frankfort", "406"),
    ("LA", "Baton Rouge", "708"),
    ("MA", "Boston", "021"),
    ("MD", "Annapolis", "214"),
    ("ME", "Augusta", "043"),
    ("MI", "Lansing", "489"),
    ("MN", "Saint Paul", "551"),
    ("MO", "Jefferson City", "651"),
    ("MS", "Jackson", "392"),
    ("MT", "Helena", "596"),
    ("NC", "Raleigh", "276"),
    ("ND", "Bismarck", "585"),
    ("NE", "Lincoln", "685"),
    ("NH", "Concord", "033"),
    ("NJ", "Trenton", "086"),
    ("NM", "Santa Fe", "875"),
    ("NV", "Carson City", "897"),
    ("NY", "Albany", "122"),
    ("OH", "Columbus", "432"),
    ("OK", "Oklahoma City", "731"),
    ("OR", "Salem", "973"),
    ("PA", "Harrisburg", "171"),
    ("RI", "Providence", "029"),
    ("SC", "Columbia", "292"),
    ("SD", "Pierre", "575"),
    ("TN", "Nashville", "372"),
    ("TX", "Austin", "787"),
    ("UT", "Salt Lake City", "841"),
    ("VA", "Richmond", "232"),
    ("VT", "Montpelier", "056"),
    ("WA", "Olympia", "985"),
    ("WI", "Madison", "537"),
    ("WV", "Charleston", "253"),
    ("WY", "Cheyenne", "820"),
];

#[test]
fn every_row_is_a_capital_with_an_address_and_a_price() {
    let mut reader = csv::Reader::from_reader(CAPITOLS.as_bytes());
    let header = [
        "name",
        "line1",
        "line2",
        "city",
        "state",
        "zip",
        "shape",
        "weight_oz",
    ];
    assert_eq!(reader.headers().unwrap(), &header[..]);
    let table = RateTable::open(US_FIRST_CLASS.as_bytes(), &[], |_, _| true).unwrap();
    let mut states = BTreeSet::new();
    for row in reader.records() {
        let row = row.unwrap();
        let fields: Vec<&str> = row.iter().collect();
        let [name, line1, line2, city, state, zip, shape, weight_oz] = fields[..] else {
            panic!("a row has {} fields", fields.len());
        };
        let (_, capital, prefix) = CAPITALS.iter().find(|(code, ..)| *code == state).unwrap();
        assert_eq!(city, *capital, "{state}");
        assert!(
            zip.starts_with(prefix),
            "{state}: {zip} is not in {capital}"
        );

        let last = format!("{city}, {state} {zip}");
        let lines = [name, line1, line2, &last];
        let address = Address::parse(lines.into_iter().filter(|line| !line.is_empty())).unwrap();
        let destination = address.destination().unwrap();
        assert_eq!(destination.city, city);
        assert_eq!(Some(destination.state), State::parse(state));
        assert_eq!(Ok(destination.zip), Zip::parse(zip));
        assert_eq!(destination.zip.level(), ZipLevel::Zip5);

        let (shape, weight_milligrams) = (
            shape.parse::<Shape>().unwrap(),
            parse_ounces(weight_oz).unwrap(),
        );
        assert_eq!(
            shape,
            Shape::Letter,
            "the demonstration prints #10 envelopes"
        );
        let request = RateRequest::new(20250713, shape, weight_milligrams);
        assert!(table.price(&request).is_ok(), "{state}");
        assert!(states.insert(state.to_owned()), "{state} stands twice");
    }
    assert_eq!(states.len(), CAPITALS.len());
}
