//! V2 around every change: deposits + item credits = AR + DR + balance refunds. No rule that moves
//! a register is here.

use item::{DecisionKind, MeterRecord, Mills};
use keeper::{Change, Fresh};
use wire::RefusalCode;

/// A fresh record whose registers add up, and the change of it that is being worked on.
///
/// Made from [`Fresh`] only, and turned into a [`Change`] only by [`Balanced::close`].
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
        let record = fresh.into_body();
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

    /// The change, if the record keeps V2 after it with the same balance refunds as before: no
    /// rule of this box pays back yet.
    ///
    /// # Errors
    /// [`RefusalCode::Equation`].
    pub(crate) fn close(self, kind: DecisionKind) -> Result<Change<MeterRecord>, RefusalCode> {
        if self.record.balance_refunds() != Some(self.refunds) {
            return Err(RefusalCode::Equation);
        }
        let head = self.record.item_head;
        let mut change = Change::of(self.record, kind);
        change.head = head;
        Ok(change)
    }
}
