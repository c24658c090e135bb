//! Headings: departments and end customers, under which an account's items are booked.
//!
//! Not here: who may change them, what a name may be (`functions`). Names are rows of the database and
//! nothing else, so that they stay erasable; item records carry the numbers.

use item::{AccountId, Digest};

/// What a heading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeadingKind {
    /// A department of the account.
    Department,
    /// Whom a mail house works for.
    EndCustomer,
}

impl HeadingKind {
    /// As it is stored.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Department => 1,
            Self::EndCustomer => 2,
        }
    }
}

/// One heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadingRow {
    /// Its number in the account, from 1; for good.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Code of the account's own accounting; empty for none.
    pub cost_code: String,
    /// Nothing new is booked under it.
    pub archived: bool,
}

/// A heading to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHeading {
    /// Whose.
    pub account: AccountId,
    /// What.
    pub kind: HeadingKind,
    /// Its number; the one after the highest if none.
    pub number: Option<u32>,
    /// Its name.
    pub name: String,
    /// Its cost code.
    pub cost_code: String,
    /// Digest of the idempotency key.
    pub key_digest: Digest,
    /// Digest of the request body.
    pub body_digest: Digest,
}

/// How making a heading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadingMade {
    /// Stored now, or by the same request before: as it is by now.
    Made(HeadingRow),
    /// The key was used for another body.
    OtherBody,
    /// Another heading has the number.
    Taken,
    /// The account has as many as it may have.
    Full,
}

/// What is to be changed of a heading; none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadingChange {
    /// Name.
    pub name: Option<String>,
    /// Cost code.
    pub cost_code: Option<String>,
    /// Whether it is archived.
    pub archived: Option<bool>,
}
