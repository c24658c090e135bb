//! What architecture and docs/api.md promise of the whole API, looked up in its description or asked:
//! keys on what changes something, amounts as whole mills, pages by cursor, limits that are told.

use e2e::{House, PASSWORD};
use serde_json::{Value, json};

use super::described::{operation, operations};
use crate::raw::{Answer, Ask};

/// Operations that change nothing, or that set something to what they say: asked again, they find it so.
const WITHOUT_KEY: &[&str] = &[
    "applyForLicence",
    "challenge",
    "changeDepartment",
    "changeEndCustomer",
    "checkMailing",
    "drawEnvelopes",
    "renewSession",
    "revokeApiKey",
    "setDepartmentLimits",
    "setUserLimits",
    "signOff",
];

fn document() -> Value {
    let text = include_str!("../../../../../formats/openapi.json");
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn whatever_changes_something_in_a_users_name_takes_a_key() {
    let mut wrong = Vec::new();
    for (method, path) in operations() {
        let described = operation(&method, &path).unwrap();
        let id = described["operationId"].as_str().unwrap();
        let security = described["security"].to_string();
        let changes = method != "GET" && security.contains("session");
        let has_key = described["parameters"]
            .to_string()
            .contains("IdempotencyKey");
        if changes && has_key == WITHOUT_KEY.contains(&id) {
            wrong.push(format!("{method} {path} ({id}): key {has_key}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn amounts_are_whole_mills_and_pages_have_cursors() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut amounts = 0;
    for (name, schema) in schemas {
        for (field, described) in schema["properties"].as_object().into_iter().flatten() {
            let kind = described["type"].to_string();
            if field.ends_with("_mills") {
                amounts += 1;
                assert!(kind.contains("integer"), "{name}.{field} is {kind}");
            }
            if field == "next_cursor" || field == "currency" {
                assert!(kind.contains("string"), "{name}.{field} is {kind}");
            }
        }
    }
    assert!(amounts > 20, "{amounts}");
}

/// Name, requests let through at once, and seconds of a window, out of `RateLimit-Policy`.
fn policy(answer: &Answer) -> (String, u32, u32) {
    let text = answer.header("ratelimit-policy");
    let mut parts = text.split(';');
    let name = parts.next().unwrap().trim_matches('"').to_owned();
    let mut number = |key: &str| {
        parts
            .next()
            .unwrap()
            .strip_prefix(key)
            .unwrap()
            .parse()
            .unwrap()
    };
    (name, number("q="), number("w="))
}

/// What is left, and seconds until there is more, out of `RateLimit`.
fn left(answer: &Answer) -> (u32, Option<u64>) {
    let text = answer.header("ratelimit");
    let mut parts = text.split(';').skip(1);
    let left = parts
        .next()
        .unwrap()
        .strip_prefix("r=")
        .unwrap()
        .parse()
        .unwrap();
    (
        left,
        parts
            .next()
            .map(|t| t.strip_prefix("t=").unwrap().parse().unwrap()),
    )
}

#[tokio::test]
async fn limits_are_told_before_they_refuse_and_when_they_do() {
    let mut house = House::running();
    let base = house.api();
    let sign_up = json!({ "login": "l@example.com", "password": PASSWORD, "display_name": "L" });
    let made = Ask::post("/v1/accounts", &sign_up)
        .key("l")
        .send(&base)
        .await;
    assert_eq!(
        (made.status, policy(&made)),
        (201, ("sign-ups".to_owned(), 200, 10))
    );
    assert_eq!(left(&made).0, 199);

    let attempt = |password: &str| {
        Ask::post(
            "/v1/sessions",
            &json!({ "login": "L@example.com", "password": password }),
        )
    };
    let good = attempt(PASSWORD).send(&base).await;
    assert_eq!(
        (good.status, policy(&good)),
        (201, ("attempts".to_owned(), 20, 20))
    );
    assert_eq!(left(&good), (19, Some(1)));
    let session: sdk::api::Session = serde_json::from_slice(&good.body).unwrap();
    let order = Ask::post("/v1/meters", &json!({})).key("another");
    let made = order.bearer(&session.token).send(&base).await;
    assert_eq!(
        (made.status, policy(&made)),
        (201, ("additions".to_owned(), 20, 20))
    );
    assert_eq!(left(&made), (19, Some(1)));
    let wrong = attempt("not the password").send(&base).await;
    assert_eq!(wrong.status, 401);
    // A second may have passed, and given one back.
    assert!((18..=19).contains(&left(&wrong).0), "{wrong:?}");
    let mut refused = None;
    for _ in 0..10 {
        let answer = attempt("not the password").send(&base).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    // The box made this one wait; header and `Retry-After` say the same.
    let refused = refused.expect("failures make wait");
    assert_eq!(left(&refused), (0, refused.retry_after));
    house.stop();
    house.assert_clean();
}
