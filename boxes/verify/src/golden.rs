//! The public half of `formats/crypto.txt`, read by this crate alone, and the table of tags,
//! `formats/tags.txt`. `vault` writes the first (it needs the secrets), this crate the second.

use crate::*;
use item::*;
use std::collections::HashMap;
use std::path::PathBuf;

const TAGS_HEAD: &str = "\
# Every domain tag. Its bytes are the text and one zero byte. Made by `cargo xtask vectors`.
";

fn place(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../formats")
        .join(file)
}

fn blessing() -> bool {
    std::env::var_os("INDICIA_BLESS").is_some()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digit = |c: &u8| u8::try_from(char::from(*c).to_digit(16).unwrap()).unwrap();
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| digit(&pair[0]) << 4 | digit(&pair[1]))
        .collect()
}

/// Name -> bytes of the file of vectors.
fn vectors() -> HashMap<String, Vec<u8>> {
    let text = std::fs::read_to_string(place("crypto.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, hex)| (name.to_owned(), bytes_of(hex)))
        .collect()
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap()
}

#[test]
fn golden_tags_are_those_of_the_file() {
    let lines = Tag::ALL.iter().map(|tag| format!("{}\n", tag.as_str()));
    let made: String = std::iter::once(TAGS_HEAD.to_owned()).chain(lines).collect();
    if blessing() {
        std::fs::write(place("tags.txt"), made).unwrap();
        return;
    }
    assert_eq!(std::fs::read_to_string(place("tags.txt")).unwrap(), made);
}

#[test]
fn golden_signature_of_the_indicium_holds_over_its_first_74_bytes_only() {
    if blessing() {
        return; // The file is being written.
    }
    let v = vectors();
    let key = PublicKey::from_bytes(&v["ed25519.public"]).unwrap();
    assert_eq!(key_id(&key).0.as_slice(), v["ed25519.key_id"]);
    assert_eq!(fingerprint(&key).0.as_slice(), v["ed25519.fingerprint"]);
    let bytes = &v["payload"];
    let payload = Payload::from_bytes(bytes).unwrap();
    let opened = open_payload(payload, &key).unwrap();
    assert_eq!(opened.digest().0.as_slice(), v["payload.digest"]);
    for at in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[at / 8] ^= 1 << (at % 8);
        if let Ok(payload) = Payload::from_bytes(&altered) {
            let outcome = open_payload(payload, &key);
            assert_eq!(outcome, Err(SignatureError::Wrong), "bit {at}");
        }
    }
}

#[test]
fn golden_address_is_the_one_of_its_piece() {
    if blessing() {
        return; // The file is being written.
    }
    let v = vectors();
    let payload = Payload::from_bytes(&v["payload"]).unwrap();
    let written = std::str::from_utf8(&v["address.written"]).unwrap();
    let lines = normalise_address(written.lines()).unwrap();
    assert_eq!(lines.as_slice(), v["address.lines"]);
    let (meter, piece) = (payload.meter, payload.piece_count);
    assert_eq!(address_digest(meter, piece, &lines), payload.address_digest);
    assert_ne!(
        address_digest(meter, piece + 1, &lines),
        payload.address_digest
    );
    let none = AddressLines::default();
    assert_eq!(address_digest(meter, piece, &none), [0; 8]);
}

#[test]
fn golden_p256_signature_holds_under_its_tag_only() {
    if blessing() {
        return; // The file is being written.
    }
    let v = vectors();
    let key = PublicKey::from_bytes(&v["p256.public"]).unwrap();
    let signature = array(&v["p256.signature"]);
    let message = &v["p256.message"];
    assert!(verify_signature(&key, Tag::ACT, message, &signature));
    assert!(!verify_signature(&key, Tag::CREDIT, message, &signature));
    let mut swapped = signature;
    swapped.rotate_left(32);
    assert!(
        !verify_signature(&key, Tag::ACT, message, &swapped),
        "r, then s"
    );
    assert!(
        !verify_signature(&key, Tag::ACT, message, &other_form(signature)),
        "one form"
    );
    assert_eq!(other_form(other_form(signature)), signature);
}

/// The other signature that fits the same key and message: (r, order - s).
fn other_form(mut signature: [u8; 64]) -> [u8; 64] {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut borrow = false;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER).rev() {
        let (less, first) = order.overflowing_sub(*byte);
        let (less, second) = less.overflowing_sub(u8::from(borrow));
        (*byte, borrow) = (less, first || second);
    }
    signature
}

