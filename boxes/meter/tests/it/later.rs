//! Later epochs of the installation with known keys: what a keys box would have made. Read also by the
//! tests of `keeper`.

use crate::world::*;
use item::*;
use vault::{
    Enrolment, EpochKeys, KeptKey, MacKey, MasterKey, Purpose, RecordKeys, seal_authority,
};
use verify::{Tag, digest};
use wire::EpochPackage;

/// One of them.
#[derive(Clone, Copy)]
pub(crate) struct Later {
    pub(crate) epoch: Epoch,
    pub(crate) previous: Epoch,
    pub(crate) starts: u64,
    /// First name of its keys, and number of its certificates.
    pub(crate) first: u8,
}

/// An hour after noon.
pub(crate) const DECEMBER: Later = Later {
    epoch: Epoch(202_612),
    previous: EPOCH,
    starts: NOON + 60 * MINUTE,
    first: 110,
};
/// An hour later.
pub(crate) const JANUARY: Later = Later {
    epoch: Epoch(202_701),
    previous: DECEMBER.epoch,
    starts: NOON + 120 * MINUTE,
    first: 120,
};

/// Before anything of it is sealed or signed.
pub(crate) struct Made {
    pub(crate) keys: EpochKeys,
    pub(crate) opening: EpochOpening,
    pub(crate) root: u8,
}

impl Later {
    const KINDS: [(BoxKind, KeyUsage); 3] = [
        (BoxKind::Meter, KeyUsage::Item),
        (BoxKind::Meter, KeyUsage::Decision),
        (BoxKind::Keys, KeyUsage::Receipt),
    ];

    /// Number and name of the key of a usage.
    fn key(&self, usage: KeyUsage) -> u8 {
        let place = Self::KINDS.iter().position(|(_, u)| *u == usage).unwrap();
        self.first + u8::try_from(place).unwrap()
    }

    fn master(&self, purpose: Purpose) -> MasterKey {
        MasterKey {
            purpose,
            kind: BoxKind::Meter,
            epoch: self.epoch,
            secret: secret(self.first + 5 + purpose.code()),
        }
    }

    fn made(&self, world: &World) -> Made {
        let root = signer(ROOT);
        let installation = world.installation.transcript().installation;
        let certificates = Self::KINDS.map(|(box_kind, usage)| {
            root.sign_body(IssuingCertificate {
                version: Version,
                installation,
                serial: KeySerial(self.key(usage).into()),
                box_kind,
                usage,
                epoch: self.epoch,
                not_before: Time(self.starts),
                not_after: Time(self.starts + 400 * DAY),
                key: signer(self.key(usage)).public().clone(),
            })
            .unwrap()
        });
        let kept = |usage| KeptKey {
            serial: KeySerial(self.key(usage).into()),
            usage,
            public: signer(self.key(usage)).public().clone(),
            secret: secret(self.key(usage)),
        };
        let masters = [Purpose::Records, Purpose::Authority].map(|p| self.master(p));
        Made {
            keys: EpochKeys {
                version: Version,
                kind: BoxKind::Meter,
                id: BoxId(1),
                epoch: self.epoch,
                masters: List::new(masters.to_vec()).unwrap(),
                signing: List::new(vec![kept(KeyUsage::Item), kept(KeyUsage::Decision)]).unwrap(),
            },
            opening: EpochOpening {
                version: Version,
                descriptor: root
                    .sign_body(EpochDescriptor {
                        version: Version,
                        installation,
                        epoch: self.epoch,
                        previous: self.previous,
                        starts: Time(self.starts),
                    })
                    .unwrap(),
                act: Digest::ZERO,
                certificates: List::new(certificates.to_vec()).unwrap(),
                packages: List::default(),
            },
            root: ROOT,
        }
    }

    /// The box's package, changed before it is sealed and signed.
    pub(crate) fn package_with(
        &self,
        world: &World,
        change: impl FnOnce(&mut Made),
    ) -> EpochPackage {
        let mut made = self.made(world);
        change(&mut made);
        let recipient = *World::keys().enrolment().unwrap().public();
        let sealed = Enrolment::seal_to(&recipient, &made.keys.to_bytes()).unwrap();
        if made.opening.packages.as_slice().is_empty() {
            let name = PackageName {
                kind: BoxKind::Meter,
                id: BoxId(1),
                digest: digest(Tag::EPOCH_PACKAGE, &[&sealed]),
            };
            made.opening.packages = List::new(vec![name]).unwrap();
        }
        let opening = signer(made.root).sign_body(made.opening).unwrap();
        EpochPackage {
            opening: Bytes::new(opening.to_bytes()).unwrap(),
            package: Bytes::new(sealed).unwrap(),
        }
    }

    pub(crate) fn package(&self, world: &World) -> EpochPackage {
        self.package_with(world, |_| ())
    }

    /// Keys of the records of this epoch: what nobody outside the box has.
    pub(crate) fn records(&self) -> RecordKeys {
        let master = self.master(Purpose::Records);
        RecordKeys::new(BoxKind::Meter, self.epoch, &master.secret)
    }

    pub(crate) fn seal_authority(&self, now: u64) -> Sealed<Authority> {
        let key = MacKey::new(&self.master(Purpose::Authority).secret);
        let authority = Authority {
            epoch: self.epoch,
            ..World::authority(now)
        };
        seal_authority(&key, authority)
    }

    pub(crate) fn receipt(&self, world: &World, time: u64) -> Signed<ManufactureReceipt> {
        let receipt = ManufactureReceipt {
            epoch: self.epoch,
            key: KeySerial(self.key(KeyUsage::Receipt).into()),
            time: Time(time),
            ..world.receipt()
        };
        signer(self.key(KeyUsage::Receipt))
            .sign_body(receipt)
            .unwrap()
    }

    pub(crate) fn serial(&self, usage: KeyUsage) -> KeySerial {
        KeySerial(self.key(usage).into())
    }
}
