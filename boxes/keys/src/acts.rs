//! Acts on the keys box: confirm the time (P26), open an epoch (P3), and its own part in that.

use crate::opening::Order;
use crate::service::KeysBox;
use crate::state::{Kept, KeptOpened, KeptTime};
use item::{Act, ActBody, BoxKind, Epoch, Layout, MultiSigned, Time};
use journal::disk::Disk;
use keeper::{Addressee, Clock, Now, box_subject};
use verify::statement_digest;
use wire::{EpochPackage, OpenedEpoch, RefusalCode};

impl<D: Disk> KeysBox<D> {
    /// Carries out an act on this box: it confirms the clock (P26), or opens an epoch (P3).
    pub(crate) fn carry_out(
        &mut self,
        shown: MultiSigned<Act>,
        time: Result<Time, RefusalCode>,
        now: Now,
    ) -> Result<(), RefusalCode> {
        let digest = statement_digest(&shown.to_bytes());
        if self.opened.iter().any(|kept| kept.act == digest) {
            // Its answer was lost: what it made is there to be asked for.
            return Ok(());
        }
        let transcript = self.ground.installation.transcript();
        let act = Addressee {
            now: now.wall,
            installation: transcript.installation,
            operators: &transcript.operators,
            kind: BoxKind::Keys,
            subject: box_subject(self.ground.id),
            last_sequence: self.head.act_sequence,
        }
        .open(shown)?;
        match act.body {
            ActBody::ConfirmTime(time) if Clock::agrees(now, time) => {
                let kept = KeptTime {
                    act_sequence: act.sequence,
                    time: now.wall,
                };
                self.keep(Kept::ConfirmTime, &kept.to_bytes())?;
                self.clock.confirm(now);
            }
            ActBody::ConfirmTime(_) => return Err(RefusalCode::ClockDoubtful),
            ActBody::OpenEpoch { epoch, starts } => {
                let order = Order {
                    epoch,
                    starts,
                    act: digest,
                };
                self.open_epoch(&order, act.sequence, time?)?;
            }
            _ => return Err(RefusalCode::Mismatch),
        }
        self.head.act_sequence = act.sequence;
        Ok(())
    }

    /// Makes an epoch, once, and writes it down.
    fn open_epoch(
        &mut self,
        order: &Order,
        act_sequence: u64,
        now: Time,
    ) -> Result<(), RefusalCode> {
        // First whether it was opened before: who lost the answer to that asks again.
        order.check(self.public.newest_epoch(), now)?;
        // Once the one before is in force here, every other box has it too: this one takes its keys
        // last. So no box is ever two epochs behind another.
        if self.ground.window().current != self.public.newest_epoch().epoch {
            return Err(RefusalCode::EpochStart);
        }
        let suite = self.ground.statements.1.public().suite();
        let opened = order
            .open(&self.public, &self.root, suite, self.entropy.as_mut())
            .map_err(|_| RefusalCode::Internal)?;
        let mut public = self.public.clone();
        public
            .learn(opened.opening.as_slice())
            .map_err(|_| RefusalCode::Internal)?;
        let kept = KeptOpened {
            act_sequence,
            act: order.act,
            opened,
        };
        self.keep(Kept::Opened, &kept.to_bytes())?;
        self.public = public;
        self.opened.push(kept);
        Ok(())
    }

    /// Takes this box's own keys of an epoch, handed to it as to any other box.
    pub(crate) fn take_epoch(&mut self, asked: EpochPackage) -> Result<Epoch, RefusalCode> {
        if let Some(kept) = self.ground.open_epoch(asked)? {
            self.keep(Kept::Taken, &kept.to_bytes())?;
            let added = self.ground.add_epoch(kept);
            added.map_err(|error| self.fail(error.to_string()))?;
        }
        Ok(self.ground.installation.newest_epoch().epoch)
    }

    /// The epoch that follows `epoch`, if one was opened.
    pub(crate) fn epoch_after(&self, epoch: Epoch) -> Option<OpenedEpoch> {
        let openings = self.public.openings().iter();
        let place = openings.take_while(|o| o.epoch().previous < epoch).count();
        let kept = self.opened.get(place)?;
        Some(kept.opened.clone())
    }
}
