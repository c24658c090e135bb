//! Cryptographic vectors for verifiers in other languages: `formats/crypto.txt`, written under
//! `INDICIA_BLESS`, and checked by a program that shares no line with ours.
//!
//! Everything in the file but the P-256 signature follows from the inputs in it; that signature is
//! random by its nature, so the one in the file stays as long as it verifies.

use super::{Counting, authority, chain_record, secret};
use crate::*;
use item::*;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use verify::Tag;

const HEAD: &str = "\
# Inputs and results of every keyed computation, one `name hex` a line, text as its bytes.
# Which is computed how: README.md, \"Cryptography\". Checked by check_payload.py.
# The secrets in this file are of no installation. Made by `cargo xtask vectors`.
";

fn formats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../formats")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The bytes that the file has under a name.
fn kept(file: &str, name: &str) -> Option<Vec<u8>> {
    let line = file
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    let digits = line.as_bytes().as_chunks::<2>().0;
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.iter().map(byte).collect()
}

const ADDRESS: [&str; 3] = [
    "California State Capitol",
    "1315 10th St.",
    "Sacramento, CA 95814",
];

/// An item as a box prints it, but for digest, tokens and signature.
pub(super) fn payload() -> Payload {
    Payload {
        suite: Suite::Ed25519,
        key: KeySerial(3),
        vendor: Ascii::new(*b"IN").unwrap(),
        model: Ascii::new(*b"M1").unwrap(),
        meter: MeterSerial(10_000_001),
        ascending: Mills(1_480),
        value: Mills(740),
        mailing_day: Day::from_decimal(20_261_125).unwrap(),
        origin: Zip(95_814),
        destination: 958_140_001 + 100_001,
        descending: Mills(98_520),
        category: Ascii::new(*b"FCL ").unwrap(),
        kind: ItemKind::Postage,
        specimen: true,
        post: PostId(1),
        currency: Currency(840),
        piece_count: 2,
        address_digest: [0; 8],
        vendor_token: [0; 6],
        postal_token: [0; 6],
        signature: [0; 64],
    }
}

/// Lines of the file, in order.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, bytes: &[u8]) {
        writeln!(self.0, "{name} {}", hex(bytes)).unwrap();
    }
}

fn indicium(lines: &mut Lines) {
    let seed = secret(0x01);
    let key = SigningKey::from_seed(&seed).unwrap();
    let (vendor, postal) = (secret(0x02), secret(0x03));
    let address = normalise_address(ADDRESS).unwrap();
    let mut payload = payload();
    payload.address_digest = verify::address_digest(payload.meter, payload.piece_count, &address);
    let tokens = TokenKeys::derive(&vendor, &postal, payload.meter).unwrap();
    [payload.vendor_token, payload.postal_token] = tokens.tokens(&payload.to_bytes());
    let prefix = payload.to_bytes()[..Payload::SIGNED_MESSAGE].to_vec();
    payload.signature = key.sign(Tag::ITEM, &prefix).unwrap();

    lines.add("ed25519.seed", seed.expose());
    lines.add("ed25519.public", &key.public().to_bytes());
    lines.add("ed25519.key_id", &verify::key_id(key.public()).0);
    lines.add("ed25519.fingerprint", &verify::fingerprint(key.public()).0);
    lines.add("vendor.master", vendor.expose());
    lines.add("postal.master", postal.expose());
    let serial = payload.meter.0.to_le_bytes();
    for (name, master) in [("vendor", &vendor), ("postal", &postal)] {
        let token_key = master
            .derive(Tag::DERIVE_TOKEN, &[name.as_bytes(), &serial])
            .unwrap();
        lines.add(&format!("{name}.token_key"), token_key.expose());
        let check = verify::digest(Tag::KEY_CHECK, &[&MacKey::new(master).mac(&[])]);
        lines.add(&format!("{name}.key_check"), &check.0);
    }
    lines.add("address.written", ADDRESS.join("\n").as_bytes());
    lines.add("address.lines", address.as_slice());
    lines.add("payload", &payload.to_bytes());
    let opened = verify::open_payload(payload, key.public()).unwrap();
    lines.add("payload.digest", &opened.digest().0);
}

fn p256(lines: &mut Lines, file: &str) {
    let message = b"signed under P-256";
    let fresh = || {
        let (key, secret) = SigningKey::generate(Suite::P256, &mut OsEntropy).unwrap();
        let signature = key.sign(Tag::ACT, message).unwrap();
        (secret, key.public().clone(), signature)
    };
    let stands = || {
        let scalar: [u8; 32] = kept(file, "p256.secret")?.try_into().ok()?;
        let secret = Secret::new(scalar);
        let public = PublicKey::from_bytes(&kept(file, "p256.public")?).ok()?;
        SigningKey::from_secret(&secret, &public).ok()?;
        let signature = kept(file, "p256.signature")?.try_into().ok()?;
        verify::verify_signature(&public, Tag::ACT, message, &signature)
            .then_some((secret, public, signature))
    };
    let (secret, public, signature) = stands().unwrap_or_else(fresh);
    lines.add("p256.secret", secret.expose());
    lines.add("p256.public", &public.to_bytes());
    lines.add("p256.message", message);
    lines.add("p256.signature", &signature);
}

