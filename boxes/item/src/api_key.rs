//! A key by which a program signs on for its user, as the auth box keeps it. Its rules are in
//! `boxes/auth`; the text that a program is given, in `verify`.

use crate::limits::METERS_MAX;
use crate::{
    AccountId, ApiKeyId, BoxId, Counter, Day, Digest, Epoch, List, MeterSerial, Mills, Rights,
    Subject, Suite, Time, UserId, Version,
};

layout! {
    /// One key. Ends, when stored, with a MAC under a key derived for it. Of the secret it keeps a
    /// digest only.
    pub struct ApiKeyRecord {
        /// Layout 1.
        pub version: Version<1>,
        /// Algorithms.
        pub suite: Suite,
        /// Epoch of the keys that seal this record.
        pub epoch: Epoch,
        /// Which key.
        pub key: ApiKeyId,
        /// Of which account.
        pub account: AccountId,
        /// For whom it signs on: never with more than this user may do at that time.
        pub user: UserId,
        /// What it may do; never manage.
        pub rights: Rights,
        /// Most that one request may spend.
        pub ceiling: Mills,
        /// Meters that it may use; none named means all that its user may.
        pub meters: List<MeterSerial, METERS_MAX>,
        /// Digest of the secret in force.
        pub secret: Digest,
        /// Digest of the secret before it; zero if there was none.
        pub previous: Digest,
        /// The secret before is good until this time.
        pub previous_until: Time,
        /// No secret is good from this time on; zero means never.
        pub expires: Time,
        /// For good.
        pub revoked: bool,
        /// Day of the last use that was noted, box time; at most one a day is.
        pub last_used: Day,
        /// Sequence of the last act used.
        pub act_sequence: u64,
        /// Number of changes.
        pub counter: Counter,
        /// Box time of the last decision.
        pub last_time: Time,
        /// Digest of the last decision's statement; zero for a new key.
        pub last_decision: Digest,
        /// Box that decided last.
        pub box_id: BoxId,
    }
}

impl ApiKeyRecord {
    /// What this record is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.key.subject()
    }
}
