//! What is signed and sealed: every layout of Indicia, its canonical bytes and its strict decoder.
//!
//! Not here: cryptography (`verify` checks, `vault` seals and signs), files, sockets, clocks and any
//! rule that decides something. Everybody else builds on this crate; it builds on nothing.
//!
//! A layout is a fixed order of little-endian fields. One value has exactly one encoding: a decoder
//! refuses every byte string that the encoder would not have produced, so bytes can be compared,
//! hashed and signed as they stand (`formats/README.md` is the byte-level specification).

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

#[macro_use]
mod codec;
mod act;
mod address;
mod api_key;
mod auth_record;
mod authority;
mod certificate;
mod chain;
mod checkpoint;
mod credit;
mod decision;
mod epoch;
mod evidence;
mod licence;
pub mod limits;
mod meter;
mod own_key;
mod pack;
pub mod payload;
mod piece;
mod reissue;
mod scalar;
mod scan;
mod stale;
mod status;
mod totals;
mod transcript;
mod user;

pub use act::{Act, ActBody, ActKind, BalanceRefund, Beneficiary, Limits, Suspension};
pub use address::{AddressLines, normalise_address};
pub use api_key::ApiKeyRecord;
pub use auth_record::AuthRecord;
pub use authority::{Authority, Rights};
pub use certificate::{EpochDescriptor, IssuingCertificate, KeyUsage, ManufactureReceipt};
pub use chain::{ChainEntry, ChainRecord, EventKind};
pub use checkpoint::{Checkpoint, Sums};
pub use codec::{
    Ascii, Bytes, Layout, LayoutError, List, MultiSigned, Reader, Sealed, Signed, Version,
};
pub use credit::{CreditApproval, CreditedItem, CreditedList, CreditedPiece, ItemCredit};
pub use decision::{Decision, DecisionKind};
pub use epoch::{EpochOpening, PackageName};
pub use evidence::{CreditEvidence, EvidenceKind};
pub use licence::{LicenceApplication, LicenceDetails, LicenceRefusal};
pub use meter::{MeterRecord, MeterState};
pub use own_key::{
    Challenge, KeyStatement, LogInStatement, OrderStatement, OwnSignature, UserStatement,
};
pub use pack::{PackBody, VoidEntry};
pub use payload::{Payload, PayloadError};
pub use piece::ItemRecord;
pub use reissue::{Reissue, Summary};
pub use scalar::*;
pub use scan::AcceptanceScan;
pub use stale::StaleStatement;
pub use status::StatusReport;
pub use totals::{DailyKey, DailyRow, DailyRows, DailyTotals};
pub use transcript::{EnrolledBox, EnrolledKey, Quorum, TranscriptBody};
pub use user::{UserOrder, UserRecord};

#[cfg(test)]
mod golden;
