//! A sign-up: the names, kept outside every signed record so that they stay erasable (P6).

use item::{AccountId, Digest, Time, UserId};

/// What is stored before the boxes are asked, so that recovery can finish it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUp {
    /// Made by the client: the same id is the same sign-up.
    pub user: UserId,
    /// Account of the user.
    pub account: AccountId,
    /// Log-in name, normalised by the caller; unique.
    pub login: String,
    /// How the user wants to be called.
    pub display_name: String,
    /// Digest of the request body.
    pub body_digest: Digest,
    /// When it began.
    pub created: Time,
}

/// A stored sign-up.
pub type SignUpRow = SignUp;

/// How a sign-up begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignUpStart {
    /// Stored now.
    New,
    /// The same request was stored before: go on where it stopped.
    Known(SignUpRow),
    /// The same id was used for another request body.
    OtherBody,
    /// Another user has this log-in name. Nothing was stored.
    LoginTaken,
}
