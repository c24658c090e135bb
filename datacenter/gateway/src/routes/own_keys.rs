//! A user's own key: challenges, log-in by key, and the key itself.

use super::sessions::{attempt, random, session, session_secret};
use crate::extract::{Body, Key, SignedOn, base64, bytes_of, signature_of};
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, limited};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use functions::{Code, KeyWish};
use item::{Challenge, Digest, Layout, PublicKey, Sealed, Suite, UserId};

fn challenge_of(text: &str) -> Result<Sealed<Challenge>, Refused> {
    let bytes = bytes_of(text, "challenge")?;
    Sealed::from_bytes(&bytes)
        .map_err(|_| Refused::new(Code::MalformedBody, "`challenge` is none of ours."))
}

fn signature(text: &str, field: &str) -> Result<[u8; 64], Refused> {
    signature_of(text).ok_or_else(|| {
        let detail = format!("`{field}` is not 128 lower-case hex digits.");
        Refused::new(Code::MalformedBody, detail)
    })
}

fn key_of(text: &str) -> Result<PublicKey, Refused> {
    Digest::from_hex(text)
        .and_then(|bytes| PublicKey::new(Suite::Ed25519, &bytes.0).ok())
        .ok_or_else(|| {
            let detail = "`key` is not 64 lower-case hex digits of an Ed25519 key.";
            Refused::new(Code::MalformedBody, detail)
        })
}

/// Something to sign by a user's own key, good for two minutes and once.
#[utoipa::path(
    post, path = "/v1/sessions/challenges", operation_id = "challenge", tag = "sessions",
    request_body = api::ChallengeWish,
    responses(
        (status = 200, body = api::Challenge),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn challenge(
    State(app): State<App>,
    Body(body, _held): Body<api::ChallengeWish>,
) -> Result<Response, Refused> {
    let mut nobody = [0; 16];
    nobody.copy_from_slice(&random()?[..16]);
    let given = app.challenge(&body.login, UserId(nobody)).await;
    let answer = given.map_err(Refused).map(|bytes| {
        Json(api::Challenge {
            challenge: base64(&bytes),
        })
    });
    Ok(limited::told(app.attempts_left(&body.login), answer))
}

/// Sign on by a user's own key, which signed a challenge and the session's secret.
#[utoipa::path(
    post, path = "/v1/sessions/by-key", operation_id = "signOnByKey", tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters")),
    request_body = api::SignOnByKey,
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
    Body(body, _held): Body<api::SignOnByKey>,
) -> Result<Response, Refused> {
    // The challenge names the attempt; a key is looked at only so that a wrong one is told of.
    attempt(&headers)?;
    let challenge = challenge_of(&body.challenge)?;
    let signature = signature(&body.signature, "signature")?;
    let secret = session_secret(&body.session_secret)?;
    let (login, own) = (body.login.clone(), app.clone());
    let token = load
        .to_the_end(async move {
            own.sign_on_by_key(&body.login, challenge, secret, signature)
                .await
        })
        .await;
    let answer = token.map(|token| (StatusCode::CREATED, session(&token)));
    Ok(limited::told(app.attempts_left(&login), answer))
}

/// Set, replace or remove one's own key; all one's sessions end.
#[utoipa::path(
    put, path = "/v1/signing-key", operation_id = "setSigningKey", tag = "users",
    params(
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    request_body = api::SigningKey,
    responses(
        (status = 204, description = "The key is in force, or none is; the user's sessions have ended"),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(body, _held): Body<api::SigningKey>,
) -> Result<StatusCode, Refused> {
    let optional = |text: &Option<String>, field| {
        let text = text.as_deref();
        text.map(|text| signature(text, field)).transpose()
    };
    let wish = KeyWish {
        challenge: challenge_of(&body.challenge)?,
        key: body.key.as_deref().map(key_of).transpose()?,
        possession: optional(&body.possession, "possession")?,
        consent: optional(&body.consent, "consent")?,
    };
    load.to_the_end(async move { app.set_signing_key(&session, key, wish).await })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
