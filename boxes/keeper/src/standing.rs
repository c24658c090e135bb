//! Acts on the box itself: confirm the time, end the latch, enrol operators, deliver again (P9).

use crate::engine::Keeper;
use crate::redelivery::Redelivering;
use crate::state::{Kept, KeptAct};
use crate::{Clock, Context, Now, Others, Rules, open_act};
use item::{Act, ActBody, BoxId, Layout, MultiSigned, Subject};
use journal::disk::Disk;
use wire::{Delivery, RefusalCode};

/// The subject of acts on a box: its number, in the last two bytes.
#[must_use]
pub fn box_subject(id: BoxId) -> Subject {
    let [low, high] = id.0.to_le_bytes();
    Subject([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, low, high])
}

impl<R: Rules, D: Disk> Keeper<R, D> {
    /// Carries out an act on this box: once.
    pub(crate) fn carry_out(
        &mut self,
        act: MultiSigned<Act>,
        now: Now,
    ) -> Result<Option<Delivery>, RefusalCode> {
        let context = Context {
            // Not box time: the act may be there because that stands still.
            now: now.wall,
            installation: &self.ground.installation,
            operators: &self.operators,
            keys: self.records.in_force(),
            epochs: self.ground.window(),
            entropy: self.entropy.as_mut(),
            others: Others::new(&self.records, &self.subjects),
        };
        let act = open_act(
            &context,
            R::KIND,
            box_subject(self.ground.id),
            self.act_sequence,
            act,
        )?;
        let mut kept = KeptAct {
            sequence: act.sequence,
            digest: act.digest(),
            time: self.clock.latest(),
            operators: None,
            unlatched: false,
        };
        let mut found = None;
        let mut redelivering = None;
        match &act.body {
            ActBody::ConfirmTime(time) if Clock::agrees(now, *time) => kept.time = now.wall,
            ActBody::ConfirmTime(_) => return Err(RefusalCode::ClockDoubtful),
            ActBody::Unlatch => kept.unlatched = true,
            ActBody::Enrol(quorum) => kept.operators = Some(quorum.clone()),
            ActBody::Redeliver { subject, counter } => {
                found = Some(self.find(*subject, *counter).ok_or(RefusalCode::Unknown)?);
            }
            ActBody::RedeliverFrom(from) => {
                redelivering = Some(Redelivering {
                    act: kept.digest,
                    from: *from,
                    expires: act.expires,
                });
            }
            ActBody::Register { .. }
            | ActBody::License { .. }
            | ActBody::Activate
            | ActBody::Suspend(_)
            | ActBody::Resume(_)
            | ActBody::Withdraw
            | ActBody::RefundBalance(_)
            | ActBody::SetLimits { .. }
            | ActBody::Inspect { .. }
            | ActBody::SetUser { .. }
            | ActBody::Recover(_)
            | ActBody::Reissue(_)
            | ActBody::OpenEpoch { .. } => return Err(RefusalCode::Mismatch),
        }
        if let Err(failed) = self.keep(Kept::BoxAct, &kept.to_bytes()) {
            self.failed = Some(failed.0);
            return Err(RefusalCode::Internal);
        }
        self.act_sequence = kept.sequence;
        self.redelivering = redelivering;
        self.latched &= !kept.unlatched;
        if let Some(operators) = kept.operators {
            self.operators = operators;
        }
        if matches!(act.body, ActBody::ConfirmTime(_)) {
            self.clock.confirm(now);
        }
        Ok(found)
    }
}
