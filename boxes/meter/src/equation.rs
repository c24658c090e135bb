//! V2 around every change: deposits + item credits = AR + DR + balance refunds. No rule that moves
//! a register is here.

use item::{DecisionKind, MeterRecord, Mills};
use keeper::{Change, Fresh};
use wire::RefusalCode;

/// A fresh record whose registers add up, and the change of it that is being worked on.
///
/// Made from [`Fresh`] only, or for a re-issue, and turned into a [`Change`] only by [`Balanced::close`].
pub(crate) struct Balanced {
    record: MeterRecord,
    /// Balance refunds by V2 before the change.
    refunds: Mills,
}

impl Balanced {
    /// Uses the record up if it keeps V2.
    ///
    /// # Errors
    /// [`RefusalCode::Equation`].
    pub(crate) fn open(fresh: Fresh<MeterRecord>) -> Result<Self, RefusalCode> {
        Self::remembered(fresh.into_body())
    }

    /// The same of a record whose registers are what this box remembers.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn remembered(record: MeterRecord) -> Result<Self, RefusalCode> {
        let refunds = record.balance_refunds().ok_or(RefusalCode::Equation)?;
        Ok(Self { record, refunds })
    }

    /// The record as changed so far.
    pub(crate) fn record(&self) -> &MeterRecord {
        &self.record
    }

    /// To change it.
    pub(crate) fn record_mut(&mut self) -> &mut MeterRecord {
        &mut self.record
    }

    /// The change, if the record keeps V2 after it with the same balance refunds as before.
    ///
    /// # Errors
    /// [`RefusalCode::Equation`].
    pub(crate) fn close(self, kind: DecisionKind) -> Result<Change<MeterRecord>, RefusalCode> {
        self.close_paying(kind, Mills::ZERO)
    }

    /// The same of a change that paid so much out of the meter: the one rule that does is in `acts`.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn close_paying(
        self,
        kind: DecisionKind,
        paid: Mills,
    ) -> Result<Change<MeterRecord>, RefusalCode> {
        if self.record.balance_refunds() != self.refunds.plus(paid) {
            return Err(RefusalCode::Equation);
        }
        let head = self.record.item_head;
        let mut change = Change::of(self.record, kind);
        change.head = head;
        Ok(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manufacture::new_record;
    use item::{
        AccountId, Ascii, Currency, Digest, Epoch, InstallationId, ItemKind, KeySerial,
        ManufactureReceipt, MeterSerial, PostId, RequestId, Suite, Time,
    };

    fn balanced(deposits: u64, ascending: u64, descending: u64) -> Balanced {
        let receipt = ManufactureReceipt {
            version: item::Version,
            suite: Suite::Ed25519,
            key: KeySerial(3),
            installation: InstallationId::ZERO,
            epoch: Epoch(202_611),
            serial: MeterSerial(1),
            manufacturing_number: 1,
            account: AccountId::ZERO,
            item_kind: ItemKind::Postage,
            post: PostId(1),
            currency: Currency(840),
            vendor: Ascii::new(*b"IN").unwrap(),
            model: Ascii::new(*b"S1").unwrap(),
            request: RequestId::ZERO,
            time: Time(0),
            transcript: Digest::ZERO,
        };
        let mut record = new_record(&receipt, Suite::Ed25519, true, [[0; 60]; 2]);
        record.deposits = Mills(deposits);
        record.ascending = Mills(ascending);
        record.descending = Mills(descending);
        let refunds = record.balance_refunds().unwrap();
        Balanced { record, refunds }
    }

    /// A rule that moves registers wrongly makes no change, whatever it checked before.
    #[test]
    fn no_change_leaves_v2_broken_or_pays_back() {
        type Rule = fn(&mut MeterRecord);
        let cases: [(&str, Rule, bool); 8] = [
            ("nothing", |_| (), true),
            (
                "an item",
                |r| (r.ascending, r.descending) = (Mills(30), Mills(60)),
                true,
            ),
            (
                "a deposit",
                |r| (r.deposits, r.descending) = (Mills(105), Mills(75)),
                true,
            ),
            ("debit without item", |r| r.descending = Mills(69), false),
            ("item without debit", |r| r.ascending = Mills(21), false),
            (
                "item of another value",
                |r| (r.ascending, r.descending) = (Mills(30), Mills(61)),
                false,
            ),
            ("deposit not counted", |r| r.descending = Mills(75), false),
            ("deposit not booked", |r| r.deposits = Mills(105), false),
        ];
        for (name, rule, holds) in cases {
            // Ten were paid back earlier.
            let mut meter = balanced(100, 20, 70);
            rule(meter.record_mut());
            let closed = meter.close(DecisionKind::Dispense);
            assert_eq!(
                closed.err(),
                (!holds).then_some(RefusalCode::Equation),
                "{name}"
            );
        }
    }
}
