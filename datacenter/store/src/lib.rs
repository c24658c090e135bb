//! What the data centre asks of its database: named transactions, plain rows, typed errors.
//!
//! Not here: SQL and engines (`store-sqlite`, later others), and anything that decides. A database is
//! not trusted: it may withhold, alter, mix and go back. What is read here is shown to a box or
//! checked by `verify` before anybody relies on it. Called by `functions`; the one contract that
//! every engine must keep is `hostile_store::contract`.

mod api_key;
mod error;
mod heading;
mod licence;
pub mod limits;
mod plan;
mod rows;
mod scan;
mod sign_up;
mod spending;
mod store;
mod void;
mod write;

pub use api_key::{ApiKeyRow, ApiKeyStart, NewApiKey};
pub use error::{StoreError, Unavailable};
pub use heading::{HeadingChange, HeadingKind, HeadingMade, HeadingRow, NewHeading};
pub use licence::{LicenceRow, Licences, NewLicence};
pub use plan::{Booked, CreditLine, EntryLine, ItemLine, KeyLine, Plan, Target};
pub use rows::{
    Alert, AlertRow, ChainRow, DecisionRow, EpochRow, EvidenceOf, EvidenceRow, ItemCursor, ItemRow,
    LookUp, LookUpKey, MeterRow, PackRow, PriorAnswer, RecordEpochs, TotalsRow, UserRow,
};
pub use scan::{Accepted, ItemId, ItemUse, NewScan, ScanRow};
pub use sign_up::{SignUp, SignUpRow, SignUpStart};
pub use spending::{DaySums, OldHold, Reservation, Reserved, Spender, Spending, SpendingLimit};
pub use store::Store;
pub use void::{CreditRow, CreditedMeter, NewVoid, VoidRow, VoidState, VoidsOf};
pub use write::{ConflictReason, Write, Written};
