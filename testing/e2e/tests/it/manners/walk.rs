//! A walk over every route of the description: without session, with another account's, with ended
//! ones, in other roles. Nothing leaks, nothing changes; then as its owner, and it is answered.
//!
//! **A new route fails here until `calls` says how its owner calls it.**

mod calls;
mod scene;

use std::fmt::Write as _;

use e2e::rows::{changed, dump};
use e2e::{HOUR_MS, now};
use serde_json::{Value, json};
use signer::SigningKey;
use verify::Tag;

use self::calls::calls;
use self::scene::{Programs, Scene};
use super::described;
use crate::bad_input::token;
use crate::raw::{Answer, Ask};

/// Whose right a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Nobody's.
    Anybody,
    /// A user's, of things that are named in the call.
    Owner,
    /// A user's, of what is the user's own without naming it.
    Myself,
    /// A signed header of an operator.
    Operator,
    /// The signatures of the statement in the body; `forged` is one with another role's.
    Statement,
}

/// A call as its owner makes it, but for the header `Authorization`.
struct Call {
    route: (&'static str, &'static str),
    by: By,
    ask: Ask,
    /// Statements: the same, signed in another role.
    forged: Option<Ask>,
}

/// Who signs the header of an operator's route.
fn role(call: &Call) -> &'static str {
    match call.route.1.ends_with("/rejections") {
        true => "refunder",
        false => "operator",
    }
}

/// An operator's header for a method and path, signed by a key at a time.
fn header(key: &SigningKey, (method, path): (&str, &str), time: u64) -> String {
    let message = format!("{method} {path}\n{time}");
    let signature = key.sign(Tag::OPERATOR_QUERY, message.as_bytes());
    let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("Indicia-Key {}:{time}:{hex}", key.id())
}

/// Calls beside GET that are for whoever may read, or for everybody's own session.
const READING: &[(&str, &str)] = &[
    ("POST", "/v1/meters/{serial}/mailings/checks"),
    ("POST", "/v1/envelopes"),
    ("POST", "/v1/sessions/renewals"),
    ("DELETE", "/v1/sessions"),
    ("PUT", "/v1/signing-key"),
];

/// What somebody without the right sends instead, and which codes may refuse it.
struct Try {
    name: &'static str,
    ask: Ask,
    codes: &'static [&'static str],
}

fn tries(scene: &Scene, call: &Call) -> Vec<Try> {
    let ask = &call.ask;
    let route = ask.route();
    let (house, time) = (&scene.house, now().0);
    let with = |value: String| ask.clone().header("authorization", value);
    let signed = |role: &str, route, time| with(header(&house.key(role), route, time));
    let one = |name, ask, codes| Try { name, ask, codes };
    match call.by {
        By::Anybody => Vec::new(),
        By::Statement => {
            let forged = call.forged.clone().unwrap();
            vec![one(
                "another role's signature",
                forged,
                &[
                    "bad-signature",
                    "statement-mismatch",
                    "bad-statement",
                    "act-sequence",
                ],
            )]
        }
        By::Owner | By::Myself => {
            let mut tries = vec![
                one("no session", ask.clone(), &["sign-on-needed"]),
                one(
                    "an ended session",
                    ask.clone().bearer(&scene.ended),
                    &["session-ended", "sign-on-needed"],
                ),
                one(
                    "a session of nobody",
                    ask.clone().bearer("ind_test_ses_AAAA"),
                    &["sign-on-needed"],
                ),
                one(
                    "a verifier",
                    signed("verifier", route, time),
                    &["sign-on-needed", "operator-signature"],
                ),
            ];
            // These are for operators too.
            let both = [
                ("GET", "/v1/meters/{serial}"),
                ("GET", "/v1/voids"),
                ("GET", "/v1/licences"),
                ("GET", "/v1/licences/{id}"),
            ];
            if !both.contains(&call.route) {
                tries.push(one(
                    "an operator",
                    signed("operator", route, time),
                    &["sign-on-needed"],
                ));
            }
            let is_reading = call.route.0 == "GET" || READING.contains(&call.route);
            if !is_reading || call.route == ("GET", "/v1/users") {
                let reader = ask.clone().bearer(&scene.clerk_token);
                tries.push(one(
                    "a user who may only read",
                    reader,
                    &["not-covered", "own-rights", "not-found"],
                ));
            }
            if call.by == By::Owner {
                tries.push(one(
                    "another account",
                    ask.clone().bearer(&scene.other_token),
                    &["not-found"],
                ));
            }
            tries.extend(program_tries(&scene.programs, call));
            tries
        }
        By::Operator => vec![
            one("no header", ask.clone(), &["operator-signature"]),
            one(
                "the owner",
                ask.clone().bearer(&token(&scene.owner)),
                &["operator-signature"],
            ),
            one(
                "a verifier",
                signed("verifier", route, time),
                &["operator-signature"],
            ),
            one(
                "an operator for another path",
                signed(role(call), (route.0, "/v1/health"), time),
                &["operator-signature"],
            ),
            one(
                "an operator of an hour ago",
                signed(role(call), route, time - HOUR_MS),
                &["operator-signature"],
            ),
        ],
    }
}

