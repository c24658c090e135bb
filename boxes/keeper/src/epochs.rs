//! Epochs of one box (P3): which it has keys of, which is in force at a time, and how it takes the
//! keys of the next. Called by the keeper and by the keys box alike.
//!
//! Not here: who orders an epoch and makes its keys (`keys`); what sealed fields a record has (the
//! rule sets). An epoch is put in force by box time alone, at the start that its opening names, so
//! what a box signs is always within the validity of the certificate that it names. A box that takes
//! the keys later than that goes on with the epoch before until it does.

use crate::{Ground, StartError};
use item::{Bytes, Epoch, KeySerial, KeyUsage, Layout, Signed, Time, layout};
use std::ops::Range;
use vault::{AuthorityKeys, EpochKeys, MacKey, Purpose};
use verify::{Installation, Tag, TrustError, digest};
use wire::limits::OPENING_MAX;
use wire::{EpochPackage, RefusalCode};

layout! {
    /// An epoch that was taken, as the journal keeps it: sealed there, since it holds the keys.
    pub struct KeptEpoch {
        /// The root's opening.
        pub opening: Bytes<OPENING_MAX>,
        /// This box's keys.
        pub keys: EpochKeys,
    }
}

/// The epoch in force and its neighbours: what another box made is believed if it names one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The one before; none for the first.
    pub previous: Option<Epoch>,
    /// The one in force.
    pub current: Epoch,
    /// The one to come, once this box has its keys.
    pub next: Option<Epoch>,
}

impl Window {
    /// Whether receipts of this epoch are believed.
    #[must_use]
    pub fn accepts(&self, epoch: Epoch) -> bool {
        self.current == epoch || self.previous == Some(epoch) || self.next == Some(epoch)
    }

    /// Whether the epoch is older than all of them.
    #[must_use]
    pub fn is_past(&self, epoch: Epoch) -> bool {
        epoch < self.previous.unwrap_or(self.current)
    }
}

/// Which epoch is in force, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct InForce {
    pub(crate) window: Window,
    /// From its start to the start of the next one that this box has keys of.
    pub(crate) during: Range<Time>,
}

impl InForce {
    /// Of all epochs that an installation has opened and this box has taken. The first of them began
    /// with the ceremony: it is in force at any time before the second.
    pub(crate) fn at(installation: &Installation, time: Time) -> Self {
        let epochs: Vec<_> = installation.epochs().collect();
        let later = epochs.iter().skip(1);
        let begun = later.take_while(|e| e.starts <= time).count();
        let of = |place: usize| epochs.get(place).map(|e| e.epoch);
        let starts = |place: usize| epochs.get(place).map(|e| e.starts);
        let next = begun.saturating_add(1);
        let from = if begun == 0 { None } else { starts(begun) };
        Self {
            window: Window {
                previous: begun.checked_sub(1).and_then(of),
                current: of(begun).unwrap_or(installation.newest_epoch().epoch),
                next: of(next),
            },
            during: from.unwrap_or(Time(0))..starts(next).unwrap_or(Time(u64::MAX)),
        }
    }
}

/// What this box signs with in an epoch: newest key of a usage, with its certificate's serial.
fn is_of(installation: &Installation, epoch: Epoch, serial: KeySerial) -> bool {
    let mut certificates = installation.certificates();
    certificates.any(|c| c.serial == serial && c.epoch == epoch)
}

impl Ground {
    /// The epoch in force and its neighbours.
    #[must_use]
    pub fn window(&self) -> Window {
        self.in_force.window
    }

    /// Every epoch that this box has keys of, ascending.
    pub fn epochs(&self) -> impl Iterator<Item = Epoch> {
        self.installation.epochs().map(|e| e.epoch)
    }

    /// The key of a usage that is in force.
    ///
    /// # Errors
    /// [`StartError::Package`] if this box was not given one.
    pub fn signing_key(
        &self,
        usage: KeyUsage,
    ) -> Result<(KeySerial, vault::SigningKey), StartError> {
        self.signing_key_of(usage, self.window().current)
    }

    /// The key of a usage, of one epoch.
    ///
    /// # Errors
    /// As there.
    pub fn signing_key_of(
        &self,
        usage: KeyUsage,
        epoch: Epoch,
    ) -> Result<(KeySerial, vault::SigningKey), StartError> {
        let installation = &self.installation;
        let certified = |key: &vault::KeptKey| is_of(installation, epoch, key.serial);
        Ok(self.package.newest_of(usage, certified)?)
    }

    /// The authority keys of the window.
    ///
    /// # Errors
    /// [`StartError::Package`] if this box was not given them.
    pub fn authority_keys(&self) -> Result<AuthorityKeys, StartError> {
        let of = |epoch| -> Result<(Epoch, MacKey), StartError> {
            let master = self.package.master(Purpose::Authority, epoch)?;
            Ok((epoch, MacKey::new(master)))
        };
        let Window {
            previous,
            current,
            next,
        } = self.window();
        let neighbours = previous.into_iter().chain(next).map(of);
        Ok(AuthorityKeys::new(
            of(current)?,
            neighbours.collect::<Result<_, _>>()?,
        ))
    }

