//! What the ledger's lines add up to. No file and no key is here: `Ledger` decides, writes the
//! line, and then books it; opening books the same lines again, by the same rules.

use super::{Credit, LedgerError, Refunded, correction_reference, payment_reference};
use item::{
    Act, ActBody, Beneficiary, CreditEvidence, Currency, Decision, DecisionKind, Digest,
    EvidenceKind, Layout, MeterSerial, Mills, MultiSigned, Signed, Time,
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

/// How the references of transfers begin.
const TRANSFERS: &str = "balance-refund-";

/// What a decision paid out, if the act is the one that it names.
pub(super) fn refunded(decision: &Signed<Decision>, act: &MultiSigned<Act>) -> Option<Refunded> {
    let ActBody::RefundBalance(refund) = act.body.body else {
        return None;
    };
    let meter = MeterSerial::of_subject(&decision.body.subject)?;
    let names = decision.body.decision == DecisionKind::BalanceRefund
        && decision.body.evidence == statement_digest(&act.to_bytes())
        && act.body.subject == decision.body.subject;
    names.then(|| Refunded {
        meter,
        refund,
        reference: verify::refund_reference(&statement_digest(&decision.to_bytes())),
        decision: decision.clone(),
    })
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
    /// Balances that were paid out, by the meter that was closed.
    refunds: BTreeMap<MeterSerial, Refunded>,
}

impl Book {
    pub(super) fn fundings(&self) -> impl Iterator<Item = &Funding> {
        self.fundings.values()
    }

    pub(super) fn by_reference(&self, reference: &str) -> Option<&Funding> {
        self.fundings.get(self.references.get(reference)?)
    }

    pub(super) fn refunds(&self) -> impl Iterator<Item = &Refunded> {
        self.refunds.values()
    }

    pub(super) fn refund_of(&self, meter: MeterSerial) -> Option<&Refunded> {
        self.refunds.get(&meter)
    }

    /// Whether a payment may have this reference: that of a transfer is the transfer's alone.
    pub(super) fn allows(&self, credit: &Credit<'_>) -> Result<(), LedgerError> {
        if !credit.reference.starts_with(TRANSFERS) {
            return Ok(());
        }
        let refunded = self
            .refunds()
            .find(|refunded| refunded.reference == credit.reference)
            .ok_or(LedgerError::NotABalance)?;
        let Beneficiary::Meter {
            serial,
            funding_sequence,
        } = refunded.refund.beneficiary
        else {
            return Err(LedgerError::NotABalance);
        };
        let fits = (serial, refunded.refund.amount) == (credit.meter, credit.amount)
            && credit.kind == EvidenceKind::Deposit;
        if !fits {
            return Err(LedgerError::NotABalance);
        }
        let sequence = match self.by_reference(credit.reference) {
            Some(funding) => funding.sequence(),
            None => self.free_sequence(serial, credit.reference)?,
        };
        if sequence == funding_sequence {
            Ok(())
        } else {
            Err(LedgerError::SequenceTaken {
                sequence: funding_sequence,
            })
        }
    }

    /// Books a balance that was paid out. `None` if the act is not the decision's, or the meter's was
    /// booked before; nothing changed then.
    pub(super) fn book_refund(
        &mut self,
        decision: &Signed<Decision>,
        act: &MultiSigned<Act>,
    ) -> Option<()> {
        let refunded = refunded(decision, act)?;
        if self.refunds.contains_key(&refunded.meter) {
            return None;
        }
        self.refunds.insert(refunded.meter, refunded);
        Some(())
    }

    /// The sequence that a new payment gets on this meter: one above the last, which is settled. A
    /// transfer that is booked and not signed yet holds its own.
    pub(super) fn free_sequence(
        &self,
        meter: MeterSerial,
        reference: &str,
    ) -> Result<u64, LedgerError> {
        let next = self.sequence_behind(meter)?;
        let waits = self.refunds().find(|refunded| {
            let to = Beneficiary::Meter {
                serial: meter,
                funding_sequence: next,
            };
            refunded.refund.beneficiary == to && refunded.reference != reference
        });
        match waits {
            Some(refunded) => Err(LedgerError::Outstanding {
                reference: refunded.reference.clone(),
                sequence: next,
            }),
            None => Ok(next),
        }
    }

    fn sequence_behind(&self, meter: MeterSerial) -> Result<u64, LedgerError> {
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
            if self.free_sequence(place.0, reference).ok()? != place.1 {
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
