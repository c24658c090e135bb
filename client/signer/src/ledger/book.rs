//! What the ledger's lines add up to. No file and no key is here: `Ledger` decides, writes the
//! line, and then books it; opening books the same lines again, by the same rules.

use super::{LedgerError, correction_reference, payment_reference};
use item::{
    CreditEvidence, Currency, Decision, Digest, EvidenceKind, Layout, MeterSerial, Mills,
    MultiSigned, Signed, Time,
};
use std::collections::{BTreeMap, HashMap};
use verify::{evidence_id, statement_digest};

/// What became of a funding sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FundingState {
    /// Evidence is signed, no decision is known.
    Outstanding,
    /// The box used the payment.
    Credited,
    /// The box used the correction: the payment is free again.
    TakenBack,
}

/// One funding sequence of one meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funding {
    reference: String,
    evidence: MultiSigned<CreditEvidence>,
    correction: Option<MultiSigned<CreditEvidence>>,
    settled: Option<(FundingState, Signed<Decision>)>,
}

impl Funding {
    /// The payment's reference.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The meter.
    #[must_use]
    pub fn meter(&self) -> MeterSerial {
        self.evidence.body.meter
    }

    /// The funding sequence, from 1.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.evidence.body.funding_sequence
    }

    /// How much.
    #[must_use]
    pub fn amount(&self) -> Mills {
        self.evidence.body.amount
    }

    /// What became of it.
    #[must_use]
    pub fn state(&self) -> FundingState {
        match &self.settled {
            None => FundingState::Outstanding,
            Some((state, _)) => *state,
        }
    }

    /// The newest signing of the payment's evidence.
    #[must_use]
    pub fn evidence(&self) -> &MultiSigned<CreditEvidence> {
        &self.evidence
    }

    /// The newest signing of its correction.
    #[must_use]
    pub fn correction(&self) -> Option<&MultiSigned<CreditEvidence>> {
        self.correction.as_ref()
    }

    /// The decision that settled it.
    #[must_use]
    pub fn decision(&self) -> Option<&Signed<Decision>> {
        self.settled.as_ref().map(|(_, decision)| decision)
    }

    /// A correction is signed and no decision is known.
    #[must_use]
    pub fn is_being_taken_back(&self) -> bool {
        self.settled.is_none() && self.correction.is_some()
    }

    pub(super) fn has_terms(&self, amount: Mills, currency: Currency, kind: EvidenceKind) -> bool {
        let body = &self.evidence.body;
        (body.amount, body.currency, body.kind) == (amount, currency, kind)
    }

    /// Whether there is no use in signing it anew: it is valid still, or its sequence was used.
    pub(super) fn still_serves(&self, signed: &MultiSigned<CreditEvidence>, now: Time) -> bool {
        self.settled.is_some() || now < signed.body.expires
    }
}

type Place = (MeterSerial, u64);

/// All fundings, with the two indexes that decide: by reference, and by what a box may have used.
#[derive(Debug, Default)]
pub(super) struct Book {
    fundings: BTreeMap<Place, Funding>,
    /// Newest funding of each reference.
    references: HashMap<String, Place>,
    /// Every signing ever, expired ones included: a box may have used any of them.
    signings: HashMap<Digest, (Place, FundingState)>,
}

impl Book {
    pub(super) fn fundings(&self) -> impl Iterator<Item = &Funding> {
        self.fundings.values()
    }

    pub(super) fn by_reference(&self, reference: &str) -> Option<&Funding> {
        self.fundings.get(self.references.get(reference)?)
    }

    /// The sequence that a new payment gets on this meter: one above the last, which is settled.
    pub(super) fn free_sequence(&self, meter: MeterSerial) -> Result<u64, LedgerError> {
        let mut of_meter = self.fundings.range((meter, 0)..=(meter, u64::MAX));
        match of_meter.next_back() {
            None => Ok(1),
            Some((_, last)) if last.state() == FundingState::Outstanding => {
                Err(LedgerError::Outstanding {
                    reference: last.reference.clone(),
                    sequence: last.sequence(),
                })
            }
            Some((_, last)) => last
                .sequence()
                .checked_add(1)
                .ok_or(LedgerError::SequencesUsedUp),
        }
    }

    /// Which funding a decision is about and what it makes of it. `None`: the evidence that it used
    /// was not signed here, or for another meter.
    pub(super) fn outcome(&self, decision: &Decision) -> Option<(&Funding, FundingState)> {
        let (place, state) = self.signings.get(&decision.evidence)?;
        let funding = self.fundings.get(place)?;
        (funding.meter().subject() == decision.subject).then_some((funding, *state))
    }

    /// Books a signing. `None` if no rule of the ledger allows it; nothing changed then.
    pub(super) fn signed(
        &mut self,
        evidence: MultiSigned<CreditEvidence>,
        reference: &str,
    ) -> Option<()> {
        let body = &evidence.body;
        let place = (body.meter, body.funding_sequence);
        if body.id != evidence_id(body.meter, body.funding_sequence, &body.reference) {
            return None;
        }
        let digest = statement_digest(&evidence.to_bytes());
        let state = match body.kind {
            EvidenceKind::Deposit | EvidenceKind::CreditLine => {
                self.book_payment(place, evidence, reference)?;
                FundingState::Credited
            }
            EvidenceKind::Correction => {
                self.book_correction(place, evidence, reference)?;
                FundingState::TakenBack
            }
        };
        self.signings.insert(digest, (place, state));
        Some(())
    }

    fn book_payment(
        &mut self,
        place: Place,
        evidence: MultiSigned<CreditEvidence>,
        reference: &str,
    ) -> Option<()> {
        let body = &evidence.body;
        if body.reference != payment_reference(reference) {
            return None;
        }
        let live = self
            .by_reference(reference)
            .is_some_and(|f| f.state() != FundingState::TakenBack);
        if !live {
            if self.free_sequence(place.0).ok()? != place.1 {
                return None;
            }
            self.references.insert(reference.to_owned(), place);
            let funding = Funding {
                reference: reference.to_owned(),
                evidence,
                correction: None,
                settled: None,
            };
            self.fundings.insert(place, funding);
            return Some(());
        }
        // Signed anew: the same payment in the same place with a later expiry, nothing else.
        let funding = self.unsettled(place, reference)?;
        if funding.correction.is_some()
            || !funding.has_terms(body.amount, body.currency, body.kind)
            || body.expires <= funding.evidence.body.expires
        {
            return None;
        }
        funding.evidence = evidence;
        Some(())
    }

    fn book_correction(
        &mut self,
        place: Place,
        evidence: MultiSigned<CreditEvidence>,
        reference: &str,
    ) -> Option<()> {
        let body = &evidence.body;
        if body.reference != correction_reference(reference) || body.amount != Mills::ZERO {
            return None;
        }
        self.unsettled(place, reference)?.correction = Some(evidence);
        Some(())
    }

    fn unsettled(&mut self, place: Place, reference: &str) -> Option<&mut Funding> {
        self.fundings
            .get_mut(&place)
            .filter(|f| f.reference == reference && f.settled.is_none())
    }

    /// Books a decision. `None` if it is about nothing outstanding; nothing changed then.
    pub(super) fn settled(&mut self, decision: &Signed<Decision>) -> Option<()> {
        let (funding, state) = self.outcome(&decision.body)?;
        let place = (funding.meter(), funding.sequence());
        let funding = self.fundings.get_mut(&place)?;
        if funding.settled.is_some() {
            return None;
        }
        funding.settled = Some((state, decision.clone()));
        Some(())
    }
}
