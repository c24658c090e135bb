//! Keys of programs: their names, kept outside every signed record so that they stay erasable (P6).

use item::{AccountId, ApiKeyId, Digest, Time, UserId};

/// What is stored before the auth box is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// Made from the caller's idempotency key: the same id is the same key.
    pub key: ApiKeyId,
    /// Account of its user.
    pub account: AccountId,
    /// Whose.
    pub user: UserId,
    /// What its user calls it.
    pub name: String,
    /// Digest of the request body.
    pub body_digest: Digest,
    /// When it began.
    pub created: Time,
}

/// A key: its name, and the record once the auth box has made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// Which.
    pub key: ApiKeyId,
    /// Of which account, as the name says. Decide by the record.
    pub account: AccountId,
    /// Whose, as the name says.
    pub user: UserId,
    /// What its user calls it.
    pub name: String,
    /// When it was named.
    pub created: Time,
    /// `Sealed<AuthRecord>`; none before the auth box has answered.
    pub record: Option<Vec<u8>>,
}

/// How a key begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyStart {
    /// Stored now, or the same request was stored before.
    Named,
    /// The same id was used for another request body.
    OtherBody,
}
