//! The record of one dispensed item: chained per meter, covered by its decision (P6).

use crate::limits::PAYLOAD_MAX;
use crate::{
    Ascii, BatchId, Bytes, Counter, Day, Department, Digest, EndCustomer, ItemKind, MeterSerial,
    Mills, RequestId, Time, UserId, Version, Zip,
};

layout! {
    /// One item, with everything that reports, posts and audit ask about it.
    pub struct ItemRecord {
        /// Layout 1.
        pub version: Version<1>,
        /// The meter that paid.
        pub meter: MeterSerial,
        /// Counter of the meter record after the decision that made it.
        pub counter: Counter,
        /// Place among the items of that decision, from 0.
        pub position: u32,
        /// Request that it answers.
        pub request: RequestId,
        /// Digest of the caller's idempotency key.
        pub key_digest: Digest,
        /// Digest of the request body.
        pub body_digest: Digest,
        /// Ascending register after it.
        pub ascending: Mills,
        /// Descending register after it.
        pub descending: Mills,
        /// Number among all items of the meter, from 1.
        pub piece_count: u32,
        /// What kind of item.
        pub kind: ItemKind,
        /// Rate category.
        pub category: Ascii<4>,
        /// Weight in milligrams, 0 = not given.
        pub weight_milligrams: u32,
        /// What it is worth.
        pub value: Mills,
        /// Date of mailing.
        pub mailing_day: Day,
        /// Box time.
        pub time: Time,
        /// Origin of deposit.
        pub origin: Zip,
        /// Routing integer of the destination.
        pub destination: u64,
        /// First bytes of the address digest.
        pub address_digest: [u8; 8],
        /// Who asked.
        pub user: UserId,
        /// For which department.
        pub department: Department,
        /// Of which run.
        pub batch: BatchId,
        /// For which end customer.
        pub end_customer: EndCustomer,
        /// Plainly not valid.
        pub specimen: bool,
        /// The payload as printed.
        pub payload: Bytes<PAYLOAD_MAX>,
        /// Digest of the meter's item record before; zero for the first.
        pub previous: Digest,
    }
}
