//! A further epoch: what the keys box makes public when it opens one (P3). Its secret half goes to
//! each box in a sealed package, which the opening names by digest.

use crate::limits::{ENROLLED_MAX, OPENING_CERTIFICATES_MAX};
use crate::{BoxId, BoxKind, Digest, EpochDescriptor, IssuingCertificate, List, Signed, Version};

layout! {
    /// The sealed package of one box.
    #[derive(Copy)]
    pub struct PackageName {
        /// Kind of the box.
        pub kind: BoxKind,
        /// Number among its kind.
        pub id: BoxId,
        /// Digest of the sealed bytes: anybody can seal to a box, only the root says what.
        pub digest: Digest,
    }
}

layout! {
    /// An epoch with its keys. Signed by the root (`Signed`).
    pub struct EpochOpening {
        /// Layout 1.
        pub version: Version<1>,
        /// The epoch, the one before, and from when it is in force.
        pub descriptor: Signed<EpochDescriptor>,
        /// Digest of the act that ordered it.
        pub act: Digest,
        /// Its issuing keys.
        pub certificates: List<Signed<IssuingCertificate>, OPENING_CERTIFICATES_MAX>,
        /// One package a box.
        pub packages: List<PackageName, ENROLLED_MAX>,
    }
}
