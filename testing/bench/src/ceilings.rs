//! What this machine can do without us: the same libraries and the same settings, nothing around
//! them.

use crate::report::cores;
use crate::{now, postgres};
use anyhow::{Context, Result};
use journal::disk::RealDisk;
use journal::{Authenticator, Journal};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use vault::{MacKey, Secret, SigningKey};
use verify::{Tag, verify_signature};

/// Bytes that an item's signature covers.
const MESSAGE: usize = 74;
/// Bytes of a meter record.
const RECORD: usize = 480;
/// Bytes of an item's row.
const ROW: usize = 420;
/// Rows of one commit.
const ROWS: u32 = 1_000;

/// Measures all ceilings.
///
/// # Errors
/// If a file or database can not be made.
pub(crate) fn measure(time: Duration) -> Result<BTreeMap<String, f64>> {
    let folder = tempfile::tempdir()?;
    let mut found = BTreeMap::new();
    let mut keep = |name: &str, rate: f64| found.insert(name.to_owned(), rate);
    keep("sign", signing(time)?);
    keep("verify", verifying(time)?);
    keep("record_mac", record_mac(time));
    keep("journal_flush", journal_flush(folder.path(), time)?);
    keep("plain_inserts", plain_inserts(folder.path(), time)?);
    if let Some(rate) = postgres::small_transactions(time)? {
        keep("pgbench", rate);
    }
    Ok(found)
}

/// How often all cores together can do it in a second.
pub(crate) fn on_all_cores(time: Duration, work: impl Fn() + Sync) -> f64 {
    let count = |work: &(dyn Fn() + Sync)| {
        let begun = now();
        let mut done: u32 = 0;
        while begun.elapsed() < time {
            for _ in 0..16 {
                work();
            }
            done += 16;
        }
        f64::from(done) / begun.elapsed().as_secs_f64()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(|| count(&work))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_default())
            .sum()
    })
}

fn key() -> Result<SigningKey> {
    SigningKey::from_seed(&Secret::new([7; 32])).context("a signing key")
}

fn signing(time: Duration) -> Result<f64> {
    let (key, message) = (key()?, [1; MESSAGE]);
    Ok(on_all_cores(time, || {
        std::hint::black_box(key.sign(Tag::ITEM, &message).is_ok());
    }))
}

fn verifying(time: Duration) -> Result<f64> {
    let (key, message) = (key()?, [1; MESSAGE]);
    let signature = key.sign(Tag::ITEM, &message).context("a signature")?;
    Ok(on_all_cores(time, || {
        std::hint::black_box(verify_signature(
            key.public(),
            Tag::ITEM,
            &message,
            &signature,
        ));
    }))
}

fn record_mac(time: Duration) -> f64 {
    let (key, record) = (MacKey::new(&Secret::new([7; 32])), [1; RECORD]);
    on_all_cores(time, || {
        std::hint::black_box(key.mac(&[&record]));
    })
}

struct JournalKey(MacKey);

impl Authenticator for JournalKey {
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.mac(parts)
    }
}

/// One small record, one flush, one after the other.
fn journal_flush(folder: &Path, time: Duration) -> Result<f64> {
    let place = folder.join("journal");
    let disk = RealDisk::at(&place);
    disk.create_folder()?;
    let mac = || JournalKey(MacKey::new(&Secret::new([7; 32])));
    Journal::init_on(&disk, b"bench", 0, [], mac())?;
    let (mut journal, _) = Journal::open_on(disk, mac(), |_| Ok(()))?;
    let begun = now();
    let mut done: u32 = 0;
    while begun.elapsed() < time {
        journal.append(1, &[1; ROW])?;
        journal.commit()?;
        done += 1;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}

/// Rows with a key, a thousand a commit, in a database that is set up as ours is.
fn plain_inserts(folder: &Path, time: Duration) -> Result<f64> {
    let mut database = Connection::open(folder.join("plain.sqlite"))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "FULL")?;
    database.execute_batch(
        "CREATE TABLE items (meter INTEGER NOT NULL, piece INTEGER NOT NULL, item BLOB NOT NULL, \
         PRIMARY KEY (meter, piece)) STRICT",
    )?;
    let begun = now();
    let mut commits: u32 = 0;
    while begun.elapsed() < time {
        let transaction = database.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO items VALUES (?1, ?2, ?3)")?;
            for piece in 0..ROWS {
                insert.execute((commits, piece, [1u8; ROW]))?;
            }
        }
        transaction.commit()?;
        commits += 1;
    }
    Ok(f64::from(commits) * f64::from(ROWS) / begun.elapsed().as_secs_f64())
}
