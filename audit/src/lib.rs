//! Audit: checks again everything that an installation holds, from its public material alone.
//!
//! Not here: any secret, any writing, any code of the datacenter (an auditor that shares code with
//! the audited shares its mistakes), and the MACs of sealed records, which only a box can check;
//! audit checks the signed decisions instead, each of which names the digest of the record that it
//! made. Called by the command line and by whoever else pins the fingerprint of the root.
//!
//! Rows are read in the order of their subjects, one subject in memory at a time. What must be
//! compared across subjects goes to a private temporary database that spills to disk
//! (`scratch`).
//!
//! What the database alone can not show: that it was put back, or cut at the end of a subject's
//! decisions, as a whole. Checkpoints kept elsewhere show it; without one the report says `age
//! unknown`. Names, body digests of sign-ups and the server's own clock are covered by nothing
//! signed.
//!
//! Nothing that is found stops the audit: it is a [`Problem`] with its place.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)
)]

mod answers;
mod api_keys;
mod chains;
mod checkpoints;
mod context;
mod credit;
mod credits;
mod dispensing;
mod epochs;
mod evidence;
mod items;
mod licences;
mod line;
mod meters;
mod packs;
mod record;
mod report;
mod rows;
mod scans;
mod scratch;
mod spending;
mod statements;
mod totals;
mod users;
mod watch;

#[cfg(test)]
mod tests;

pub use report::{Age, Code, Counts, EpochCount, Problem, Progress, Report, Stage, Totals};

use context::Audit;
use item::{Digest, Mills, Time};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;
use verify::{Installation, TrustError};

/// The schema that is read: how many files `db/sqlite` has.
const SCHEMA: i64 = 9;
/// Most bytes of a transcript that are read.
const TRANSCRIPT_MAX: u64 = 4 << 20;
/// How long a read waits for a writer that holds the database exclusively.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// What to audit.
#[derive(Debug, Clone)]
pub struct AuditInput {
    /// SQLite database of the installation; may be in use.
    pub database: PathBuf,
    /// File with the signed transcript of the ceremony.
    pub transcript: PathBuf,
    /// Pinned fingerprint of the root key.
    pub root: Digest,
    /// Folder of `*.checkpoint` files, kept outside the database. A folder that does not exist
    /// holds none.
    pub checkpoints: PathBuf,
    /// Statements that somebody was given, as JSON lines of the API or of `indicia statement --json`: what
    /// they say is recomputed.
    pub statements: Vec<PathBuf>,
    /// Now, for the age of the checkpoints.
    pub now: Time,
}

/// Why an audit could not begin. Once it has begun, everything is a [`Problem`].
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file or folder can not be read.
    #[error("{path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The transcript is not one that the pinned root signed.
    #[error("{path}: {source}")]
    Transcript {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: TrustError,
    },
    /// The database, or audit's own temporary one, can not be opened.
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database has another schema than this audit reads.
    #[error("database: it has schema {found}, this audit reads schema {SCHEMA}: {}", remedy(*found))]
    Schema {
        /// Which it has.
        found: i64,
    },
}

fn remedy(found: i64) -> &'static str {
    if found < SCHEMA {
        "start the data centre once, it brings the database up to date"
    } else {
        "use a newer program"
    }
}

/// Audits an installation, reading only.
///
/// The whole audit sees one state of the database, also while the installation runs on.
///
/// # Errors
/// [`AuditError`] if it can not begin.
pub fn audit(input: &AuditInput, progress: &mut dyn FnMut(Progress)) -> Result<Report, AuditError> {
    let installation = open_transcript(&input.transcript, &input.root)?;
    let files = checkpoints::read_folder(&input.checkpoints)?;
    let connection = Connection::open_with_flags(
        &input.database,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.execute_batch("BEGIN")?;
    // The read lock is taken by the first read, not by BEGIN.
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found != SCHEMA {
        return Err(AuditError::Schema { found });
    }
    let learnt = epochs::learn(&connection, installation);
    let mut audit = Audit::new(&connection, &learnt.installation, input.now, progress)?;
    structure(&mut audit);
    learnt.report(&mut audit);
    everything(&mut audit, files);
    statements::check(&mut audit, &input.statements);
    Ok(audit.finish())
}

fn open_transcript(path: &Path, pinned: &Digest) -> Result<Installation, AuditError> {
    let bytes = read_limited(path, TRANSCRIPT_MAX).map_err(|source| AuditError::Read {
        path: path.to_owned(),
        source,
    })?;
    Installation::open(&bytes, pinned).map_err(|source| AuditError::Transcript {
        path: path.to_owned(),
        source,
    })
}

/// The file's bytes, or an error if there are more than `max`.
fn read_limited(path: &Path, max: u64) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path)?
        .take(max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > max {
        return Err(std::io::Error::other("longer than any such file is"));
    }
    Ok(bytes)
}

/// Asks SQLite itself: an index that differs from its table could hide rows from one query only.
fn structure(audit: &mut Audit<'_>) {
    audit.stage(Stage::Structure);
    let outcome = (|| {
        let mut statement = audit.connection.prepare("PRAGMA integrity_check(100)")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let line = rows::text(row, 0).unwrap_or("unreadable answer").to_owned();
            if line != "ok" {
                audit.problem(Code::DatabaseDamaged, "database", line, Mills::ZERO);
            }
        }
        Ok(())
    })();
    audit.damage("database", outcome);
}

/// Every check but the structure's. A table that can not be read to its end does not keep the
/// others from being checked.
fn everything(audit: &mut Audit<'_>, files: Vec<checkpoints::CheckpointFile>) {
    checkpoints::load(audit, files);
    // Users and meters before chains: these refer to decisions of those.
    for (stage, table, pass) in [
        (Stage::Users, "users", users::pass as Pass),
        (Stage::Meters, "meters", meters::pass),
        (Stage::Chains, "chains", chains::pass),
        (Stage::Decisions, "decisions", line::pass),
        (Stage::Answers, "items", answers::pass),
        (Stage::Evidence, "evidence", evidence::pass),
        (Stage::Licences, "licences", licences::pass),
        (Stage::Scans, "scans", scans::pass),
        (Stage::Packs, "packs", packs::pass),
        (Stage::Spending, "spending_limits", spending::pass),
        (Stage::Totals, "daily_totals", totals::pass),
    ] {
        audit.stage(stage);
        let outcome = pass(audit);
        audit.damage(table, outcome);
    }
    checkpoints::compare(audit);
}

type Pass = fn(&mut Audit<'_>) -> rusqlite::Result<()>;
