//! What a box signs for each change of a record (P7). Audit checks all of them without a secret.

use crate::{
    BoxId, BoxKind, Counter, Digest, InstallationId, KeySerial, RequestId, Subject, Suite, Time,
    Version,
};

codes! {
    /// What was decided.
    pub enum DecisionKind: u8 {
        /// A meter was made from a manufacture receipt.
        Manufacture = 1,
        /// An act was carried out.
        Act = 2,
        /// Credit evidence was used.
        Refill = 3,
        /// Items were dispensed.
        Dispense = 4,
        /// An item was credited (P23).
        ItemCredit = 5,
        /// A record was re-issued after a restore (P28).
        Reissue = 6,
        /// A balance was paid out to its one beneficiary (P24, P25).
        BalanceRefund = 7,
        /// A user reported the registers, and the meter keeps them so.
        Report = 10,
        /// A user was made.
        SignUp = 16,
        /// A log-in succeeded.
        LogIn = 17,
        /// A log-in failed.
        LogInFailed = 18,
        /// Sessions were ended.
        LogOut = 19,
        /// A password was changed.
        PasswordChange = 20,
        /// A user was added to an account by one of its managers.
        AddUser = 21,
        /// A manager of the account set what a user may do.
        SetUser = 22,
        /// A key was made for a user's programs.
        AddKey = 23,
        /// A key got a new secret.
        RollKey = 24,
        /// A key was revoked.
        RevokeKey = 25,
        /// The first use of a key on a day was noted.
        UseKey = 26,
        /// A manager of the account began a user's recovery, or called it off.
        BeginRecovery = 27,
        /// A recovery ended with a new password.
        FinishRecovery = 28,
        /// A user's own key was set, replaced or removed.
        SetSigningKey = 29,
        /// An event was chained.
        Append = 32,
    }
}

layout! {
    /// One change of one record. Decisions of a subject chain by counter and old digest.
    pub struct Decision {
        /// Layout 1.
        pub version: Version<1>,
        /// Algorithms of the signature.
        pub suite: Suite,
        /// Certificate of the signing key.
        pub key: KeySerial,
        /// Which data centre.
        pub installation: InstallationId,
        /// Kind of box.
        pub box_kind: BoxKind,
        /// Which box.
        pub box_id: BoxId,
        /// Record that changed.
        pub subject: Subject,
        /// What was decided.
        pub decision: DecisionKind,
        /// Counter after the change.
        pub counter: Counter,
        /// What was answered.
        pub request: RequestId,
        /// Digest of the record before, MAC included; zero for a new one.
        pub old: Digest,
        /// Digest of the record after, MAC included.
        pub new: Digest,
        /// Digest of the newest item record or chain entry after the change; zero if none.
        pub head: Digest,
        /// Digest of the act, credit evidence, receipt or decision that caused it; zero if none.
        pub evidence: Digest,
        /// Box time.
        pub time: Time,
        /// Sequence of the journal record that keeps it.
        pub journal_sequence: u64,
    }
}