/// What programs try on a route of users.
fn program_tries(programs: &Programs, call: &Call) -> Vec<Try> {
    let program = |name, text: &str, codes| Try {
        name,
        ask: call.ask.clone().bearer(text),
        codes,
    };
    // A key has no session that could be renewed or ended.
    if call.route.1.starts_with("/v1/sessions") {
        return vec![program("a program", &programs.reading, &["sign-on-needed"])];
    }
    let altered = match programs.reading.strip_suffix('0') {
        Some(start) => format!("{start}1"),
        None => format!("{}0", &programs.reading[..programs.reading.len() - 1]),
    };
    let mut tries = vec![
        program("a program whose key ended", &programs.ended, &["key-ended"]),
        program("a program with an altered key", &altered, &["key-ended"]),
    ];
    let is_reading = call.route.0 == "GET" || READING.contains(&call.route);
    let of_persons = ["/v1/users", "/v1/api-keys"];
    if !is_reading || of_persons.contains(&call.route.1) {
        let codes = &["not-covered", "own-rights", "not-found"];
        tries.push(program(
            "a program that may only read",
            &programs.reading,
            codes,
        ));
    }
    if call.by == By::Owner {
        let codes = &["not-found", "not-covered"];
        tries.push(program("another account's program", &programs.other, codes));
    }
    tries
}

/// What an answer tells that its asker did not know.
fn leaks(scene: &Scene, ask: &Ask, answer: &Answer) -> Vec<String> {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let told = |secret: &String| text.contains(secret.as_str()) && !ask.says(secret);
    scene.secrets().into_iter().filter(told).collect()
}

