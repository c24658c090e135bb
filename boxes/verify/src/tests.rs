//! Packs and what they say about one item, each finding once. The verdict table: `verdict`.

use crate::*;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use item::*;

const DAY: u64 = 86_400_000;
/// 2026-11-01, when the keys were certified; they are good for 30 days.
const START: Time = Time(20_758 * DAY);
const METER: MeterSerial = MeterSerial(10_000_001);

struct Key(Ed25519KeyPair);

impl Key {
    fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    fn public(&self) -> PublicKey {
        PublicKey::new(Suite::Ed25519, self.0.public_key().as_ref()).unwrap()
    }

    fn sign<T: Layout + Tagged>(&self, body: T) -> Signed<T> {
        let message = T::TAG.message(&[&body.to_bytes()]);
        let signature = self.0.sign(&message).as_ref().try_into().unwrap();
        Signed { body, signature }
    }
}

fn certificate(serial: u32, box_kind: BoxKind, usage: KeyUsage, key: &Key) -> IssuingCertificate {
    IssuingCertificate {
        version: Version,
        installation: InstallationId([1; 16]),
        serial: KeySerial(serial),
        box_kind,
        usage,
        epoch: Epoch(202_611),
        not_before: START,
        not_after: Time(START.0 + 30 * DAY),
        key: key.public(),
    }
}

fn item_certificate() -> IssuingCertificate {
    certificate(2, BoxKind::Meter, KeyUsage::Item, &Key::new(3))
}

fn pack_certificate() -> IssuingCertificate {
    certificate(1, BoxKind::Keys, KeyUsage::Pack, &Key::new(2))
}

/// A pack with one item key; `change` sees the body before it is signed.
fn pack_with(
    pack_certificate: IssuingCertificate,
    item_certificate: IssuingCertificate,
    change: impl FnOnce(&mut PackBody),
) -> Result<Pack, TrustError> {
    let root = Key::new(1);
    let mut body = PackBody {
        version: Version,
        installation: InstallationId([1; 16]),
        sequence: 1,
        issued: Time(START.0 + DAY),
        expires: Time(START.0 + 8 * DAY),
        post: PostId(1),
        pack_certificate: root.sign(pack_certificate),
        certificates: List::new(vec![root.sign(item_certificate)]).unwrap(),
        revoked: List::default(),
        voids: List::default(),
        closes: Digest::ZERO,
    };
    change(&mut body);
    let bytes = Key::new(2).sign(body).to_bytes();
    Pack::open(&bytes, &root.public(), &fingerprint(&root.public()))
}

fn pack(change: impl FnOnce(&mut PackBody)) -> Pack {
    pack_with(pack_certificate(), item_certificate(), change).unwrap()
}

fn address(line: &str) -> AddressLines {
    normalise_address([line]).unwrap()
}

/// A genuine item of the day after the start, changed before it is signed.
fn indicium(change: impl FnOnce(&mut Payload)) -> Vec<u8> {
    let mut payload = Payload {
        suite: Suite::Ed25519,
        key: KeySerial(2),
        vendor: Ascii::new(*b"IN").unwrap(),
        model: Ascii::new(*b"M1").unwrap(),
        meter: METER,
        ascending: Mills(1_480),
        value: Mills(740),
        mailing_day: Day::of_time(Time(START.0 + DAY)),
        origin: Zip(95_814),
        destination: 0,
        descending: Mills(0),
        category: Ascii::new(*b"FCL ").unwrap(),
        kind: ItemKind::Postage,
        specimen: false,
        post: PostId(1),
        currency: Currency(840),
        piece_count: 2,
        address_digest: address_digest(METER, 2, &address("1315 10th St")),
        vendor_token: [0; 6],
        postal_token: [0; 6],
        signature: [0; 64],
    };
    change(&mut payload);
    let mut bytes = payload.to_bytes();
    let message = Tag::ITEM.message(&[&bytes[..Payload::SIGNED_MESSAGE]]);
    let signature = Key::new(3).0.sign(&message);
    bytes[Payload::SIGNED_MESSAGE..].copy_from_slice(signature.as_ref());
    bytes
}

fn found(bytes: &[u8], pack: &Pack, days: u64, expected: &Expectation) -> Vec<FindingCode> {
    let (findings, _) = examine(bytes, pack, Time(START.0 + days * DAY), expected);
    findings.iter().map(|finding| finding.code).collect()
}

