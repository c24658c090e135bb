//! Requests to a meter box.

use crate::limits::RECORD_MAX;
use crate::variants;
use item::limits::{ITEMS_MAX, ORDERS_MAX};
use item::{
    Act, AddressLines, Ascii, Authority, BatchId, Bytes, CreditEvidence, CreditedList, Day,
    Department, Digest, EndCustomer, ItemCredit, List, ManufactureReceipt, Mills, MultiSigned,
    OwnSignature, RequestId, Sealed, Signed, StatusReport, Zip, layout,
};

layout! {
    /// One item to be dispensed.
    pub struct ItemSpec {
        /// Rate category.
        pub category: Ascii<4>,
        /// Weight in milligrams, 0 = not given.
        pub weight_milligrams: u32,
        /// What it is to be worth.
        pub value: Mills,
        /// Date of mailing: the box's day to 30 days on.
        pub mailing_day: Day,
        /// Origin of deposit; must be the meter's unless that is floating.
        pub origin: Zip,
        /// Routing integer, 0 = none.
        pub destination: u64,
        /// Normalised address, empty = none.
        pub address: AddressLines,
        /// For which department.
        pub department: Department,
        /// For which end customer.
        pub end_customer: EndCustomer,
    }
}

layout! {
    /// What one caller asks at once: all of it or nothing.
    pub struct Order {
        /// Names it for good.
        pub request: RequestId,
        /// Digest of the caller's idempotency key.
        pub key_digest: Digest,
        /// Digest of the request body.
        pub body_digest: Digest,
        /// Which of the entry's authorities allows it.
        pub authority: u8,
        /// Piece count before its own first item, if the caller wants it compared (V8).
        pub expected_piece_count: Option<u32>,
        /// Run that the items belong to; zero for single items.
        pub batch: BatchId,
        /// Over an `OrderStatement`, by a user with a key of his own.
        pub signature: Option<OwnSignature>,
        /// The items.
        pub items: List<ItemSpec, ITEMS_MAX>,
    }
}

layout! {
    /// Orders of one meter, joined (P11).
    pub struct Dispense {
        /// Authorities that the orders name.
        pub authorities: List<Sealed<Authority>, ORDERS_MAX>,
        /// The orders, decided in this order.
        pub orders: List<Order, ORDERS_MAX>,
    }
}

layout! {
    /// Takes an item back (P23).
    pub struct ItemCreditRequest {
        /// The evidence.
        pub credit: ItemCredit,
        /// The meter's credited list, as the database has it.
        pub credited: CreditedList,
    }
}

layout! {
    /// A status report with what its user may do: restarts the time to the next inspection.
    pub struct Report {
        /// Who reports.
        pub authority: Sealed<Authority>,
        /// What is reported.
        pub report: StatusReport,
    }
}

variants! {
    /// A change of a meter record.
    pub enum MeterRequest {
        /// Make it.
        Manufacture(Signed<ManufactureReceipt>) = 1,
        /// An act on it.
        Act(MultiSigned<Act>) = 2,
        /// Put value in.
        Refill(MultiSigned<CreditEvidence>) = 3,
        /// Take items out.
        Dispense(Dispense) = 4,
        /// Take an item back, and its value into the descending register.
        ItemCredit(ItemCreditRequest) = 5,
        /// Compare the registers with what a user says.
        Report(Report) = 8,
    }
}

layout! {
    /// Are these tokens the meter's?
    pub struct TokenQuery {
        /// The payload as read.
        pub payload: [u8; 138],
        /// Any genuine record of its meter, MAC included.
        pub record: Bytes<RECORD_MAX>,
    }
}

variants! {
    /// A question to a meter box.
    pub enum MeterQuery {
        /// Check both tokens of a payload; answered by `TokenCheck`.
        Tokens(TokenQuery) = 1,
    }
}

layout! {
    /// Which tokens are right.
    #[derive(Copy)]
    pub struct TokenCheck {
        /// The provider's.
        pub vendor: bool,
        /// The post's.
        pub postal: bool,
    }
}
