//! An API key as text: what a program is given, once, and sends with each request.
//!
//! `ind_test_` (a specimen installation) or `ind_live_`, then lower-case hex of: key id, 16 bytes;
//! secret, 32 bytes; check value, the first 4 bytes of the digest under `API_KEY_CHECK` of prefix, id
//! and secret. Whoever finds such a text, in a log or a repository, can tell without asking anybody
//! that it is one, and that nobody mistyped it. What it is worth only the auth box says.

use crate::{Tag, digest};
use item::{ApiKeyId, Digest};

const TEST: &str = "ind_test_";
const LIVE: &str = "ind_live_";
const ID: usize = 16;
const SECRET: usize = 32;
const CHECK: usize = 4;

/// A key's text, read. `Debug` does not show the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ApiKeyText {
    /// Whether it is of a specimen installation.
    pub specimen: bool,
    /// Which key.
    pub key: ApiKeyId,
    /// Its secret.
    pub secret: [u8; SECRET],
}

impl std::fmt::Debug for ApiKeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKeyText({}, ..)", self.key)
    }
}

impl ApiKeyText {
    /// Whether a text says of itself that it is an API key.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        let hex = text.strip_prefix(TEST).or_else(|| text.strip_prefix(LIVE));
        // A session's token begins like a key, and goes on with a letter that no hex digit is.
        hex.is_some_and(|hex| !hex.starts_with("ses_"))
    }

    /// Reads a text; none if it is no key, or was mistyped.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (specimen, hex) = match text.strip_prefix(TEST) {
            Some(hex) => (true, hex),
            None => (false, text.strip_prefix(LIVE)?),
        };
        let (key, rest) = hex.split_at_checked(2 * ID)?;
        let (secret, check) = rest.split_at_checked(2 * SECRET)?;
        let read = Self {
            specimen,
            key: ApiKeyId::from_hex(key)?,
            secret: Digest::from_hex(secret)?.0,
        };
        (check == read.check()).then_some(read)
    }

    /// The text. It is shown once, to whoever made the key.
    #[must_use]
    pub fn write(&self) -> String {
        let (prefix, secret) = (self.prefix(), Digest(self.secret));
        format!("{prefix}{}{secret}{}", self.key, self.check())
    }

    fn prefix(&self) -> &'static str {
        if self.specimen { TEST } else { LIVE }
    }

    fn check(&self) -> String {
        let parts = [self.prefix().as_bytes(), &self.key.0, &self.secret];
        let mut hex = digest(Tag::API_KEY_CHECK, &parts).to_string();
        hex.truncate(2 * CHECK);
        hex
    }
}

/// Digest of a key's secret, as its record keeps it: of 256 random bits, so that nobody guesses them.
#[must_use]
pub fn api_key_digest(key: ApiKeyId, secret: &[u8; SECRET]) -> Digest {
    digest(Tag::API_KEY, &[&key.0, secret])
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: ApiKeyText = ApiKeyText {
        specimen: true,
        key: ApiKeyId([0x11; 16]),
        secret: [0x22; 32],
    };

    #[test]
    fn a_key_reads_back_from_its_one_text() {
        for specimen in [true, false] {
            let key = ApiKeyText { specimen, ..KEY };
            let text = key.write();
            assert_eq!(text.len(), 9 + 2 * 52);
            assert!(ApiKeyText::is_meant(&text));
            assert_eq!(ApiKeyText::read(&text), Some(key));
        }
        assert!(!ApiKeyText::is_meant("ind_test_ses_AAAA"));
        assert!(!format!("{KEY:?}").contains("2222"));
    }

    #[test]
    fn a_key_with_any_character_altered_is_none() {
        let text = KEY.write();
        for at in 0..text.len() {
            for other in ["0", "f", "A", "_", "\u{e9}"] {
                let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                if altered != text {
                    assert_eq!(ApiKeyText::read(&altered), None, "{at} {other}");
                }
            }
        }
        assert_eq!(ApiKeyText::read(&text[..text.len() - 1]), None);
        assert_eq!(ApiKeyText::read(&format!("{text}0")), None);
        assert_eq!(ApiKeyText::read(""), None);
    }
}
