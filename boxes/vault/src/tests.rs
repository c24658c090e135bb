//! What the secret side must refuse, one idea a test. Vectors for other languages: `golden`.

mod golden;

use crate::*;
use item::*;
use verify::{Tag, verify_signature};

/// Bytes that count up: every fill differs, and every run is the same.
#[derive(Default)]
struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), VaultError> {
        for slot in out {
            self.0 = self.0.wrapping_add(1);
            *slot = self.0;
        }
        Ok(())
    }
}

/// No randomness to be had.
struct Exhausted;

impl Entropy for Exhausted {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), VaultError> {
        Err(VaultError)
    }
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 32])
}

/// Every byte string that differs from `bytes` in one bit, is shorter, or longer.
fn alterations(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let flipped = (0..bytes.len()).flat_map(move |at| {
        (0..8).map(move |bit| {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << bit;
            changed
        })
    });
    let shorter = (0..bytes.len()).map(|end| bytes[..end].to_vec());
    flipped.chain(shorter).chain([[bytes, &[0]].concat()])
}

fn chain_record(account: AccountId) -> ChainRecord {
    ChainRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        account,
        counter: Counter(7),
        head: Digest([1; 32]),
        last_time: Time(2),
        last_decision: Digest([3; 32]),
        box_id: BoxId(4),
    }
}

fn authority() -> Authority {
    Authority {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        user: UserId([0x21; 16]),
        account: AccountId([0x22; 16]),
        rights: Rights::DISPENSE,
        ceiling: Mills(100_000),
        generation: 3,
        api_key: None,
        signing_key: None,
        logged_in: Time(1_000),
        issued: Time(2_000),
        expires: Time(302_000),
        session: Digest([0x23; 32]),
        meters: List::default(),
    }
}

#[test]
fn a_seal_opens_only_whole_and_with_what_it_was_bound_to() {
    let key = SealKey::new(&secret(1)).unwrap();
    let sealed = key.seal(b"bound", b"plain", &mut Counting(0)).unwrap();
    assert_eq!(sealed.len(), 12 + 5 + 16);
    assert_eq!(key.open(b"bound", &sealed).unwrap().as_slice(), b"plain");
    for other in [&b""[..], b"Bound", b"bound "] {
        assert!(key.open(other, &sealed).is_err(), "{other:?}");
    }
    for altered in alterations(&sealed) {
        assert!(key.open(b"bound", &altered).is_err());
    }
    let other = SealKey::new(&secret(2)).unwrap();
    assert!(other.open(b"bound", &sealed).is_err());
}

#[test]
fn equal_texts_are_sealed_differently() {
    let key = SealKey::new(&secret(1)).unwrap();
    let entropy = &mut Counting(0);
    let [a, b] = [(); 2].map(|()| key.seal(b"", b"plain", entropy).unwrap());
    assert_ne!(a, b);
    assert!(key.seal(b"", b"plain", &mut Exhausted).is_err());
}

#[test]
fn a_record_mac_binds_kind_epoch_subject_and_every_byte() {
    let (epoch, account) = (Epoch(202_611), AccountId([5; 16]));
    let keys = RecordKeys::new(BoxKind::Transaction, epoch, &secret(1));
    let (stored, digest) = keys
        .seal(&account.subject(), chain_record(account))
        .unwrap();
    let read = |bytes: &[u8]| Sealed::<ChainRecord>::from_bytes(bytes);
    let genuine = keys
        .open(&account.subject(), read(&stored).unwrap())
        .unwrap();
    assert_eq!(genuine.body(), &chain_record(account));
    assert_eq!(genuine.digest(), digest);
    assert_eq!(digest, verify::record_digest(&stored));

    let subject = account.subject();
    let refused =
        |keys: &RecordKeys, subject: &Subject| keys.open(subject, read(&stored).unwrap()).is_err();
    assert!(refused(&keys, &Subject([6; 16])));
    let other = |kind, epoch, byte| RecordKeys::new(kind, epoch, &secret(byte));
    assert!(refused(&other(BoxKind::Auth, epoch, 1), &subject));
    assert!(refused(
        &other(BoxKind::Transaction, Epoch(202_612), 1),
        &subject
    ));
    assert!(refused(&other(BoxKind::Transaction, epoch, 2), &subject));
    for altered in alterations(&stored) {
        let opened = read(&altered).map(|sealed| keys.open(&subject, sealed));
        assert!(!matches!(opened, Ok(Ok(_))));
    }
}

