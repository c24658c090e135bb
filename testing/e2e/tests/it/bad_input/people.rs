//! Sign-ups and log-ins that are refused without a look at a password.

use e2e::PASSWORD;
use serde_json::json;

use super::Table;
use crate::raw::Ask;

#[rustfmt::skip] // One line a case.
pub(super) fn add(table: &mut Table) {
    let sign_up = |login: &str, password: &str, name: &str| {
        let body = json!({ "login": login, "password": password, "display_name": name });
        Ask::post("/v1/accounts", &body).key("new")
    };
    let new = |password: &str| sign_up("new@example.com", password, "New");
    let log_in = |login: &str, secret: &str| {
        let body = json!({ "login": login, "password": PASSWORD, "session_secret": secret });
        Ask::post("/v1/sessions", &body)
    };
    let recover = |code: &str, password: &str| {
        let body = json!({ "login": "rich@example.com", "code": code, "new_password": password });
        Ask::post("/v1/recoveries", &body)
    };
    let by_key = |challenge: &str, signature: &str| {
        let body = json!({ "login": "rich@example.com", "challenge": challenge, "session_secret": "ab".repeat(32), "signature": signature });
        Ask::post("/v1/sessions/by-key", &body)
    };
    let challenge = sdk::encode(&[&[1][..], &202_611u32.to_le_bytes(), &[7; 104]].concat());
    for (name, ask, status, code) in [
        ("recovery with a short code", recover("12", PASSWORD), 400, "malformed-body"),
        ("recovery to a short password", recover(&"ab".repeat(32), "eleven char"), 422, "password-policy"),
        ("challenge that is no base64", by_key("-", &"ab".repeat(64)), 400, "malformed-body"),
        ("challenge of another form", by_key("AAAA", &"ab".repeat(64)), 400, "malformed-body"),
        ("short signature", by_key(&challenge, "ab"), 400, "malformed-body"),
        ("challenge of nobody", by_key(&challenge, &"ab".repeat(64)), 401, "wrong-credentials"),
        ("challenge for a name with spaces", Ask::post("/v1/sessions/challenges", &json!({ "login": "n e w" })), 422, "bad-name"),
        ("short password", new("eleven char"), 422, "password-policy"),
        ("long password", new(&"ab".repeat(65)), 422, "password-policy"),
        ("very long password", new(&"ab".repeat(999)), 422, "password-policy"),
        ("password of one character", new(&"a".repeat(16)), 422, "password-policy"),
        ("log-in name taken", sign_up("Rich@Example.com", PASSWORD, "New"), 409, "login-taken"),
        ("short log-in name", sign_up("n", PASSWORD, "New"), 422, "bad-name"),
        ("log-in name with spaces", sign_up("n e w", PASSWORD, "New"), 422, "bad-name"),
        ("no name", sign_up("new@example.com", PASSWORD, " "), 422, "bad-name"),
        ("sign-up without a key", new(PASSWORD).without("idempotency-key"), 400, "idempotency-key"),
        ("nobody", log_in("nobody@example.com", &"ab".repeat(32)), 401, "wrong-credentials"),
        ("short session secret", log_in("rich@example.com", "12"), 400, "malformed-body"),
        ("session secret in capitals", log_in("rich@example.com", &"AB".repeat(32)), 400, "malformed-body"),
    ] {
        table.add(name, ask, status, code);
    }
}
