//! Requests to the running keys box. The ceremony is not a request: it is a command at the box.

use crate::limits::{EPOCH_PACKAGE_MAX, OPENING_MAX};
use crate::variants;
use item::limits::{ENROLLED_MAX, VOIDS_MAX};
use item::{
    AccountId, BoxId, BoxKind, Bytes, Checkpoint, Epoch, List, ManufactureReceipt, PackBody,
    RequestId, Signed, VoidEntry, layout,
};

layout! {
    /// The serial of a new meter. The same request gets the same receipt.
    pub struct Allocate {
        /// Names it for good.
        pub request: RequestId,
        /// Owner.
        pub account: AccountId,
    }
}

layout! {
    /// A new verification pack.
    pub struct PackRequest {
        /// Items taken back, ascending by meter and piece count.
        pub voids: List<VoidEntry, VOIDS_MAX>,
        /// The meter box checkpoint whose total of item credits their values add up to.
        pub closes: Option<Signed<Checkpoint>>,
    }
}

layout! {
    /// What the keys box made when it opened an epoch (P3).
    pub struct OpenedEpoch {
        /// The root's `Signed<EpochOpening>`: public.
        pub opening: Bytes<OPENING_MAX>,
        /// One sealed package a box.
        pub packages: List<SealedPackage, ENROLLED_MAX>,
    }
}

layout! {
    /// The keys of one box, which nobody else can open.
    pub struct SealedPackage {
        /// Kind of the box.
        pub kind: BoxKind,
        /// Number among its kind.
        pub id: BoxId,
        /// The package.
        pub package: Bytes<EPOCH_PACKAGE_MAX>,
    }
}

variants! {
    /// Carried in `Request::Query`: the keys box keeps no sealed records.
    pub enum KeysRequest {
        /// Allocate a serial.
        Allocate(Allocate) = 1,
        /// Sign a pack.
        Pack(PackRequest) = 2,
        /// The epoch that was opened behind this one.
        EpochAfter(Epoch) = 4,
    }
}

variants! {
    /// Carried in `Reply::Answer`.
    pub enum KeysAnswer {
        /// To `Allocate`.
        Receipt(Signed<ManufactureReceipt>) = 1,
        /// To `Pack`.
        Pack(Signed<PackBody>) = 2,
        /// To `EpochAfter`; none if none was.
        Epoch(Option<OpenedEpoch>) = 4,
    }
}