#[test]
fn a_sealed_field_stays_where_it_is() {
    let keys = RecordKeys::new(BoxKind::Meter, Epoch(202_611), &secret(1));
    let (home, away) = (MeterSerial(1).subject(), MeterSerial(2).subject());
    let entropy = &mut Counting(0);
    let sealed: [u8; 60] = keys.seal_field(&home, "field", &[9; 32], entropy).unwrap();
    assert_eq!(
        keys.open_field(&home, "field", &sealed).unwrap().as_slice(),
        [9; 32]
    );
    assert!(keys.open_field(&away, "field", &sealed).is_err());
    assert!(keys.open_field(&home, "other", &sealed).is_err());
    for (kind, epoch) in [(BoxKind::Meter, 202_612), (BoxKind::Auth, 202_611)] {
        let other = RecordKeys::new(kind, Epoch(epoch), &secret(1));
        assert!(other.open_field(&home, "field", &sealed).is_err());
    }
    let wrong_length = keys.seal_field::<60>(&home, "field", &[9; 31], entropy);
    assert!(wrong_length.is_err());
}

#[test]
fn token_keys_belong_to_one_meter_and_one_owner_each() {
    let keys = RecordKeys::new(BoxKind::Meter, Epoch(202_611), &secret(1));
    let (vendor, postal) = (secret(2), secret(3));
    let derive = |serial| TokenKeys::derive(&vendor, &postal, MeterSerial(serial)).unwrap();
    let sealed = derive(1)
        .seal(&keys, MeterSerial(1), &mut Counting(0))
        .unwrap();
    let opened = TokenKeys::open(&keys, MeterSerial(1), &sealed).unwrap();
    let payload = golden::payload().to_bytes();
    assert_eq!(opened.tokens(&payload), derive(1).tokens(&payload));
    assert!(TokenKeys::open(&keys, MeterSerial(2), &sealed).is_err());
    let [a, b] = sealed;
    assert!(TokenKeys::open(&keys, MeterSerial(1), &[b, a]).is_err());
    let ([v1, p1], [v2, p2]) = (derive(1).tokens(&payload), derive(2).tokens(&payload));
    assert!(v1 != v2 && p1 != p2 && v1 != p1);
}

#[test]
fn an_authority_is_believed_under_its_own_key_only() {
    let key = MacKey::new(&secret(1));
    let sealed = seal_authority(&key, authority());
    assert_eq!(open_authority(&key, &sealed).unwrap().body(), &authority());
    assert!(open_authority(&MacKey::new(&secret(2)), &sealed).is_err());
    for altered in alterations(&sealed.to_bytes()) {
        let opened =
            Sealed::<Authority>::from_bytes(&altered).map(|shown| open_authority(&key, &shown));
        assert!(!matches!(opened, Ok(Ok(_))));
    }
}

#[test]
fn a_package_opens_in_its_own_box_only() {
    let enrolment = |byte| Enrolment::from_secret(&secret(byte)).unwrap();
    let (home, away) = (enrolment(1), enrolment(2));
    let sealed = Enrolment::seal_to(home.public(), b"package").unwrap();
    assert_eq!(home.open(&sealed).unwrap().as_slice(), b"package");
    assert!(away.open(&sealed).is_err());
    for altered in alterations(&sealed) {
        assert!(home.open(&altered).is_err());
    }
    assert!(
        Enrolment::seal_to(&[0; 32], b"package").is_err(),
        "no point of the curve"
    );
}

fn package() -> BoxPackage {
    let (key, seed) = SigningKey::generate(Suite::Ed25519, &mut Counting(0)).unwrap();
    let kept = |serial, usage| KeptKey {
        serial: KeySerial(serial),
        usage,
        public: key.public().clone(),
        secret: seed.clone(),
    };
    let master = |purpose, byte| MasterKey {
        purpose,
        kind: BoxKind::Meter,
        epoch: Epoch(202_611),
        secret: secret(byte),
    };
    BoxPackage {
        version: Version,
        kind: BoxKind::Meter,
        id: BoxId(1),
        fingerprint: Digest([1; 32]),
        transcript: Bytes::new(b"transcript".to_vec()).unwrap(),
        channel: secret(2),
        masters: List::new(vec![
            master(Purpose::Records, 3),
            master(Purpose::Authority, 4),
        ])
        .unwrap(),
        signing: List::new(vec![
            kept(0, KeyUsage::Receipt),
            kept(5, KeyUsage::Item),
            kept(9, KeyUsage::Item),
            kept(7, KeyUsage::Item),
        ])
        .unwrap(),
    }
}

