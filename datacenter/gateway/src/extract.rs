//! What handlers take out of a request: strict JSON, idempotency key, session.

use crate::Web;
use crate::limits::{BODY_MAX, BODY_TIME, KEY_MAX};
use crate::load::{Held, Load};
use crate::places::Place;
use crate::problem::Refused;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use functions::{Code, Problem, Session, SessionToken};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use item::{Digest, Mills, OwnSignature, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use verify::ApiKeyText;

/// Prefix of a session token: what it is can be seen from it.
const TOKEN_PREFIX: &str = "ind_test_ses_";

/// A JSON body of at most `MAX` bytes, and the memory that counts as taken while it is here.
pub(crate) struct Body<T, const MAX: usize = BODY_MAX>(pub(crate) T, pub(crate) Held);

impl<T: DeserializeOwned, const MAX: usize> FromRequest<Web> for Body<T, MAX> {
    type Rejection = Refused;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Refused> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                let essence = value.split(';').next().unwrap_or_default().trim();
                essence.eq_ignore_ascii_case("application/json")
            });
        if !json {
            return Err(Refused::new(
                Code::UnsupportedMediaType,
                "Send `Content-Type: application/json`.",
            ));
        }
        let place = request.extensions().get::<Place>().cloned();
        let mut held = Held::default();
        let bytes = timeout(
            BODY_TIME,
            whole(request.into_body(), MAX, &web.load, &mut held),
        )
        .await
        .map_err(|_| too_slow())??;
        if let Some(place) = place {
            place.at_work();
        }
        // Every body is described as an object; the parser would take a list of its fields, too.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(Refused::new(
                Code::MalformedBody,
                "The body is no JSON object.",
            ));
        }
        serde_json::from_slice(&bytes)
            .map(|body| Self(body, held))
            .map_err(|error| Refused::new(Code::MalformedBody, format!("{error}.")))
    }
}

fn too_slow() -> Refused {
    let problem = Problem::new(Code::RequestTimeout, "The body took too long.");
    Refused(Problem {
        retryable: true,
        ..problem
    })
}

/// All bytes of a body, which count as held from when they are here, not from when they were
/// announced: an announcement takes no memory.
async fn whole(
    mut body: axum::body::Body,
    max: usize,
    load: &Load,
    held: &mut Held,
) -> Result<Vec<u8>, Refused> {
    let too_large = || Refused::new(Code::TooLarge, "Send less at once.");
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > max {
        let_go(&mut body, max.saturating_mul(2)).await;
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|_| Refused::new(Code::MalformedBody, "The body did not arrive whole."))?;
        // Trailers are of no use here.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len().saturating_add(data.len()) > max {
            let_go(&mut body, max).await;
            return Err(too_large());
        }
        load.hold(held, data.len())?;
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Reads on without keeping anything, up to so many bytes: a client that is still sending when its
/// connection is closed can not read why.
async fn let_go(body: &mut axum::body::Body, mut left: usize) {
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, |data| data.len());
        if length >= left {
            return;
        }
        left -= length;
    }
}

/// There is room for more value-moving work, now or a moment later. Asked before session and body are
/// looked at: what is turned away should cost little. The turn itself is taken when the work begins; it
/// could otherwise be held by whoever sends a body slowly.
pub(crate) struct Room;

impl FromRequestParts<Web> for Room {
    type Rejection = Refused;

    async fn from_request_parts(_: &mut Parts, web: &Web) -> Result<Self, Refused> {
        web.load.room().await?;
        Ok(Self)
    }
}

/// Digest of a request: route and body in canonical form.
pub(crate) fn body_digest(route: &str, body: &impl Serialize) -> Result<Digest, Refused> {
    let mut canonical = route.as_bytes().to_vec();
    canonical.push(0);
    serde_json::to_writer(&mut canonical, body)
        .map_err(|_| Refused::new(Code::MalformedBody, "The body has no canonical form."))?;
    Ok(verify::request_body(&canonical))
}

/// Digest of the `Idempotency-Key`.
pub(crate) struct Key(pub(crate) Digest);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        optional_key(&parts.headers)?.map(Self).ok_or_else(|| {
            Refused::new(
                Code::IdempotencyKey,
                "Send a fresh Idempotency-Key with each new request, and the same one when you \
                 repeat it.",
            )
        })
    }
}