#[test]
fn golden_digests_are_those_of_the_file() {
    if blessing() {
        return; // The file is being written.
    }
    let v = vectors();
    let text = |name: &str| std::str::from_utf8(&v[name]).unwrap();
    let key_digest = idempotency_key(text("idempotency.key"));
    let reference = digest(Tag::REFERENCE, &[&v["reference.text"]]);
    let meter = MeterSerial::from_bytes(&v["evidence.meter"]).unwrap();
    let sequence = u64::from_bytes(&v["evidence.sequence"]).unwrap();
    let scope = array(&v["request.scope"]);
    let founder = UserId(array(&v["account.founder"]));
    for (name, made) in [
        ("idempotency.digest", key_digest.0.to_vec()),
        (
            "request.id",
            request_id(&scope, &key_digest, text("request.step"))
                .0
                .to_vec(),
        ),
        (
            "request_body.digest",
            request_body(&v["request_body.canonical"]).0.to_vec(),
        ),
        (
            "session.digest",
            session_digest(&array(&v["session.secret"])).0.to_vec(),
        ),
        ("account.id", account_of(founder).0.to_vec()),
        ("reference.digest", reference.0.to_vec()),
        (
            "evidence.id",
            evidence_id(meter, sequence, &reference).0.to_vec(),
        ),
        (
            "record.digest",
            record_digest(&v["record.stored"]).0.to_vec(),
        ),
        (
            "statement.digest",
            statement_digest(&v["statement.stored"]).0.to_vec(),
        ),
    ] {
        assert_eq!(made, v[name], "{name}");
    }
    let subjects: Vec<(Subject, Counter, ShortDigest)> = v["checkpoint.rows"]
        .chunks_exact(40)
        .map(|row| {
            let mut reader = Reader::new(row);
            let subject = Layout::get(&mut reader).unwrap();
            let counter = Layout::get(&mut reader).unwrap();
            (subject, counter, Layout::get(&mut reader).unwrap())
        })
        .collect();
    let made = checkpoint_digest(subjects.iter().map(|(s, c, d)| (s, *c, *d)));
    assert_eq!(made.0.as_slice(), v["checkpoint.digest"]);
}

#[test]
fn golden_a_quorum_is_opened_by_enough_of_its_own_keys_only() {
    if blessing() {
        return; // The file is being written.
    }
    let v = vectors();
    let p256 = PublicKey::from_bytes(&v["p256.public"]).unwrap();
    let ed25519 = PublicKey::from_bytes(&v["ed25519.public"]).unwrap();
    let enrol = |threshold, keys: &[&PublicKey]| {
        let name = Bytes::default();
        let keys = keys.iter().map(|key| EnrolledKey {
            name: name.clone(),
            key: (*key).clone(),
        });
        Quorum::new(threshold, keys.collect()).unwrap()
    };
    let shown = |signatures| MultiSigned {
        body: Opaque(v["p256.message"].clone()),
        signatures,
    };
    let signed = |key: &PublicKey, signature| List::new(vec![(key_id(key), signature)]).unwrap();
    let genuine = || signed(&p256, array(&v["p256.signature"]));
    let open = |signatures, quorum: Quorum| open_by_quorum(shown(signatures), &quorum).map(|_| ());
    assert_eq!(open(genuine(), enrol(1, &[&ed25519, &p256])), Ok(()));
    assert_eq!(
        open(genuine(), enrol(2, &[&ed25519, &p256])),
        Err(SignatureError::TooFew)
    );
    assert_eq!(
        open(genuine(), enrol(1, &[&ed25519])),
        Err(SignatureError::NotEnrolled)
    );
    let altered = signed(&p256, [1; 64]);
    assert_eq!(
        open(altered, enrol(1, &[&p256])),
        Err(SignatureError::Wrong)
    );
    assert_eq!(
        open(List::default(), enrol(1, &[&p256])),
        Err(SignatureError::TooFew)
    );
}

/// A body whose encoding is the message of the P-256 vector.
struct Opaque(Vec<u8>);

impl Layout for Opaque {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok(Self(reader.take(reader.left())?.to_vec()))
    }
}

impl Tagged for Opaque {
    const TAG: Tag = Tag::ACT;
}
