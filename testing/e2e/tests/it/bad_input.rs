//! Bad input, one line a case: each gets its own problem, with its code, and changes nothing.
//!
//! "Nothing" is every row of every table, compared before and after. Not here: altered stores
//! (`hostile`), the rules themselves (tables of `boxes/meter`, `postal`).

use std::fmt::Write as _;

use e2e::{Customer, House};
use item::{
    Act, ActBody, BoxKind, EvidenceKind, Layout, MeterSerial, Mills, Suspension, Time, Version, Zip,
};
use sdk::api::{Item, ItemOrder, Session};
use serde_json::{Value, json};
use signer::{Credit, Ledger, Sighting, SigningKey, Verifier, sign_act};

use crate::raw::{Answer, Ask};

const PASSWORD: &str = "a long and good password";

/// A request that must be refused.
struct Case {
    name: &'static str,
    ask: Ask,
    code: &'static str,
    status: u16,
}

/// Cases as they are collected.
struct Table(Vec<Case>);

impl Table {
    fn add(&mut self, name: &'static str, ask: Ask, status: u16, code: &'static str) {
        self.0.push(Case { name, ask, code, status });
    }
}

/// Everybody who is needed for saying something wrong.
struct Scene {
    house: House,
    /// Meter with money, and an item.
    rich: Customer,
    item: Item,
    /// Active, without money; another account.
    poor: Customer,
    /// Suspended, with money.
    suspended: Customer,
    /// Made, and nothing more.
    fresh: Customer,
}

impl Scene {
    async fn set() -> Self {
        let house = House::up().await;
        let rich = house.customer("rich@example.com", "100.00").await;
        let poor = house.customer("poor@example.com", "0").await;
        let suspended = house.customer("suspended@example.com", "10.00").await;
        house.act(&["suspend", "--meter", &suspended.meter.to_string(), "--reason", "abuse"]).await;
        let fresh = house.signed_up("fresh@example.com").await;
        let item = rich.buy("first", 740).await;
        Self { house, rich, item, poor, suspended, fresh }
    }

    async fn ask(&self, ask: &Ask) -> Answer {
        ask.send(&self.house.api()).await
    }
}

fn one(value: Value) -> Value {
    json!({ "item": value })
}

fn good() -> Value {
    one(json!({ "value_mills": 740 }))
}

fn dispense(customer: &Customer, body: &Value) -> Ask {
    Ask::post(format!("/v1/meters/{}/items", customer.meter), body)
        .bearer(&token(customer))
        .key("bad")
}

fn batch(customer: &Customer, items: Vec<Value>) -> Ask {
    Ask::post(format!("/v1/meters/{}/batches", customer.meter), &json!({ "items": items }))
        .bearer(&token(customer))
        .key("bad")
}

fn token(customer: &Customer) -> String {
    customer.client.session().expect("signed on").token
}

/// A day so many days after another, as the API writes days.
fn later(day: &str, days: i64) -> String {
    let day: jiff::civil::Date = day.parse().expect("a day");
    day.checked_add(jiff::Span::new().days(days)).expect("a day").to_string()
}

