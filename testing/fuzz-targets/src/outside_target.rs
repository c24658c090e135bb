//! Target `outside`: everything else that reads what strangers or operators write: bodies of the
//! API, addresses, ZIPs, weights, rate tables, barcodes of the post, the plan of a ceremony.
//!
//! The first byte of an input chooses which. Not here: images with symbols. What reads them would
//! make up most of the instrumented program; `print` has property tests of its own for them.

use api::{
    Acceptance, AddressBatch, DispenseBatch, DispenseOne, EnvelopeSheet, Mailing, PasswordChange,
    SignOn, SignUp, SignedStatement, Verification,
};
use item::normalise_address;
use postal::countries::international;
use postal::imb::{Bars, Imb};
use postal::impb::Impb;
use postal::s10::S10;
use postal::{Address, RateRequest, RateTable, Shape, State, Zip, scale, standardise, weight};
use serde::Serialize;
use serde::de::DeserializeOwned;

const KINDS: u8 = 9;

/// Target `outside`.
pub(crate) fn run(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(bytes);
    match kind % KINDS {
        0 => bodies(bytes),
        1 => address(&text),
        2 => zip(&text),
        3 => routing(bytes),
        4 => weights(&text),
        5 => rates(bytes),
        6 => barcodes(&text),
        7 => drop(scale::milligrams(bytes)),
        _ => drop(keys::Plan::parse(&text)),
    }
}

/// A body that is read and written is read as the same again.
fn body<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else {
        return;
    };
    let written = serde_json::to_vec(&value).expect("it was read");
    let again: T = serde_json::from_slice(&written).expect("it was written");
    assert_eq!(serde_json::to_vec(&again).ok(), Some(written));
}

fn bodies(bytes: &[u8]) {
    body::<SignUp>(bytes);
    body::<SignOn>(bytes);
    body::<PasswordChange>(bytes);
    body::<SignedStatement>(bytes);
    body::<DispenseOne>(bytes);
    body::<DispenseBatch>(bytes);
    body::<Mailing>(bytes);
    body::<AddressBatch>(bytes);
    body::<EnvelopeSheet>(bytes);
    body::<Verification>(bytes);
    body::<Acceptance>(bytes);
}

fn address(text: &str) {
    if let Ok(address) = Address::parse(text.lines()) {
        let lines = address.lines();
        assert!(lines.iter().all(|line| !line.is_empty()), "an empty line");
        let again = Address::parse(lines).expect("what was taken is taken again");
        assert_eq!(again.lines(), lines);
        if let Ok(to) = address.destination() {
            assert!((1..=99_999).contains(&to.zip.zip5()));
        }
    }
    if let Ok(found) = standardise(text.lines()) {
        let again = standardise(&found.lines).expect("what was made standard is an address");
        assert_eq!(again.lines, found.lines, "standardised twice");
    }
    if let Ok(found) = international(text.lines()) {
        let again = international(&found.lines).expect("a country's name is known");
        assert_eq!(again, found);
    }
    if let Ok(normal) = normalise_address(text.lines()) {
        assert!(normal.is_normal(), "not normal after it was made so");
    }
}

fn zip(text: &str) {
    let state = State::parse(text);
    assert!(state.is_none() || text.trim().len() == 2);
    let Ok(zip) = Zip::parse(text) else {
        return;
    };
    assert_eq!(Zip::parse(&zip.to_string()), Ok(zip));
    assert_eq!(Zip::from_routing(zip.routing()), Ok(Some(zip)));
    assert!(zip.routing() <= item::payload::ROUTING_MAX);
}

fn routing(bytes: &[u8]) {
    let mut number = [0; 8];
    for (slot, byte) in number.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    let number = u64::from_le_bytes(number);
    for number in [number, number % (item::payload::ROUTING_MAX + 2)] {
        if let Ok(Some(zip)) = Zip::from_routing(number) {
            assert_eq!(zip.routing(), number);
            assert_eq!(Zip::parse(&zip.to_string()), Ok(zip));
        }
    }
}

fn weights(text: &str) {
    if let Ok(ounces) = weight::parse_ounces(text) {
        assert!(ounces > 0, "a weight of nothing");
        // Heavier than the post takes is refused, not rounded.
        let _ = weight::milligrams(ounces);
    }
}

/// What is read is written as the same again.
fn barcodes(text: &str) {
    if let Ok(bars) = text.parse::<Bars>()
        && let Ok(imb) = Imb::read(&bars)
    {
        assert_eq!(imb.bars(), bars);
    }
    if let Ok(imb) = text.parse::<Imb>() {
        assert_eq!(Imb::read(&imb.bars()), Ok(imb));
    }
    if let Ok(impb) = text.parse::<Impb>() {
        assert!(impb.symbol().is_ok(), "no symbol");
    }
    if let Ok(s10) = text.parse::<S10>() {
        assert_eq!(s10.to_string().parse(), Ok(s10));
    }
}

