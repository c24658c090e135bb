//! What a user signs with a key of his own, so that no server acts in his name (P20): orders of items,
//! orders about users and keys, log-ins, and the key itself. A box puts each statement together from what
//! it was asked; beside the signature only what it can not know travels.

use crate::{
    Digest, Epoch, InstallationId, MeterSerial, Mills, PublicKey, Subject, Time, UserId, Version,
};

layout! {
    /// Signature of a user's own key, with what its statement says beyond the order itself.
    #[derive(Copy)]
    pub struct OwnSignature {
        /// Most that all items of the order may cost; zero where no items are ordered.
        pub max_total: Mills,
        /// Refused from this time on, and more than ten minutes ahead of it.
        pub expires: Time,
        /// Over the statement.
        pub signature: [u8; 64],
    }
}

layout! {
    /// An order of items: what the user agrees to, whatever else a server says.
    pub struct OrderStatement {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Who orders.
        pub user: UserId,
        /// Of which meter.
        pub meter: MeterSerial,
        /// Digest of the idempotency key.
        pub key_digest: Digest,
        /// Digest of the request body.
        pub body_digest: Digest,
        /// How many items.
        pub items: u32,
        /// Piece count before the first of them, if it is to be compared.
        pub expected_piece_count: Option<u32>,
        /// Most that all of them may cost.
        pub max_total: Mills,
        /// Refused from this time on.
        pub expires: Time,
    }
}

layout! {
    /// An order about a user or a key.
    pub struct UserStatement {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Who orders.
        pub user: UserId,
        /// About whom or what; zero for what is made by it.
        pub subject: Subject,
        /// Digest of what is ordered.
        pub particulars: Digest,
        /// Refused from this time on.
        pub expires: Time,
    }
}

layout! {
    /// What a box gives to sign, good for two minutes and once. Ends with a MAC (`Sealed`).
    pub struct Challenge {
        /// Layout 1.
        pub version: Version<1>,
        /// Epoch of the MAC key.
        pub epoch: Epoch,
        /// Digest of user and nonce: nobody sees in it whether there is such a user.
        pub of: Digest,
        /// When it was made, box time.
        pub issued: Time,
        /// Random.
        pub nonce: Digest,
    }
}

layout! {
    /// A log-in by key. Whose, the challenge says: who logs in may know his log-in name only.
    pub struct LogInStatement {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Digest of the challenge, MAC included.
        pub challenge: Digest,
        /// Digest of the session's secret.
        pub session: Digest,
    }
}

layout! {
    /// A key is set, replaced or removed: signed by the new one, and by the one in force.
    pub struct KeyStatement {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Whose.
        pub user: UserId,
        /// Digest of the challenge, MAC included.
        pub challenge: Digest,
        /// The new one; none: the one in force is removed.
        pub key: Option<PublicKey>,
    }
}