fn items(scene: &Scene, table: &mut Table) {
    let rich = &scene.rich;
    let today = scene.item.mailing_date.as_str();
    let to = |last: &str| json!({ "value_mills": 740, "recipient": ["State Capitol", last] });
    let on = |day: &str| json!({ "value_mills": 740, "mailing_date": day });
    let rated = |shape: &str, ounces: &str| json!({ "shape": shape, "weight_oz": ounces });
    for (name, item, status, code) in [
        ("ZIP of four digits", to("Sacramento, CA 9581"), 422, "bad-address"),
        ("ZIP with a letter", to("Sacramento, CA 9581x"), 422, "bad-address"),
        ("ZIP of six digits", to("Sacramento, CA 958144"), 422, "bad-address"),
        ("ZIP+4 of three", to("Sacramento, CA 95814-123"), 422, "bad-address"),
        ("no ZIP", to("Sacramento, CA"), 422, "bad-address"),
        ("no such state", to("Sacramento, XX 95814"), 422, "bad-address"),
        ("control character", to("Sacramento\u{7}, CA 95814"), 422, "bad-address"),
        ("one line", json!({ "value_mills": 740, "recipient": ["Reno, NV 89501"] }), 422, "bad-address"),
        ("zero", json!({ "value_mills": 0 }), 422, "bad-value"),
        ("above the item limit", json!({ "value_mills": 50_001 }), 422, "item-limit"),
        ("above 32 bits", json!({ "value_mills": 1_u64 << 32 }), 422, "bad-value"),
        ("huge", json!({ "value_mills": u64::MAX }), 422, "bad-value"),
        ("negative", json!({ "value_mills": -1 }), 400, "malformed-body"),
        ("a fraction", json!({ "value_mills": 0.5 }), 400, "malformed-body"),
        ("above 64 bits", json!({ "value_mills": 1e30 }), 400, "malformed-body"),
        ("no value", json!({}), 422, "bad-value"),
        ("value and shape", json!({ "value_mills": 1, "shape": "letter", "weight_oz": "1" }), 422, "bad-value"),
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
        ("no origin", json!({ "value_mills": 1, "origin": "1" }), 422, "origin"),
        ("unknown field", json!({ "value_mills": 1, "gift": true }), 400, "malformed-body"),
    ] {
        table.add(name, dispense(rich, &one(item)), status, code);
    }
    table.add("no funds", dispense(&scene.poor, &good()), 402, "insufficient-funds");
    table.add("suspended", dispense(&scene.suspended, &good()), 409, "meter-suspended");
    table.add("not yet active", dispense(&scene.fresh, &good()), 409, "wrong-state");
    let expecting = json!({ "item": { "value_mills": 1 }, "expected_piece_count": 9 });
    table.add("another piece count", dispense(rich, &expecting), 409, "piece-count");
    table.add("no items", batch(rich, vec![]), 422, "item-count");
    let many = vec![json!({ "value_mills": 1 }); 1_001];
    table.add("1,001 items", batch(rich, many), 422, "item-count");
    let mixed = vec![json!({ "value_mills": 1 }), to("Nowhere 9581")];
    table.add("one bad of two", batch(rich, mixed), 422, "bad-address");
    let sum = vec![json!({ "value_mills": 50_000 }); 3];
    table.add("more than the balance", batch(rich, sum), 402, "insufficient-funds");
    let ceiling = vec![json!({ "value_mills": 50_000 }); 21];
    table.add("above the ceiling", batch(rich, ceiling), 403, "ceiling");
    let reused = dispense(rich, &good()).key("first");
    table.add("key of another request", reused, 422, "idempotency-key-reused");
}

