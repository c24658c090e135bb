//! Requests that are wrong before anybody looks at what they ask for.

use serde_json::{Value, json};

use super::items::{dispense, good};
use super::{Scene, Table, token};
use crate::raw::Ask;

#[rustfmt::skip] // One line a case.
pub(super) fn add(scene: &Scene, table: &mut Table) {
    let ask = dispense(&scene.rich, &good());
    let body = |bytes: &[u8]| ask.clone().body(bytes);
    let media = |media: &str| ask.clone().header("content-type", media);
    for (name, ask, status, code) in [
        ("empty body", body(b""), 400, "malformed-body"),
        ("cut off", body(b"{\"item\":"), 400, "malformed-body"),
        ("not UTF-8", body(b"{\"item\":{\"shape\":\"\xff\"}}"), 400, "malformed-body"),
        ("an array", body(b"[]"), 400, "malformed-body"),
        ("more after it", body(b"{\"item\":{\"value_mills\":1}} {}"), 400, "malformed-body"),
        ("a field twice", body(b"{\"item\":{\"value_mills\":1,\"value_mills\":2}}"), 400, "malformed-body"),
        ("oversized", body(&vec![b' '; (2 << 20) + 1]), 413, "too-large"),
        ("text", media("text/plain"), 415, "unsupported-media-type"),
        ("a form", media("application/x-www-form-urlencoded"), 415, "unsupported-media-type"),
        ("no content type", ask.clone().without("content-type"), 415, "unsupported-media-type"),
        ("no key", ask.clone().without("idempotency-key"), 400, "idempotency-key"),
        ("empty key", ask.clone().key(""), 400, "idempotency-key"),
        ("long key", ask.clone().key(&"k".repeat(256)), 400, "idempotency-key"),
        ("key beyond ASCII", ask.clone().key("cl\u{e9}"), 400, "idempotency-key"),
    ] {
        table.add(name, ask, status, code);
    }
    sessions(scene, &ask, table);
    strangers(scene, table);
    envelopes(scene, table);
    postal(table);
    mailings(scene, table);
}

#[rustfmt::skip] // One line a case.
fn postal(table: &mut Table) {
    let rate = |query: &str| Ask::get(format!("/v1/rates?{query}"));
    let addresses = |value: Value| Ask::post("/v1/addresses", &value);
    for (name, ask, status, code) in [
        ("no weight", rate("shape=letter"), 400, "malformed-request"),
        ("no shape", rate("shape=balloon&weight_oz=1"), 422, "no-rate"),
        ("no such weight", rate("shape=letter&weight_oz=-1"), 422, "no-rate"),
        ("too heavy", rate("shape=letter&weight_oz=99"), 422, "no-rate"),
        ("no such class", rate("shape=letter&weight_oz=1&class=gold"), 422, "no-rate"),
        ("no such service", rate("shape=letter&weight_oz=1&services=flowers"), 422, "no-rate"),
        ("a service that needs another", rate("shape=letter&weight_oz=1&services=return-receipt"), 422, "no-rate"),
        ("a service without its value", rate("shape=letter&weight_oz=1&services=insured"), 422, "no-rate"),
        ("a value that is none", rate("shape=letter&weight_oz=1&services=insured:much"), 422, "bad-value"),
        ("a parcel to nowhere", rate("shape=parcel&weight_oz=5"), 422, "no-rate"),
        ("a day that is none", rate("shape=letter&weight_oz=1&mailing_date=2026-02-30"), 422, "mailing-date"),
        ("a day before all prices", rate("shape=letter&weight_oz=1&mailing_date=2001-01-01"), 422, "no-rate"),
        ("a country that is none", rate("shape=letter&weight_oz=1&country=ZZ"), 422, "bad-address"),
        ("prices of no day", Ask::get("/v1/rates/table?mailing_date=today"), 422, "mailing-date"),
        ("no addresses", addresses(json!({ "addresses": [] })), 422, "item-count"),
        ("too many addresses", addresses(json!({ "addresses": vec![json!({ "lines": [] }); 1_001] })), 422, "item-count"),
        ("no calibration", Ask::get("/v1/stocks/wall/calibration"), 422, "bad-drawing"),
    ] {
        table.add(name, ask, status, code);
    }
}

