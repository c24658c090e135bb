//! Target `verify`: transcripts, packs, statements and payloads of two installations, one of each
//! suite, altered. What still opens is what was signed, to the byte.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use item::{
    ActBody, Ascii, BoxId, BoxKind, Currency, Day, ItemKind, KeyUsage, Layout, MeterSerial, Mills,
    MultiSigned, PackBody, Payload, PostId, Signed, StaleStatement, Time, Version, Zip,
    normalise_address,
};
use verify::{
    Expectation, FindingCode, Installation, Pack, Tag, examine, judge, open_by_quorum, open_payload,
};

use crate::alter::altered;
use crate::house::{DAY, HOUSE, House, MINUTE, OPERATORS, P256_HOUSE, START, sign_all};
use crate::keys_target;

/// One installation, with things that it signed.
struct Signer {
    house: &'static House,
    pack: Pack,
    packs: Vec<Vec<u8>>,
    payloads: Vec<Vec<u8>>,
    statements: Vec<Vec<u8>>,
    acts: Vec<Vec<u8>>,
}

static SIGNERS: LazyLock<[Signer; 2]> =
    LazyLock::new(|| [Signer::new(&HOUSE), Signer::new(&P256_HOUSE)]);

impl Signer {
    fn new(house: &'static House) -> Self {
        let packs: Vec<Vec<u8>> = keys_target::packs(house, 2).collect();
        let pack = open_pack(house, &packs[0]).expect("its own");
        let (key, signer) = house.signing(BoxKind::Meter, KeyUsage::Decision);
        let statements = (0..3u8).map(|number| {
            let statement = StaleStatement {
                version: Version,
                suite: signer.public().suite(),
                key,
                installation: house.id(),
                box_kind: BoxKind::Meter,
                box_id: BoxId(1),
                subject: MeterSerial(u32::from(number)).subject(),
                shown_counter: item::Counter(3),
                shown: item::Digest([number; 32]),
                known_counter: item::Counter(5),
                time: Time(START + MINUTE),
            };
            signer.sign_body(statement).expect("signs").to_bytes()
        });
        let acts = (1..3u64).map(|sequence| {
            let subject = MeterSerial(1).subject();
            let act = house.act(BoxKind::Meter, subject, sequence, ActBody::Activate);
            sign_all(act, &OPERATORS[..2]).to_bytes()
        });
        Self {
            statements: statements.collect(),
            acts: acts.collect(),
            payloads: (1..5).map(|number| payload(house, number)).collect(),
            house,
            pack,
            packs,
        }
    }

    fn root(&self) -> &item::PublicKey {
        &self.house.installation.transcript().root
    }
}

fn open_pack(house: &House, bytes: &[u8]) -> std::result::Result<Pack, verify::TrustError> {
    let root = &house.installation.transcript().root;
    Pack::open(bytes, root, &house.fingerprint)
}

/// An item as a meter box signs it; its tokens do not count here.
fn payload(house: &House, number: u32) -> Vec<u8> {
    let (key, signer) = house.signing(BoxKind::Meter, KeyUsage::Item);
    let payload = Payload {
        suite: signer.public().suite(),
        key,
        vendor: Ascii::new(*b"IN").expect("text"),
        model: Ascii::new(*b"F1").expect("text"),
        meter: MeterSerial(10_000_001),
        ascending: Mills(u64::from(number) * 740),
        value: Mills(740),
        mailing_day: Day::of_time(Time(START + u64::from(number) * DAY)),
        origin: Zip(95_814),
        destination: 0,
        descending: Mills(1_000_000),
        category: Ascii::new(*b"FCL ").expect("text"),
        kind: ItemKind::Postage,
        specimen: true,
        post: PostId(1),
        currency: Currency(840),
        piece_count: number,
        address_digest: [number as u8 - 1; 8],
        vendor_token: [3; 6],
        postal_token: [4; 6],
        signature: [0; 64],
    };
    let mut bytes = payload.to_bytes();
    bytes.truncate(Payload::SIGNED_MESSAGE);
    let signature = signer.sign(Tag::ITEM, &bytes).expect("signs");
    [&bytes[..], &signature].concat()
}

/// Target `verify`.
pub(crate) fn run(data: &[u8]) {
    for signer in &*SIGNERS {
        // A printed symbol holds any bytes at all.
        never_authentic(signer, data);
    }
    // Running out of bytes is no finding.
    let _ = story(&mut Unstructured::new(data));
}

fn story(u: &mut Unstructured<'_>) -> Result<()> {
    let signer = &SIGNERS[u.int_in_range(0..=1usize)?];
    match u.int_in_range(0..=5u8)? {
        0..=1 => {
            let genuine = u.choose(&signer.payloads)?.clone();
            let mut bytes = match u.arbitrary()? {
                true => altered(u, &genuine, &signer.payloads)?,
                false => reworded(u, &genuine)?,
            };
            if u.arbitrary::<u8>()? > 223 {
                negate(&mut bytes);
            }
            never_authentic(signer, &bytes);
            examined(u, signer, &bytes)?;
        }
        2 => {
            let genuine = vec![signer.house.installation.bytes().to_vec()];
            let bytes = altered(u, &genuine[0], &genuine)?;
            let opened = Installation::open(&bytes, &signer.house.fingerprint);
            same(&genuine, &bytes, opened.is_ok(), "transcript");
        }
        3 => {
            let bytes = altered(u, &signer.packs[0], &signer.packs)?;
            let opened = Pack::open(&bytes, signer.root(), &signer.house.fingerprint);
            same(&signer.packs, &bytes, opened.is_ok(), "pack");
            if let Ok(pack) = opened {
                assert!(Signed::<PackBody>::from_bytes(&bytes).is_ok());
                assert!(!pack.is_void(MeterSerial(1), 1), "a void that nobody made");
            }
        }
        4 => {
            let genuine = u.choose(&signer.statements)?.clone();
            let bytes = altered(u, &genuine, &signer.statements)?;
            let opened = Signed::<StaleStatement>::from_bytes(&bytes).is_ok_and(|signed| {
                let (key, kind, time) = (signed.body.key, signed.body.box_kind, signed.body.time);
                let installation = &signer.house.installation;
                installation
                    .open_statement(signed, key, kind, KeyUsage::Decision, time)
                    .is_ok()
            });
            same(&signer.statements, &bytes, opened, "statement");
        }
        _ => {
            let genuine = u.choose(&signer.acts)?.clone();
            let bytes = altered(u, &genuine, &signer.acts)?;
            let operators = &signer.house.installation.transcript().operators;
            let opened = MultiSigned::<item::Act>::from_bytes(&bytes)
                .is_ok_and(|act| open_by_quorum(act, operators).is_ok());
            same(&signer.acts, &bytes, opened, "act");
        }
    }
    Ok(())
}

