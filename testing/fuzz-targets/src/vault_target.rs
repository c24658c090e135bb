//! Target `vault`: packages, journal bodies, sealed fields, records, authorities and unlock files,
//! altered or shown in another place. What opens is what was sealed, to the byte, where it belongs.

use std::path::PathBuf;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use boxd::unlock::{KeyFile, Unlock, UnlockError};
use item::{
    AccountId, Authority, BoxId, BoxKind, ChainRecord, Counter, Digest, Layout, List, Mills,
    Rights, Sealed, Subject, Suite, Time, UserId, Version,
};
use vault::{
    BoxPackage, MacKey, PasswordHash, RecordKeys, UnlockedKeys, open_authority, seal_authority,
};

use crate::alter::{altered, some};
use crate::entropy::Seeded;
use crate::house::{HOUSE, START, unlock};

const ACCOUNTS: [AccountId; 2] = [AccountId([1; 16]), AccountId([2; 16])];
const FIELDS: [&str; 2] = ["passwords", "vendor token key"];

/// Sealed things of each kind, with the keys that open them.
struct Safe {
    unlocked: UnlockedKeys,
    /// To the meter box, then to others.
    packages: Vec<Vec<u8>>,
    at_rest: Vec<Vec<u8>>,
    journal: Vec<Vec<u8>>,
    records: RecordKeys,
    /// Field by field, account by account.
    fields: Vec<(Subject, &'static str, Vec<u8>)>,
    chains: Vec<(Subject, Vec<u8>)>,
    authority: MacKey,
    authorities: Vec<Vec<u8>>,
}

static SAFE: LazyLock<Safe> = LazyLock::new(Safe::new);

impl Safe {
    fn new() -> Self {
        let entropy = &mut Seeded(7);
        let mut unlocked = unlock(BoxKind::Meter, 8);
        let kinds = [BoxKind::Meter, BoxKind::Auth, BoxKind::Keys];
        let at_rest = kinds.map(|kind| {
            let package = HOUSE.package(kind);
            unlocked.seal_package(&package, entropy).expect("entropy")
        });
        // An earlier process sealed the first, under a key of its own.
        let mut journal = vec![
            unlock(BoxKind::Meter, 9)
                .seal_journal(b"of an earlier process")
                .expect("seals"),
        ];
        for body in [&b"first"[..], b"second, longer", b""] {
            journal.push(unlocked.seal_journal(body).expect("seals"));
        }
        let records = HOUSE.records(BoxKind::Transaction);
        let mut fields = Vec::new();
        let mut chains = Vec::new();
        for account in ACCOUNTS {
            let subject = account.subject();
            for field in FIELDS {
                let sealed: [u8; 60] = records
                    .seal_field(&subject, field, &[account.0[0]; 32], entropy)
                    .expect("entropy");
                fields.push((subject, field, sealed.to_vec()));
            }
            let (sealed, _) = records.seal(&subject, chain(account)).expect("seals");
            chains.push((subject, sealed));
        }
        let authority = HOUSE.authority();
        let authorities =
            [1, 2].map(|user| seal_authority(&authority, authorised(user)).to_bytes());
        Self {
            packages: kinds
                .map(|kind| HOUSE.sealed_package(kind).to_vec())
                .to_vec(),
            unlocked,
            at_rest: at_rest.to_vec(),
            journal,
            records,
            fields,
            chains,
            authority,
            authorities: authorities.to_vec(),
        }
    }
}

fn chain(account: AccountId) -> ChainRecord {
    ChainRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: HOUSE.epoch(),
        account,
        counter: Counter(7),
        head: Digest([1; 32]),
        last_time: Time(START),
        last_decision: Digest([3; 32]),
        box_id: BoxId(1),
    }
}

fn authorised(user: u8) -> Authority {
    Authority {
        version: Version,
        suite: Suite::Ed25519,
        epoch: HOUSE.epoch(),
        user: UserId([user; 16]),
        account: ACCOUNTS[0],
        rights: Rights::DISPENSE,
        ceiling: Mills(1_000),
        generation: 1,
        api_key: None,
        signing_key: None,
        logged_in: Time(START),
        issued: Time(START),
        expires: Time(START + 1),
        session: Digest([4; 32]),
        meters: List::default(),
    }
}

/// Target `vault`.
pub(crate) fn run(data: &[u8]) {
    let _ = story(&mut Unstructured::new(data));
}

