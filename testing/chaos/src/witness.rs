//! Looks into the database the moment something was acknowledged: there it must be, now. Not here:
//! whether all of it adds up in the end (`check`).

use crate::notes::Notes;
use item::{Digest, ItemRecord, Layout};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Before a database that can not be read now is read again.
const PAUSE: Duration = Duration::from_millis(20);
/// Times that it is tried.
const TRIES_MAX: usize = 500;

/// What was acknowledged.
#[derive(Debug, Clone)]
pub(crate) enum Claim {
    /// An item, with its payload in base64.
    Item {
        meter: u32,
        piece_count: u32,
        payload: String,
    },
    /// An act or credit evidence.
    Statement(Digest),
    /// A meter, and with it its account and user.
    Meter(u32),
    /// An acceptance scan, by the digest of its key.
    Scan(Digest),
}

/// A thread that looks; ends when the last sender of claims has gone.
#[derive(Debug)]
pub(crate) struct Witness {
    claims: Option<Sender<Claim>>,
    thread: Option<JoinHandle<()>>,
}

impl Witness {
    pub(crate) fn of(database: PathBuf, notes: Arc<Notes>) -> Self {
        let (claims, made) = channel();
        let thread = std::thread::spawn(move || watch(&database, &notes, &made));
        Self {
            claims: Some(claims),
            thread: Some(thread),
        }
    }

    pub(crate) fn claim(&self, claim: Claim) {
        if let Some(claims) = &self.claims {
            let _ended = claims.send(claim);
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.claims = None;
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn watch(database: &std::path::Path, notes: &Notes, claims: &Receiver<Claim>) {
    let mut connection = None;
    for claim in claims {
        let mut tries = 0;
        loop {
            match look(&mut connection, database, &claim) {
                Ok(true) => break,
                Ok(false) => {
                    notes.violation(format!("acknowledged, and not in the database: {claim:?}"));
                    break;
                }
                Err(error) => {
                    connection = None;
                    tries += 1;
                    if tries > TRIES_MAX || notes.is_over() {
                        notes.violation(format!("the database can not be read: {error}"));
                        return;
                    }
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }
}

fn look(
    kept: &mut Option<Connection>,
    database: &std::path::Path,
    claim: &Claim,
) -> rusqlite::Result<bool> {
    let connection = match kept {
        Some(connection) => connection,
        None => {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(database, flags)?;
            connection.busy_timeout(PAUSE)?;
            kept.insert(connection)
        }
    };
    let any = |query: &str, value: &dyn rusqlite::ToSql| {
        let mut statement = connection.prepare_cached(query)?;
        statement.exists([value])
    };
    match claim {
        Claim::Item {
            meter,
            piece_count,
            payload,
        } => {
            let query = "SELECT item FROM items WHERE meter = ?1 AND piece_count = ?2";
            let mut statement = connection.prepare_cached(query)?;
            let row: Option<Vec<u8>> = statement
                .query_row((meter, piece_count), |row| row.get(0))
                .optional()?;
            let record = row.and_then(|bytes| ItemRecord::from_bytes(&bytes).ok());
            Ok(record.is_some_and(|record| sdk::encode(record.payload.as_slice()) == *payload))
        }
        Claim::Statement(digest) => any("SELECT 1 FROM evidence WHERE digest = ?1", &digest.0),
        Claim::Meter(serial) => any(
            "SELECT 1 FROM meters JOIN users USING (account) JOIN chains USING (account)
             JOIN signups USING (account) WHERE serial = ?1 AND finished = 1",
            serial,
        ),
        Claim::Scan(key) => any("SELECT 1 FROM scans WHERE key_digest = ?1", &key.0),
    }
}
