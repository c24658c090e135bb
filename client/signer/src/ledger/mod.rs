//! The treasury's own ledger (P22): which payment was signed for which meter, and which of them the
//! box used. It is what keeps one payment from being credited twice.
//!
//! Not here: whether the money came in (the treasurer knows), and the descending register (the
//! box's). There is one ledger for an installation; its file is as precious as the treasury keys,
//! and an older copy of it must never be put back.
//!
//! Why it holds: a reference has one live sequence, a sequence has one live reference, and a box
//! uses each sequence of a meter once. A sequence is given up only when a box has signed that it
//! went to something else.

mod book;
mod error;
mod line;
mod refund;
#[cfg(test)]
mod tests;

pub use book::{Funding, FundingState};
pub use error::LedgerError;
pub use refund::Refunded;

use crate::limits::{AMOUNT_MAX, REFERENCE_MAX};
use crate::log_file::LogFile;
use crate::sign::sign_by_all;
use crate::{SignError, SigningKey};
use book::Book;
use item::{
    BoxKind, CreditEvidence, Currency, Decision, DecisionKind, Digest, EvidenceKind,
    InstallationId, KeyUsage, MeterSerial, Mills, MultiSigned, Signed, Time, Version,
};
use line::{Chain, Record};
use std::path::Path;
use std::time::Duration;
use verify::{Installation, Tag, evidence_id};

/// What a payment is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credit<'a> {
    /// Meter to be credited.
    pub meter: MeterSerial,
    /// Names the payment for good: 1 to 140 printable ASCII characters, no space at either end.
    pub reference: &'a str,
    /// How much, above zero.
    pub amount: Mills,
    /// In what.
    pub currency: Currency,
    /// Deposit or credit line.
    pub kind: EvidenceKind,
}

/// What a box's decision settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The meter.
    pub meter: MeterSerial,
    /// The funding sequence that was used.
    pub sequence: u64,
    /// The payment that asked for it.
    pub reference: String,
    /// `Credited`, or `TakenBack` if the correction won.
    pub state: FundingState,
}

/// Digest of a payment's reference, as its evidence carries it.
#[must_use]
pub fn payment_reference(reference: &str) -> Digest {
    verify::payment_reference(reference)
}

/// Digest in place of a reference in the correction that takes a payment back. The zero byte keeps
/// it apart from every text; it must differ from the payment's own, or both would have one id.
#[must_use]
pub fn correction_reference(reference: &str) -> Digest {
    verify::digest(Tag::REFERENCE, &[&[0], &payment_reference(reference).0])
}

/// The open ledger of one installation. Nobody else can open it until this is dropped.
#[derive(Debug)]
pub struct Ledger {
    file: LogFile,
    chain: Chain,
    book: Book,
    installation: InstallationId,
}

impl Ledger {
    /// Starts the ledger of a new installation.
    ///
    /// # Errors
    /// [`LedgerError::Log`], also when the file exists.
    pub fn create(path: &Path, installation: InstallationId) -> Result<Self, LedgerError> {
        let mut chain = Chain::default();
        let first = chain.seal(&Record::Opened(installation));
        Ok(Self {
            file: LogFile::create(path, first.as_bytes())?,
            chain,
            book: Book::default(),
            installation,
        })
    }