#[rustfmt::skip] // One line a case.
fn mailings(scene: &Scene, table: &mut Table) {
    let token = token(&scene.rich);
    let path = |meter: u32, more: &str| format!("/v1/meters/{meter}/mailings{more}");
    let (rich, poor) = (scene.rich.meter, scene.poor.meter);
    let to = |path: &str, value: Value| Ask::post(path, &value).bearer(&token).key("a mailing");
    let good = json!({ "rows": [{ "item": { "value_mills": 10 } }] });
    let long = json!({ "rows": [{ "reference": "r".repeat(65), "item": { "value_mills": 10 } }] });
    let mixed = json!({ "rows": [{ "item": { "value_mills": 10 } }, { "item": { "shape": "letter" } }] });
    let hopeless = json!({ "partial": true, "rows": [{ "item": { "shape": "letter" } }] });
    let many = json!({ "rows": vec![json!({ "item": { "value_mills": 1 } }); 10_001] });
    for (name, ask, status, code) in [
        ("no rows", to(&path(rich, ""), json!({ "rows": [] })), 422, "item-count"),
        ("no rows to check", to(&path(rich, "/checks"), json!({ "rows": [] })), 422, "item-count"),
        ("too many rows", to(&path(rich, ""), many), 422, "item-count"),
        ("a mailing of a foreign meter", to(&path(poor, ""), good.clone()), 404, "not-found"),
        ("a check of a foreign meter", to(&path(poor, "/checks"), good.clone()), 404, "not-found"),
        ("a mailing of nobody", to(&path(rich, ""), good.clone()).without("authorization"), 401, "sign-on-needed"),
        ("a mailing without key", to(&path(rich, ""), good).without("idempotency-key"), 400, "idempotency-key"),
        ("a long reference", to(&path(rich, ""), long), 422, "rows-rejected"),
        ("one bad row", to(&path(rich, ""), mixed), 422, "rows-rejected"),
        ("no good row", to(&path(rich, ""), hopeless), 422, "rows-rejected"),
        ("progress of nothing", Ask::get(path(rich, "?idempotency_key=never")).bearer(&token), 404, "not-found"),
    ] {
        table.add(name, ask, status, code);
    }
}

#[rustfmt::skip] // One line a case.
fn sessions(scene: &Scene, ask: &Ask, table: &mut Table) {
    let token = token(&scene.rich);
    let with = |value: &str| ask.clone().header("authorization", value);
    let altered = |place: usize| {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        format!("Bearer {}", String::from_utf8(bytes).unwrap())
    };
    let short = format!("Bearer {}", &token[..token.len() - 4]);
    for (name, ask, status, code) in [
        ("no session", ask.clone().without("authorization"), 401, "sign-on-needed"),
        ("another scheme", with("Basic cmljaDpyaWNo"), 401, "sign-on-needed"),
        ("garbage", with("Bearer ind_test_ses_AAAA"), 401, "sign-on-needed"),
        ("not base64", with(&format!("Bearer {token}!")), 401, "sign-on-needed"),
        ("cut short", with(&short), 401, "sign-on-needed"),
        ("another layout", with(&altered(14)), 401, "sign-on-needed"),
        ("other rights", with(&altered(80)), 401, "sign-on-needed"),
        ("another time", with(&altered(130)), 401, "sign-on-needed"),
        ("another secret", with(&altered(token.len() - 20)), 401, "session-ended"),
    ] {
        table.add(name, ask, status, code);
    }
}

