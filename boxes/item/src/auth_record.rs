//! The two kinds of record that an auth box keeps: one byte says which, and each has a tag of its own
//! in `verify`, so that the bytes of one never pass for the other.

use crate::{
    AccountId, ApiKeyRecord, BoxId, Counter, Digest, Epoch, Layout, LayoutError, Reader, Subject,
    Time, UserRecord,
};

/// A record of an auth box.
#[expect(
    clippy::large_enum_variant,
    reason = "one lives for one request, mostly as the larger kind; a box more would be an allocation more"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthRecord {
    /// A user.
    User(UserRecord),
    /// A key of a user's programs.
    Key(ApiKeyRecord),
}

/// The same field of both.
macro_rules! both {
    ($($(#[$meta:meta])* $name:ident: $kind:ty,)*) => {
        $($(#[$meta])*
        #[must_use]
        pub fn $name(&self) -> $kind {
            match self {
                Self::User(record) => record.$name,
                Self::Key(record) => record.$name,
            }
        })*
    };
}

impl AuthRecord {
    both! {
        /// Of which account.
        account: AccountId,
        /// Number of changes.
        counter: Counter,
        /// Epoch of the keys that seal it.
        epoch: Epoch,
        /// Sequence of the last act used.
        act_sequence: u64,
        /// Box time of the last decision.
        last_time: Time,
        /// Digest of the last decision's statement.
        last_decision: Digest,
        /// Box that decided last.
        box_id: BoxId,
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::User(record) => record.subject(),
            Self::Key(record) => record.subject(),
        }
    }

    /// The user, if it is one.
    #[must_use]
    pub fn into_user(self) -> Option<UserRecord> {
        match self {
            Self::User(record) => Some(record),
            Self::Key(_) => None,
        }
    }

    /// The key, if it is one.
    #[must_use]
    pub fn into_key(self) -> Option<ApiKeyRecord> {
        match self {
            Self::Key(record) => Some(record),
            Self::User(_) => None,
        }
    }
}

impl Layout for AuthRecord {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::User(record) => {
                1u8.put(out);
                record.put(out);
            }
            Self::Key(record) => {
                2u8.put(out);
                record.put(out);
            }
        }
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        match u8::get(reader)? {
            1 => Layout::get(reader).map(Self::User),
            2 => Layout::get(reader).map(Self::Key),
            _ => Err(LayoutError::Range("kind of record")),
        }
    }
}
