//! Signed statements that are not what they should be, and checks of nothing.

use std::path::Path;

use e2e::{HOUR_MS, now};
use item::{
    Act, ActBody, CreditEvidence, Layout, MeterSerial, Mills, MultiSigned, Suspension, Time, Zip,
};
use serde_json::{Value, json};
use signer::{Sighting, SigningKey, Verifier, sign_act};

use super::{Scene, Table};
use crate::raw::Ask;

/// 64 white dots in a square.
const BLANK_PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAACPAi4CAAAAKUlEQVR42u3MQREAAAwCIPuX1hD77SAA6VEEAoFAIBAIBAKBQCAQfA8Gpwvw4qrwDDIAAAAASUVORK5CYII=";

pub(super) fn add(scene: &Scene, table: &mut Table) {
    credits(scene, table);
    acts(scene, table);
    let folder = tempfile::tempdir().unwrap();
    scans(scene, folder.path(), table);
    check_batches(scene, folder.path(), table);
    let verify = |body: Value| Ask::post("/v1/verifications", &body);
    table.add(
        "nothing to verify",
        verify(json!({})),
        400,
        "malformed-body",
    );
    table.add(
        "both",
        verify(json!({ "payload": "AA==", "image": "AA==" })),
        400,
        "malformed-body",
    );
    table.add(
        "no image",
        verify(json!({ "image": "AAAA" })),
        422,
        "unreadable-image",
    );
    table.add(
        "a blank image",
        verify(json!({ "image": BLANK_PNG })),
        422,
        "unreadable-image",
    );
}

fn credits(scene: &Scene, table: &mut Table) {
    let poor = scene.poor.meter;
    let refill = |meter: u32, bytes: &[u8]| {
        let body = json!({ "statement": sdk::encode(bytes) });
        Ask::post(format!("/v1/meters/{meter}/refills"), &body).key("refill")
    };
    let bytes = scene.house.deposit_now(poor, 1, 100_000, "NEVER-PAID");
    let evidence = MultiSigned::<CreditEvidence>::from_bytes(&bytes).unwrap();
    let mut altered = evidence.clone();
    altered.body.amount = Mills(900_000);
    table.add(
        "altered evidence",
        refill(poor, &altered.to_bytes()),
        403,
        "bad-signature",
    );
    let mut altered = evidence.clone();
    altered.body.meter = MeterSerial(scene.rich.meter);
    let redirected = refill(scene.rich.meter, &altered.to_bytes());
    table.add("redirected evidence", redirected, 403, "bad-signature");
    let elsewhere = refill(scene.rich.meter, &bytes);
    table.add(
        "evidence for another meter",
        elsewhere,
        422,
        "statement-mismatch",
    );
    let expired = scene
        .house
        .deposit(poor, 1, 100_000, "TOO-LATE", Time(now().0 - HOUR_MS));
    table.add(
        "expired evidence",
        refill(poor, &expired),
        409,
        "statement-expired",
    );
    let ahead = scene.house.deposit_now(poor, 2, 100_000, "OUT-OF-ORDER");
    table.add(
        "evidence out of order",
        refill(poor, &ahead),
        409,
        "funding-sequence",
    );
    table.add(
        "cut evidence",
        refill(poor, &bytes[..bytes.len() - 1]),
        422,
        "bad-statement",
    );
    table.add("no evidence", refill(poor, b""), 422, "bad-statement");
    let nobody = refill(
        4_294_967_295,
        &scene.house.deposit_now(u32::MAX, 1, 1, "NOBODY"),
    );
    table.add("evidence for no meter", nobody, 404, "not-found");
    let text = Ask::post(
        format!("/v1/meters/{poor}/refills"),
        &json!({ "statement": "***" }),
    );
    table.add("no base64", text.key("refill"), 400, "malformed-body");
}

fn acts(scene: &Scene, table: &mut Table) {
    let suspend = ActBody::Suspend(Suspension::ABUSE);
    let act = |sequence, body| scene.house.act_on_meter(scene.poor.meter, sequence, body);
    let order = |bytes: &[u8]| {
        Ask::post("/v1/acts", &json!({ "statement": sdk::encode(bytes) })).key("act")
    };
    let genuine = MultiSigned::<Act>::from_bytes(&act(4, suspend.clone())).unwrap();
    let mut altered = genuine.clone();
    altered.body.body = ActBody::Withdraw;
    table.add(
        "altered act",
        order(&altered.to_bytes()),
        403,
        "bad-signature",
    );
    let stranger = SigningKey::generate("stranger").unwrap();
    let strange = sign_act(genuine.body, &[&stranger]).unwrap();
    table.add(
        "act of a stranger",
        order(&strange.to_bytes()),
        403,
        "bad-signature",
    );
    table.add(
        "act out of order",
        order(&act(3, suspend.clone())),
        409,
        "act-sequence",
    );
    table.add(
        "act before its time",
        order(&act(5, suspend)),
        409,
        "act-sequence",
    );
    table.add(
        "activated twice",
        order(&act(4, ActBody::Activate)),
        409,
        "wrong-state",
    );
    table.add("no act", order(b"suspend"), 422, "bad-statement");
}

