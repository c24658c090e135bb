//! Randomness: idempotency keys and session secrets.

use crate::ApiError;

/// A new idempotency key: 32 lower-case hex digits.
///
/// # Errors
/// [`ApiError::Random`].
pub fn random_key() -> Result<String, ApiError> {
    Ok(hex(&bytes::<16>()?))
}

/// 32 random bytes as the API takes them: a session's secret, or the code of a recovery.
///
/// # Errors
/// [`ApiError::Random`].
pub fn random_secret() -> Result<String, ApiError> {
    Ok(hex(&bytes::<32>()?))
}

fn bytes<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut out = [0; N];
    getrandom::fill(&mut out).map_err(|_| ApiError::Random)?;
    Ok(out)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_differ_and_have_one_form() {
        let (a, b) = (super::random_key().unwrap(), super::random_key().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 32);
        assert!(a.bytes().all(|c| c.is_ascii_hexdigit()));
    }
}
