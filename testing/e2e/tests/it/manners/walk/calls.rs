//! How every route is called by its owner.

use e2e::{HOUR_MS, House, PASSWORD, address, now};
use item::{
    Act, ActBody, CreditApproval, CreditEvidence, Layout, List, MeterSerial, Mills, MultiSigned,
    Time, Version, Zip,
};
use serde_json::{Value, json};
use signer::{Sighting, Verifier, sign_approval};
use verify::{Tag, Tagged};

use super::scene::Scene;
use super::{By, Call};
use crate::raw::Ask;

/// How every route is called: those that end the owner's sessions last.
#[rustfmt::skip] // One line a call, where it fits.
pub(super) fn calls(scene: &Scene) -> Vec<Call> {
    let (owner, id) = (&scene.owner, &scene.item.id);
    let meter = owner.meter;
    let of_meter = |more: &str| format!("/v1/meters/{meter}{more}");
    let (item, letter) = (json!({ "value_mills": 740 }), json!({ "lines": address() }));
    let mailing = json!({ "rows": [{ "item": item }], "allow_duplicate": true });
    let drawing = json!({ "format": "svg", "envelopes": [{ "item": id, "recipient": address() }] });
    let payload = json!({ "payload": scene.item.payload });
    let sign_up = json!({ "login": "n@example.com", "password": PASSWORD, "display_name": "N" });
    let sign_on = json!({ "login": owner.login, "password": PASSWORD });
    let new_password = json!({ "login": owner.login, "old_password": PASSWORD, "new_password": "another good password" });
    let program = json!({ "name": "Robot", "scope": { "rights": ["read", "dispense"], "ceiling_mills": 900 } });
    // 109 bytes of the right form, and of nobody.
    let challenge = sdk::encode(&[&[1][..], &202_611u32.to_le_bytes(), &[7; 104]].concat());
    let subject = owner.subject();
    let own = |method, path: &'static str, ask| Call { route: (method, path), by: By::Owner, ask, forged: None };
    let mine = |method, path: &'static str, ask| Call { route: (method, path), by: By::Myself, ask, forged: None };
    let open = |method, path: &'static str, ask| Call { route: (method, path), by: By::Anybody, ask, forged: None };
    let operator = |path: &'static str, ask| Call { route: ("GET", path), by: By::Operator, ask, forged: None };
    let clerk = &scene.clerk.user;
    let of_clerk = |more: &str| format!("/v1/users/{clerk}{more}");
    let scope = json!({ "rights": ["read"], "ceiling_mills": 9_000 });
    let new_user = json!({ "login": "w@example.com", "password": PASSWORD, "display_name": "W", "scope": scope });
    let last = &scene.third;
    let registers = json!({ "ascending_mills": last.ascending_mills, "descending_mills": last.descending_mills, "piece_count": last.piece_count });
    let rejected = format!("/v1/items/{}/void/rejections", scene.third.id);
    let of_item = |more: &str| format!("/v1/items/{id}{more}");
    // The registers are those of now, and the item is not used yet: these come before what changes that.
    let mut calls = vec![
        own("POST", "/v1/items/{id}/void", Ask::new("POST", of_item("/void")).key("walk 7")),
        own("GET", "/v1/items/{id}/void", Ask::get(of_item("/void"))),
        own("DELETE", "/v1/items/{id}/void", Ask::new("DELETE", of_item("/void")).key("walk cancel")),
        own("POST", "/v1/meters/{serial}/reports", Ask::post(of_meter("/reports"), &registers).key("walk 0"))];
    calls.extend(statements(scene));
    calls.extend([
        own("GET", "/v1/users/{user}", Ask::get(of_clerk(""))),
        own("PUT", "/v1/users/{user}/scope", Ask::put(of_clerk("/scope"), &scope).key("walk 5")),
        own("POST", "/v1/users/{user}/recovery", Ask::post(of_clerk("/recovery"), &json!({ "code_digest": "ab".repeat(32) })).key("walk recovery")),
        mine("GET", "/v1/users", Ask::get("/v1/users")),
        mine("GET", "/v1/voids", Ask::get("/v1/voids")),
        Call { route: ("POST", "/v1/items/{id}/void/rejections"), by: By::Operator, ask: Ask::post(rejected, &json!({ "reason": "seen in the mail" })), forged: None },
        mine("POST", "/v1/users", Ask::post("/v1/users", &new_user).key("walk 6")),
        open("POST", "/v1/addresses", Ask::post("/v1/addresses", &json!({ "addresses": [letter] }))),
        open("GET", "/v1/epochs", Ask::get("/v1/epochs")),
        open("GET", "/v1/health", Ask::get("/v1/health")),
        open("GET", "/v1/installation", Ask::get("/v1/installation")),
        open("GET", "/v1/packs/latest", Ask::get("/v1/packs/latest")),
        open("GET", "/v1/rates", Ask::get("/v1/rates?shape=letter&weight_oz=1")),
        open("GET", "/v1/rates/table", Ask::get("/v1/rates/table")),
        open("GET", "/v1/stocks", Ask::get("/v1/stocks")),
        open("GET", "/v1/stocks/{name}/calibration", Ask::get("/v1/stocks/envelope-10/calibration")),
        open("POST", "/v1/verifications", Ask::post("/v1/verifications", &payload)),
        open("POST", "/v1/verifications/batch", Ask::post("/v1/verifications/batch", &json!({ "payloads": [payload] }))),
        open("GET", "/problems", Ask::get("/problems")),
        open("GET", "/problems/{code}", Ask::get("/problems/not-found")),
        operator("/v1/alerts", Ask::get("/v1/alerts")),
        operator("/v1/epochs/records", Ask::get("/v1/epochs/records")),
        operator("/v1/totals", Ask::get("/v1/totals")),
        operator("/v1/totals/rows", Ask::get("/v1/totals/rows?day=2020-01-01")),
        operator("/v1/records/{kind}/{subject}", Ask::get(format!("/v1/records/meter/{subject}"))),
        own("GET", "/v1/items/{id}", Ask::get(format!("/v1/items/{id}"))),
        own("GET", "/v1/meters/{serial}", Ask::get(of_meter(""))),
        own("GET", "/v1/licences/{id}", Ask::get(format!("/v1/licences/{}", scene.licence()))),
        mine("GET", "/v1/licences", Ask::get("/v1/licences")),
        mine("POST", "/v1/licences", Ask::post("/v1/licences", &scene.application)),
        own("POST", "/v1/meters/{serial}/items", Ask::post(of_meter("/items"), &json!({ "item": item, "allow_duplicate": true })).key("walk 1")),
        own("POST", "/v1/meters/{serial}/batches", Ask::post(of_meter("/batches"), &json!({ "items": [item], "allow_duplicate": true })).key("walk 2")),
        own("POST", "/v1/meters/{serial}/mailings/checks", Ask::post(of_meter("/mailings/checks"), &mailing)),
        own("POST", "/v1/meters/{serial}/mailings", Ask::post(of_meter("/mailings"), &mailing).key("walk 3")),
        own("GET", "/v1/meters/{serial}/mailings", Ask::get(of_meter("/mailings?idempotency_key=walk%203"))),
        own("POST", "/v1/envelopes", Ask::post("/v1/envelopes", &drawing)),
        mine("GET", "/v1/api-keys", Ask::get("/v1/api-keys")),
        mine("POST", "/v1/api-keys", Ask::post("/v1/api-keys", &program).key("walk key")),
        own("POST", "/v1/api-keys/{key}/rolls", Ask::post(format!("/v1/api-keys/{}/rolls", scene.key), &json!({ "secret": "5a".repeat(32) })).key("walk roll")),
        own("DELETE", "/v1/api-keys/{key}", Ask::new("DELETE", format!("/v1/api-keys/{}", scene.key))),
        mine("GET", "/v1/meters", Ask::get("/v1/meters")),
        mine("POST", "/v1/meters", Ask::post("/v1/meters", &json!({})).key("walk meter")),
        mine("POST", "/v1/departments", Ask::post("/v1/departments", &json!({ "name": "D" })).key("walk department")),
        mine("GET", "/v1/departments", Ask::get("/v1/departments")),
        own("PATCH", "/v1/departments/{number}", json_ask("PATCH", "/v1/departments/1", &json!({ "name": "E" }))),
        own("PUT", "/v1/departments/{number}/limits", json_ask("PUT", "/v1/departments/1/limits", &json!({ "day_mills": 9_000 }))),
        own("GET", "/v1/departments/{number}/limits", Ask::get("/v1/departments/1/limits")),
        mine("POST", "/v1/end-customers", Ask::post("/v1/end-customers", &json!({ "name": "C" })).key("walk customer")),
        mine("GET", "/v1/end-customers", Ask::get("/v1/end-customers")),
        own("PATCH", "/v1/end-customers/{number}", json_ask("PATCH", "/v1/end-customers/1", &json!({ "archived": true }))),
        own("PUT", "/v1/users/{user}/limits", json_ask("PUT", &format!("/v1/users/{}/limits", owner.user), &json!({ "month_mills": 90_000 }))),
        own("GET", "/v1/users/{user}/limits", Ask::get(format!("/v1/users/{}/limits", owner.user))),
        mine("GET", "/v1/statements", Ask::get("/v1/statements")),
        mine("GET", "/v1/reports", Ask::get("/v1/reports?by=department")),
        mine("GET", "/v1/items", Ask::get("/v1/items?idempotency_key=the%20first")),
        mine("PUT", "/v1/signing-key", Ask::put("/v1/signing-key", &json!({ "challenge": challenge, "key": "ab".repeat(32), "possession": "ab".repeat(64) })).key("walk own key")),
        mine("POST", "/v1/sessions/renewals", Ask::new("POST", "/v1/sessions/renewals")),
        mine("DELETE", "/v1/sessions", Ask::new("DELETE", "/v1/sessions")),
        // They bring a password, so they have no session; the wrong one is under `bad_input`.
        open("POST", "/v1/accounts", Ask::post("/v1/accounts", &sign_up).key("walk 4")),
        open("POST", "/v1/sessions", Ask::post("/v1/sessions", &sign_on)),
        open("POST", "/v1/sessions/challenges", Ask::post("/v1/sessions/challenges", &json!({ "login": owner.login }))),
        open("POST", "/v1/sessions/by-key", Ask::post("/v1/sessions/by-key", &json!({ "login": owner.login, "challenge": challenge, "session_secret": "ab".repeat(32), "signature": "ab".repeat(64) }))),
        open("POST", "/v1/recoveries", Ask::post("/v1/recoveries", &json!({ "login": scene.clerk.login, "code": "ab".repeat(32), "new_password": "another good password" }))),
        open("POST", "/v1/password", Ask::post("/v1/password", &new_password)),
    ]);
    calls
}

