//! The verification pack: everything an offline check needs (P32). Checked in `verify`.

use crate::limits::{CERTIFICATES_MAX, VOIDS_MAX};
use crate::{
    Digest, InstallationId, IssuingCertificate, KeySerial, List, MeterSerial, Mills, PostId,
    Signed, Time, Version,
};

layout! {
    /// One item that was taken back.
    #[derive(Copy)]
    pub struct VoidEntry {
        /// Its meter.
        pub meter: MeterSerial,
        /// Its piece count.
        pub piece_count: u32,
        /// Its value.
        pub value: Mills,
    }
}

layout! {
    /// Issuing keys, revocations and voids. Signed by the pack key (`Signed<PackBody>`).
    pub struct PackBody {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Rises with each pack; a verifier refuses a lower one than it has seen.
        pub sequence: u64,
        /// Made at.
        pub issued: Time,
        /// Stale from this time on.
        pub expires: Time,
        /// Post whose items it is for.
        pub post: PostId,
        /// The key that signs this pack, certified by the root (usage `Pack`).
        pub pack_certificate: Signed<IssuingCertificate>,
        /// Item keys and decision keys, each certified by the root.
        pub certificates: List<Signed<IssuingCertificate>, CERTIFICATES_MAX>,
        /// Certificates that are no longer good.
        pub revoked: List<KeySerial, CERTIFICATES_MAX>,
        /// Items taken back, strictly ascending by meter and piece count.
        pub voids: List<VoidEntry, VOIDS_MAX>,
        /// Digest of the meter box checkpoint whose total the voids close; zero if none.
        pub closes: Digest,
    }
}