/// Digest of the `Idempotency-Key`, if there is one.
pub(crate) fn optional_key(headers: &HeaderMap) -> Result<Option<Digest>, Refused> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Refused::new(
            Code::IdempotencyKey,
            "Send one Idempotency-Key, not several.",
        ));
    }
    key_of(value.to_str().unwrap_or_default()).map(Some)
}

/// Digest of an idempotency key, if it is one.
pub(crate) fn key_of(text: &str) -> Result<Digest, Refused> {
    let is_printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if text.is_empty() || text.len() > KEY_MAX || !is_printable {
        return Err(Refused::new(
            Code::IdempotencyKey,
            "An Idempotency-Key has 1 to 255 printable ASCII characters.",
        ));
    }
    Ok(verify::idempotency_key(text))
}

/// What stands behind `Authorization: Bearer`.
fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::trim)
}

/// The session token of the request, unchecked.
pub(crate) struct Bearer(pub(crate) SessionToken);

impl<S: Send + Sync> FromRequestParts<S> for Bearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let refused = || {
            Refused::new(
                Code::SignOnNeeded,
                "Send `Authorization: Bearer` with the token of `POST /v1/sessions`.",
            )
        };
        let text = bearer(parts)
            .and_then(|text| text.strip_prefix(TOKEN_PREFIX))
            .ok_or_else(refused)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
        Ok(Self(SessionToken::from_bytes(&bytes)?))
    }
}

/// The token as the client gets it.
pub(crate) fn token_text(token: &SessionToken) -> String {
    format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(token.to_bytes()))
}

/// A session that the auth box called good, of a person or of a program with its key.
pub(crate) struct SignedOn(pub(crate) Session);

impl FromRequestParts<Web> for SignedOn {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Refused> {
        if let Some(text) = bearer(parts).filter(|text| ApiKeyText::is_meant(text)) {
            let session = web.app.session_of_key(text).await?;
            return Ok(Self(session.signed(own_signature(&parts.headers)?)));
        }
        let Bearer(token) = Bearer::from_request_parts(parts, web).await?;
        let session = web.app.session(token).await?;
        Ok(Self(session.signed(own_signature(&parts.headers)?)))
    }
}

/// What stands in `Indicia-Signature`: most that the order may cost, in mills; when the signature ends, in
/// milliseconds since 1970; and the signature, in hex. Parted by colons.
fn own_signature(headers: &HeaderMap) -> Result<Option<OwnSignature>, Refused> {
    let mut values = headers.get_all("indicia-signature").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let mut read = || {
        let mut parts = value.to_str().ok()?.split(':');
        let signature = OwnSignature {
            max_total: Mills(whole_number(parts.next()?)?),
            expires: Time(whole_number(parts.next()?)?),
            signature: signature_of(parts.next()?)?,
        };
        (parts.next().is_none() && values.next().is_none()).then_some(signature)
    };
    read().map(Some).ok_or_else(|| {
        Refused::new(
            Code::MalformedRequest,
            "Send one `Indicia-Signature: MAX_TOTAL_MILLS:EXPIRES_MILLISECONDS:HEX`.",
        )
    })
}

fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// 64 bytes out of lower-case hex.
pub(crate) fn signature_of(text: &str) -> Option<[u8; 64]> {
    let (first, second) = text.split_at_checked(64)?;
    let halves = [Digest::from_hex(first)?.0, Digest::from_hex(second)?.0];
    halves.as_flattened().try_into().ok()
}

/// Bytes out of base64, if it is that.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Bytes out of base64.
pub(crate) fn bytes_of(text: &str, field: &str) -> Result<Vec<u8>, Refused> {
    decoded(text).ok_or_else(|| {
        Refused::new(
            Code::MalformedBody,
            format!("`{field}` is not standard base64."),
        )
    })
}

/// A JSON answer that is about so long: a buffer that had to grow would be copied each time.
pub(crate) fn long_json(
    status: StatusCode,
    body: &impl Serialize,
    room: usize,
) -> Result<Response, Refused> {
    let mut bytes = Vec::with_capacity(room);
    serde_json::to_writer(&mut bytes, body)
        .map_err(|_| Refused::new(Code::Internal, "The answer has no JSON form."))?;
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok((status, json, bytes).into_response())
}

/// Bytes into base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
