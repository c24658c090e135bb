//! From signed bytes to a value that says "checked".

use crate::{Tag, Tagged, Verifies, key_id};
use item::{Digest, Layout, LayoutError, MultiSigned, Payload, Quorum, Signed};
use std::fmt;
use std::ops::Deref;

/// Why signed bytes are not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// They are not the layout.
    Layout(LayoutError),
    /// The signature is not that key's.
    Wrong,
    /// Fewer enrolled keys signed than must.
    TooFew,
    /// A key signed that is not enrolled.
    NotEnrolled,
}

impl From<LayoutError> for SignatureError {
    fn from(error: LayoutError) -> Self {
        Self::Layout(error)
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout(error) => write!(f, "{error}"),
            Self::Wrong => write!(f, "the signature does not fit"),
            Self::TooFew => write!(f, "too few enrolled keys signed"),
            Self::NotEnrolled => write!(f, "a key signed that is not enrolled"),
        }
    }
}

impl std::error::Error for SignatureError {}

/// A body whose signatures were checked, with the digest of the signed bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T> {
    body: T,
    digest: Digest,
}

impl<T> Verified<T> {
    /// Digest of the bytes as they were shown, signatures included.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The body alone.
    #[must_use]
    pub fn into_body(self) -> T {
        self.body
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.body
    }
}

/// Digest of any signed statement, item record, chain entry or scan as it is stored.
#[must_use]
pub fn statement_digest(stored: &[u8]) -> Digest {
    crate::digest(Tag::STATEMENT_DIGEST, &[stored])
}

/// Checks one signature over `tag | body`.
///
/// # Errors
/// [`SignatureError::Wrong`].
pub fn open<T: Layout + Tagged>(
    signed: Signed<T>,
    key: &impl Verifies,
) -> Result<Verified<T>, SignatureError> {
    let body = signed.body.to_bytes();
    if !key.verifies(T::TAG, &body, &signed.signature) {
        return Err(SignatureError::Wrong);
    }
    Ok(Verified {
        digest: statement_digest(&signed.to_bytes()),
        body: signed.body,
    })
}

/// Checks that enough different enrolled keys signed, and nobody else.
///
/// # Errors
/// [`SignatureError`] but for `Layout`.
pub fn open_by_quorum<T: Layout + Tagged>(
    signed: MultiSigned<T>,
    quorum: &Quorum,
) -> Result<Verified<T>, SignatureError> {
    let body = signed.body.to_bytes();
    // Ids ascend strictly (the layout says so), hence no key counts twice.
    let signatures = signed.signatures.as_slice();
    for (id, signature) in signatures {
        let enrolled = quorum
            .keys()
            .iter()
            .find(|k| key_id(&k.key) == *id)
            .ok_or(SignatureError::NotEnrolled)?;
        if !enrolled.key.verifies(T::TAG, &body, signature) {
            return Err(SignatureError::Wrong);
        }
    }
    if signatures.len() < quorum.threshold() {
        return Err(SignatureError::TooFew);
    }
    Ok(Verified {
        digest: statement_digest(&signed.to_bytes()),
        body: signed.body,
    })
}

/// Checks the signature of an indicium over its first 74 bytes.
///
/// # Errors
/// [`SignatureError::Wrong`].
pub fn open_payload(
    payload: Payload,
    key: &impl Verifies,
) -> Result<Verified<Payload>, SignatureError> {
    let bytes = payload.to_bytes();
    if !is_signed(&bytes, &payload, key) {
        return Err(SignatureError::Wrong);
    }
    Ok(Verified {
        digest: crate::digest(Tag::PAYLOAD_DIGEST, &[&bytes]),
        body: payload,
    })
}

/// Whether `key` signed the payload that was read from `bytes`. A payload has one encoding, so what
/// was read is what was signed.
pub(crate) fn is_signed(bytes: &[u8], payload: &Payload, key: &impl Verifies) -> bool {
    bytes
        .get(..Payload::SIGNED_MESSAGE)
        .is_some_and(|message| key.verifies(Tag::ITEM, message, &payload.signature))
}