fn rates(bytes: &[u8]) {
    let Ok(table) = RateTable::open(bytes, &[], |_, _| true) else {
        return;
    };
    assert!(!table.title().contains('\n'));
    for weight_milligrams in [1, 28_000, 99_223, u32::MAX] {
        let request = RateRequest::new(20_261_121, Shape::Letter, weight_milligrams);
        if let Ok(price) = table.price(&request) {
            assert!((1..=u64::from(u32::MAX)).contains(&price.total_mills));
        }
    }
}

/// Something right of each kind.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut add = |kind: u8, bytes: &[u8]| seeds.push([&[kind][..], bytes].concat());
    for json in [
        r#"{"login":"a@example.com","password":"correct horse","display_name":"A"}"#,
        r#"{"login":"a@example.com","password":"correct horse","session_secret":"00"}"#,
        r#"{"login":"a","old_password":"b","new_password":"c"}"#,
        r#"{"statement":"AAAA"}"#,
        r#"{"item":{"shape":"letter","weight_oz":"0.7","recipient":["A","B, CA 95814"],"department":1},"expected_piece_count":3}"#,
        r#"{"items":[{"value_mills":740,"mailing_date":"2026-11-21","origin":"95814","end_customer":5}]}"#,
        r#"{"envelopes":[{"item":"1-1","recipient":["A"]}],"format":"pdf","dpi":300}"#,
        r#"{"rows":[{"reference":"A","item":{"shape":"parcel","weight_oz":"9","class":"ground","services":[{"code":"insured","value_mills":1}],"country":"US"}}],"correct_addresses":true,"partial":true}"#,
        r#"{"addresses":[{"lines":["A","B, CA 95814"]}]}"#,
        r#"{"payload":"AAAA","address":["A"],"value_mills":740}"#,
        r#"{"scan":"AAAA"}"#,
    ] {
        add(0, json.as_bytes());
    }
    for address in [
        "State Capitol\n1315 10th St\nSacramento, CA 95814-1234",
        "Apt 4 100 N Main Street\nSpringfield Illinois 62701",
        "P.O. Drawer 12\nReno NV 89501",
        "PSC 123 Box 4\nAPO AE 09001",
        "URB Las Gladiolas\n150 Calle A\nSan Juan PR 00926",
        "10 Downing St\nLondon SW1A 2AA\nENGLAND",
    ] {
        add(1, address.as_bytes());
    }
    for zip in ["95814", "95814-1234", "95814-1234-56", "CA"] {
        add(2, zip.as_bytes());
    }
    // The last and the first of each way to write a ZIP.
    for edge in [100_000_u64, 1_000_100_000, item::payload::ROUTING_MAX] {
        add(3, &edge.to_le_bytes());
        add(3, &(edge + 1).to_le_bytes());
    }
    add(4, b"0.7");
    add(5, RATES.as_bytes());
    for barcode in [
        "DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT",
        "01234567094987654321-01234",
        "420787459400111206206406260787",
        "RB123456785US",
    ] {
        add(6, barcode.as_bytes());
    }
    add(7, &[3, 4, 11, 255, 25, 0]);
    add(8, PLAN.as_bytes());
    seeds
}

/// A little of everything that a rate table has.
const RATES: &str = r#"format = 2
title = "small"
source = "fuzz"
illustrative = true
[[class]]
code = "first"
title = "First"
description = "first"
[[period]]
from = 20250713
[[period.group]]
code = "north"
description = "north"
countries = ["CA", "MX"]
[[period.rate]]
description = "letter"
class = "first"
shape = "letter"
channels = ["metered"]
steps = [{ up_to_ounces_hundredths = 100, mills = 740, category = "FCL1" }]
[[period.rate]]
description = "near"
class = "first"
shape = "parcel"
channels = ["metered"]
zones = [1, 2]
steps = [{ up_to_ounces_hundredths = 1600, mills = 9000, category = "G101" }]
[[period.rate]]
description = "abroad"
class = "first"
shape = "letter"
channels = ["stamped"]
groups = ["north"]
steps = [{ up_to_ounces_hundredths = 100, mills = 1700, category = "INL1" }]
[[period.surcharge]]
description = "rigid"
classes = ["first"]
shapes = ["letter"]
mills = 460
[[period.service]]
code = "certified"
description = "certified"
classes = ["first"]
shapes = ["letter"]
mills = 4850
[[period.service]]
code = "insured"
description = "insured"
classes = ["first"]
shapes = ["letter"]
needs = ["certified"]
bands = [{ up_to_mills = 50000, mills = 2800 }]
"#;

const PLAN: &str = "\
name fuzz
post 1
currency 840
vendor IN
model F1
suite ed25519
operators-required 1
treasury-required 1
refunders-required 1
credit-waiting-days 0
operator a ed25519:0000000000000000000000000000000000000000000000000000000000000001
treasury a ed25519:0000000000000000000000000000000000000000000000000000000000000001
refunder a ed25519:0000000000000000000000000000000000000000000000000000000000000001
box auth 1 0000000000000000000000000000000000000000000000000000000000000001
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_table_is_a_table() {
        let table = RateTable::open(RATES.as_bytes(), &[], |_, _| true).unwrap();
        assert_eq!(table.periods()[0].rates.len(), 3);
    }
}
