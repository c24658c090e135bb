//! How a meter gets its licence, as signed documents: the customer's application, and the operators'
//! refusal. Their licence is the act `License`, which names the application by its digest.
//!
//! Not here: names and addresses. They stand in [`LicenceDetails`], which is signed by its digest only,
//! so that it can be erased.

use crate::{
    AccountId, Bytes, Digest, InstallationId, MeterSerial, PublicKey, Time, UserId, Version, Zip,
};

layout! {
    /// "License this meter to me under this agreement." Signed with the key that it names.
    pub struct LicenceApplication {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Whose meter.
        pub account: AccountId,
        /// Who applies.
        pub user: UserId,
        /// Meter to be licensed.
        pub meter: MeterSerial,
        /// Origin of deposit; 0 = floating, chosen per item.
        pub origin: Zip,
        /// Post office that is to license it.
        pub licensing: Zip,
        /// Digest of the `LicenceDetails`.
        pub details: Digest,
        /// Digest of the agreement's text, which the signature accepts.
        pub agreement: Digest,
        /// Key that signs this.
        pub key: PublicKey,
        /// When it was made.
        pub time: Time,
    }
}

layout! {
    /// Who applies, in words. Kept beside the application, and erasable.
    pub struct LicenceDetails {
        /// Random, so that nobody can try names against the digest that stays.
        pub salt: [u8; 16],
        /// Name of the organisation, UTF-8.
        pub organisation: Bytes<100>,
        /// Address lines, UTF-8, parted by line feeds.
        pub address: Bytes<900>,
        /// How to reach it, UTF-8.
        pub contact: Bytes<254>,
    }
}

layout! {
    /// "No." Signed by m enrolled operator keys (`MultiSigned`).
    pub struct LicenceRefusal {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Digest of the signed application.
        pub application: Digest,
        /// Why, UTF-8; no names.
        pub reason: Bytes<200>,
        /// When it was made.
        pub time: Time,
    }
}
