//! Credit evidence: the one layout that can raise a descending register (P22).

use crate::{Currency, Digest, InstallationId, MeterSerial, Mills, Time, Version};

codes! {
    /// Where the money comes from.
    pub enum EvidenceKind: u8 {
        /// A confirmed payment.
        Deposit = 1,
        /// A credit line of the provider or post.
        CreditLine = 2,
        /// Settles a funding sequence with nothing (amount zero): how a deposit is taken back.
        Correction = 3,
    }
}

layout! {
    /// Signed by m enrolled treasury keys (`MultiSigned`).
    pub struct CreditEvidence {
        /// Layout 1.
        pub version: Version<1>,
        /// Where the money comes from.
        pub kind: EvidenceKind,
        /// Which data centre.
        pub installation: InstallationId,
        /// Names this credit for good: digest of meter, sequence and reference.
        pub id: Digest,
        /// Meter that is credited.
        pub meter: MeterSerial,
        /// The record's funding sequence plus one.
        pub funding_sequence: u64,
        /// How much; zero only for a correction.
        pub amount: Mills,
        /// In what.
        pub currency: Currency,
        /// Digest of the payment's reference.
        pub reference: Digest,
        /// Refused from this time on; may then be signed again under the same id and sequence.
        pub expires: Time,
    }
}