    /// Opens a ledger. A last line that a crash cut off is dropped: nobody got what it says.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] with the first bad line, [`LedgerError::OtherInstallation`],
    /// [`LedgerError::Log`].
    pub fn open(path: &Path, installation: InstallationId) -> Result<Self, LedgerError> {
        let (mut file, content) = LogFile::open(path)?;
        let whole = content
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last.saturating_add(1));
        let lines = content.get(..whole).unwrap_or_default();
        let mut chain = Chain::default();
        let mut book = Book::default();
        let mut owner = None;
        for (line, number) in lines.split_inclusive(|byte| *byte == b'\n').zip(1usize..) {
            let booked = match (chain.open(line), owner) {
                (Some(Record::Opened(id)), None) => {
                    owner = Some(id);
                    Some(())
                }
                (Some(Record::Signed(evidence, reference)), Some(id))
                    if evidence.body.installation == id =>
                {
                    book.signed(evidence, &reference)
                }
                (Some(Record::Settled(decision)), Some(_)) => book.settled(&decision),
                (Some(Record::Refunded(decision, act)), Some(_)) => {
                    book.book_refund(&decision, &act)
                }
                _ => None,
            };
            booked.ok_or(LedgerError::Damaged { line: number })?;
        }
        if owner.ok_or(LedgerError::Damaged { line: 1 })? != installation {
            return Err(LedgerError::OtherInstallation);
        }
        let whole = u64::try_from(whole).unwrap_or(u64::MAX);
        if whole < file.length() {
            file.cut(whole)?;
        }
        Ok(Self {
            file,
            chain,
            book,
            installation,
        })
    }

    /// Everything that was ever signed, by meter and sequence.
    pub fn fundings(&self) -> impl Iterator<Item = &Funding> {
        self.book.fundings()
    }

    /// The newest funding of a payment.
    #[must_use]
    pub fn find(&self, reference: &str) -> Option<&Funding> {
        self.book.by_reference(reference)
    }

    /// Evidence that credits a payment: the same bytes again while they are valid or once they were
    /// used; signed anew, under the same id and sequence, when they expired unused.
    ///
    /// `keys` are enrolled treasury keys, m of them or more; exactly m sign, so that nobody can take
    /// a signature away and hold valid evidence with a digest that this ledger does not know.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was signed then.
    pub fn credit(
        &mut self,
        installation: &Installation,
        credit: &Credit<'_>,
        now: Time,
        valid_for: Duration,
        keys: &[&SigningKey],
    ) -> Result<MultiSigned<CreditEvidence>, LedgerError> {
        check_terms(credit)?;
        self.book.allows(credit)?;
        let earlier = self.book.by_reference(credit.reference);
        let sequence = match earlier.filter(|f| f.state() != FundingState::TakenBack) {
            Some(funding) if funding.meter() != credit.meter => {
                return Err(LedgerError::ReferenceUsed {
                    meter: funding.meter(),
                });
            }
            Some(funding) if !funding.has_terms(credit.amount, credit.currency, credit.kind) => {
                return Err(LedgerError::OtherTerms {
                    amount: funding.amount(),
                });
            }
            Some(funding) if funding.is_being_taken_back() => {
                return Err(LedgerError::BeingTakenBack {
                    sequence: funding.sequence(),
                });
            }
            Some(funding) if funding.still_serves(funding.evidence(), now) => {
                return Ok(funding.evidence().clone());
            }
            Some(funding) => funding.sequence(),
            None => self.book.free_sequence(credit.meter, credit.reference)?,
        };
        let reference = payment_reference(credit.reference);
        let body = CreditEvidence {
            version: Version,
            kind: credit.kind,
            installation: self.installation,
            id: evidence_id(credit.meter, sequence, &reference),
            meter: credit.meter,
            funding_sequence: sequence,
            amount: credit.amount,
            currency: credit.currency,
            reference,
            expires: expiry(now, valid_for)?,
        };
        self.sign(installation, body, credit.reference, keys)
    }

    /// A correction of zero under the sequence of a payment that is to be taken back. Payment and
    /// correction both stand until [`Ledger::settle`] shows which of them the box used. Asked again:
    /// as [`Ledger::credit`].
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was signed then.
    pub fn cancel(
        &mut self,
        installation: &Installation,
        reference: &str,
        now: Time,
        valid_for: Duration,
        keys: &[&SigningKey],
    ) -> Result<MultiSigned<CreditEvidence>, LedgerError> {
        let funding = self
            .book
            .by_reference(reference)
            .ok_or(LedgerError::UnknownReference)?;
        let sequence = funding.sequence();
        if funding.state() == FundingState::Credited {
            return Err(LedgerError::AlreadyCredited { sequence });
        }
        if let Some(correction) = funding.correction()
            && funding.still_serves(correction, now)
        {
            return Ok(correction.clone());
        }
        let digest = correction_reference(reference);
        let payment = &funding.evidence().body;
        let body = CreditEvidence {
            kind: EvidenceKind::Correction,
            id: evidence_id(payment.meter, sequence, &digest),
            amount: Mills::ZERO,
            reference: digest,
            expires: expiry(now, valid_for)?,
            ..payment.clone()
        };
        self.sign(installation, body, reference, keys)
    }

    /// Learns from a box's signed decision which evidence a sequence went to. The same decision
    /// again changes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing changed then. [`LedgerError::UnknownEvidence`] is no proof that the
    /// sequence is lost, and [`LedgerError::Contradiction`] is an alarm.
    pub fn settle(
        &mut self,
        decision: Signed<Decision>,
        installation: &Installation,
    ) -> Result<Settlement, LedgerError> {
        self.check_installation(installation)?;
        let (serial, time) = (decision.body.key, decision.body.time);
        let checked = installation.open_statement(
            decision.clone(),
            serial,
            BoxKind::Meter,
            KeyUsage::Decision,
            time,
        )?;
        if checked.decision != DecisionKind::Refill
            || checked.box_kind != BoxKind::Meter
            || checked.installation != self.installation
        {
            return Err(LedgerError::NotARefill);
        }
        let (funding, state) = self
            .book
            .outcome(&checked)
            .ok_or(LedgerError::UnknownEvidence)?;
        let settlement = Settlement {
            meter: funding.meter(),
            sequence: funding.sequence(),
            reference: funding.reference().to_owned(),
            state,
        };
        match funding.decision() {
            Some(known) if known.body == decision.body => return Ok(settlement),
            Some(_) => {
                return Err(LedgerError::Contradiction {
                    meter: settlement.meter,
                    sequence: settlement.sequence,
                });
            }
            None => {}
        }
        self.append(&Record::Settled(decision.clone()))?;
        self.book.settled(&decision);
        Ok(settlement)
    }

    fn sign(
        &mut self,
        installation: &Installation,
        body: CreditEvidence,
        reference: &str,
        keys: &[&SigningKey],
    ) -> Result<MultiSigned<CreditEvidence>, LedgerError> {
        self.check_installation(installation)?;
        let evidence = sign_by_all(body, &quorum_of(installation, keys)?)?;
        self.append(&Record::Signed(evidence.clone(), reference.to_owned()))?;
        self.book.signed(evidence.clone(), reference);
        Ok(evidence)
    }

    fn check_installation(&self, installation: &Installation) -> Result<(), LedgerError> {
        if installation.transcript().installation != self.installation {
            return Err(LedgerError::OtherInstallation);
        }
        Ok(())
    }

    fn append(&mut self, record: &Record) -> Result<(), LedgerError> {
        let mut chain = self.chain.clone();
        let line = chain.seal(record);
        self.file.append(line.as_bytes())?;
        self.chain = chain;
        Ok(())
    }
}