#[rustfmt::skip] // One line a case.
fn strangers(scene: &Scene, table: &mut Table) {
    let token = token(&scene.rich);
    let get = |path: &str| Ask::get(path).bearer(&token);
    let (rich, poor) = (scene.rich.meter, scene.poor.meter);
    for (name, ask, status, code) in [
        ("foreign meter", dispense(&scene.poor, &good()).bearer(&token), 404, "not-found"),
        ("foreign meter, read", get(&format!("/v1/meters/{poor}")), 404, "not-found"),
        ("foreign item", get(&format!("/v1/items/{poor}-1")), 404, "not-found"),
        ("no such item", get(&format!("/v1/items/{rich}-9")), 404, "not-found"),
        ("no item id", get("/v1/items/first"), 404, "not-found"),
        ("no such meter", get("/v1/meters/4294967295"), 404, "not-found"),
        ("no serial", get("/v1/meters/99999999999"), 404, "not-found"),
        ("no cursor of ours", get("/v1/meters?cursor=x"), 400, "malformed-request"),
        ("limit of zero", get("/v1/meters?limit=0"), 400, "malformed-request"),
        ("unknown parameter", get("/v1/meters?all=1"), 400, "malformed-request"),
        ("key never used", get("/v1/items?idempotency_key=never"), 404, "not-found"),
        ("key of nothing", get("/v1/items?idempotency_key="), 400, "idempotency-key"),
        ("wrong method", Ask::new("PATCH", "/v1/meters").bearer(&token), 405, "method-not-allowed"),
        ("unknown route", get("/v1/money"), 404, "no-such-route"),
        ("unknown version", get("/v2/meters"), 404, "no-such-route"),
        ("no operator", get(&format!("/v1/meters/{rich}")).header("authorization", "Indicia-Key me:1:2"), 401, "operator-signature"),
    ] {
        table.add(name, ask, status, code);
    }
}

#[rustfmt::skip] // One line a case.
fn envelopes(scene: &Scene, table: &mut Table) {
    let token = token(&scene.rich);
    let draw = |value: Value| Ask::post("/v1/envelopes", &value).bearer(&token);
    let id = &scene.item.id;
    let foreign = format!("{}-1", scene.poor.meter);
    for (name, ask, status, code) in [
        ("a GIF", draw(json!({ "envelopes": [{ "item": id }], "format": "gif" })), 422, "bad-drawing"),
        ("too fine", draw(json!({ "envelopes": [{ "item": id }], "format": "png", "dpi": 6_000 })), 422, "bad-drawing"),
        ("a stock of nobody", draw(json!({ "envelopes": [{ "item": id }], "format": "pdf", "stock": "wall" })), 422, "bad-drawing"),
        ("a stock that is none", draw(json!({ "envelopes": [{ "item": id }], "format": "pdf", "own_stock": "name = 1" })), 422, "bad-drawing"),
        ("a label on an envelope", draw(json!({ "envelopes": [{ "item": id }], "format": "zpl" })), 422, "bad-drawing"),
        ("a start beyond the sheet", draw(json!({ "envelopes": [{ "item": id }], "format": "pdf", "stock": "sheet-5160", "start": 31 })), 422, "bad-drawing"),
        ("no mailer id", draw(json!({ "envelopes": [{ "item": id }], "format": "pdf", "imb": { "mailer_id": "12345", "service_type": "300" } })), 422, "bad-barcode"),
        ("no service type", draw(json!({ "envelopes": [{ "item": id }], "format": "pdf", "imb": { "mailer_id": "123456", "service_type": "30" } })), 422, "bad-barcode"),
        ("no mark", draw(json!({ "envelopes": [{ "item": id }], "format": "pdf", "fim": "F" })), 422, "bad-barcode"),
        ("no envelopes", draw(json!({ "envelopes": [], "format": "pdf" })), 422, "item-count"),
        ("two on one image", draw(json!({ "envelopes": [{ "item": id }, { "item": id }], "format": "png" })), 422, "item-count"),
        ("foreign envelope", draw(json!({ "envelopes": [{ "item": foreign }], "format": "pdf" })), 404, "not-found"),
    ] {
        table.add(name, ask, status, code);
    }
}
