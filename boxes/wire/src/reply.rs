//! What a box answers.

use crate::limits::{DECISION_MAX, ENTRIES_MAX, LISTED_MAX, RECORD_MAX, ROW_MAX, SECRET_MAX};
use crate::{Refusal, variants};
use item::limits::{ENTRY_ITEMS_MAX, ORDERS_MAX};
use item::{
    BoxId, BoxKind, Bytes, Checkpoint, Counter, Epoch, InstallationId, Layout, LayoutError, List,
    Reader, RequestId, Signed, Subject, Summary, Time, layout,
};

/// How one order of an entry ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderOutcome {
    /// The order.
    pub request: RequestId,
    /// Rows that it made (first, count) among the delivery's rows, or why there are none.
    pub result: Result<(u32, u32), Refusal>,
}

impl Layout for OrderOutcome {
    fn put(&self, out: &mut Vec<u8>) {
        self.request.put(out);
        match &self.result {
            Ok((first, count)) => {
                true.put(out);
                first.put(out);
                count.put(out);
            }
            Err(refusal) => {
                false.put(out);
                refusal.put(out);
            }
        }
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let request = RequestId::get(reader)?;
        let result = if bool::get(reader)? {
            Ok((u32::get(reader)?, u32::get(reader)?))
        } else {
            Err(Refusal::get(reader)?)
        };
        Ok(Self { request, result })
    }
}

layout! {
    /// What the database must hold after one decision. Never an authority or other secret, but for
    /// `secret`, which goes only to the caller that proves itself again (P17).
    pub struct Delivery {
        /// Record that changed.
        pub subject: Subject,
        /// Request that was answered.
        pub request: RequestId,
        /// The sealed record, MAC included.
        pub record: Bytes<RECORD_MAX>,
        /// The signed decision.
        pub decision: Bytes<DECISION_MAX>,
        /// Item records or one chain entry, in chain order.
        pub rows: List<Bytes<ROW_MAX>, ENTRY_ITEMS_MAX>,
        /// Credit evidence, act or receipt that was used, as it was shown; empty if none.
        pub evidence: Bytes<RECORD_MAX>,
        /// Outcome of each order of a dispense; empty otherwise.
        pub orders: List<OrderOutcome, ORDERS_MAX>,
        /// For the caller alone (`AuthSecret`); empty in `Open` and in every listing.
        pub secret: Bytes<SECRET_MAX>,
    }
}

variants! {
    /// How one entry ended.
    pub enum Outcome {
        /// Decided, now or at an earlier delivery of the same request.
        Done(Box<Delivery>) = 1,
        /// Another request's decision on this record waits to be written: write it, look up again.
        Open(Box<Delivery>) = 2,
        /// Refused as a whole; nothing changed, but for a failed log-in (then `Failed`).
        Refused(Refusal) = 3,
        /// Every order was refused; nothing changed.
        Declined(List<OrderOutcome, ORDERS_MAX>) = 4,
        /// Refused, and that was recorded: write the delivery, answer the refusal.
        Failed(Failure) = 5,
    }
}

impl Layout for Box<Delivery> {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_ref().put(out);
    }
    fn room(&self) -> usize {
        self.as_ref().room()
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok(Self::new(Delivery::get(reader)?))
    }
}

layout! {
    /// A refusal that was recorded: a failed log-in.
    pub struct Failure {
        /// The record that counts the failure.
        pub delivery: Box<Delivery>,
        /// What to answer once it is written.
        pub refusal: Refusal,
    }
}

layout! {
    /// How a box is.
    pub struct Status {
        /// Which data centre.
        pub installation: InstallationId,
        /// Kind.
        pub kind: BoxKind,
        /// Number among its kind.
        pub id: BoxId,
        /// Epoch in force.
        pub epoch: Epoch,
        /// Newest epoch that it has keys of.
        pub taken: Epoch,
        /// Box time.
        pub time: Time,
        /// Subjects known.
        pub subjects: u64,
        /// Decisions not acknowledged.
        pub open: u64,
        /// Next journal sequence.
        pub journal_sequence: u64,
        /// Stopped by the fork latch: reads, signs nothing.
        pub latched: bool,
        /// Stopped by a doubtful clock.
        pub clock_doubtful: bool,
        /// Sequence of the last act on the box itself.
        pub act_sequence: u64,
    }
}

layout! {
    /// Decisions as they were delivered once, without secrets, in the order of the journal.
    pub struct Page {
        /// What the database must hold.
        pub deliveries: List<Delivery, LISTED_MAX>,
        /// Where the next page begins; none after the last.
        pub next: Option<u64>,
        /// Next journal sequence of the box: how far there is to go.
        pub end: u64,
    }
}

layout! {
    /// What a box remembers of a record.
    #[derive(Copy)]
    pub struct Memory {
        /// Newest counter, acknowledged or not.
        pub known: Counter,
        /// The rest.
        pub summary: Summary,
    }
}

variants! {
    /// Everything that can be answered.
    pub enum Reply {
        /// To `Status`.
        Status(Status) = 1,
        /// To `Decide`: one outcome an entry, in order; to `Reissue`: one.
        Decided(List<Outcome, ENTRIES_MAX>) = 2,
        /// To `ListOpen`.
        Open(List<Delivery, LISTED_MAX>) = 3,
        /// To `Checkpoint`.
        Checkpoint(Signed<Checkpoint>) = 4,
        /// To `Query`: by kind of box.
        Answer(Bytes<{ crate::limits::BODY_MAX }>) = 5,
        /// To `BoxAct`: bytes delivered again, or nothing.
        Acted(Option<Delivery>) = 6,
        /// To anything: the whole request is refused.
        Refused(Refusal) = 7,
        /// To `Acknowledge`: how many decisions that freed.
        Acknowledged(u32) = 8,
        /// To `Page`.
        Page(Page) = 9,
        /// To `Recall`.
        Memory(Memory) = 10,
        /// To `TakeEpoch`: the newest epoch that the box has keys of now.
        Taken(Epoch) = 11,
    }
}
