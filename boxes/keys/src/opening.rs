//! Opens an epoch (P3): new masters for every kind of box, new issuing keys with certificates of the
//! root, and one sealed package a box. Token masters stay: each meter's token keys are sealed in its
//! record, which is re-sealed.
//!
//! Not here: that operators ordered it, and that it is written down before anybody hears of it
//! (`service`). A box's package can be opened by that box only, and is believed only because the
//! root's opening names its digest; this box takes its own in the same way.

use crate::CeremonyError;
use crate::issuer::{Issuer, OF_EPOCH, masters, masters_of};
use item::{
    Bytes, Day, Digest, Epoch, EpochDescriptor, EpochOpening, KeySerial, Layout, List, PackageName,
    Suite, Time, Version,
};
use vault::{Enrolment, Entropy, EpochKeys, SigningKey};
use verify::{Installation, Tag, digest};
use wire::{OpenedEpoch, RefusalCode, SealedPackage};

/// An epoch starts at most this long after it is ordered, milliseconds: 92 days. One that is ordered
/// for next year by mistake would stand in the way of all before it.
const AHEAD_MAX: u64 = 92 * 86_400_000;
/// The month that names an epoch is at most this long after the one that it starts in.
const MONTHS_AHEAD_MAX: u32 = 12;

/// What was ordered.
pub(crate) struct Order {
    pub(crate) epoch: Epoch,
    pub(crate) starts: Time,
    pub(crate) act: Digest,
}

impl Order {
    /// Whether this epoch may follow, and start then.
    ///
    /// # Errors
    /// `EpochOrder` if it is no month, or not after the newest; `EpochStart` if it would start in the
    /// past, too late, or not after the newest did, or is named after a month too far from that.
    pub(crate) fn check(&self, newest: &EpochDescriptor, now: Time) -> Result<(), RefusalCode> {
        let months = self.epoch.months().ok_or(RefusalCode::EpochOrder)?;
        if self.epoch <= newest.epoch {
            return Err(RefusalCode::EpochOrder);
        }
        let starts_in = Day::of_time(self.starts).month().months();
        let last = starts_in.map_or(0, |m| m.saturating_add(MONTHS_AHEAD_MAX));
        let latest = Time(now.0.saturating_add(AHEAD_MAX));
        if self.starts < now
            || self.starts > latest
            || self.starts <= newest.starts
            || months > last
        {
            return Err(RefusalCode::EpochStart);
        }
        Ok(())
    }

    /// Makes everything.
    ///
    /// # Errors
    /// [`CeremonyError`]: nothing was handed out.
    pub(crate) fn open(
        &self,
        installation: &Installation,
        root: &SigningKey,
        suite: Suite,
        entropy: &mut dyn Entropy,
    ) -> Result<OpenedEpoch, CeremonyError> {
        let transcript = installation.transcript();
        let serials = installation.certificates().map(|c| c.serial);
        let mut issuer = Issuer {
            root,
            installation: transcript.installation,
            epoch: self.epoch,
            suite,
            from: self.starts,
            last: serials.max().unwrap_or(KeySerial(0)),
            certificates: Vec::new(),
            kept: Vec::new(),
        };
        for (kind, usage) in OF_EPOCH {
            issuer.issue(kind, usage, entropy)?;
        }
        let masters = masters(self.epoch, entropy)?;
        let mut packages = Vec::new();
        for one in &transcript.boxes {
            let keys = EpochKeys {
                version: Version,
                kind: one.kind,
                id: one.id,
                epoch: self.epoch,
                masters: List::new(masters_of(&masters, one.kind))?,
                signing: List::new(issuer.kept_by(one.kind))?,
            };
            packages.push(SealedPackage {
                kind: one.kind,
                id: one.id,
                package: Bytes::new(Enrolment::seal_to(&one.enrolment, &keys.to_bytes())?)?,
            });
        }
        let names = packages.iter().map(|sealed| PackageName {
            kind: sealed.kind,
            id: sealed.id,
            digest: digest(Tag::EPOCH_PACKAGE, &[sealed.package.as_slice()]),
        });
        let opening = root.sign_body(EpochOpening {
            version: Version,
            descriptor: root.sign_body(EpochDescriptor {
                version: Version,
                installation: transcript.installation,
                epoch: self.epoch,
                previous: installation.newest_epoch().epoch,
                starts: self.starts,
            })?,
            act: self.act,
            packages: List::new(names.collect())?,
            certificates: List::new(issuer.certificates)?,
        })?;
        Ok(OpenedEpoch {
            opening: Bytes::new(opening.to_bytes())?,
            packages: List::new(packages)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::InstallationId;

    const DAY: u64 = 86_400_000;
    /// 2026-11-28.
    const NOW: Time = Time(20_785 * DAY);

    #[test]
    fn an_epoch_follows_the_newest_and_starts_soon_p3() {
        let newest = EpochDescriptor {
            version: Version,
            installation: InstallationId([1; 16]),
            epoch: Epoch(202_611),
            previous: Epoch(202_611),
            starts: Time(NOW.0 - DAY),
        };
        let later = EpochDescriptor {
            starts: Time(NOW.0 + 2 * DAY),
            ..newest.clone()
        };
        let first = Epoch(202_612).begins().unwrap();
        let (order, start) = (RefusalCode::EpochOrder, RefusalCode::EpochStart);
        for (name, epoch, starts, newest, outcome) in [
            ("next month", 202_612, first.0, &newest, Ok(())),
            ("at once", 202_612, NOW.0, &newest, Ok(())),
            ("a year ahead by name", 202_711, NOW.0, &newest, Ok(())),
            ("the same", 202_611, first.0, &newest, Err(order)),
            ("an older one", 202_610, first.0, &newest, Err(order)),
            ("no month", 202_613, first.0, &newest, Err(order)),
            ("no month at all", 202_700, first.0, &newest, Err(order)),
            ("in the past", 202_612, NOW.0 - 1, &newest, Err(start)),
            ("92 days", 202_701, NOW.0 + 92 * DAY, &newest, Ok(())),
            ("later", 202_701, NOW.0 + 92 * DAY + 1, &newest, Err(start)),
            ("named too far", 202_712, NOW.0, &newest, Err(start)),
            (
                "with the newest",
                202_612,
                later.starts.0,
                &later,
                Err(start),
            ),
        ] {
            let asked = Order {
                epoch: Epoch(epoch),
                starts: Time(starts),
                act: Digest::ZERO,
            };
            assert_eq!(asked.check(newest, NOW), outcome, "{name}");
        }
    }
}
