//! Authority: who, which meters, which rights, until when (P20). Made and renewed by the auth box,
//! checked by auth and meter box; opaque to everybody between them.

use crate::limits::METERS_MAX;
use crate::{
    AccountId, ApiKeyId, Digest, Epoch, Layout, LayoutError, List, MeterSerial, Mills, PublicKey,
    Reader, Suite, Time, UserId, Version,
};

/// What a user may do: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(u32);

impl Rights {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// See what the account has and did.
    pub const READ: Self = Self(1);
    /// Dispense items.
    pub const DISPENSE: Self = Self(2);
    /// Hand in credit evidence and ask for refunds.
    pub const FUND: Self = Self(4);
    /// Change users.
    pub const MANAGE: Self = Self(8);
    /// All of them.
    pub const ALL: Self = Self(15);
    /// Every right with its name, in order.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("read", Self::READ),
        ("dispense", Self::DISPENSE),
        ("fund", Self::FUND),
        ("manage", Self::MANAGE),
    ];

    /// Both sets together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Names of the rights in the set.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let named = Self::NAMED.iter().filter(|(_, right)| self.covers(*right));
        named.map(|(name, _)| *name).collect()
    }

    /// The right of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let mut named = Self::NAMED.iter();
        named
            .find(|(known, _)| *known == name)
            .map(|(_, right)| *right)
    }

    /// No right at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of `other` are in this set.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Layout for Rights {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        match u32::get(reader)? {
            bits if bits & !Self::ALL.0 == 0 => Ok(Self(bits)),
            _ => Err(LayoutError::Range("rights")),
        }
    }
}

layout! {
    /// Ends, when handed out, with a MAC under a key that auth and meter boxes share (`Sealed`).
    pub struct Authority {
        /// Layout 3.
        pub version: Version<3>,
        /// Algorithms.
        pub suite: Suite,
        /// Epoch of the MAC key.
        pub epoch: Epoch,
        /// Who.
        pub user: UserId,
        /// Of which account.
        pub account: AccountId,
        /// What the user may do.
        pub rights: Rights,
        /// Most that one request may spend.
        pub ceiling: Mills,
        /// Generation of the user's sessions.
        pub generation: u32,
        /// The key that signed on, not a person: neither renewed nor good for managing anything.
        pub api_key: Option<ApiKeyId>,
        /// The user's own key, which must have signed each order; none: no signature is asked for.
        pub signing_key: Option<PublicKey>,
        /// Log-in that it goes back to; renewal ends 12 hours after.
        pub logged_in: Time,
        /// When it was made.
        pub issued: Time,
        /// Refused from this time on.
        pub expires: Time,
        /// Digest of the secret that only the client holds.
        pub session: Digest,
        /// Meters; none named means all of the account.
        pub meters: List<MeterSerial, METERS_MAX>,
    }
}
