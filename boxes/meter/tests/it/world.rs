//! One installation with known keys: what a ceremony would have made.
//!
//! Shared with the tests of `boxd`, which read this same file.

use item::*;
use vault::{
    BoxPackage, Enrolment, KeptKey, MacKey, MasterKey, OsEntropy, Purpose, RecordKeys, Secret,
    SigningKey, UnlockedKeys, seal_authority,
};
use verify::{Installation, Tagged, fingerprint, key_id};

pub(crate) const EPOCH: Epoch = Epoch(202_611);
pub(crate) const SERIAL: MeterSerial = MeterSerial(1_000_001);
pub(crate) const ACCOUNT: AccountId = AccountId([7; 16]);
pub(crate) const USER: UserId = UserId([9; 16]);
/// Noon of 2026-11-21 UTC.
pub(crate) const NOON: u64 = 20_778 * DAY + DAY / 2;
pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const DAY: u64 = 24 * 60 * MINUTE;

pub(crate) fn secret(name: u8) -> Secret {
    Secret::new([name; 32])
}

pub(crate) fn signer(name: u8) -> SigningKey {
    SigningKey::from_seed(&secret(name)).unwrap()
}

fn enrolled(name: u8) -> EnrolledKey {
    EnrolledKey {
        name: Bytes::new(vec![name]).unwrap(),
        key: signer(name).public().clone(),
    }
}

pub(crate) const ROOT: u8 = 1;
const ITEM_KEY: u8 = 2;
const DECISION_KEY: u8 = 3;
const RECEIPT_KEY: u8 = 4;
pub(crate) const OPERATORS: [u8; 2] = [11, 12];
pub(crate) const TREASURY: [u8; 2] = [21, 22];
pub(crate) const REFUNDERS: [u8; 2] = [31, 32];
pub(crate) const STRANGER: u8 = 99;
pub(crate) const RECEIPT_SERIAL: KeySerial = KeySerial(3);