fn edges(scene: &Scene, table: &mut Table) {
    let rich = &scene.rich;
    let ask = dispense(rich, &good());
    let body = |bytes: &[u8]| ask.clone().body(bytes);
    let media = |media: &str| ask.clone().header("content-type", media);
    table.add("empty body", body(b""), 400, "malformed-body");
    table.add("cut off", body(b"{\"item\":"), 400, "malformed-body");
    table.add("not UTF-8", body(b"{\"item\":{\"shape\":\"\xff\"}}"), 400, "malformed-body");
    table.add("an array", body(b"[]"), 400, "malformed-body");
    table.add("something after it", body(b"{\"item\":{\"value_mills\":1}} {}"), 400, "malformed-body");
    table.add("a field twice", body(b"{\"item\":{\"value_mills\":1,\"value_mills\":2}}"), 400, "malformed-body");
    table.add("oversized", body(&vec![b' '; (2 << 20) + 1]), 413, "too-large");
    table.add("text", media("text/plain"), 415, "unsupported-media-type");
    table.add("a form", media("application/x-www-form-urlencoded"), 415, "unsupported-media-type");
    table.add("no content type", ask.clone().without("content-type"), 415, "unsupported-media-type");
    table.add("no key", ask.clone().without("idempotency-key"), 400, "idempotency-key");
    table.add("empty key", ask.clone().key(""), 400, "idempotency-key");
    table.add("long key", ask.clone().key(&"k".repeat(256)), 400, "idempotency-key");
    table.add("key beyond ASCII", ask.clone().key("clé"), 400, "idempotency-key");

    let token = token(rich);
    let with = |value: String| ask.clone().header("authorization", value);
    table.add("no session", ask.clone().without("authorization"), 401, "sign-on-needed");
    table.add("basic", with("Basic cmljaDpyaWNo".to_owned()), 401, "sign-on-needed");
    table.add("garbage", with("Bearer ind_test_ses_AAAA".to_owned()), 401, "sign-on-needed");
    table.add("not base64", with(format!("Bearer {token}!")), 401, "sign-on-needed");
    table.add("cut short", with(format!("Bearer {}", &token[..token.len() - 4])), 401, "sign-on-needed");
    // Somewhere in its middle: rights, ceiling, times.
    for (name, place) in [("altered early", 40), ("altered in the middle", 120), ("altered late", token.len() - 20)] {
        let mut altered = token.clone().into_bytes();
        altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).expect("ASCII");
        table.add(name, with(format!("Bearer {altered}")), 401, "sign-on-needed");
    }

    let theirs = |path: &str| Ask::get(path).bearer(&token);
    let poor = scene.poor.meter;
    table.add("foreign meter", dispense(&scene.poor, &good()).bearer(&token), 404, "not-found");
    table.add("foreign meter, read", theirs(&format!("/v1/meters/{poor}")), 404, "not-found");
    table.add("foreign item", theirs(&format!("/v1/items/{poor}-1")), 404, "not-found");
    table.add("no such item", theirs(&format!("/v1/items/{}-9", rich.meter)), 404, "not-found");
    table.add("no item id", theirs("/v1/items/first"), 404, "not-found");
    table.add("no such meter", theirs("/v1/meters/4294967295"), 404, "not-found");
    table.add("no serial", theirs("/v1/meters/99999999999"), 404, "not-found");
    table.add("no cursor of ours", theirs("/v1/meters?cursor=x"), 400, "malformed-request");
    table.add("no limit", theirs("/v1/meters?limit=0"), 400, "malformed-request");
    table.add("unknown parameter", theirs("/v1/meters?all=1"), 400, "malformed-request");
    table.add("no such key", theirs("/v1/items?idempotency_key=never"), 404, "not-found");
    table.add("wrong method", Ask::new("PATCH", "/v1/meters").bearer(&token), 405, "method-not-allowed");
    table.add("unknown route", theirs("/v1/money"), 404, "no-such-route");
    table.add("unknown version", theirs("/v2/meters"), 404, "no-such-route");

    let draw = |value: Value| Ask::post("/v1/envelopes", &value).bearer(&token);
    let id = &scene.item.id;
    let sheet = |format: &str, dpi: u32| json!({ "envelopes": [{ "item": id }], "format": format, "dpi": dpi });
    table.add("a GIF", draw(sheet("gif", 300)), 400, "malformed-request");
    table.add("too fine", draw(sheet("png", 6_000)), 400, "malformed-request");
    table.add("no envelopes", draw(json!({ "envelopes": [], "format": "pdf" })), 422, "item-count");
    table.add("foreign envelope", draw(json!({ "envelopes": [{ "item": format!("{poor}-1") }], "format": "pdf" })), 404, "not-found");
}