/// A body of JSON by any method.
fn json_ask(method: &str, path: &str, body: &Value) -> Ask {
    Ask::new(method, path)
        .header("content-type", "application/json")
        .body(serde_json::to_vec(body).unwrap())
}

/// Calls whose authority is a signature in the body.
#[rustfmt::skip] // One line a call, where it fits.
fn statements(scene: &Scene) -> Vec<Call> {
    let (house, meter) = (&scene.house, scene.owner.meter);
    let statement = |bytes: &[u8]| json!({ "statement": sdk::encode(bytes) });
    let act = |bytes: &[u8]| Ask::post("/v1/acts", &statement(bytes)).key("walk act");
    let refill = |bytes: &[u8]| Ask::post(format!("/v1/meters/{meter}/refills"), &statement(bytes)).key("walk refill");
    let good_act = house.act_on_meter(meter, 4, ActBody::Inspect { due: item::Day::NONE });
    let forged_act = signed_by::<Act>(house, &good_act, "treasury");
    let good_refill = house.deposit_now(meter, 2, 1_000, "walk");
    let forged_refill = signed_by::<CreditEvidence>(house, &good_refill, "operator");
    let refuse = |role: &str| {
        let refusal = item::LicenceRefusal {
            version: item::Version,
            installation: house.installation().transcript().installation,
            application: item::Digest::from_hex(&scene.licence()).unwrap(),
            reason: item::Bytes::new(b"no".to_vec()).unwrap(),
            time: now(),
        };
        let signed = signer::sign_refusal(refusal, &[&house.key(role)]).unwrap();
        let path = format!("/v1/licences/{}/refusals", scene.licence());
        Ask::post(path, &statement(&signed.to_bytes()))
    };
    let scan = |role: &str| {
        let mut verifier = Verifier::create(&house.beside(role), house.key(role)).unwrap();
        let sighting = Sighting {
            installation: house.installation().transcript().installation,
            payload: &sdk::decode(&scene.item.payload).unwrap(),
            place: Zip(95_814),
            time: now(),
            idempotency_key: "walk",
        };
        let scan = verifier.scan(&sighting).unwrap().to_bytes();
        json!({ "scan": sdk::encode(&scan), "payload": scene.item.payload })
    };
    let (good_scan, forged_scan) = (scan("verifier"), scan("operator"));
    let again = |scan: &Value| json!({ "scan": scan["scan"] });
    let second = sdk::decode(&scene.second.payload).unwrap();
    let approval = CreditApproval {
        version: Version,
        installation: house.installation().transcript().installation,
        meter: MeterSerial(meter),
        piece_count: scene.second.piece_count,
        value: Mills(scene.second.value_mills),
        payload: verify::digest(Tag::PAYLOAD_DIGEST, &[&second]),
        expires: Time(now().0 + HOUR_MS),
    };
    let good_approval = sign_approval(approval, &[&house.key("refunder")]).unwrap().to_bytes();
    let forged_approval = signed_by::<CreditApproval>(house, &good_approval, "operator");
    let approve = |bytes: &[u8]| Ask::post(format!("/v1/items/{}/void/approvals", scene.second.id), &statement(bytes)).key("walk approval");
    let redelivery = json!({ "kind": "meter", "act": "ab".repeat(32), "from": 0 });
    let call = |path: &'static str, ask, forged| Call { route: ("POST", path), by: By::Statement, ask, forged: Some(forged) };
    let accept = |path: &str, body: &Value| Ask::post(path, body);
    vec![
        call("/v1/acts", act(&good_act), act(&forged_act)),
        call("/v1/items/{id}/void/approvals", approve(&good_approval), approve(&forged_approval)),
        call("/v1/licences/{id}/refusals", refuse("operator"), refuse("treasury")),
        call("/v1/meters/{serial}/refills", refill(&good_refill), refill(&forged_refill)),
        call("/v1/acceptances", accept("/v1/acceptances", &good_scan), accept("/v1/acceptances", &forged_scan)),
        call("/v1/acceptances/batch", accept("/v1/acceptances/batch", &json!({ "scans": [good_scan] })), accept("/v1/acceptances/batch", &json!({ "scans": [forged_scan] }))),
        call("/v1/acceptances/again", accept("/v1/acceptances/again", &again(&good_scan)), accept("/v1/acceptances/again", &again(&forged_scan))),
        call("/v1/totals", crate::totals::handing_in(house, "reporter"), crate::totals::handing_in(house, "operator")),
        // The digest of no act in force; one that is, under `restored`.
        call("/v1/redeliveries", Ask::post("/v1/redeliveries", &redelivery), Ask::post("/v1/redeliveries", &redelivery)),
    ]
}

/// A statement with another role's signature instead of its own.
fn signed_by<B: Layout + Tagged>(house: &House, statement: &[u8], role: &str) -> Vec<u8> {
    let mut statement = MultiSigned::<B>::from_bytes(statement).unwrap();
    let key = house.key(role);
    let signature = key.sign(B::TAG, &statement.body.to_bytes());
    statement.signatures = List::new(vec![(key.id(), signature)]).unwrap();
    statement.to_bytes()
}
