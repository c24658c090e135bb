//! A user of an account, as the auth box keeps it (P6). Its rules are in `boxes/auth`.

use crate::limits::METERS_MAX;
use crate::{
    AccountId, BoxId, Counter, Digest, Epoch, List, MeterSerial, Mills, PublicKey, Rights, Subject,
    Suite, Time, UserId, Version,
};

/// One password hash: present flag, memory KiB, passes, lanes, salt, Argon2id output.
pub(crate) const PASSWORD_SLOT: usize = 1 + 4 + 4 + 1 + 16 + 32;
/// The password in force and four before it.
pub(crate) const PASSWORD_SLOTS: usize = 5;
layout! {
    /// One user. Ends, when stored, with a MAC under a key derived for the user.
    pub struct UserRecord {
        /// Layout 2.
        pub version: Version<2>,
        /// Algorithms.
        pub suite: Suite,
        /// Epoch of the keys that seal this record.
        pub epoch: Epoch,
        /// Who.
        pub user: UserId,
        /// Of which account.
        pub account: AccountId,
        /// What the user may do.
        pub rights: Rights,
        /// Most that one request may spend.
        pub ceiling: Mills,
        /// Meters that the user may use; none named means all of the account.
        pub meters: List<MeterSerial, METERS_MAX>,
        /// Password in force and history, sealed.
        pub passwords: [u8; UserRecord::PASSWORDS_SEALED],
        /// Failed log-ins since the last success.
        pub failed_attempts: u16,
        /// Earliest time of the next attempt.
        pub next_allowed: Time,
        /// Digest of the last challenge that signed the user on by his key; zero before.
        pub last_challenge: Digest,
        /// Last successful log-in.
        pub last_login: Time,
        /// The user's own key, which signs each order of his; none: a password is enough.
        pub signing_key: Option<PublicKey>,
        /// Digest of the code that ends a recovery under way; zero: none is.
        pub recovery: Digest,
        /// Earliest time of that end; zero without one.
        pub recovery_from: Time,
        /// Authority of an older generation can not be renewed.
        pub session_generation: u32,
        /// Sequence of the last act used.
        pub act_sequence: u64,
        /// Number of changes.
        pub counter: Counter,
        /// Box time of the last decision.
        pub last_time: Time,
        /// Digest of the last decision's statement; zero at sign-up.
        pub last_decision: Digest,
        /// Box that decided last.
        pub box_id: BoxId,
    }
}

impl UserRecord {
    /// Bytes of the sealed passwords before sealing.
    pub const PASSWORDS_PLAIN: usize = PASSWORD_SLOTS * PASSWORD_SLOT;

    /// The same under seal: nonce, ciphertext, tag.
    pub const PASSWORDS_SEALED: usize = 12 + Self::PASSWORDS_PLAIN + 16;

    /// What this record is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.user.subject()
    }
}

layout! {
    /// What a manager ordered about a user of the account, as the auth box carried it out: evidence of
    /// the decision, which names its digest. Not signed itself.
    pub struct UserOrder {
        /// Layout 1.
        pub version: Version<1>,
        /// Whose users.
        pub account: AccountId,
        /// Who ordered it.
        pub by: UserId,
        /// About whom.
        pub user: UserId,
        /// The user's counter after it: no two orders are the same bytes.
        pub counter: Counter,
        /// What the user may do from now on; nothing at all: the user is disabled.
        pub rights: Rights,
        /// Most that one request of the user may spend.
        pub ceiling: Mills,
        /// Meters that the user may use; none named means all of the account.
        pub meters: List<MeterSerial, METERS_MAX>,
    }
}