/// What opens is genuine, and what is genuine opens.
fn same(genuine: &[Vec<u8>], bytes: &[u8], opened: bool, what: &str) {
    let known = genuine.iter().any(|one| one == bytes);
    assert_eq!(opened, known, "{what}: genuine is what was signed");
}

fn never_authentic(signer: &Signer, bytes: &[u8]) {
    let now = Time(START + DAY);
    let (findings, payload) = examine(bytes, &signer.pack, now, &Expectation::default());
    let has = |code| findings.iter().any(|finding| finding.code == code);
    let known = signer.payloads.iter().any(|one| one == bytes);
    assert_eq!(
        has(FindingCode::Authentic),
        known,
        "authentic is what was signed"
    );
    assert!(has(FindingCode::Authentic) != (has(FindingCode::Forged) || payload.is_none()));
    if let Some(payload) = payload {
        assert!(payload.to_bytes() == bytes, "another payload than was read");
        if let Ok(key) = signer.house.installation.item_key(payload.key) {
            assert_eq!(open_payload(payload, key).is_ok(), known, "a signature");
        }
    }
    assert!(
        judge(&findings) != verify::Verdict::Accept,
        "accepted offline"
    );
}

/// Another value in one field, under the old signature.
fn reworded(u: &mut Unstructured<'_>, genuine: &[u8]) -> Result<Vec<u8>> {
    let mut payload = Payload::from_bytes(genuine).expect("genuine");
    match u.int_in_range(0..=10u8)? {
        0 => payload.value = Mills(u64::from(u.arbitrary::<u32>()?)),
        1 => payload.piece_count = u.arbitrary()?,
        2 => payload.meter = MeterSerial(u.arbitrary()?),
        3 => payload.ascending = Mills(u64::from(u.arbitrary::<u32>()?)),
        4 => payload.descending = Mills(u64::from(u.arbitrary::<u32>()?)),
        5 => payload.key = item::KeySerial(u.int_in_range(0..=8u32)?),
        6 => payload.destination = u.arbitrary::<u64>()? % (item::payload::ROUTING_MAX + 1),
        7 => payload.post = PostId(u.arbitrary()?),
        8 => payload.specimen = u.arbitrary()?,
        9 => payload.address_digest = u.arbitrary()?,
        _ => {
            let day = Time(START + u64::from(u.arbitrary::<u16>()?) * DAY);
            payload.mailing_day = Day::of_time(day);
        }
    }
    Ok(payload.to_bytes())
}

/// Takes the second half of the signature away from the order of P-256: what verifies as well, if
/// nobody looks which of the two it is.
fn negate(payload: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let Some((_, half)) = payload.split_last_chunk_mut::<32>() else {
        return;
    };
    let mut borrow = false;
    for (byte, order) in half.iter_mut().zip(ORDER).rev() {
        let (less, first) = order.overflowing_sub(*byte);
        let (less, second) = less.overflowing_sub(u8::from(borrow));
        (*byte, borrow) = (less, first || second);
    }
}

/// Whatever is expected of a piece, an examination ends, and says each thing once.
fn examined(u: &mut Unstructured<'_>, signer: &Signer, bytes: &[u8]) -> Result<()> {
    let lines = [
        String::from_utf8_lossy(crate::alter::some(u)?).into_owned(),
        String::from_utf8_lossy(crate::alter::some(u)?).into_owned(),
    ];
    let expected = Expectation {
        address: normalise_address(lines.iter().map(String::as_str)).unwrap_or_default(),
        value: Some(Mills(u.arbitrary()?)),
    };
    let (findings, _) = examine(bytes, &signer.pack, Time(u.arbitrary()?), &expected);
    for (position, finding) in findings.iter().enumerate() {
        let twice = findings[..position]
            .iter()
            .any(|one| one.code == finding.code);
        assert!(!twice, "{:?} twice", finding.code);
    }
    Ok(())
}

/// Each kind of thing, as it was signed and with one byte altered.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for signer in 0..=1u8 {
        for kind in 0..=5u8 {
            seeds.push(vec![signer, kind]);
            seeds.push(vec![signer, kind, 0, 1, 0, 100, 1]);
            seeds.push(vec![signer, kind, 0, 2, 5, 10, 90, 3, 4]);
            seeds.push(vec![signer, kind, 0, 1, 0, 255]);
            seeds.push(vec![signer, kind, 0, 0, 1, 9, 9]);
        }
        seeds.extend(SIGNERS[usize::from(signer)].payloads.clone());
    }
    seeds
}