    /// Puts the epoch in force that is so at `time`; whether that is another one than before.
    ///
    /// # Errors
    /// [`StartError::Package`] without its keys.
    pub fn turn(&mut self, time: Time) -> Result<bool, StartError> {
        if self.in_force.during.contains(&time) {
            return Ok(false);
        }
        let before = self.in_force.clone();
        self.in_force = InForce::at(&self.installation, time);
        let ready = self
            .signing_key(self.statement_usage())
            .and_then(|key| Ok((key, self.validity()?)));
        match ready {
            Ok((statements, signs)) => {
                (self.statements, self.signs) = (statements, signs);
                Ok(self.in_force.window != before.window)
            }
            Err(error) => {
                self.in_force = before;
                Err(error)
            }
        }
    }

    /// Checks an opening and opens the package that it names for this box. Nothing is changed;
    /// `None` if this box has taken that epoch before.
    ///
    /// # Errors
    /// `Malformed`; `WrongInstallation`; `BadSignature` if the root signed neither or a certificate is
    /// for something else; `EpochOrder`; `Mismatch` for a package that is not this box's, or lacks a
    /// key.
    pub fn open_epoch(&self, asked: EpochPackage) -> Result<Option<KeptEpoch>, RefusalCode> {
        let opening = Signed::<item::EpochOpening>::from_bytes(asked.opening.as_slice())
            .map_err(|_| RefusalCode::Malformed)?
            .body;
        let transcript = self.installation.transcript();
        if opening.descriptor.body.installation != transcript.installation {
            return Err(RefusalCode::WrongInstallation);
        }
        let mut installation = self.installation.clone();
        let epoch = installation
            .learn(asked.opening.as_slice())
            .map_err(|error| match error {
                TrustError::NotNextEpoch => RefusalCode::EpochOrder,
                TrustError::Signature(_)
                | TrustError::OtherRoot
                | TrustError::WrongCertificate
                | TrustError::UnknownKey
                | TrustError::NotValidThen
                | TrustError::Revoked => RefusalCode::BadSignature,
            })?;
        if self.installation.openings().len() == installation.openings().len() {
            return Ok(None);
        }
        let named = digest(Tag::EPOCH_PACKAGE, &[asked.package.as_slice()]);
        let own = |p: &&item::PackageName| (p.kind, p.id) == (self.package.kind, self.id);
        if opening
            .packages
            .as_slice()
            .iter()
            .find(own)
            .map(|p| p.digest)
            != Some(named)
        {
            return Err(RefusalCode::Mismatch);
        }
        let keys = self
            .keys
            .enrolment()
            .and_then(|key| key.open(asked.package.as_slice()))
            .map_err(|_| RefusalCode::Mismatch)?;
        let keys = EpochKeys::from_bytes(&keys).map_err(|_| RefusalCode::Mismatch)?;
        if !self.is_whole(&keys, epoch, &installation) {
            return Err(RefusalCode::Mismatch);
        }
        Ok(Some(KeptEpoch {
            opening: asked.opening,
            keys,
        }))
    }

    /// Whether the keys are this box's, each with its certificate, and none is missing.
    fn is_whole(&self, keys: &EpochKeys, epoch: Epoch, installation: &Installation) -> bool {
        let certified = |key: &vault::KeptKey| {
            installation.certificates().any(|c| {
                (c.serial, c.usage, c.epoch) == (key.serial, key.usage, epoch)
                    && c.box_kind == self.package.kind
                    && c.key == key.public
            })
        };
        let master = |purpose| {
            let masters = keys.masters.as_slice().iter();
            masters.filter(|m| m.purpose == purpose).count() == 1
        };
        let before = |purpose| {
            let mut masters = self.package.masters.as_slice().iter();
            masters.any(|m| m.purpose == purpose)
        };
        let signing = keys.signing.as_slice();
        let usages = self.package.signing.as_slice().iter();
        let mut usages = usages.filter(|k| k.serial != KeySerial(0) && k.usage != KeyUsage::Pack);
        (keys.kind, keys.id, keys.epoch) == (self.package.kind, self.id, epoch)
            && keys.masters.as_slice().iter().all(|m| m.epoch == epoch)
            && signing.iter().all(certified)
            && usages.all(|had| signing.iter().any(|key| key.usage == had.usage))
            && [Purpose::Records, Purpose::Authority]
                .into_iter()
                .all(|purpose| !before(purpose) || master(purpose))
    }

    /// Adds an epoch that [`Ground::open_epoch`] opened. It is in force once box time says so.
    ///
    /// # Errors
    /// [`StartError::Package`] or [`StartError::Transcript`]; never after it was opened.
    pub fn add_epoch(&mut self, kept: KeptEpoch) -> Result<(), StartError> {
        self.installation
            .learn(kept.opening.as_slice())
            .map_err(StartError::Transcript)?;
        self.package
            .extend(&kept.keys)
            .map_err(|_| StartError::Package)?;
        self.taken.push(kept);
        // Its neighbours are others now, and it may end sooner.
        let since = self.in_force.during.start;
        self.in_force = InForce::at(&self.installation, since);
        Ok(())
    }
}
