//! Questions of operators: signed with an enrolled key instead of a session.

use crate::App;
use crate::limits::OPERATOR_AGE_MAX;
use crate::problem::Refused;
use axum::http::{HeaderMap, header};
use functions::Code;
use item::KeyId;
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

/// Checks `Indicia-Key KEY-ID:TIME:SIGNATURE` over `GET path\nTIME`.
pub(crate) fn check(app: &App, headers: &HeaderMap, path: &str) -> Result<(), Refused> {
    let refused = || {
        Refused::new(
            Code::OperatorOnly,
            "Sign `GET PATH\\nTIME` with an enrolled operator or treasury key, at most five \
             minutes old.",
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
    let transcript = app.installation().transcript();
    let key = transcript
        .operators
        .keys()
        .iter()
        .chain(transcript.treasury.keys())
        .find(|key| key_id(&key.key) == id)
        .ok_or_else(refused)?;
    let message = format!("GET {path}\n{time}");
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