#[test]
fn a_package_gives_what_it_holds_and_nothing_else() {
    let package = package();
    let epoch = Epoch(202_611);
    assert_eq!(package.master(Purpose::Authority, epoch), Ok(&secret(4)));
    assert!(package.master(Purpose::VendorTokens, epoch).is_err());
    assert!(package.master(Purpose::Authority, Epoch(202_612)).is_err());
    let (newest, _) = package.signing_key(KeyUsage::Item).unwrap();
    assert_eq!(newest, KeySerial(9));
    assert!(
        package.signing_key(KeyUsage::Receipt).is_err(),
        "the root signs no receipts"
    );
    assert!(package.signing_key(KeyUsage::Pack).is_err());
}

#[test]
fn the_state_of_a_box_opens_with_its_unlock_secret_only() {
    let unlock = |byte, start| UnlockedKeys::new(&secret(byte), &mut Counting(start)).unwrap();
    let (mut first, mut next, other) = (unlock(1, 0), unlock(1, 100), unlock(2, 0));

    let sealed = first.seal_package(&package(), &mut Counting(0)).unwrap();
    assert_eq!(next.open_package(&sealed).unwrap(), package());
    assert!(other.open_package(&sealed).is_err());

    let journal: Vec<Vec<u8>> = [b"one", b"two"]
        .map(|t| first.seal_journal(t).unwrap())
        .into();
    assert_eq!(first.open_journal(&journal[0]).unwrap().as_slice(), b"one");
    assert_eq!(next.open_journal(&journal[1]).unwrap().as_slice(), b"two");
    assert!(other.open_journal(&journal[0]).is_err());
    for altered in alterations(&journal[0]) {
        assert!(next.open_journal(&altered).is_err());
    }

    let again = next.seal_journal(b"one").unwrap();
    assert_ne!(
        again[16..],
        journal[0][16..],
        "each process seals under a key of its own"
    );
    assert_eq!(
        first.journal_mac().mac(&[b"x"]),
        next.journal_mac().mac(&[b"x"]),
        "but the chain of MACs goes on"
    );
    assert_ne!(
        first.journal_mac().mac(&[b"x"]),
        other.journal_mac().mac(&[b"x"])
    );
    let public = |keys: &UnlockedKeys| *keys.enrolment().unwrap().public();
    assert_eq!(public(&first), public(&next));
    assert_ne!(public(&first), public(&other));
}

#[test]
fn a_password_fits_its_own_hash_only() {
    let cost = PasswordCost {
        memory_kib: 64,
        passes: 1,
    };
    let entropy = &mut Counting(0);
    let hash = PasswordHash::new(b"correct horse battery", cost, entropy).unwrap();
    let again = PasswordHash::new(b"correct horse battery", cost, entropy).unwrap();
    assert_ne!(hash.hash, again.hash, "a fresh salt each time");
    assert_eq!(hash.fits(b"correct horse battery"), Ok(true));
    for wrong in [
        &b"correct horse batterY"[..],
        b"",
        b"correct horse battery ",
    ] {
        assert_eq!(hash.fits(wrong), Ok(false));
    }
    assert_eq!(PasswordHash::from_bytes(&hash.to_bytes()), Ok(hash.clone()));
    assert_eq!(hash.to_bytes().len(), 58, "a slot of the user record");

    let empty = PasswordHash::empty();
    assert_eq!(empty.to_bytes(), [0; 58]);
    assert_eq!(empty.fits(b""), Ok(false), "an empty slot fits nothing");
    let absent = PasswordHash {
        present: false,
        ..hash.clone()
    };
    assert_eq!(absent.fits(b"correct horse battery"), Ok(false));
    for (memory_kib, passes) in [(u32::MAX, 1), (64, 17), (0, 1), (64, 0)] {
        let costly = PasswordHash {
            memory_kib,
            passes,
            ..hash.clone()
        };
        assert!(
            costly.fits(b"").is_err(),
            "{memory_kib} KiB, {passes} passes"
        );
    }
    assert!(PasswordHash::new(b"x", cost, &mut Exhausted).is_err());
}