#[tokio::test]
async fn nobody_gets_past_any_route_and_everybody_past_their_own() {
    let mut scene = Scene::set().await;
    let calls = calls(&scene);
    let base = scene.house.api();

    let mut known: Vec<(String, String)> = calls
        .iter()
        .map(|call| (call.route.0.to_owned(), call.route.1.to_owned()))
        .collect();
    known.sort();
    let mut described = described::operations();
    described.sort();
    assert_eq!(
        known, described,
        "`calls` must say how each route is called"
    );

    let mut wrong = String::new();
    let mut before = dump(&scene.house.sql());
    for call in &calls {
        for Try { name, ask, codes } in tries(&scene, call) {
            let answer = ask.send(&base).await;
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            // A batch says it of each element.
            let refused = codes
                .iter()
                .any(|code| text.contains(&format!("\"code\":\"{code}\"")));
            let in_parts = call.route.1.ends_with("/batch") && answer.status == 200;
            if !refused || (answer.status < 400 && !in_parts) {
                let _ = writeln!(wrong, "{:?} {name}: {} {text}", call.route, answer.status);
            }
            let leaks = leaks(&scene, &ask, &answer);
            if !leaks.is_empty() {
                let _ = writeln!(wrong, "{:?} {name}: tells {leaks:?}: {text}", call.route);
            }
            let after = dump(&scene.house.sql());
            if after != before {
                let changed = changed(&before, &after);
                let _ = writeln!(wrong, "{:?} {name}: changed {changed:?}", call.route);
            }
            before = after;
        }
    }
    foreign_looks_like_nothing(&scene, &base, &mut wrong).await;
    assert!(wrong.is_empty(), "\n{wrong}");

    // The same calls are good ones.
    for call in &calls {
        let ask = match call.by {
            By::Anybody | By::Statement => call.ask.clone(),
            By::Owner | By::Myself => call.ask.clone().bearer(&token(&scene.owner)),
            By::Operator => {
                let key = scene.house.key(role(call));
                let header = header(&key, call.ask.route(), now().0);
                call.ask.clone().header("authorization", header)
            }
        };
        let answer = ask.send(&base).await;
        // What would need an act in force, a day, or a key.
        let later = [
            ("POST", "/v1/redeliveries"),
            ("POST", "/v1/recoveries"),
            ("POST", "/v1/totals"),
            ("POST", "/v1/sessions/by-key"),
            ("PUT", "/v1/signing-key"),
        ];
        let is_later = later.contains(&call.route);
        let is_good = answer.status < 300 || is_later;
        assert!(is_good, "{:?}: {answer:?}", call.route);
        if ask.has_key() && !is_later {
            lost_answer(&scene, call, &ask, &answer).await;
        }
        if call.by == By::Anybody && call.route.0 == "GET" {
            assert!(
                leaks(&scene, &ask, &answer).is_empty(),
                "{:?}: {answer:?}",
                call.route
            );
        }
    }
    scene.house.stop();
    scene.house.assert_clean();
}

/// An answer that was lost: the same call with the same key gets it again, and changes nothing.
async fn lost_answer(scene: &Scene, call: &Call, ask: &Ask, first: &Answer) {
    // The secret of a key that the server made is shown once.
    let told = |answer: &Answer| {
        let mut value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.remove("text");
        }
        value
    };
    let before = dump(&scene.house.sql());
    let again = ask.send(&scene.house.api()).await;
    assert!(again.status < 300, "{:?}: {again:?}", call.route);
    assert_eq!(told(&again), told(first), "{:?}", call.route);
    let changed = changed(&before, &dump(&scene.house.sql()));
    assert!(changed.is_empty(), "{:?}: {changed:?}", call.route);
}

/// What is another account's and what never was are told apart by nothing.
async fn foreign_looks_like_nothing(scene: &Scene, base: &str, wrong: &mut String) {
    let (meter, none) = (scene.owner.meter, 99_999_999);
    let item = json!({ "item": { "value_mills": 740 } });
    for (path, body) in [
        ("/v1/meters/M", None),
        ("/v1/items/M-1", None),
        ("/v1/meters/M/mailings?idempotency_key=k", None),
        ("/v1/meters/M/items", Some(&item)),
    ] {
        let ask = |serial: u32| {
            let path = path.replace('M', &serial.to_string());
            let ask = match body {
                Some(body) => Ask::post(path, body).key("foreign"),
                None => Ask::get(path),
            };
            ask.bearer(&scene.other_token)
        };
        let (foreign, nothing) = (ask(meter).send(base).await, ask(none).send(base).await);
        let (one, other) = (foreign.problem(), nothing.problem());
        // The number that was asked for may be said again, and nothing else.
        let plain = |detail: &str| detail.replace(|c: char| c.is_ascii_digit(), "");
        if (&one.code, plain(&one.detail)) != (&other.code, plain(&other.detail)) {
            let _ = writeln!(wrong, "{path}: {foreign:?} is not {nothing:?}");
        }
    }
}
