//! Questions of operators: signed with an enrolled key instead of a session.

use crate::App;
use crate::limits::OPERATOR_AGE_MAX;
use crate::problem::Refused;
use axum::http::{HeaderMap, header};
use functions::Code;
use item::{EnrolledKey, KeyId};
use verify::{Tag, key_id, verify_signature};

/// Whether the request names an operator at all.
pub(crate) fn is_asked(headers: &HeaderMap) -> bool {
    value(headers).is_some()
}

fn value(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Indicia-Key ")
}

/// Checks `Indicia-Key KEY-ID:TIME:SIGNATURE` over `GET path\nTIME`, of an operator, treasurer or refunder.
pub(crate) fn check(app: &App, headers: &HeaderMap, path: &str) -> Result<(), Refused> {
    let transcript = app.installation().transcript();
    let keys = transcript.operators.keys().iter();
    let keys = keys
        .chain(transcript.treasury.keys())
        .chain(transcript.refunders.keys());
    signed(app, headers, &format!("GET {path}"), keys)
}

/// As [`check`], or of a reporter.
pub(crate) fn check_reporter(app: &App, headers: &HeaderMap, path: &str) -> Result<(), Refused> {
    let reporters = app.installation().transcript().reporters.as_slice();
    signed(app, headers, &format!("GET {path}"), reporters.iter())
        .or_else(|_| check(app, headers, path))
}

/// The same over `POST path\nTIME`, of a refunder: for what moves no value.
pub(crate) fn check_refunder(app: &App, headers: &HeaderMap, path: &str) -> Result<(), Refused> {
    let keys = app.installation().transcript().refunders.keys().iter();
    signed(app, headers, &format!("POST {path}"), keys)
}

fn signed<'a>(
    app: &App,
    headers: &HeaderMap,
    asked: &str,
    mut keys: impl Iterator<Item = &'a EnrolledKey>,
) -> Result<(), Refused> {
    let refused = || {
        Refused::new(
            Code::OperatorOnly,
            "Sign `GET PATH\\nTIME` (or `POST`) with an enrolled key that may ask this, at most \
             five minutes old.",
        )
    };
    let mut parts = value(headers).ok_or_else(refused)?.split(':');
    let (Some(id), Some(time), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(refused());
    };
    let id = KeyId::from_hex(id).ok_or_else(refused)?;
    let at: u64 = time.parse().map_err(|_| refused())?;
    let signature = signature_of(signature).ok_or_else(refused)?;
    if app.now().0.abs_diff(at) > OPERATOR_AGE_MAX {
        return Err(refused());
    }
    let key = keys
        .find(|key| key_id(&key.key) == id)
        .ok_or_else(refused)?;
    let message = format!("{asked}\n{time}");
    if !verify_signature(
        &key.key,
        Tag::OPERATOR_QUERY,
        message.as_bytes(),
        &signature,
    ) {
        return Err(refused());
    }
    Ok(())
}

fn signature_of(hex: &str) -> Option<[u8; 64]> {
    let (first, second) = hex.split_at_checked(64)?;
    let mut out = [0; 64];
    let (left, right) = out.split_at_mut(32);
    left.copy_from_slice(&item::Digest::from_hex(first)?.0);
    right.copy_from_slice(&item::Digest::from_hex(second)?.0);
    Some(out)
}
