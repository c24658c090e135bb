//! Orders that no item may come of.

use e2e::Customer;
use serde_json::{Value, json};

use super::{Scene, Table, token};
use crate::raw::Ask;

pub(super) fn good() -> Value {
    json!({ "item": { "value_mills": 741 } })
}

pub(super) fn dispense(customer: &Customer, body: &Value) -> Ask {
    Ask::post(format!("/v1/meters/{}/items", customer.meter), body)
        .bearer(&token(customer))
        .key("bad")
}

fn batch(customer: &Customer, items: Vec<Value>) -> Ask {
    let body = json!({ "items": items });
    Ask::post(format!("/v1/meters/{}/batches", customer.meter), &body)
        .bearer(&token(customer))
        .key("bad")
}

/// A day so many days after another, as the API writes days.
fn later(day: &str, days: i64) -> String {
    let day: jiff::civil::Date = day.parse().unwrap();
    let later = day.checked_add(jiff::Span::new().days(days)).unwrap();
    later.to_string()
}

#[rustfmt::skip] // One line a case.
pub(super) fn add(scene: &Scene, table: &mut Table) {
    let rich = &scene.rich;
    let today = scene.item.mailing_date.as_str();
    let to = |last: &str| json!({ "value_mills": 740, "recipient": ["State Capitol", last] });
    let on = |day: &str| json!({ "value_mills": 740, "mailing_date": day });
    let rated = |shape: &str, ounces: &str| json!({ "shape": shape, "weight_oz": ounces });
    let one_line = json!({ "value_mills": 740, "recipient": ["Reno, NV 89501"] });
    let both = json!({ "value_mills": 1, "shape": "letter", "weight_oz": "1" });
    for (name, item, status, code) in [
        ("ZIP of four digits", to("Sacramento, CA 9581"), 422, "bad-address"),
        ("ZIP with a letter", to("Sacramento, CA 9581x"), 422, "bad-address"),
        ("ZIP of six digits", to("Sacramento, CA 958144"), 422, "bad-address"),
        ("ZIP+4 of three", to("Sacramento, CA 95814-123"), 422, "bad-address"),
        ("no ZIP", to("Sacramento, CA"), 422, "bad-address"),
        ("no such state", to("Sacramento, XX 95814"), 422, "bad-address"),
        ("control character", to("Sacramento\u{7}, CA 95814"), 422, "bad-address"),
        ("address of one line", one_line, 422, "bad-address"),
        ("zero", json!({ "value_mills": 0 }), 422, "bad-value"),
        ("above the item limit", json!({ "value_mills": 50_001 }), 422, "item-limit"),
        ("above 32 bits", json!({ "value_mills": 1_u64 << 32 }), 403, "ceiling"),
        ("huge", json!({ "value_mills": u64::MAX }), 400, "malformed-body"),
        ("negative", json!({ "value_mills": -1 }), 400, "malformed-body"),
        ("a fraction", json!({ "value_mills": 0.5 }), 400, "malformed-body"),
        ("above 64 bits", json!({ "value_mills": 1e30 }), 400, "malformed-body"),
        ("no value", json!({}), 422, "bad-value"),
        ("value and shape", both, 422, "bad-value"),
        ("shape without weight", json!({ "shape": "letter" }), 422, "bad-value"),
        ("unknown shape", rated("parcel", "1"), 422, "no-rate"),
        ("weight in words", rated("letter", "one"), 422, "no-rate"),
        ("no weight", rated("letter", "0"), 422, "no-rate"),
        ("too heavy", rated("letter", "99"), 422, "no-rate"),
        ("the past", on(&later(today, -2)), 422, "mailing-date"),
        ("far ahead", on(&later(today, 33)), 422, "mailing-date"),
        ("no such day", on("2027-02-30"), 422, "mailing-date"),
        ("a day in another form", on("11/21/2027"), 422, "mailing-date"),
        ("another origin", json!({ "value_mills": 1, "origin": "10001" }), 422, "origin"),
        ("origin of one digit", json!({ "value_mills": 1, "origin": "1" }), 422, "origin"),
        ("unknown field", json!({ "value_mills": 1, "gift": true }), 400, "malformed-body"),
    ] {
        table.add(name, dispense(rich, &json!({ "item": item })), status, code);
    }
    let expecting = json!({ "item": { "value_mills": 1 }, "expected_piece_count": 9 });
    let cents = |count: usize, mills: u64| vec![json!({ "value_mills": mills }); count];
    let mixed = vec![json!({ "value_mills": 1 }), to("Nowhere 9581")];
    for (name, ask, status, code) in [
        ("no funds", dispense(&scene.poor, &good()), 402, "insufficient-funds"),
        ("suspended", dispense(&scene.suspended, &good()), 409, "meter-suspended"),
        ("not yet active", dispense(&scene.fresh, &good()), 409, "wrong-state"),
        ("another piece count", dispense(rich, &expecting), 409, "piece-count"),
        ("no items", batch(rich, vec![]), 422, "item-count"),
        ("1,001 items", batch(rich, cents(1_001, 1)), 422, "item-count"),
        ("one bad of two", batch(rich, mixed), 422, "bad-address"),
        ("more than the balance", batch(rich, cents(3, 50_000)), 402, "insufficient-funds"),
        ("above the ceiling", batch(rich, cents(21, 50_000)), 403, "ceiling"),
        ("key of another request", dispense(rich, &good()).key("first"), 422, "idempotency-key-reused"),
        ("key of an item, for a batch", batch(rich, cents(1, 740)).key("first"), 422, "idempotency-key-reused"),
    ] {
        table.add(name, ask, status, code);
    }
}