fn found_plain(bytes: &[u8], pack: &Pack, days: u64) -> Vec<FindingCode> {
    found(bytes, pack, days, &Expectation::default())
}

#[test]
fn each_finding_of_an_offline_check() {
    use FindingCode::{
        Address, Amount, Authentic, Date, Forged, OldPack, OtherAddress, Specimen, Unreadable, Void,
    };
    let plain = pack(|_| ());
    let genuine = indicium(|_| ());
    assert_eq!(found_plain(&genuine, &plain, 1), [Authentic]);
    assert_eq!(found_plain(&genuine[..137], &plain, 1), [Unreadable]);
    let mut altered = genuine.clone();
    altered[50] ^= 4;
    assert_eq!(found_plain(&altered, &plain, 1), [Forged]);
    let other_post = indicium(|p| p.post = PostId(2));
    assert_eq!(found_plain(&other_post, &plain, 1), [Forged]);
    let unknown_key = indicium(|p| p.key = KeySerial(1));
    assert_eq!(found_plain(&unknown_key, &plain, 1), [Forged]);
    let specimen = indicium(|p| p.specimen = true);
    assert_eq!(found_plain(&specimen, &plain, 1), [Authentic, Specimen]);

    assert_eq!(found_plain(&genuine, &plain, 8), [Authentic, OldPack]);
    assert_eq!(found_plain(&genuine, &plain, 11), [Authentic, OldPack]);
    assert_eq!(
        found_plain(&genuine, &plain, 12),
        [Authentic, Date, OldPack]
    );
    let ahead = indicium(|p| p.mailing_day = Day::of_time(Time(START.0 + 31 * DAY)));
    assert_eq!(found_plain(&ahead, &plain, 1), [Authentic]);
    assert_eq!(found_plain(&ahead, &plain, 0), [Authentic, Date]);

    let revoked = pack(|body| body.revoked = List::new(vec![KeySerial(2)]).unwrap());
    assert_eq!(found_plain(&genuine, &revoked, 1), [Forged]);
    let void = |piece_count| VoidEntry {
        meter: METER,
        piece_count,
        value: Mills(740),
    };
    let voids =
        |pieces: [u32; 2]| pack(|body| body.voids = List::new(pieces.map(void).to_vec()).unwrap());
    assert_eq!(found_plain(&genuine, &voids([2, 3]), 1), [Authentic, Void]);
    assert_eq!(found_plain(&genuine, &voids([1, 3]), 1), [Authentic]);

    let expected = |line: &str, value| Expectation {
        address: address(line),
        value: Some(Mills(value)),
    };
    let here = expected("1315-10th st.", 740);
    assert_eq!(found(&genuine, &plain, 1, &here), [Authentic, Address]);
    let elsewhere = expected("1316 10th St", 741);
    assert_eq!(
        found(&genuine, &plain, 1, &elsewhere),
        [Authentic, Amount, OtherAddress]
    );
}

/// A stolen key is worth nothing once its certificate has ended: the dates on an item have to fit it.
#[test]
fn an_item_key_is_good_for_the_days_of_its_certificate_only() {
    let pack = pack(|_| ());
    let key = |days: i64| {
        let time = START.0.checked_add_signed(days * 86_400_000).unwrap();
        pack.item_key(KeySerial(2), Day::of_time(Time(time)))
            .map(|_| ())
    };
    assert_eq!(key(-1), Err(TrustError::NotValidThen));
    assert_eq!(key(0), Ok(()));
    assert_eq!(key(60), Ok(()), "signed on the last day, 30 days ahead");
    assert_eq!(key(61), Err(TrustError::NotValidThen));
}

