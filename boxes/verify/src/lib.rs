//! The public side of trust: domain tags, digests, signatures, verdicts.
//!
//! Not here: anything secret (`vault`), any file or socket, any rule that changes a record.
//! Used by boxes, clients, servers and audit alike, so that all of them check in one way.
//!
//! A checked thing is a value of type [`Verified`]: only this crate can make one, so code that
//! takes it can not be reached with unchecked bytes.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod api_key;
mod digest;
mod examine;
mod key;
mod signed;
mod tag;
mod trust;
mod verdict;

pub use api_key::{ApiKeyText, api_key_digest};
pub use digest::{
    Hasher, account_of, address_digest, agreement_digest, checkpoint_digest, credited_digest,
    digest, evidence_id, idempotency_key, licence_details_digest, payment_reference, record_digest,
    recovery_digest, refund_reference, request_body, request_id, session_digest,
};
pub use examine::{Expectation, examine};
pub use key::{ReadyKey, Verifies, is_lower_form, key_id, verify_signature};
pub use signed::{SignatureError, Verified, open, open_by_quorum, open_payload, statement_digest};
pub use tag::{RecordTag, Tag, Tagged};
pub use trust::{Installation, Opening, Pack, TrustError, fingerprint};
pub use verdict::{Finding, FindingCode, Verdict, judge};

#[cfg(test)]
mod golden;

#[cfg(test)]
mod tests;
