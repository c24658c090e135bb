//! The signed refusal of an outdated record: evidence that a database went back (P16).

use crate::{
    BoxId, BoxKind, Counter, Digest, InstallationId, KeySerial, Subject, Suite, Time, Version,
};

layout! {
    /// "I was shown this record, and I have decided further since."
    pub struct StaleStatement {
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
        /// Record that was shown.
        pub subject: Subject,
        /// Counter that was shown.
        pub shown_counter: Counter,
        /// Digest of what was shown.
        pub shown: Digest,
        /// Last counter acknowledged to the box.
        pub known_counter: Counter,
        /// Box time.
        pub time: Time,
    }
}
