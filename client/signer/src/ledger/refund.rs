//! Balances that were paid out of meters (P24): booked once, against the box's own decision. A transfer
//! to another meter becomes a payment under a reference that nothing else can have.

use super::{Credit, Ledger, LedgerError, Record};
use crate::SigningKey;
use item::{
    Act, BalanceRefund, Beneficiary, BoxKind, CreditEvidence, Currency, Decision, DecisionKind,
    EvidenceKind, KeyUsage, MeterSerial, MultiSigned, Signed, Time,
};
use std::time::Duration;
use verify::Installation;

/// A balance that was paid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refunded {
    /// The meter that was closed.
    pub meter: MeterSerial,
    /// How much, and who gets it.
    pub refund: BalanceRefund,
    /// Names it for good; the reference of the payment that a transfer makes.
    pub reference: String,
    pub(super) decision: Signed<Decision>,
}

impl Ledger {
    /// Books what a box paid out, with the act that names who gets it. The same again changes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing was booked then. [`LedgerError::PaidTwice`] is an alarm.
    pub fn refund(
        &mut self,
        decision: Signed<Decision>,
        act: MultiSigned<Act>,
        installation: &Installation,
    ) -> Result<Refunded, LedgerError> {
        self.check_installation(installation)?;
        let (serial, time) = (decision.body.key, decision.body.time);
        let checked = installation.open_statement(
            decision.clone(),
            serial,
            BoxKind::Meter,
            KeyUsage::Decision,
            time,
        )?;
        if checked.decision != DecisionKind::BalanceRefund
            || checked.box_kind != BoxKind::Meter
            || checked.installation != self.installation
        {
            return Err(LedgerError::NotABalance);
        }
        let refunded = super::book::refunded(&decision, &act).ok_or(LedgerError::NotABalance)?;
        match self.book.refund_of(refunded.meter) {
            Some(known) if known.decision.body == decision.body => return Ok(known.clone()),
            Some(known) => return Err(LedgerError::PaidTwice { meter: known.meter }),
            None => {}
        }
        self.append(&Record::Refunded(decision.clone(), act.clone()))?;
        self.book.book_refund(&decision, &act);
        Ok(refunded)
    }

    /// Every balance that was paid out, by meter.
    pub fn refunds(&self) -> impl Iterator<Item = &Refunded> {
        self.book.refunds()
    }

    /// The funding sequence that the next payment of this meter gets: what a transfer names.
    ///
    /// # Errors
    /// [`LedgerError::Outstanding`] while another payment waits.
    pub fn next_sequence(&self, meter: MeterSerial) -> Result<u64, LedgerError> {
        self.book.free_sequence(meter, "")
    }

    /// Evidence that credits a transfer to its meter; as [`Ledger::credit`].
    ///
    /// # Errors
    /// [`LedgerError::NotABalance`] if the treasury itself gets the balance; as [`Ledger::credit`].
    pub fn transfer(
        &mut self,
        installation: &Installation,
        refunded: &Refunded,
        currency: Currency,
        now: Time,
        valid_for: Duration,
        keys: &[&SigningKey],
    ) -> Result<MultiSigned<CreditEvidence>, LedgerError> {
        let Beneficiary::Meter { serial, .. } = refunded.refund.beneficiary else {
            return Err(LedgerError::NotABalance);
        };
        let credit = Credit {
            meter: serial,
            reference: &refunded.reference,
            amount: refunded.refund.amount,
            currency,
            kind: EvidenceKind::Deposit,
        };
        self.credit(installation, &credit, now, valid_for, keys)
    }
}