fn people(table: &mut Table) {
    let sign_up = |login: &str, password: &str, name: &str| {
        let body = json!({ "login": login, "password": password, "display_name": name });
        Ask::post("/v1/accounts", &body).key("new")
    };
    table.add("short password", sign_up("new@example.com", "eleven char", "New"), 422, "password-policy");
    table.add("long password", sign_up("new@example.com", &"ab".repeat(65), "New"), 422, "password-policy");
    table.add("very long password", sign_up("new@example.com", &"ab".repeat(999), "New"), 422, "password-policy");
    table.add("one character", sign_up("new@example.com", "aaaaaaaaaaaaaaaa", "New"), 422, "password-policy");
    table.add("taken", sign_up("Rich@example.com", PASSWORD, "New"), 409, "login-taken");
    table.add("no log-in name", sign_up("n", PASSWORD, "New"), 422, "bad-name");
    table.add("spaces", sign_up("n e w", PASSWORD, "New"), 422, "bad-name");
    table.add("no name", sign_up("new@example.com", PASSWORD, " "), 422, "bad-name");
    let no_key = sign_up("new@example.com", PASSWORD, "New").without("idempotency-key");
    table.add("sign-up without a key", no_key, 400, "idempotency-key");
    let sign_on = |body: Value| Ask::post("/v1/sessions", &body);
    table.add("nobody", sign_on(json!({ "login": "nobody", "password": PASSWORD })), 401, "wrong-credentials");
    table.add(
        "no secret",
        sign_on(json!({ "login": "rich@example.com", "password": PASSWORD, "session_secret": "12" })),
        400,
        "malformed-body",
    );
}