fn record(lines: &mut Lines) {
    let account = AccountId([5; 16]);
    let subject = account.subject();
    let master = secret(0x04);
    let keys = RecordKeys::new(BoxKind::Transaction, Epoch(202_611), &master);
    let binding = [
        &[BoxKind::Transaction.code()][..],
        &202_611u32.to_le_bytes(),
        &subject.0,
    ]
    .concat();
    let derive = |tag| master.derive(tag, &[&binding]).unwrap();
    let (stored, digest) = keys.seal(&subject, chain_record(account)).unwrap();
    let field = keys
        .seal_field::<60>(&subject, "field", &[9; 32], &mut Counting(0))
        .unwrap();

    lines.add("record.master", master.expose());
    lines.add("record.binding", &binding);
    lines.add("record.mac_key", derive(Tag::DERIVE_MAC).expose());
    lines.add("record.seal_key", derive(Tag::DERIVE_SEAL).expose());
    lines.add("record.stored", &stored);
    lines.add("record.digest", &digest.0);
    lines.add("field.name", b"field");
    lines.add("field.plain", &[9; 32]);
    lines.add("field.sealed", &field);
}

fn authorities_and_passwords(lines: &mut Lines) {
    let key = secret(0x06);
    lines.add("authority.key", key.expose());
    let sealed = seal_authority(&MacKey::new(&key), authority());
    lines.add("authority.sealed", &sealed.to_bytes());
    let cost = PasswordCost {
        memory_kib: 64,
        passes: 2,
    };
    let hash = PasswordHash::new(b"correct horse battery", cost, &mut Counting(0)).unwrap();
    lines.add("password", b"correct horse battery");
    lines.add("password.slot", &hash.to_bytes());
}

fn digests(lines: &mut Lines) {
    let (scope, meter) = ([0x31; 16], MeterSerial(10_000_001));
    let key_digest = verify::idempotency_key("order-1");
    let reference = verify::digest(Tag::REFERENCE, &[b"invoice 1"]);
    lines.add("idempotency.key", b"order-1");
    lines.add("idempotency.digest", &key_digest.0);
    lines.add("request.scope", &scope);
    lines.add("request.step", b"dispense");
    lines.add(
        "request.id",
        &verify::request_id(&scope, &key_digest, "dispense").0,
    );
    lines.add("request_body.canonical", b"{}");
    lines.add("request_body.digest", &verify::request_body(b"{}").0);
    lines.add("session.secret", &[0x32; 32]);
    lines.add("session.digest", &verify::session_digest(&[0x32; 32]).0);
    lines.add("account.founder", &[0x33; 16]);
    lines.add("account.id", &verify::account_of(UserId([0x33; 16])).0);
    lines.add("reference.text", b"invoice 1");
    lines.add("reference.digest", &reference.0);
    lines.add("evidence.meter", &meter.0.to_le_bytes());
    lines.add("evidence.sequence", &7u64.to_le_bytes());
    lines.add("evidence.id", &verify::evidence_id(meter, 7, &reference).0);
    lines.add("statement.stored", b"stored statement");
    lines.add(
        "statement.digest",
        &verify::statement_digest(b"stored statement").0,
    );
    let subjects = [1u8, 2].map(|n| (Subject([n; 16]), Counter(n.into()), ShortDigest([n; 16])));
    let rows = subjects
        .iter()
        .map(|(subject, counter, short)| (subject, *counter, *short));
    let digest = verify::checkpoint_digest(rows);
    let rows = subjects.map(|(s, c, d)| [s.to_bytes(), c.to_bytes(), d.to_bytes()].concat());
    lines.add("checkpoint.rows", &rows.concat());
    lines.add("checkpoint.digest", &digest.0);
}

#[test]
fn golden_crypto_vectors_are_those_of_the_file() {
    let path = formats().join("crypto.txt");
    let file = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = Lines(HEAD.to_owned());
    indicium(&mut lines);
    p256(&mut lines, &file);
    record(&mut lines);
    authorities_and_passwords(&mut lines);
    digests(&mut lines);
    if std::env::var_os("INDICIA_BLESS").is_some() {
        std::fs::write(&path, &lines.0).unwrap();
        return;
    }
    for (old, new) in file.lines().zip(lines.0.lines()) {
        assert_eq!(old, new);
    }
    assert_eq!(
        file.len(),
        lines.0.len(),
        "formats/crypto.txt: lines are missing"
    );
}

/// The python that has `cryptography`: `INDICIA_TEST_PYTHON`, or the workspace's own environment.
fn python() -> PathBuf {
    std::env::var_os("INDICIA_TEST_PYTHON")
        .map_or_else(|| formats().join("../.venv/bin/python"), PathBuf::from)
}

fn foreign_check(crypto: &Path) -> std::process::Output {
    let formats = formats();
    Command::new(python())
        .arg(formats.join("check_payload.py"))
        .args([crypto, &formats.join("item.hex")])
        .output()
        .expect("`cargo xtask test setup` installs the python")
}

#[test]
fn a_foreign_program_computes_the_same_and_notices_every_change() {
    if std::env::var_os("INDICIA_BLESS").is_some() {
        return; // The file is being written.
    }
    let crypto = formats().join("crypto.txt");
    let output = foreign_check(&crypto);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");

    let file = std::fs::read_to_string(&crypto).unwrap();
    let scratch = std::env::temp_dir().join(format!("indicia-crypto-{}.txt", std::process::id()));
    for name in [
        "payload",
        "p256.signature",
        "record.stored",
        "field.sealed",
        "password.slot",
    ] {
        let bytes = kept(&file, name).unwrap();
        let mut altered = bytes.clone();
        *altered.last_mut().unwrap() ^= 1;
        let line = |bytes: &[u8]| format!("\n{name} {}\n", hex(bytes));
        std::fs::write(&scratch, file.replace(&line(&bytes), &line(&altered))).unwrap();
        let output = foreign_check(&scratch);
        assert_eq!(output.status.code(), Some(1), "an altered {name} passes");
    }
    std::fs::remove_file(&scratch).unwrap();
}
