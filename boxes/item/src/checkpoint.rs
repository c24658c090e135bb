//! Signed sums over everything that a box knows (P8). Kept outside the database.

use crate::{BoxId, BoxKind, Digest, InstallationId, KeySerial, Mills, Suite, Time, Version};

layout! {
    /// Sums over all subjects. Registers and totals are zero for boxes that hold no money.
    #[derive(Copy, Default)]
    pub struct Sums {
        /// Subjects.
        pub subjects: u64,
        /// Sum of counters.
        pub counters: u64,
        /// Sum of piece counts.
        pub pieces: u64,
        /// Sum of ascending registers.
        pub ascending: Mills,
        /// Sum of descending registers.
        pub descending: Mills,
        /// Sum of deposits.
        pub deposits: Mills,
        /// Sum of item credits.
        pub item_credits: Mills,
    }
}

layout! {
    /// One checkpoint.
    pub struct Checkpoint {
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
        /// Journal sequence: every decision up to it is inside, none above.
        pub journal_sequence: u64,
        /// Box time.
        pub time: Time,
        /// The sums.
        pub sums: Sums,
        /// Tagged digest over (subject, counter, short digest) of all subjects in subject order.
        pub digest: Digest,
    }
}
