//! The meter: a logical postage meter as a record (P6). Rules that change it are in `boxes/meter`.

use crate::{
    AccountId, Ascii, BoxId, Counter, Currency, Day, Digest, Epoch, ItemKind, Layout, LayoutError,
    Limits, MeterSerial, Mills, PostId, Reader, Subject, Suite, Suspension, Time, Version, Zip,
};

codes! {
    /// Life of a meter. `Active` with an empty set of suspensions dispenses; nothing else does.
    pub enum MeterState: u8 {
        /// Made from a receipt of the keys box; serial and token keys exist.
        Manufactured = 1,
        /// Bound to an origin ZIP and a licensing ZIP.
        Registered = 2,
        /// Licensed by the post; limits are set.
        Licensed = 3,
        /// In the user's hands.
        Active = 4,
        /// Closing: no more items; balance not yet returned.
        WithdrawalPending = 5,
        /// Closed for good, balance zero.
        Withdrawn = 6,
    }
}

layout! {
    /// One meter. Ends, when stored, with a MAC under a key derived for its serial.
    pub struct MeterRecord {
        /// Layout 2.
        pub version: Version<2>,
        /// Algorithms.
        pub suite: Suite,
        /// Epoch of the keys that seal this record.
        pub epoch: Epoch,
        /// Serial, as printed.
        pub serial: MeterSerial,
        /// Number given at manufacture; never reused.
        pub manufacturing_number: u64,
        /// Owner.
        pub account: AccountId,
        /// What it dispenses.
        pub item_kind: ItemKind,
        /// Post or issuer that honours the items.
        pub post: PostId,
        /// Currency of every amount.
        pub currency: Currency,
        /// Provider.
        pub vendor: Ascii<2>,
        /// Model.
        pub model: Ascii<2>,
        /// Life-cycle state.
        pub state: MeterState,
        /// Why it is suspended; empty when it is not.
        pub suspended: Suspension,
        /// Number of changes.
        pub counter: Counter,
        /// Ascending register.
        pub ascending: Mills,
        /// Descending register.
        pub descending: Mills,
        /// Items ever dispensed.
        pub piece_count: u32,
        /// Sum of all deposits, corrections included; only rises.
        pub deposits: Mills,
        /// Sum of all item credits; only rises. Balance refunds follow from V2.
        pub item_credits: Mills,
        /// Sequence of the last credit evidence used.
        pub funding_sequence: u64,
        /// Sequence of the last act used.
        pub act_sequence: u64,
        /// Digest of the credited list (P23); zero while empty.
        pub credited_digest: Digest,
        /// Pieces below this one can not be credited (P28).
        pub lowest_creditable_piece: u32,
        /// Origin of deposit; 0 = floating, chosen per item.
        pub origin: Zip,
        /// Post office that licensed the meter.
        pub licensing: Zip,
        /// Vendor's and post's token key: nonce, ciphertext, tag.
        pub token_keys: [[u8; 60]; 2],
        /// Limits.
        pub limits: Limits,
        /// Day that `day_used` counts.
        pub day: Day,
        /// Value dispensed on that day.
        pub day_used: Mills,
        /// Month that `month_used` counts.
        pub month: Epoch,
        /// Value dispensed in that month.
        pub month_used: Mills,
        /// Day of the last inspection.
        pub inspected: Day,
        /// Day from which a new one is asked for; zero = never.
        pub inspection_due: Day,
        /// A status report or a funding asks for the next inspection so many days later; zero =
        /// neither does.
        pub inspection_interval_days: u16,
        /// Box time of the last decision.
        pub last_time: Time,
        /// Digest of the last decision's statement; zero at manufacture.
        pub last_decision: Digest,
        /// Digest of the last item record; zero while there is none.
        pub item_head: Digest,
        /// Box that decided last.
        pub box_id: BoxId,
        /// Prints only items that are plainly marked as not valid.
        pub specimen: bool,
    }
}

impl Layout for [[u8; 60]; 2] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|key| key.put(out));
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok([reader.array()?, reader.array()?])
    }
}

impl MeterRecord {
    /// Balance refunds so far, by V2: deposits + item credits - AR - DR.
    ///
    /// `None` if more was dispensed and is left than ever came in: the record breaks V2.
    #[must_use]
    pub fn balance_refunds(&self) -> Option<Mills> {
        self.deposits
            .plus(self.item_credits)?
            .minus(self.ascending.plus(self.descending)?)
    }

    /// What this record is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.serial.subject()
    }
}
