//! Chains of events of an account: log-ins, funding, life cycle. Rules: `boxes/transaction`.

use crate::{AccountId, BoxId, Counter, Digest, Epoch, Subject, Suite, Time, Version};

codes! {
    /// What happened.
    pub enum EventKind: u8 {
        /// The account's first user signed up.
        SignUp = 1,
        /// A log-in succeeded.
        LogIn = 2,
        /// A log-in failed.
        LogInFailed = 3,
        /// Sessions were ended.
        LogOut = 4,
        /// A meter was made.
        MeterMade = 5,
        /// An act changed a meter's life cycle.
        LifeCycle = 6,
        /// A descending register rose, or a correction settled its sequence.
        Funding = 7,
        /// A user was changed: by an act, by a manager of the account, or in its password, key or recovery; or a key was made
        /// again after a restore.
        UserChanged = 8,
        /// The chain was re-issued (P28): what stood between this entry and the one before is lost.
        Reissued = 9,
        /// An item was taken back, and its value credited (P23).
        ItemCredited = 10,
        /// A meter's balance was paid out, and the meter closed (P24).
        BalanceRefunded = 11,
        /// A manager added a user to the account.
        UserAdded = 15,
        /// A user made a key for programs.
        KeyAdded = 16,
        /// A key got a new secret.
        KeyRolled = 17,
        /// A key was revoked.
        KeyRevoked = 18,
    }
}

layout! {
    /// Head of an account's chain. Ends, when stored, with a MAC derived for the account.
    pub struct ChainRecord {
        /// Layout 1.
        pub version: Version<1>,
        /// Algorithms.
        pub suite: Suite,
        /// Epoch of the keys that seal this record.
        pub epoch: Epoch,
        /// Whose chain.
        pub account: AccountId,
        /// Number of entries, which is the number of changes.
        pub counter: Counter,
        /// Digest of the newest entry.
        pub head: Digest,
        /// Box time of the last decision.
        pub last_time: Time,
        /// Digest of the last decision's statement; zero at the first entry.
        pub last_decision: Digest,
        /// Box that decided last.
        pub box_id: BoxId,
    }
}

impl ChainRecord {
    /// What this record is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.account.subject()
    }
}

layout! {
    /// One event. Not signed itself: chained, and covered by the chain record's decision.
    pub struct ChainEntry {
        /// Layout 1.
        pub version: Version<1>,
        /// Whose chain.
        pub account: AccountId,
        /// Place in the chain, from 1.
        pub sequence: u64,
        /// What happened.
        pub event: EventKind,
        /// To whom or what.
        pub subject: Subject,
        /// Digest of the signed decision that made it happen.
        pub decision: Digest,
        /// Time of that decision.
        pub happened: Time,
        /// Time of this entry.
        pub recorded: Time,
        /// Digest of the entry before; zero for the first.
        pub previous: Digest,
    }
}
