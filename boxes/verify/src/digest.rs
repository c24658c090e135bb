//! Tagged SHA-256 digests, each with the one meaning that its name says.

use crate::Tag;
use aws_lc_rs::digest::{Context, SHA256};
use item::{
    AccountId, AddressLines, Counter, CreditedList, Day, Digest, Layout, LicenceDetails,
    MeterSerial, RequestId, ShortDigest, Subject, UserId,
};
use std::borrow::Borrow;

/// A running tagged digest.
pub struct Hasher(Context);

impl Hasher {
    /// Starts with the tag.
    #[must_use]
    pub fn new(tag: Tag) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(tag.as_str().as_bytes());
        context.update(&[0]);
        Self(context)
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        let mut out = [0; 32];
        for (slot, byte) in out.iter_mut().zip(self.0.finish().as_ref()) {
            *slot = *byte;
        }
        Digest(out)
    }
}

/// SHA-256 of `tag | parts`. Parts of variable length must carry their length themselves.
#[must_use]
pub fn digest(tag: Tag, parts: &[&[u8]]) -> Digest {
    let mut hasher = Hasher::new(tag);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finish()
}

fn sized(bytes: &[u8]) -> [u8; 8] {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes()
}

/// Digest of a record as stored, MAC included (P4).
#[must_use]
pub fn record_digest(stored: &[u8]) -> Digest {
    digest(Tag::RECORD_DIGEST, &[stored])
}

/// Id of a request: who asks (account, or client-made sign-up id), its key, the step (P18).
#[must_use]
pub fn request_id(scope: &[u8; 16], key_digest: &Digest, step: &str) -> RequestId {
    RequestId(digest(Tag::REQUEST, &[scope, &key_digest.0, step.as_bytes()]).0)
}

/// Digest of an idempotency key as sent.
#[must_use]
pub fn idempotency_key(key: &str) -> Digest {
    digest(Tag::IDEMPOTENCY, &[key.as_bytes()])
}

/// Digest of a request's body in its canonical form.
#[must_use]
pub fn request_body(canonical: &[u8]) -> Digest {
    digest(Tag::REQUEST_BODY, &[canonical])
}

/// Digest of a session secret, as an authority carries it.
#[must_use]
pub fn session_digest(secret: &[u8; 32]) -> Digest {
    digest(Tag::SESSION, &[secret])
}

/// Digest of the code of a user's recovery, as the user's record keeps it: of 256 random bits.
#[must_use]
pub fn recovery_digest(user: UserId, code: &[u8; 32]) -> Digest {
    digest(Tag::RECOVERY, &[&user.0, code])
}

/// The account that a user founds by signing up: nobody can choose another's.
#[must_use]
pub fn account_of(founder: UserId) -> AccountId {
    let mut out = [0; 16];
    for (slot, byte) in out.iter_mut().zip(digest(Tag::ACCOUNT, &[&founder.0]).0) {
        *slot = byte;
    }
    AccountId(out)
}

/// Id of credit evidence: one payment reference on one meter under one sequence.
#[must_use]
pub fn evidence_id(meter: MeterSerial, funding_sequence: u64, reference: &Digest) -> Digest {
    digest(
        Tag::CREDIT_ID,
        &[
            &meter.0.to_le_bytes(),
            &funding_sequence.to_le_bytes(),
            &reference.0,
        ],
    )
}

/// Reference of the payment that a balance refund makes, from the digest of its signed decision: a
/// transfer is a deposit under this reference, and under no other (P24).
#[must_use]
pub fn refund_reference(decision: &Digest) -> String {
    format!("balance-refund-{decision}")
}

/// Digest of a payment's reference, as credit evidence carries it.
#[must_use]
pub fn payment_reference(reference: &str) -> Digest {
    digest(Tag::REFERENCE, &[reference.as_bytes()])
}

/// Digest of a meter's credited list; zero for one that was never used (P23).
#[must_use]
pub fn credited_digest(list: &CreditedList) -> Digest {
    if list.day() == Day::NONE {
        return Digest::ZERO;
    }
    digest(Tag::CREDITED_LIST, &[&list.to_bytes()])
}

/// Digest of who applies for a licence, as the application names it.
#[must_use]
pub fn licence_details_digest(details: &LicenceDetails) -> Digest {
    digest(Tag::LICENCE_DETAILS, &[&details.to_bytes()])
}

/// Digest of an agreement's text.
#[must_use]
pub fn agreement_digest(text: &[u8]) -> Digest {
    digest(Tag::AGREEMENT, &[text])
}

/// First 8 bytes of the address digest; zero for no address. It names meter and piece, so that
/// equal addresses can not be told from two indicia.
#[must_use]
pub fn address_digest(meter: MeterSerial, piece_count: u32, lines: &AddressLines) -> [u8; 8] {
    if lines.is_empty() {
        return [0; 8];
    }
    let full = digest(
        Tag::ADDRESS,
        &[
            &meter.0.to_le_bytes(),
            &piece_count.to_le_bytes(),
            &sized(lines.as_slice()),
            lines.as_slice(),
        ],
    );
    let mut out = [0; 8];
    for (slot, byte) in out.iter_mut().zip(full.0) {
        *slot = byte;
    }
    out
}

/// Digest over all subjects, which the caller gives in ascending order of subject (P8).
#[must_use]
pub fn checkpoint_digest(
    subjects: impl IntoIterator<Item = (impl Borrow<Subject>, Counter, ShortDigest)>,
) -> Digest {
    let mut hasher = Hasher::new(Tag::CHECKPOINT_SUBJECTS);
    let mut row = Vec::with_capacity(40);
    for (subject, counter, short) in subjects {
        row.clear();
        subject.borrow().put(&mut row);
        counter.put(&mut row);
        short.put(&mut row);
        hasher.update(&row);
    }
    hasher.finish()
}