fn story(u: &mut Unstructured<'_>) -> Result<()> {
    let safe = &*SAFE;
    match u.int_in_range(0..=7u8)? {
        0 => {
            let bytes = altered(u, &safe.packages[0], &safe.packages)?;
            let enrolment = safe.unlocked.enrolment().expect("a key");
            same(
                &safe.packages[..1],
                &bytes,
                enrolment.open(&bytes).is_ok(),
                "package",
            );
        }
        1 => {
            let bytes = altered(u, &safe.at_rest[0], &safe.at_rest)?;
            let opened = safe.unlocked.open_package(&bytes).is_ok();
            same(&safe.at_rest, &bytes, opened, "package at rest");
        }
        2 => {
            let body = u.choose(&safe.journal)?;
            let bytes = altered(u, body, &safe.journal)?;
            let opened = safe.unlocked.open_journal(&bytes).is_ok();
            same(&safe.journal, &bytes, opened, "journal body");
        }
        3 => {
            let (_, _, sealed) = u.choose(&safe.fields)?;
            let others: Vec<Vec<u8>> = safe.fields.iter().map(|(.., s)| s.clone()).collect();
            let bytes = altered(u, sealed, &others)?;
            let subject = u.choose(&ACCOUNTS)?.subject();
            let field = *u.choose(&FIELDS)?;
            let own = safe
                .fields
                .iter()
                .find(|(s, f, _)| (*s, *f) == (subject, field));
            let own = own.map(|(.., sealed)| sealed.clone());
            let opened = safe.records.open_field(&subject, field, &bytes).is_ok();
            same(&Vec::from_iter(own), &bytes, opened, "field");
        }
        4 => {
            let (_, sealed) = u.choose(&safe.chains)?;
            let others: Vec<Vec<u8>> = safe.chains.iter().map(|(_, s)| s.clone()).collect();
            let bytes = altered(u, sealed, &others)?;
            let subject = u.choose(&ACCOUNTS)?.subject();
            let own = safe.chains.iter().find(|(of, _)| *of == subject);
            let own = own.map(|(_, sealed)| sealed.clone());
            let opened = Sealed::<ChainRecord>::from_bytes(&bytes)
                .is_ok_and(|sealed| safe.records.open(&subject, sealed).is_ok());
            same(&Vec::from_iter(own), &bytes, opened, "record");
        }
        5 => {
            let sealed = u.choose(&safe.authorities)?;
            let bytes = altered(u, sealed, &safe.authorities)?;
            let opened = Sealed::<Authority>::from_bytes(&bytes)
                .is_ok_and(|sealed| open_authority(&safe.authority, &sealed).is_ok());
            same(&safe.authorities, &bytes, opened, "authority");
        }
        6 => key_file(u)?,
        _ => {
            let bytes = u.bytes(u.len())?;
            one_encoding::<BoxPackage>(bytes);
            one_encoding::<PasswordHash>(bytes);
        }
    }
    Ok(())
}

/// What opens was sealed there, and what was sealed there opens.
fn same(own: &[Vec<u8>], bytes: &[u8], opened: bool, what: &str) {
    let known = own.iter().any(|one| one == bytes);
    assert_eq!(opened, known, "{what}: what opens is what was sealed there");
}

fn one_encoding<T: Layout>(bytes: &[u8]) {
    if let Ok(value) = T::from_bytes(bytes) {
        assert!(value.to_bytes() == bytes, "two encodings of one value");
    }
}

/// A file of this process, and a state folder that is not there.
static KEY_FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let name = format!("indicia-fuzz-key-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = KeyFile::new(path.clone(), path.with_extension("state"));
    file.create(|secret| {
        *secret = [0x5a; 32];
        true
    })
    .expect("a file in the temporary folder");
    path
});

/// 64 lower-case hex characters and at most one newline are a secret, and nothing else is.
fn key_file(u: &mut Unstructured<'_>) -> Result<()> {
    let genuine = [&b"5a".repeat(32)[..], b"\n"].concat();
    let bytes = match u.arbitrary()? {
        true => altered(u, &genuine, &[])?,
        false => some(u)?.to_vec(),
    };
    let path = &*KEY_FILE;
    std::fs::write(path, &bytes).expect("a file of our own");
    let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let hex = text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match KeyFile::new(path.clone(), path.with_extension("state")).secret() {
        Ok(secret) => {
            assert!(hex && text.len() == 64, "a secret that was not written");
            assert_eq!(hex::encode(*secret).as_bytes(), text);
        }
        Err(UnlockError::Content(_)) => assert!(!hex || text.len() != 64, "a secret refused"),
        Err(error) => panic!("{error}"),
    }
    Ok(())
}

/// Each kind of thing, as it was sealed and altered.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for kind in 0..=7u8 {
        seeds.push(vec![kind]);
        for which in 0..3u8 {
            seeds.push(vec![kind, which, 1, 0, 40, 1, 0, 0]);
            seeds.push(vec![kind, which, 2, 5, 1, 9, 30, 2, 70, 1, 1]);
        }
    }
    seeds.push([&[7][..], &HOUSE.package(BoxKind::Auth).to_bytes()].concat());
    seeds.push([&[7][..], &PasswordHash::empty().to_bytes()].concat());
    seeds.push([&[6, 0, 32][..], &[b'a'; 64]].concat());
    seeds
}
