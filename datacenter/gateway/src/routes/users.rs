//! Users of an account.

use super::meters::Page;
use crate::extract::{Body, Key, SignedOn, body_digest};
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, convert, limited};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use functions::{Code, NewUser};
use item::UserId;

pub(crate) fn user_id(text: &str) -> Result<UserId, Refused> {
    UserId::from_hex(text)
        .ok_or_else(|| Refused::new(Code::NotFound, "A user id has 32 lower-case hex digits."))
}

/// The account's users: for managers.
#[utoipa::path(
    get, path = "/v1/users", operation_id = "listUsers", tag = "users",
    params(Page, ("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    responses(
        (status = 200, body = api::Users),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    SignedOn(session): SignedOn,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<api::Users>, Refused> {
    let Query(page) = page.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let (limit, after) = page.bounds(UserId::from_hex)?;
    let users = app.users(&session, after, limit).await?;
    let full = users.len() == limit as usize;
    Ok(Json(api::Users {
        next_cursor: users
            .last()
            .filter(|_| full)
            .map(|last| last.record.user.to_string()),
        users: users.iter().map(convert::user).collect(),
    }))
}

/// Add a user to the account, with no more than the manager has who adds.
#[utoipa::path(
    post, path = "/v1/users", operation_id = "addUser", tag = "users",
    params(
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
        ("Indicia-Signature" = Option<String>, Header, description = "Of a user with a key of his own: `MAX_TOTAL_MILLS:EXPIRES_MS:SIGNATURE_HEX`"),
    ),
    request_body = api::NewUser,
    responses(
        (status = 201, body = api::User),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(body, _held): Body<api::NewUser>,
) -> Result<Response, Refused> {
    // The password stays out of the digest: it would be a way to guess it.
    let said = (&body.login, &body.display_name, &body.scope);
    let digest = body_digest("add-user", &said)?;
    let new = NewUser {
        scope: convert::scope(&body.scope)?,
        login: body.login,
        password: body.password,
        display_name: body.display_name,
    };
    let account = session.authority().account;
    let asked = app.clone();
    let added = load
        .to_the_end(async move { asked.add_user(&session, key, new, digest).await })
        .await
        .map(|added| (StatusCode::CREATED, Json(convert::user(&added))));
    Ok(limited::told(app.additions_left(account), added))
}

/// One user: for managers, and for everybody himself.
#[utoipa::path(
    get, path = "/v1/users/{user}", operation_id = "getUser", tag = "users",
    params(
        ("user" = String, Path, description = "User id"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    responses(
        (status = 200, body = api::User),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(app): State<App>,
    SignedOn(session): SignedOn,
    Path(text): Path<String>,
) -> Result<Json<api::User>, Refused> {
    let user = app.named_user(&session, user_id(&text)?).await?;
    Ok(Json(convert::user(&user)))
}

/// Set what a user may do; the user's sessions end. Said again, it finds itself done.
#[utoipa::path(
    put, path = "/v1/users/{user}/scope", operation_id = "setUser", tag = "users",
    params(
        ("user" = String, Path, description = "User id"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
        ("Indicia-Signature" = Option<String>, Header, description = "Of a user with a key of his own: `MAX_TOTAL_MILLS:EXPIRES_MS:SIGNATURE_HEX`"),
    ),
    request_body = api::Scope,
    responses(
        (status = 200, body = api::User),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Path(text): Path<String>,
    Key(key): Key,
    Body(body, _held): Body<api::Scope>,
) -> Result<Json<api::User>, Refused> {
    let user = user_id(&text)?;
    let scope = convert::scope(&body)?;
    let set = load
        .to_the_end(async move { app.set_user(&session, key, user, &scope).await })
        .await?;
    Ok(Json(convert::user(&set)))
}