/// Exactly m of the keys: those with the lowest ids.
fn quorum_of<'k>(
    installation: &Installation,
    keys: &[&'k SigningKey],
) -> Result<Vec<&'k SigningKey>, LedgerError> {
    let treasury = &installation.transcript().treasury;
    let mut signers = keys.to_vec();
    signers.sort_by_key(|key| key.id());
    for (key, next) in signers.iter().zip(signers.iter().skip(1)) {
        if key.id() == next.id() {
            return Err(SignError::Twice(key.id()).into());
        }
    }
    let enrolled = |key: &SigningKey| treasury.keys().iter().any(|e| e.key == key.public());
    if let Some(stranger) = signers.iter().find(|key| !enrolled(key)) {
        return Err(LedgerError::NotEnrolled(stranger.id()));
    }
    if signers.len() < treasury.threshold() {
        return Err(LedgerError::TooFewKeys {
            needed: treasury.threshold(),
        });
    }
    signers.truncate(treasury.threshold());
    Ok(signers)
}

fn check_terms(credit: &Credit<'_>) -> Result<(), LedgerError> {
    let reference = credit.reference;
    let printable = reference.bytes().all(|c| (b' '..=b'~').contains(&c));
    // Two texts that look alike must not be two references, hence no space at the ends.
    if reference.is_empty()
        || reference.len() > REFERENCE_MAX
        || !printable
        || reference.trim() != reference
    {
        return Err(LedgerError::Reference);
    }
    if credit.amount == Mills::ZERO || credit.amount.0 > AMOUNT_MAX {
        return Err(LedgerError::Amount);
    }
    match credit.kind {
        EvidenceKind::Deposit | EvidenceKind::CreditLine => Ok(()),
        EvidenceKind::Correction => Err(LedgerError::Kind),
    }
}

fn expiry(now: Time, valid_for: Duration) -> Result<Time, LedgerError> {
    let span = u64::try_from(valid_for.as_millis()).map_err(|_| LedgerError::Validity)?;
    now.0
        .checked_add(span)
        .filter(|_| span > 0)
        .map(Time)
        .ok_or(LedgerError::Validity)
}
