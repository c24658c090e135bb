//! One fixed installation, made once by the real ceremony, with everything that only its boxes
//! should know: what genuine material is made from, and forged material that is nearly genuine.

use std::sync::LazyLock;

use item::{
    Act, ActBody, Ascii, BoxId, BoxKind, Bytes, Currency, Digest, EnrolledKey, Epoch,
    InstallationId, KeySerial, KeyUsage, Layout, List, MultiSigned, PostId, Quorum, Subject, Suite,
    Time, Version,
};
use keeper::{Keeper, Now, Rules};
use keys::{Plan, PlannedBox, hold};
use vault::{BoxPackage, MacKey, Purpose, RecordKeys, Secret, SigningKey, UnlockedKeys};
use verify::{Installation, Tagged, key_id};

use crate::disk::{Image, MemoryDisk};
use crate::entropy::Seeded;

/// When the ceremony was held: noon of 15 September 2026.
pub(crate) const START: u64 = 1_789_473_600_000;
pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const DAY: u64 = 24 * 60 * MINUTE;

/// Seeds of operators' keys, of which two sign; the last of each list is not enrolled.
pub(crate) const OPERATORS: [u8; 4] = [11, 12, 13, 99];
/// Seeds of treasury keys, of which one signs.
pub(crate) const TREASURY: [u8; 3] = [21, 22, 99];
/// Seeds of refund keys, of which one signs.
pub(crate) const REFUNDERS: [u8; 3] = [23, 24, 99];

/// What the ceremony left.
pub(crate) struct House {
    pub(crate) installation: Installation,
    /// Of the root: what readers pin.
    pub(crate) fingerprint: Digest,
    packages: Vec<(BoxKind, Vec<u8>)>,
}

/// The one of every story.
pub(crate) static HOUSE: LazyLock<House> = LazyLock::new(|| House::new(Suite::Ed25519));
/// The same with the second suite.
pub(crate) static P256_HOUSE: LazyLock<House> = LazyLock::new(|| House::new(Suite::P256));

pub(crate) fn signer(seed: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([seed; 32])).expect("every seed is one")
}

/// Keys from the unlock secret of a box.
pub(crate) fn unlock(kind: BoxKind, entropy: u64) -> UnlockedKeys {
    UnlockedKeys::new(&Secret::new([kind.code(); 32]), &mut Seeded(entropy)).expect("entropy")
}

fn quorum(threshold: u8, seeds: &[u8]) -> Quorum {
    let keys = seeds
        .iter()
        .map(|seed| EnrolledKey {
            name: Bytes::new(vec![b'a' + seed % 26]).expect("short"),
            key: signer(*seed).public().clone(),
        })
        .collect();
    Quorum::new(threshold, keys).expect("different keys")
}

impl House {
    fn new(suite: Suite) -> Self {
        let plan = Plan {
            name: Bytes::new(b"fuzz".to_vec()).expect("short"),
            post: PostId(1),
            currency: Currency(840),
            vendor: Ascii::new(*b"IN").expect("text"),
            model: Ascii::new(*b"F1").expect("text"),
            suite,
            operators: quorum(2, &OPERATORS[..3]),
            treasury: quorum(1, &TREASURY[..2]),
            refunders: quorum(1, &REFUNDERS[..2]),
            verifiers: List::default(),
            rate_signers: List::default(),
            reporters: List::default(),
            credit_waiting_days: 0,
            credit_window_days: 60,
            servers: List::default(),
            boxes: BoxKind::ALL
                .iter()
                .map(|kind| PlannedBox {
                    kind: *kind,
                    id: BoxId(1),
                    enrolment: *unlock(*kind, 1).enrolment().expect("a key").public(),
                })
                .collect(),
        };
        let postal = Secret::new([88; 32]);
        let held = hold(&plan, "fuzz", &postal, Time(START), &mut Seeded(2)).expect("ceremony");
        Self {
            installation: Installation::open(&held.transcript, &held.fingerprint).expect("own"),
            fingerprint: held.fingerprint,
            packages: held
                .packages
                .into_iter()
                .map(|(planned, sealed)| (planned.kind, sealed))
                .collect(),
        }
    }

    pub(crate) fn id(&self) -> InstallationId {
        self.installation.transcript().installation
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.installation.transcript().epoch.body.epoch
    }

    /// The package of a box, as sealed to it.
    pub(crate) fn sealed_package(&self, kind: BoxKind) -> &[u8] {
        let found = self.packages.iter().find(|(of, _)| *of == kind);
        &found.expect("a package for each kind").1
    }

    /// The package of a box, opened as only it can.
    pub(crate) fn package(&self, kind: BoxKind) -> BoxPackage {
        let enrolment = unlock(kind, 1).enrolment().expect("a key");
        let opened = enrolment.open(self.sealed_package(kind)).expect("its own");
        BoxPackage::from_bytes(&opened).expect("a package")
    }

    fn master(&self, kind: BoxKind, purpose: Purpose) -> Secret {
        let package = self.package(kind);
        package
            .master(purpose, self.epoch())
            .expect("given")
            .clone()
    }

    /// The keys that seal the records of a kind of box.
    pub(crate) fn records(&self, kind: BoxKind) -> RecordKeys {
        RecordKeys::new(kind, self.epoch(), &self.master(kind, Purpose::Records))
    }

    /// The key under which auth and meter boxes believe authorities.
    pub(crate) fn authority(&self) -> MacKey {
        MacKey::new(&self.master(BoxKind::Auth, Purpose::Authority))
    }

    /// A signing key of a kind of box.
    pub(crate) fn signing(&self, kind: BoxKind, usage: KeyUsage) -> (KeySerial, SigningKey) {
        self.package(kind).signing_key(usage).expect("given")
    }

    /// The state folder of a new box.
    pub(crate) fn image<R: Rules>(&self) -> Image {
        let disk = MemoryDisk::default();
        let package = self.sealed_package(R::KIND);
        let keys = unlock(R::KIND, 3);
        Keeper::<R, _>::init_on(&disk, package, keys, now(START), &mut Seeded(4)).expect("init");
        disk.image()
    }

    /// An act as operators would make it.
    pub(crate) fn act(&self, kind: BoxKind, subject: Subject, sequence: u64, body: ActBody) -> Act {
        Act {
            version: Version,
            installation: self.id(),
            box_kind: kind,
            subject,
            sequence,
            issued: Time(START),
            expires: Time(START + 300 * DAY),
            body,
        }
    }
}

/// Both clocks at the same reading.
pub(crate) fn now(wall: u64) -> Now {
    Now {
        wall: Time(wall),
        since_boot: wall,
    }
}

/// Signed by the keys of these seeds.
pub(crate) fn sign_all<T: Layout + Tagged + Clone>(body: T, seeds: &[u8]) -> MultiSigned<T> {
    let mut signatures: Vec<_> = seeds
        .iter()
        .map(|seed| {
            let key = signer(*seed);
            let signed = key.sign_body(body.clone()).expect("Ed25519 always signs");
            (key_id(key.public()), signed.signature)
        })
        .collect();
    signatures.sort_by_key(|(id, _)| *id);
    signatures.dedup_by_key(|(id, _)| *id);
    MultiSigned {
        body,
        signatures: List::new(signatures).expect("few"),
    }
}
