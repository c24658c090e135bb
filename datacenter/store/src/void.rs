//! Items that are taken back (P23): what customers ask for, and what boxes credited.
//!
//! A request is a wish and has no authority. Whether an item is void is said by its credit.

use crate::{ItemId, MeterRow};
use item::{AccountId, Time, UserId, codes};

codes! {
    /// How a request to take an item back stands.
    pub enum VoidState: u8 {
        /// Refunders are to look at it.
        Requested = 1,
        /// The customer took it back.
        Cancelled = 2,
        /// Refunders said no.
        Rejected = 3,
        /// The item is void.
        Credited = 4,
    }
}

/// What a customer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewVoid {
    /// Which item.
    pub item: ItemId,
    /// Whose it is.
    pub account: AccountId,
    /// Who asks.
    pub user: UserId,
    /// When.
    pub requested: Time,
}

/// A stored request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoidRow {
    /// What was asked for.
    pub asked: NewVoid,
    /// How it stands.
    pub state: VoidState,
    /// Since when.
    pub changed: Time,
    /// Why it was rejected; empty otherwise.
    pub reason: String,
}

/// Which requests are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoidsOf {
    /// All of one account's.
    Account(AccountId),
    /// Those of everybody that wait for refunders.
    Waiting,
}

/// A meter and the pieces that its record may hold to be credited, in one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditedMeter {
    /// The meter.
    pub meter: MeterRow,
    /// `CreditedItem`s by ascending piece count: none that left the list before the newest credit.
    pub credits: Vec<Vec<u8>>,
}

/// An item credit, for packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditRow {
    /// Which item.
    pub item: ItemId,
    /// Journal sequence of the decision.
    pub journal: u64,
    /// `CreditedItem`.
    pub credit: Vec<u8>,
}