fn statements(scene: &Scene, table: &mut Table) {
    let folder = tempfile::tempdir().expect("folder");
    let installation = scene.house.installation();
    let id = installation.transcript().installation;
    let key = |name: &str| SigningKey::load(&scene.house.folder().join(name)).expect("key");
    let hour = std::time::Duration::from_secs(3_600);
    let now = scene.item.time.parse::<jiff::Timestamp>().expect("time").as_millisecond();
    let now = Time(u64::try_from(now).expect("after 1970"));

    let poor = scene.poor.meter;
    let credit = |reference: &str, signing: &SigningKey, now: Time| {
        let path = folder.path().join(reference);
        let mut ledger = Ledger::create(&path, id).expect("ledger");
        let credit = Credit {
            meter: MeterSerial(poor),
            reference,
            amount: Mills(100_000),
            currency: installation.transcript().currency,
            kind: EvidenceKind::Deposit,
        };
        ledger.credit(&installation, &credit, now, hour, &[signing])
    };
    let refill = |meter: u32, bytes: &[u8]| {
        let body = json!({ "statement": sdk::encode(bytes) });
        Ask::post(format!("/v1/meters/{meter}/refills"), &body).key("refill")
    };
    let treasury = key("keys/treasury.key");
    let evidence = credit("NEVER-PAID", &treasury, now).expect("signed");
    let mut altered = evidence.clone();
    altered.body.amount = Mills(900_000);
    table.add("altered evidence", refill(poor, &altered.to_bytes()), 403, "bad-signature");
    let mut altered = evidence.clone();
    altered.body.meter = MeterSerial(scene.rich.meter);
    table.add("evidence for another", refill(poor, &evidence_for(&altered)), 422, "statement-mismatch");
    table.add("redirected evidence", refill(scene.rich.meter, &altered.to_bytes()), 403, "bad-signature");
    let expired = credit("TOO-LATE", &treasury, Time(now.0 - 2 * 3_600_000)).expect("signed");
    table.add("expired evidence", refill(poor, &expired.to_bytes()), 409, "statement-expired");
    let bytes = evidence.to_bytes();
    table.add("cut evidence", refill(poor, &bytes[..bytes.len() - 1]), 422, "bad-statement");
    table.add("no evidence", refill(poor, b""), 422, "bad-statement");
    let text = Ask::post(format!("/v1/meters/{poor}/refills"), &json!({ "statement": "***" }));
    table.add("no base64", text.key("refill"), 400, "malformed-body");

    let operator = key("keys/operator.key");
    let act = |sequence: u64, body: ActBody| Act {
        version: Version,
        installation: id,
        box_kind: BoxKind::Meter,
        subject: MeterSerial(poor).subject(),
        sequence,
        issued: now,
        expires: Time(now.0 + 3_600_000),
        body,
    };
    let order = |bytes: &[u8]| {
        Ask::post("/v1/acts", &json!({ "statement": sdk::encode(bytes) })).key("act")
    };
    let suspend = ActBody::Suspend(Suspension::ABUSE);
    let sign = |act: Act, key: &SigningKey| sign_act(act, &[key]).expect("signed");
    let mut altered = sign(act(4, suspend.clone()), &operator);
    altered.body.body = ActBody::Withdraw;
    table.add("altered act", order(&altered.to_bytes()), 403, "bad-signature");
    let stranger = SigningKey::generate("stranger").expect("key");
    let strange = sign(act(4, suspend.clone()), &stranger);
    table.add("act of a stranger", order(&strange.to_bytes()), 403, "bad-signature");
    let used = sign(act(3, suspend.clone()), &operator);
    table.add("act out of order", order(&used.to_bytes()), 409, "act-sequence");
    let again = sign(act(4, ActBody::Activate), &operator);
    table.add("activated twice", order(&again.to_bytes()), 409, "wrong-state");
    table.add("no act", order(b"suspend"), 422, "bad-statement");

    let payload = sdk::decode(&scene.item.payload).expect("base64");
    let scan = |name: &str, key: SigningKey| {
        let mut verifier = Verifier::create(&folder.path().join(name), key).expect("log");
        let sighting = Sighting {
            installation: id,
            payload: &payload,
            place: Zip(95_814),
            time: now,
            idempotency_key: name,
        };
        verifier.scan(&sighting).expect("scan")
    };
    let accept = |scan: &[u8], payload: &[u8]| {
        let body = json!({ "scan": sdk::encode(scan), "payload": sdk::encode(payload) });
        Ask::post("/v1/acceptances", &body)
    };
    let strange = scan("stranger", stranger).to_bytes();
    table.add("scan of a stranger", accept(&strange, &payload), 403, "bad-signature");
    let genuine = scan("genuine", key("keys/verifier.key"));
    let mut altered = genuine.clone();
    altered.body.place = Zip(10_001);
    table.add("altered scan", accept(&altered.to_bytes(), &payload), 403, "bad-signature");
    let mut other = payload.clone();
    other[20] ^= 1;
    table.add("scan of another item", accept(&genuine.to_bytes(), &other), 422, "statement-mismatch");
    table.add("no scan", accept(b"", &payload), 422, "bad-statement");

    let verify = |body: Value| Ask::post("/v1/verifications", &body);
    table.add("nothing to verify", verify(json!({})), 400, "malformed-body");
    table.add("both", verify(json!({ "payload": "AA==", "image": "AA==" })), 400, "malformed-body");
    table.add("no image", verify(json!({ "image": "AAAA" })), 422, "unreadable-image");
    let blank = sdk::encode(include_bytes!("../blank.png"));
    table.add("image without a symbol", verify(json!({ "image": blank })), 422, "unreadable-image");
}

#[tokio::test]
async fn every_bad_input_gets_its_own_problem_and_changes_nothing() {
    let scene = Scene::set().await;
    let mut table = Table(Vec::new());
    items(&scene, &mut table);
    edges(&scene, &mut table);
    people(&mut table);
    statements(&scene, &mut table);

    let before = scene.house.dump();
    let mut wrong = String::new();
    for case in &table.0 {
        let answer = scene.ask(&case.ask).await;
        if answer.status < 400 {
            let _ = writeln!(wrong, "{}: answered with {}", case.name, answer.status);
            continue;
        }
        let problem = answer.problem();
        if (problem.status, problem.code.as_str()) != (case.status, case.code) {
            let _ = writeln!(wrong, "{}: {} {} ({})", case.name, problem.status, problem.code, problem.detail);
        }
        if problem.charged != Some(false) {
            let _ = writeln!(wrong, "{}: charged {:?}", case.name, problem.charged);
        }
        if scene.house.dump() != before {
            let _ = writeln!(wrong, "{}: something changed", case.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");

    // What was refused took nothing away either: key and name are free, money and meters work.
    scene.rich.buy("bad", 740).await;
    scene.house.signed_up("new@example.com").await;
    scene.house.stop().await;
}
