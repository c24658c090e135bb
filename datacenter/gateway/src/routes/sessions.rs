//! Sign-on, renewal, sign-off, change of password.

use crate::extract::{Bearer, Body, optional_key, token_text};
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, convert, limited};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use functions::{Code, SessionToken};
use item::Digest;

pub(crate) fn random() -> Result<[u8; 32], Refused> {
    let mut out = [0; 32];
    getrandom::fill(&mut out)
        .map_err(|_| Refused::new(Code::Unavailable, "The server has no randomness now."))?;
    Ok(out)
}

/// The caller's key, or one of this attempt alone.
pub(crate) fn attempt(headers: &HeaderMap) -> Result<Digest, Refused> {
    match optional_key(headers)? {
        Some(key) => Ok(key),
        None => Ok(Digest(random()?)),
    }
}

pub(crate) fn session_secret(hex: &str) -> Result<[u8; 32], Refused> {
    let Digest(secret) = Digest::from_hex(hex).ok_or_else(|| {
        let detail = "`session_secret` is not 64 lower-case hex digits.";
        Refused::new(Code::MalformedBody, detail)
    })?;
    Ok(secret)
}

pub(crate) fn session(token: &SessionToken) -> Json<api::Session> {
    let authority = token.authority();
    Json(api::Session {
        token: token_text(token),
        expires: convert::time(authority.expires),
        account: authority.account.to_string(),
        user: authority.user.to_string(),
    })
}

/// Sign on. A repeat with the same key, password and secret gets the same session.
#[utoipa::path(
    post, path = "/v1/sessions", operation_id = "signOn", tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters")),
    request_body = api::SignOn,
    responses(
        (status = 201, body = api::Session),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sign_on(
    State(app): State<App>,
    State(load): State<Load>,
    headers: HeaderMap,
    Body(body, _held): Body<api::SignOn>,
) -> Result<Response, Refused> {
    let key = attempt(&headers)?;
    let secret = match &body.session_secret {
        Some(hex) => session_secret(hex)?,
        None => random()?,
    };
    let (login, own) = (body.login.clone(), app.clone());
    let token = load
        .to_the_end(async move { own.sign_on(key, &body.login, body.password, secret).await })
        .await;
    let answer = token.map(|token| (StatusCode::CREATED, session(&token)));
    Ok(limited::told(app.attempts_left(&login), answer))
}

/// Renew a session, its token possibly expired; at most 12 hours after the sign-on.
#[utoipa::path(
    post, path = "/v1/sessions/renewals", operation_id = "renewSession", tag = "sessions",
    params(("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    responses(
        (status = 200, body = api::Session),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn renew(
    State(app): State<App>,
    Bearer(token): Bearer,
) -> Result<Json<api::Session>, Refused> {
    Ok(session(&app.renew(&token).await?))
}

/// Sign off: ends all sessions of the user.
#[utoipa::path(
    delete, path = "/v1/sessions", operation_id = "signOff", tag = "sessions",
    params(("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    responses(
        (status = 204, description = "No session of the user can be renewed any more"),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sign_off(
    State(app): State<App>,
    State(load): State<Load>,
    Bearer(token): Bearer,
) -> Result<StatusCode, Refused> {
    load.to_the_end(async move { app.sign_off(&token).await })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change the password: ends all sessions of the user.
#[utoipa::path(
    post, path = "/v1/password", operation_id = "changePassword", tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters")),
    request_body = api::PasswordChange,
    responses(
        (status = 204, description = "Changed"),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change_password(
    State(app): State<App>,
    State(load): State<Load>,
    headers: HeaderMap,
    Body(body, _held): Body<api::PasswordChange>,
) -> Result<Response, Refused> {
    let key = attempt(&headers)?;
    let (login, own) = (body.login.clone(), app.clone());
    let changed = load
        .to_the_end(async move {
            own.change_password(key, &body.login, body.old_password, body.new_password)
                .await
        })
        .await;
    let answer = changed.map(|()| StatusCode::NO_CONTENT);
    Ok(limited::told(app.attempts_left(&login), answer))
}
