//! Keys of people out of their files, and the header by which an operator may read any meter.

use std::path::{Path, PathBuf};

use anyhow::Result;
use item::Time;
use signer::SigningKey;
use verify::Tag;

/// The keys in these files, or the one in `usual` if none is named.
pub(crate) fn load_keys(named: &[PathBuf], usual: &Path) -> Result<Vec<SigningKey>> {
    if named.is_empty() {
        return Ok(vec![SigningKey::load(usual)?]);
    }
    named
        .iter()
        .map(|path| Ok(SigningKey::load(path)?))
        .collect()
}

/// `Authorization` header for reading a meter: good for five minutes around `now`.
pub(crate) fn meter_query(key: &SigningKey, serial: u32, now: Time) -> String {
    query(key, &format!("/v1/meters/{serial}"), now)
}

/// The same for any path.
pub(crate) fn query(key: &SigningKey, path: &str, now: Time) -> String {
    header(key, "GET", path, now)
}

/// The same for a `POST` that moves no value.
pub(crate) fn posted(key: &SigningKey, path: &str, now: Time) -> String {
    header(key, "POST", path, now)
}

fn header(key: &SigningKey, method: &str, path: &str, now: Time) -> String {
    let message = format!("{method} {path}\n{}", now.0);
    let signature: String = key
        .sign(Tag::OPERATOR_QUERY, message.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("Indicia-Key {}:{}:{signature}", key.id(), now.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_key_time_and_signature() {
        let key = SigningKey::generate("operator-1").unwrap();
        let header = meter_query(&key, 10_000_001, Time(1_234));
        let rest = header.strip_prefix("Indicia-Key ").unwrap();
        let parts: Vec<&str> = rest.split(':').collect();
        assert_eq!(parts[0], key.id().to_string());
        assert_eq!(parts[1], "1234");
        let signature: [u8; 64] =
            std::array::from_fn(|i| u8::from_str_radix(&parts[2][2 * i..2 * i + 2], 16).unwrap());
        let message = b"GET /v1/meters/10000001\n1234";
        let public = key.public();
        let holds =
            |text: &[u8]| verify::verify_signature(&public, Tag::OPERATOR_QUERY, text, &signature);
        assert!(holds(message));
        assert!(!holds(b"GET /v1/meters/10000001\n1235"));
        assert_eq!(parts[2].len(), 128);
    }
}
