//! Requests to the running keys box. The ceremony is not a request: it is a command at the box.

use crate::variants;
use item::limits::VOIDS_MAX;
use item::{
    AccountId, Checkpoint, List, ManufactureReceipt, PackBody, RequestId, Signed, VoidEntry, layout,
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

variants! {
    /// Carried in `Request::Query`: the keys box keeps no sealed records.
    pub enum KeysRequest {
        /// Allocate a serial.
        Allocate(Allocate) = 1,
        /// Sign a pack.
        Pack(PackRequest) = 2,
    }
}

variants! {
    /// Carried in `Reply::Answer`.
    pub enum KeysAnswer {
        /// To `Allocate`.
        Receipt(Signed<ManufactureReceipt>) = 1,
        /// To `Pack`.
        Pack(Signed<PackBody>) = 2,
    }
}