fn scans(scene: &Scene, folder: &Path, table: &mut Table) {
    let payload = sdk::decode(&scene.item.payload).unwrap();
    let scan = |name: &str, key: SigningKey| {
        let mut verifier = Verifier::create(&folder.join(name), key).unwrap();
        let sighting = Sighting {
            installation: scene.house.installation().transcript().installation,
            payload: &payload,
            place: Zip(95_814),
            time: now(),
            idempotency_key: name,
        };
        verifier.scan(&sighting).unwrap()
    };
    let accept = |scan: &[u8], payload: &[u8]| {
        let body = json!({ "scan": sdk::encode(scan), "payload": sdk::encode(payload) });
        Ask::post("/v1/acceptances", &body)
    };
    let stranger = SigningKey::generate("stranger").unwrap();
    let strange = scan("stranger", stranger).to_bytes();
    table.add(
        "scan of a stranger",
        accept(&strange, &payload),
        403,
        "bad-signature",
    );
    let genuine = scan("genuine", scene.house.key("verifier"));
    let mut altered = genuine.clone();
    altered.body.place = Zip(10_001);
    table.add(
        "altered scan",
        accept(&altered.to_bytes(), &payload),
        403,
        "bad-signature",
    );
    let mut other = payload.clone();
    other[20] ^= 1;
    table.add(
        "scan of another item",
        accept(&genuine.to_bytes(), &other),
        422,
        "statement-mismatch",
    );
    table.add("no scan", accept(b"", &payload), 422, "bad-statement");
}

#[rustfmt::skip] // One line a case.
fn check_batches(scene: &Scene, folder: &Path, table: &mut Table) {
    let verify = |body: Value| Ask::post("/v1/verifications/batch", &body);
    let accept = |body: Value| Ask::post("/v1/acceptances/batch", &body);
    let payload = json!({ "payload": scene.item.payload });
    let addressed = |lines: Vec<String>| json!({ "payloads": [payload, { "payload": scene.item.payload, "address": lines }] });
    let scan = |text: &str| json!({ "scan": text, "payload": scene.item.payload });
    let genuine = {
        let key = scene.house.key("verifier");
        let mut verifier = Verifier::create(&folder.join("batch"), key).unwrap();
        let sighting = Sighting {
            installation: scene.house.installation().transcript().installation,
            payload: &sdk::decode(&scene.item.payload).unwrap(),
            place: Zip(95_814),
            time: now(),
            idempotency_key: "batch",
        };
        sdk::encode(&verifier.scan(&sighting).unwrap().to_bytes())
    };
    for (name, ask, status, code) in [
        ("no payloads", verify(json!({ "payloads": [] })), 422, "item-count"),
        ("too many payloads", verify(json!({ "payloads": vec![&payload; 1_001] })), 422, "item-count"),
        ("far too many payloads", verify(json!({ "payloads": vec![&payload; 2_001] })), 400, "malformed-body"),
        ("payloads in no list", verify(json!({ "payloads": payload })), 400, "malformed-body"),
        ("an image among payloads", verify(json!({ "payloads": [{ "image": "AAAA" }] })), 400, "malformed-body"),
        ("a payload with too many lines", verify(addressed(vec![String::new(); 101])), 400, "malformed-body"),
        ("a payload with a long address", verify(addressed(vec!["x".repeat(2_000)])), 422, "bad-address"),
        ("no scans", accept(json!({ "scans": [] })), 422, "item-count"),
        ("too many scans", accept(json!({ "scans": vec![scan("AAAA"); 1_001] })), 422, "item-count"),
        // One that is no base64 is known before the first is taken.
        ("a scan that is no base64", accept(json!({ "scans": [scan(&genuine), scan("***")] })), 400, "malformed-body"),
        ("scans in no list", accept(scan("AAAA")), 400, "malformed-body"),
    ] {
        table.add(name, ask, status, code);
    }
}
