//! What a caller asks of any box.

use crate::limits::{
    ACKNOWLEDGED_MAX, BODY_MAX, ENTRIES_MAX, EPOCH_PACKAGE_MAX, OPENING_MAX, RECORD_MAX,
};
use crate::{Nothing, variants};
use item::{
    Act, Bytes, Counter, Digest, List, MultiSigned, RequestId, ShortDigest, Subject, layout,
};

layout! {
    /// One change of one record.
    pub struct Entry {
        /// Names this request for good (P18): the same id gets the same bytes.
        pub request: RequestId,
        /// The record.
        pub subject: Subject,
        /// The record as the database has it, MAC included; empty to create it.
        pub shown: Bytes<RECORD_MAX>,
        /// A `MeterRequest`, `AuthRequest`, `ChainRequest`, or `KeysRequest`, by kind of box.
        pub body: Bytes<BODY_MAX>,
    }
}

layout! {
    /// "The database holds this record": frees the decision that made it. Showing the record with
    /// the next request says the same; this says it for records that nothing is asked of soon.
    #[derive(Copy)]
    pub struct Acknowledgement {
        /// The record.
        pub subject: Subject,
        /// Its counter.
        pub counter: Counter,
        /// First 16 bytes of its digest.
        pub digest: ShortDigest,
    }
}

layout! {
    /// One page of what is delivered again: the act that allows it was carried out before.
    #[derive(Copy)]
    pub struct PageRequest {
        /// Digest of the act (`RedeliverFrom`), which must be the last one on this box.
        pub act: Digest,
        /// Journal sequence that the page begins with.
        pub from: u64,
    }
}

layout! {
    /// A record to be made again (P28). Its request id is the digest of the act.
    pub struct ReissueRequest {
        /// The older record as the database has it, MAC included.
        pub shown: Bytes<RECORD_MAX>,
        /// The act (`Reissue`) on its subject.
        pub act: MultiSigned<Act>,
    }
}

layout! {
    /// The keys of an epoch, for the box that is asked (P3). Only this box can open them.
    pub struct EpochPackage {
        /// The root's `Signed<EpochOpening>`, which names the package by digest.
        pub opening: Bytes<OPENING_MAX>,
        /// The sealed package.
        pub package: Bytes<EPOCH_PACKAGE_MAX>,
    }
}

variants! {
    /// Everything that can be asked.
    pub enum Request {
        /// How the box is.
        Status(Nothing) = 1,
        /// Changes, of many customers.
        Decide(List<Entry, ENTRIES_MAX>) = 2,
        /// Decisions not acknowledged yet, oldest first: at most this many.
        ListOpen(u32) = 3,
        /// A checkpoint, now.
        Checkpoint(Nothing) = 4,
        /// A question that changes nothing: `AuthQuery` or `MeterQuery`, by kind of box.
        Query(Bytes<BODY_MAX>) = 5,
        /// An act on the box itself.
        BoxAct(MultiSigned<Act>) = 6,
        /// Decisions that are written.
        Acknowledge(List<Acknowledgement, ACKNOWLEDGED_MAX>) = 7,
        /// Kept decisions, delivered again by act.
        Page(PageRequest) = 8,
        /// What the box remembers of a record.
        Recall(Subject) = 9,
        /// A record made again by act.
        Reissue(ReissueRequest) = 10,
        /// Take the keys of the next epoch. Again: nothing more happens.
        TakeEpoch(EpochPackage) = 11,
    }
}