#[test]
fn a_pack_is_believed_only_with_every_link_to_the_pinned_root() {
    let open = |p, i| pack_with(p, i, |_| ()).map(|_| ());
    assert_eq!(open(pack_certificate(), item_certificate()), Ok(()));
    let wrong = Err(TrustError::WrongCertificate);
    let unfit = [
        certificate(1, BoxKind::Keys, KeyUsage::Receipt, &Key::new(2)),
        certificate(1, BoxKind::Meter, KeyUsage::Pack, &Key::new(2)),
        IssuingCertificate {
            installation: InstallationId([2; 16]),
            ..pack_certificate()
        },
    ];
    for certificate in unfit {
        assert_eq!(open(certificate, item_certificate()), wrong);
    }
    let foreign_item_key = IssuingCertificate {
        installation: InstallationId([2; 16]),
        ..item_certificate()
    };
    assert_eq!(open(pack_certificate(), foreign_item_key), wrong);
    let other_signer = certificate(1, BoxKind::Keys, KeyUsage::Pack, &Key::new(9));
    let forged = Err(TrustError::Signature(SignatureError::Wrong));
    assert_eq!(open(other_signer, item_certificate()), forged);
    let late = pack_with(pack_certificate(), item_certificate(), |body| {
        body.issued = Time(START.0 + 30 * DAY);
    });
    assert_eq!(late.map(|_| ()), Err(TrustError::NotValidThen));
    let not_roots = pack_with(pack_certificate(), item_certificate(), |body| {
        body.certificates = List::new(vec![Key::new(9).sign(item_certificate())]).unwrap();
    });
    assert_eq!(not_roots.map(|_| ()), forged);

    let root = Key::new(1).public();
    let other = fingerprint(&Key::new(9).public());
    let outcome = Pack::open(&[], &root, &other).map(|_| ());
    assert_eq!(outcome, Err(TrustError::OtherRoot));
}

#[test]
fn a_key_serves_its_own_usage_only() {
    let decision_key = certificate(2, BoxKind::Meter, KeyUsage::Decision, &Key::new(3));
    let pack = pack_with(pack_certificate(), decision_key, |_| ()).unwrap();
    let day = Day::of_time(Time(START.0 + DAY));
    let outcome = pack.item_key(KeySerial(2), day).map(|_| ());
    assert_eq!(outcome, Err(TrustError::WrongCertificate));
    let outcome = pack.item_key(KeySerial(3), day).map(|_| ());
    assert_eq!(outcome, Err(TrustError::UnknownKey));
}