pub(crate) struct World {
    pub(crate) installation: Installation,
    sealed: Vec<u8>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::holding(ITEM_KEY)
    }

    /// The box's package holds this key for items, whatever the certificate names.
    pub(crate) fn holding(item_key: u8) -> Self {
        let root = signer(ROOT);
        let id = InstallationId([5; 16]);
        let certificate = |serial, box_kind, usage, key: u8, days| {
            root.sign_body(IssuingCertificate {
                version: Version,
                installation: id,
                serial: KeySerial(serial),
                box_kind,
                usage,
                epoch: EPOCH,
                not_before: Time(NOON - 30 * DAY),
                not_after: Time(NOON + days * DAY),
                key: signer(key).public().clone(),
            })
            .unwrap()
        };
        let quorum = |names: [u8; 2]| Quorum::new(2, names.map(enrolled).to_vec()).unwrap();
        let transcript = TranscriptBody {
            version: Version,
            installation: id,
            name: Bytes::new(b"test".to_vec()).unwrap(),
            time: Time(NOON - DAY),
            config: Digest::ZERO,
            root: root.public().clone(),
            specimen: true,
            post: PostId(1),
            currency: Currency(840),
            vendor: Ascii::new(*b"IN").unwrap(),
            model: Ascii::new(*b"S1").unwrap(),
            epoch: root
                .sign_body(EpochDescriptor {
                    version: Version,
                    installation: id,
                    epoch: EPOCH,
                    previous: EPOCH,
                    starts: Time(NOON - 20 * DAY),
                })
                .unwrap(),
            certificates: List::new(vec![
                certificate(1, BoxKind::Meter, KeyUsage::Item, ITEM_KEY, 400),
                certificate(2, BoxKind::Meter, KeyUsage::Decision, DECISION_KEY, 410),
                certificate(3, BoxKind::Keys, KeyUsage::Receipt, RECEIPT_KEY, 200),
            ])
            .unwrap(),
            operators: quorum(OPERATORS),
            treasury: quorum(TREASURY),
            refunders: quorum(REFUNDERS),
            verifiers: List::default(),
            rate_signers: List::default(),
            reporters: List::default(),
            credit_waiting_days: 10,
            credit_window_days: 60,
            boxes: List::default(),
            servers: List::default(),
            vendor_key_check: Digest::ZERO,
            postal_key_check: Digest::ZERO,
        };
        let signed = root.sign_body(transcript).unwrap().to_bytes();
        let pinned = fingerprint(root.public());
        let master = |purpose, name| MasterKey {
            purpose,
            kind: BoxKind::Meter,
            epoch: EPOCH,
            secret: secret(name),
        };
        let kept = |serial, usage, key: u8| KeptKey {
            serial: KeySerial(serial),
            usage,
            public: signer(key).public().clone(),
            secret: secret(key),
        };
        let package = BoxPackage {
            version: Version,
            kind: BoxKind::Meter,
            id: BoxId(1),
            fingerprint: pinned,
            transcript: Bytes::new(signed.clone()).unwrap(),
            channel: secret(70),
            masters: List::new(vec![
                master(Purpose::Records, 31),
                master(Purpose::Authority, 32),
                master(Purpose::VendorTokens, 33),
                master(Purpose::PostalTokens, 34),
            ])
            .unwrap(),
            signing: List::new(vec![
                kept(1, KeyUsage::Item, item_key),
                kept(2, KeyUsage::Decision, DECISION_KEY),
            ])
            .unwrap(),
        };
        let recipient = *Self::keys().enrolment().unwrap().public();
        Self {
            installation: Installation::open(&signed, &pinned).unwrap(),
            sealed: Enrolment::seal_to(&recipient, &package.to_bytes()).unwrap(),
        }
    }

    /// The package, sealed to the box.
    pub(crate) fn package(&self) -> &[u8] {
        &self.sealed
    }

    /// Keys from the box's unlock secret.
    pub(crate) fn keys() -> UnlockedKeys {
        UnlockedKeys::new(&secret(50), &mut OsEntropy).unwrap()
    }

    /// Keys of the meter records: what nobody outside the box has.
    pub(crate) fn records() -> RecordKeys {
        RecordKeys::new(BoxKind::Meter, EPOCH, &secret(31))
    }

    pub(crate) fn item_key() -> PublicKey {
        signer(ITEM_KEY).public().clone()
    }

    pub(crate) fn receipt(&self) -> ManufactureReceipt {
        let transcript = self.installation.transcript();
        ManufactureReceipt {
            version: Version,
            suite: Suite::Ed25519,
            key: RECEIPT_SERIAL,
            installation: transcript.installation,
            epoch: EPOCH,
            serial: SERIAL,
            manufacturing_number: 77,
            account: ACCOUNT,
            item_kind: ItemKind::Postage,
            post: transcript.post,
            currency: transcript.currency,
            vendor: transcript.vendor,
            model: transcript.model,
            request: RequestId([1; 32]),
            time: Time(NOON - MINUTE),
            transcript: self.installation.digest(),
        }
    }

    pub(crate) fn sign_receipt(receipt: ManufactureReceipt) -> Signed<ManufactureReceipt> {
        signer(RECEIPT_KEY).sign_body(receipt).unwrap()
    }

    pub(crate) fn act(&self, subject: Subject, sequence: u64, now: u64, body: ActBody) -> Act {
        Act {
            version: Version,
            installation: self.installation.transcript().installation,
            box_kind: BoxKind::Meter,
            subject,
            sequence,
            issued: Time(now),
            expires: Time(now + 60 * MINUTE),
            body,
        }
    }

    pub(crate) fn evidence(&self, sequence: u64, amount: u64, now: u64) -> CreditEvidence {
        let reference = Digest([sequence as u8; 32]);
        CreditEvidence {
            version: Version,
            kind: EvidenceKind::Deposit,
            installation: self.installation.transcript().installation,
            id: verify::evidence_id(SERIAL, sequence, &reference),
            meter: SERIAL,
            funding_sequence: sequence,
            amount: Mills(amount),
            currency: Currency(840),
            reference,
            expires: Time(now + 60 * MINUTE),
        }
    }

    pub(crate) fn authority(now: u64) -> Authority {
        Authority {
            version: Version,
            suite: Suite::Ed25519,
            epoch: EPOCH,
            user: USER,
            account: ACCOUNT,
            rights: Rights::DISPENSE,
            ceiling: Mills(1_000_000),
            generation: 1,
            api_key: None,
            signing_key: None,
            logged_in: Time(now),
            issued: Time(now),
            expires: Time(now + 5 * MINUTE),
            session: Digest([3; 32]),
            meters: List::default(),
        }
    }

    pub(crate) fn seal_authority(authority: Authority) -> Sealed<Authority> {
        seal_authority(&MacKey::new(&secret(32)), authority)
    }
}

/// Signed by the keys of these names.
pub(crate) fn sign_all<T: Layout + Tagged + Clone>(body: T, names: &[u8]) -> MultiSigned<T> {
    let mut signatures: Vec<_> = names
        .iter()
        .map(|name| {
            let key = signer(*name);
            let signed = key.sign_body(body.clone()).unwrap();
            (key_id(key.public()), signed.signature)
        })
        .collect();
    signatures.sort_by_key(|(id, _)| *id);
    MultiSigned {
        body,
        signatures: List::new(signatures).unwrap(),
    }
}
