//! The acceptance scan of an enrolled verifier (P31): what marks an item as used.

use crate::{Digest, InstallationId, KeyId, MeterSerial, Time, Version, Zip};

layout! {
    /// Signed by the verifier (`Signed`). First wins by (meter, piece count).
    pub struct AcceptanceScan {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Who scanned.
        pub verifier: KeyId,
        /// The verifier's sequence, from 1.
        pub sequence: u64,
        /// Digest of the verifier's scan before; zero for the first.
        pub previous: Digest,
        /// Meter of the item.
        pub meter: MeterSerial,
        /// Piece count of the item.
        pub piece_count: u32,
        /// Tagged digest of the payload as read.
        pub payload: Digest,
        /// Where: ZIP of the post office.
        pub place: Zip,
        /// When, by the verifier's clock.
        pub time: Time,
        /// Digest of the verifier's idempotency key: a repeat after a lost reply is not `used`.
        pub key_digest: Digest,
    }
}
