//! What an installation's people sign: operators their acts, the treasury its credit.

use crate::{House, now};
use item::{
    Act, ActBody, BoxKind, CreditEvidence, Digest, EvidenceKind, Layout, Limits, List, MeterSerial,
    Mills, MultiSigned, Subject, Time, Version, Zip,
};
use signer::{Ledger, SigningKey, payment_reference, sign_act};
use verify::{Tag, evidence_id};

/// An hour.
pub const HOUR_MS: u64 = 3_600_000;

/// The subject of a box itself: zero but for its number, here 1.
#[must_use]
pub fn box_subject() -> Subject {
    let mut subject = Subject::ZERO;
    subject.0[14] = 1;
    subject
}

/// The idempotency key of a signed statement.
#[must_use]
pub fn key_of(statement: &[u8]) -> String {
    format!("statement-{}", verify::statement_digest(statement))
}

impl House {
    /// A key of the folder: `operator`, `treasury`, `verifier`, `server`.
    #[must_use]
    pub fn key(&self, name: &str) -> SigningKey {
        SigningKey::load(&self.path(&format!("keys/{name}.key"))).unwrap()
    }

    /// An act on a meter, with this act sequence.
    #[must_use]
    pub fn act_on_meter(&self, meter: u32, sequence: u64, body: ActBody) -> Vec<u8> {
        self.act(BoxKind::Meter, MeterSerial(meter).subject(), sequence, body)
    }

    /// A signed act, valid for an hour.
    #[must_use]
    pub fn act(&self, kind: BoxKind, subject: Subject, sequence: u64, body: ActBody) -> Vec<u8> {
        let act = Act {
            version: Version,
            installation: self.installation().transcript().installation,
            box_kind: kind,
            subject,
            sequence,
            issued: now(),
            expires: Time(now().0 + HOUR_MS),
            body,
        };
        let key = self.key("operator");
        sign_act(act, &[&key]).unwrap().to_bytes()
    }

    /// The three acts that put a new meter into use.
    #[must_use]
    pub fn commission(&self, meter: u32) -> [Vec<u8>; 3] {
        let limits = Limits {
            item: Mills(50_000),
            day: Mills(5_000_000),
            month: Mills(50_000_000),
            descending: Mills(10_000_000),
        };
        [
            ActBody::Register {
                origin: Zip(95_814),
                licensing: Zip(95_814),
            },
            ActBody::License {
                limits,
                inspection_due: item::Day::NONE,
                inspection_interval_days: 0,
                application: Digest::ZERO,
            },
            ActBody::Activate,
        ]
        .into_iter()
        .zip(1..)
        .map(|(body, sequence)| self.act_on_meter(meter, sequence, body))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
    }

    /// The treasury's ledger.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let installation = self.installation().transcript().installation;
        Ledger::open(&self.path("treasury/ledger"), installation).unwrap()
    }

    /// Evidence of a deposit, signed with the treasury's key but past its ledger: what a treasurer
    /// who lost it, or lies, could sign.
    #[must_use]
    pub fn deposit(
        &self,
        meter: u32,
        sequence: u64,
        amount: u64,
        reference: &str,
        expires: Time,
    ) -> Vec<u8> {
        let reference: Digest = payment_reference(reference);
        let meter = MeterSerial(meter);
        let installation = self.installation();
        let body = CreditEvidence {
            version: Version,
            kind: EvidenceKind::Deposit,
            installation: installation.transcript().installation,
            id: evidence_id(meter, sequence, &reference),
            meter,
            funding_sequence: sequence,
            amount: Mills(amount),
            currency: installation.transcript().currency,
            reference,
            expires,
        };
        let key = self.key("treasury");
        let signature = key.sign(Tag::CREDIT, &body.to_bytes());
        let signed = MultiSigned {
            body,
            signatures: List::new(vec![(key.id(), signature)]).unwrap(),
        };
        signed.to_bytes()
    }

    /// As [`House::deposit`], good for an hour.
    #[must_use]
    pub fn deposit_now(&self, meter: u32, sequence: u64, amount: u64, reference: &str) -> Vec<u8> {
        self.deposit(meter, sequence, amount, reference, Time(now().0 + HOUR_MS))
    }
}
