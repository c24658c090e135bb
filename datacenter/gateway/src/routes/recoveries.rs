//! Recovery of users who lost password or key.

use super::sessions::attempt;
use super::users::user_id;
use crate::extract::{Body, Key, SignedOn};
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, convert, limited};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use functions::Code;
use item::Digest;

fn digest_of(text: &str, field: &str) -> Result<Digest, Refused> {
    Digest::from_hex(text).ok_or_else(|| {
        let detail = format!("`{field}` is not 64 lower-case hex digits.");
        Refused::new(Code::MalformedBody, detail)
    })
}

/// Begin the recovery of a user of the account: it can be ended a day later, unless the user logs in.
#[utoipa::path(
    post, path = "/v1/users/{user}/recovery", operation_id = "beginRecovery", tag = "users",
    params(
        ("user" = String, Path, description = "User id"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
        ("Indicia-Signature" = Option<String>, Header, description = "Of a user with a key of his own: `MAX_TOTAL_MILLS:EXPIRES_MS:SIGNATURE_HEX`"),
    ),
    request_body = api::NewRecovery,
    responses(
        (status = 200, body = api::User),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn begin(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Path(text): Path<String>,
    Key(key): Key,
    Body(body, _held): Body<api::NewRecovery>,
) -> Result<Json<api::User>, Refused> {
    let user = user_id(&text)?;
    let code = digest_of(&body.code_digest, "code_digest")?;
    let begun = load
        .to_the_end(async move { app.begin_recovery(&session, key, user, code).await })
        .await?;
    Ok(Json(convert::user(&begun)))
}

/// End a recovery by its code: a new password is in force, and all sessions of the user have ended.
#[utoipa::path(
    post, path = "/v1/recoveries", operation_id = "finishRecovery", tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters")),
    request_body = api::Recovery,
    responses(
        (status = 204, description = "The new password is in force"),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn finish(
    State(app): State<App>,
    State(load): State<Load>,
    headers: HeaderMap,
    Body(body, _held): Body<api::Recovery>,
) -> Result<Response, Refused> {
    let key = attempt(&headers)?;
    let Digest(code) = digest_of(&body.code, "code")?;
    let (login, own) = (body.login.clone(), app.clone());
    let finished = load
        .to_the_end(async move {
            own.finish_recovery(key, &body.login, code, body.new_password)
                .await
        })
        .await;
    let answer = finished.map(|()| StatusCode::NO_CONTENT);
    Ok(limited::told(app.attempts_left(&login), answer))
}