/// A key that is parsed once takes what it takes when it is parsed each time, on the edges too: keys
/// that are no point, points of small order, numbers that are not reduced.
#[test]
fn a_ready_key_takes_exactly_what_its_key_takes() {
    let pair = Key::new(3);
    let message = b"a message";
    let genuine: [u8; 64] = pair
        .0
        .sign(&Tag::ACT.message(&[message]))
        .as_ref()
        .try_into()
        .unwrap();
    let mut keys = vec![pair.public()];
    // Small order: the neutral point, the one of order two, both also written in other ways; zero; what
    // is no point at all; the field's prime and what is above it.
    for (first, middle, last) in [
        (0x01, 0x00, 0x00),
        (0x01, 0x00, 0x80),
        (0xec, 0xff, 0x7f),
        (0xec, 0xff, 0xff),
        (0x00, 0x00, 0x00),
        (0x00, 0x00, 0x80),
        (0x02, 0x00, 0x00),
        (0xed, 0xff, 0x7f),
        (0xee, 0xff, 0x7f),
        (0xee, 0xff, 0xff),
        (0xff, 0xff, 0xff),
    ] {
        let mut bytes = [middle; 32];
        (bytes[0], bytes[31]) = (first, last);
        keys.push(PublicKey::new(Suite::Ed25519, &bytes).unwrap());
    }
    keys.push(PublicKey::new(Suite::P256, &[4; 65]).unwrap());
    keys.push(PublicKey::new(Suite::P256, &[0; 65]).unwrap());

    // S plus the order of the group: the same number, written otherwise.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut unreduced = genuine;
    let mut carry = 0;
    for (byte, order) in unreduced[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    let mut signatures = vec![genuine, unreduced, [0; 64], [0xff; 64]];
    for key in &keys[1..12] {
        let mut of_nothing = [0; 64];
        of_nothing[..32].copy_from_slice(key.bytes());
        signatures.push(of_nothing);
    }
    signatures.extend((0..64).map(|at| {
        let mut altered = genuine;
        altered[at] ^= 0x40;
        altered
    }));
    let mut taken = 0;
    for key in keys {
        let ready = ReadyKey::new(key.clone());
        assert_eq!(ready.key(), &key);
        for signature in &signatures {
            let takes = key.verifies(Tag::ACT, message, signature);
            assert_eq!(
                ready.verifies(Tag::ACT, message, signature),
                takes,
                "{key:?} {signature:02x?}"
            );
            assert!(!takes || signature != &unreduced, "a second form");
            taken += usize::from(takes && key == pair.public());
        }
    }
    assert_eq!(taken, 1, "the genuine one alone");
}

/// A transcript with one item key; the same root opens epochs behind it.
fn installation() -> Installation {
    let root = Key::new(1);
    let quorum = Quorum::new(
        1,
        vec![EnrolledKey {
            name: Bytes::new(b"one".to_vec()).unwrap(),
            key: Key::new(9).public(),
        }],
    )
    .unwrap();
    let body = TranscriptBody {
        version: Version,
        installation: InstallationId([1; 16]),
        name: Bytes::new(b"test".to_vec()).unwrap(),
        time: START,
        config: Digest::ZERO,
        root: root.public(),
        specimen: true,
        post: PostId(1),
        currency: Currency(840),
        vendor: Ascii::new(*b"IN").unwrap(),
        model: Ascii::new(*b"M1").unwrap(),
        epoch: root.sign(descriptor(202_611, 202_611, START.0)),
        certificates: List::new(vec![root.sign(item_certificate())]).unwrap(),
        operators: quorum.clone(),
        treasury: quorum.clone(),
        refunders: quorum,
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
    let bytes = root.sign(body).to_bytes();
    Installation::open(&bytes, &fingerprint(&root.public())).unwrap()
}

fn descriptor(epoch: u32, previous: u32, starts: u64) -> EpochDescriptor {
    EpochDescriptor {
        version: Version,
        installation: InstallationId([1; 16]),
        epoch: Epoch(epoch),
        previous: Epoch(previous),
        starts: Time(starts),
    }
}

fn opening(signer: &Key, descriptor: EpochDescriptor, serial: u32) -> Vec<u8> {
    let root = Key::new(1);
    let certificate = IssuingCertificate {
        epoch: descriptor.epoch,
        not_before: descriptor.starts,
        not_after: Time(descriptor.starts.0 + 400 * DAY),
        ..certificate(serial, BoxKind::Meter, KeyUsage::Item, &Key::new(4))
    };
    let body = EpochOpening {
        version: Version,
        descriptor: root.sign(descriptor),
        act: Digest::ZERO,
        certificates: List::new(vec![root.sign(certificate)]).unwrap(),
        packages: List::default(),
    };
    signer.sign(body).to_bytes()
}

#[test]
fn epochs_are_learnt_in_order_from_the_root_alone_p3() {
    let root = Key::new(1);
    let mut known = installation();
    let december = opening(&root, descriptor(202_612, 202_611, START.0 + DAY), 7);
    let january = opening(&root, descriptor(202_701, 202_612, START.0 + 2 * DAY), 8);
    let next = TrustError::NotNextEpoch;
    for (name, bytes, why) in [
        ("left out", january.clone(), next),
        (
            "not later by name",
            opening(&root, descriptor(202_611, 202_611, START.0 + DAY), 7),
            next,
        ),
        (
            "not later by time",
            opening(&root, descriptor(202_612, 202_611, START.0), 7),
            next,
        ),
        (
            "a number that is taken",
            opening(&root, descriptor(202_612, 202_611, START.0 + DAY), 2),
            TrustError::WrongCertificate,
        ),
        (
            "a stranger's",
            opening(&Key::new(5), descriptor(202_612, 202_611, START.0 + DAY), 7),
            TrustError::Signature(SignatureError::Wrong),
        ),
        (
            "another installation's",
            opening(
                &root,
                EpochDescriptor {
                    installation: InstallationId([2; 16]),
                    ..descriptor(202_612, 202_611, START.0 + DAY)
                },
                7,
            ),
            TrustError::WrongCertificate,
        ),
    ] {
        assert_eq!(known.learn(&bytes), Err(why), "{name}");
        assert!(known.openings().is_empty(), "{name}: nothing was learnt");
    }
    for place in 0..december.len() {
        let mut altered = december.clone();
        altered[place] ^= 1;
        assert!(known.learn(&altered).is_err(), "byte {place}");
    }
    assert!(known.item_key(KeySerial(7)).is_err());
    for _ in 0..2 {
        assert_eq!(known.learn(&december), Ok(Epoch(202_612)), "also again");
    }
    assert_eq!(known.learn(&january), Ok(Epoch(202_701)));
    assert_eq!(known.learn(&december), Ok(Epoch(202_612)), "long since");
    let epochs: Vec<u32> = known.epochs().map(|e| e.epoch.0).collect();
    assert_eq!(epochs, [202_611, 202_612, 202_701]);
    for serial in [2, 7, 8] {
        assert!(known.item_key(KeySerial(serial)).is_ok());
    }
    assert_eq!(known.signed_certificates().count(), 3);
    assert_eq!(known.openings()[0].bytes(), december);
}
