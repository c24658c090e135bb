//! Keys by which programs sign on.

use super::meters::Page;
use super::sessions::random;
use crate::extract::{Body, Key, SignedOn, body_digest};
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, convert, limited};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use functions::{Code, KeyToMake, NamedKey};
use item::{ApiKeyId, Digest, Time};

fn key_id(text: &str) -> Result<ApiKeyId, Refused> {
    ApiKeyId::from_hex(text)
        .ok_or_else(|| Refused::new(Code::NotFound, "A key id has 32 lower-case hex digits."))
}

/// The caller's secret, or a new one.
fn secret(hex: Option<&str>) -> Result<[u8; 32], Refused> {
    let Some(hex) = hex else {
        return random();
    };
    Digest::from_hex(hex).map(|digest| digest.0).ok_or_else(|| {
        Refused::new(
            Code::MalformedBody,
            "`secret` is not 64 lower-case hex digits.",
        )
    })
}

fn time(text: Option<&str>, field: &str) -> Result<Time, Refused> {
    let Some(text) = text else {
        return Ok(Time(0));
    };
    convert::time_of(text).ok_or_else(|| {
        Refused::new(
            Code::MalformedBody,
            format!("`{field}` is no time like `2030-01-31T12:00:00Z`."),
        )
    })
}

fn shown((key, text): (NamedKey, Option<String>)) -> Json<api::ApiKeyShown> {
    Json(api::ApiKeyShown {
        key: convert::api_key(&key),
        text,
    })
}

/// The user's keys; of a manager, all of the account.
#[utoipa::path(
    get, path = "/v1/api-keys", operation_id = "listApiKeys", tag = "api-keys",
    params(Page, ("Authorization" = String, Header, description = "`Bearer TOKEN` of a session")),
    responses(
        (status = 200, body = api::ApiKeys),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    SignedOn(session): SignedOn,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<api::ApiKeys>, Refused> {
    let Query(page) = page.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let (limit, after) = page.bounds(ApiKeyId::from_hex)?;
    let (keys, next) = app.api_keys(&session, after, limit).await?;
    Ok(Json(api::ApiKeys {
        keys: keys.iter().map(convert::api_key).collect(),
        next_cursor: next.map(|next| next.to_string()),
    }))
}

/// Make a key. Its text is shown now and never again.
#[utoipa::path(
    post, path = "/v1/api-keys", operation_id = "addApiKey", tag = "api-keys",
    params(
        ("Authorization" = String, Header, description = "`Bearer TOKEN` of a session"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
        ("Indicia-Signature" = Option<String>, Header, description = "Of a user with a key of his own: `MAX_TOTAL_MILLS:EXPIRES_MS:SIGNATURE_HEX`"),
    ),
    request_body = api::NewApiKey,
    responses(
        (status = 201, body = api::ApiKeyShown),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(body, _held): Body<api::NewApiKey>,
) -> Result<Response, Refused> {
    // The secret stays out of the digest.
    let digest = body_digest("add-api-key", &(&body.name, &body.scope, &body.expires))?;
    let secret = secret(body.secret.as_deref())?;
    let new = KeyToMake {
        scope: convert::scope(&body.scope)?,
        expires: time(body.expires.as_deref(), "expires")?,
        name: body.name,
    };
    let account = session.authority().account;
    let asked = app.clone();
    let made = load
        .to_the_end(async move { asked.add_api_key(&session, key, &new, secret, digest).await })
        .await
        .map(|made| (StatusCode::CREATED, shown(made)));
    Ok(limited::told(app.additions_left(account), made))
}

/// Give a key a new secret; the one before may be good for a while.
#[utoipa::path(
    post, path = "/v1/api-keys/{key}/rolls", operation_id = "rollApiKey", tag = "api-keys",
    params(
        ("key" = String, Path, description = "Key id"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN` of a session"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
        ("Indicia-Signature" = Option<String>, Header, description = "Of a user with a key of his own: `MAX_TOTAL_MILLS:EXPIRES_MS:SIGNATURE_HEX`"),
    ),
    request_body = api::ApiKeyRoll,
    responses(
        (status = 200, body = api::ApiKeyShown),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn roll(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Path(text): Path<String>,
    Key(key): Key,
    Body(body, _held): Body<api::ApiKeyRoll>,
) -> Result<Json<api::ApiKeyShown>, Refused> {
    let id = key_id(&text)?;
    let secret = secret(body.secret.as_deref())?;
    let until = time(body.previous_until.as_deref(), "previous_until")?;
    let rolled = load
        .to_the_end(async move { app.roll_api_key(&session, key, id, secret, until).await })
        .await?;
    Ok(shown(rolled))
}

/// Revoke a key for good: at this server at once, at others within five minutes.
#[utoipa::path(
    delete, path = "/v1/api-keys/{key}", operation_id = "revokeApiKey", tag = "api-keys",
    params(
        ("key" = String, Path, description = "Key id"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN` of a session"),
    ),
    responses(
        (status = 200, body = api::ApiKey),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Path(text): Path<String>,
) -> Result<Json<api::ApiKey>, Refused> {
    let id = key_id(&text)?;
    let revoked = load
        .to_the_end(async move { app.revoke_api_key(&session, id).await })
        .await?;
    Ok(Json(convert::api_key(&revoked)))
}