#[test]
fn derivations_differ_by_tag_and_parts() {
    let master = secret(1);
    let derive = |tag, parts: &[&[u8]]| master.derive(tag, parts).unwrap();
    let base = derive(Tag::DERIVE_MAC, &[b"a"]);
    assert_eq!(base, derive(Tag::DERIVE_MAC, &[b"a"]));
    assert_ne!(base, derive(Tag::DERIVE_SEAL, &[b"a"]));
    assert_ne!(base, derive(Tag::DERIVE_MAC, &[b"b"]));
    assert_ne!(base, secret(2).derive(Tag::DERIVE_MAC, &[b"a"]).unwrap());
}

#[test]
fn both_suites_sign_what_verify_believes() {
    for suite in [Suite::Ed25519, Suite::P256] {
        let (key, secret) = SigningKey::generate(suite, &mut OsEntropy).unwrap();
        let restored = SigningKey::from_secret(&secret, key.public()).unwrap();
        let signature = restored.sign(Tag::ACT, b"message").unwrap();
        let public = key.public();
        assert!(verify_signature(public, Tag::ACT, b"message", &signature));
        assert!(!verify_signature(
            public,
            Tag::CREDIT,
            b"message",
            &signature
        ));
        assert!(!verify_signature(public, Tag::ACT, b"Message", &signature));
        let mut altered = signature;
        altered[40] ^= 1;
        assert!(!verify_signature(public, Tag::ACT, b"message", &altered));
        let (other, _) = SigningKey::generate(suite, &mut OsEntropy).unwrap();
        assert!(!verify_signature(
            other.public(),
            Tag::ACT,
            b"message",
            &signature
        ));
        assert!(
            SigningKey::from_secret(&secret, other.public()).is_err(),
            "{suite:?}"
        );
    }
}

#[test]
fn a_p256_signature_has_one_form() {
    let (key, _) = SigningKey::generate(Suite::P256, &mut OsEntropy).unwrap();
    for number in 0..32u8 {
        let signature = key.sign(Tag::ITEM, &[number]).unwrap();
        assert!(verify::is_lower_form(&signature), "{number}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let marked = secret(0xa7);
    let cost = PasswordCost {
        memory_kib: 64,
        passes: 1,
    };
    let hash = PasswordHash::new(b"correct horse", cost, &mut Counting(0)).unwrap();
    let shown = PasswordHash {
        hash: marked.clone(),
        ..hash
    };
    let keys = RecordKeys::new(BoxKind::Meter, Epoch(202_611), &marked);
    let tokens = TokenKeys::derive(&marked, &marked, MeterSerial(1)).unwrap();
    let texts = [
        format!("{marked:?}"),
        format!("{shown:?}"),
        format!("{keys:?}"),
        format!("{tokens:?}"),
        format!("{:?}", MacKey::new(&marked)),
        format!("{:?}", SealKey::new(&marked).unwrap()),
        format!("{:?}", Enrolment::from_secret(&marked).unwrap()),
        format!(
            "{:?}",
            UnlockedKeys::new(&marked, &mut Counting(0)).unwrap()
        ),
        format!(
            "{:?}",
            BoxPackage {
                channel: marked.clone(),
                ..package()
            }
        ),
        format!("{:?}", SigningKey::from_seed(&marked).unwrap()),
    ];
    for text in texts {
        assert!(text.contains("(..)") || text.contains(", ..)"), "{text}");
        assert!(
            !text.contains("167, 167") && !text.contains("a7a7"),
            "{text}"
        );
    }
}

#[test]
fn what_is_done_on_several_cores_is_done_to_each_once_and_in_order() {
    for (count, cores) in [(0, 2), (1, 2), (127, 2), (256, 2), (1_001, 3), (1_001, 0)] {
        let values: Vec<u32> = (0..count).collect();
        let doubled: Vec<u32> = values.iter().map(|value| value * 2).collect();
        let done = on_each(&values, cores, |value| Ok(value * 2));
        assert_eq!(done, Ok(doubled), "{count} values on {cores} cores");
        let fails = |value: &u32| {
            if *value == 1_000 {
                Err(VaultError)
            } else {
                Ok(())
            }
        };
        let failed = on_each(&values, cores, fails).is_err();
        assert_eq!(failed, count > 1_000, "{count} values on {cores} cores");
    }
}
