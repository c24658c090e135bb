//! Why the ledger refuses.

use crate::{LogError, SignError};
use item::{KeyId, MeterSerial, Mills};
use verify::TrustError;

/// Why nothing was signed or settled.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A line was altered, removed or moved. Do not sign: look for the genuine ledger.
    #[error("line {line} of the ledger is damaged")]
    Damaged {
        /// First bad line, from 1.
        line: usize,
    },
    /// Ledger and transcript are of different installations.
    #[error("the ledger belongs to another installation")]
    OtherInstallation,
    /// The payment is credited, or may yet be, on another meter.
    #[error("this payment reference is used on meter {meter}")]
    ReferenceUsed {
        /// That meter.
        meter: MeterSerial,
    },
    /// The reference was signed with another amount, currency or kind.
    #[error("this payment reference was signed with other terms (amount {amount})")]
    OtherTerms {
        /// Amount that was signed.
        amount: Mills,
    },
    /// Another payment waits on this meter.
    #[error("payment {reference:?} (sequence {sequence}) waits on this meter: settle or cancel it")]
    Outstanding {
        /// Which payment.
        reference: String,
        /// Its funding sequence.
        sequence: u64,
    },
    /// A correction is signed: only a decision can say which of both was used.
    #[error(
        "this payment is being taken back (sequence {sequence}): show its correction to the box and settle"
    )]
    BeingTakenBack {
        /// Its funding sequence.
        sequence: u64,
    },
    /// A box used the payment's evidence: it can not be taken back this way.
    #[error("this payment was credited (sequence {sequence})")]
    AlreadyCredited {
        /// Its funding sequence.
        sequence: u64,
    },
    /// Nothing was ever signed for it.
    #[error("the ledger does not know this payment reference")]
    UnknownReference,
    /// Not a reference.
    #[error("a payment reference has 1 to 140 printable ASCII characters, no space at either end")]
    Reference,
    /// Zero, or more than a descending register holds.
    #[error("the amount must be above zero and fit a descending register")]
    Amount,
    /// A correction is made by cancelling.
    #[error("a correction is made by cancelling a payment")]
    Kind,
    /// No time, or more than can be said.
    #[error("evidence must be valid for some time")]
    Validity,
    /// The meter has no sequence left.
    #[error("the meter's funding sequences are used up")]
    SequencesUsedUp,
    /// Not a treasury key of this installation.
    #[error("key {0} is no treasury key of this installation")]
    NotEnrolled(KeyId),
    /// Fewer than m.
    #[error("{needed} treasury keys must sign")]
    TooFewKeys {
        /// m.
        needed: usize,
    },
    /// The keys do not make a statement.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The decision is not a box's.
    #[error("the decision is not believed: {0}")]
    Trust(#[from] TrustError),
    /// A decision about something else than credit evidence.
    #[error("the decision is no refill of a meter of this installation")]
    NotARefill,
    /// No box decided to pay that balance out, or not to this beneficiary.
    #[error("no balance was paid out so")]
    NotABalance,
    /// The sequence that a transfer names went to another payment: the treasury owes the balance.
    #[error(
        "funding sequence {sequence} went to another payment: credit the balance under a reference of its own"
    )]
    SequenceTaken {
        /// What the transfer names.
        sequence: u64,
    },
    /// Two different decisions paid one meter out.
    #[error(
        "two decisions paid meter {meter} out: the box or its state was doubled; stop and investigate"
    )]
    PaidTwice {
        /// The meter.
        meter: MeterSerial,
    },
    /// This ledger did not sign what the decision used, for that meter.
    #[error(
        "the decision used evidence that this ledger did not sign: another ledger exists, or an older copy of this one was put back"
    )]
    UnknownEvidence,
    /// Two different decisions used one sequence.
    #[error(
        "two decisions used sequence {sequence} of meter {meter}: the box or its state was doubled; stop and investigate"
    )]
    Contradiction {
        /// The meter.
        meter: MeterSerial,
        /// The sequence.
        sequence: u64,
    },
}
