//! The SQL of the loader: all of it. Written without a journal and without waiting for the disk before
//! the end, so a load that fails spoils the file.

use crate::LoadPlan;
use crate::batches::Rows;
use anyhow::{Context, Result, ensure};
use item::AccountId;
use rusqlite::{Connection, OpenFlags, params};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

/// Accounts that have signed up, oldest first.
///
/// # Errors
/// If the folder is no installation, or fewer than `count` have.
pub fn accounts(folder: &Path, count: usize) -> Result<Vec<AccountId>> {
    let database = open(&folder.join("data/indicia.sqlite"))?;
    let found = database
        .prepare("SELECT account FROM signups WHERE finished = 1 GROUP BY account ORDER BY min(created), account LIMIT ?1")?
        .query_map([count as i64], |row| row.get(0).map(AccountId))?
        .collect::<Result<Vec<_>, _>>()?;
    ensure!(
        found.len() == count && count > 0,
        "{} accounts have signed up, not {count}: indicia signup makes one",
        found.len()
    );
    Ok(found)
}

/// Refuses a plan whose meters are there, or whose owners are not.
pub(crate) fn check(path: &Path, plan: &LoadPlan) -> Result<()> {
    let database = open(path)?;
    let last = i64::from(plan.first_serial) + i64::try_from(plan.meters)? - 1;
    let there: i64 = database.query_row(
        "SELECT count(*) FROM meters WHERE serial BETWEEN ?1 AND ?2",
        [i64::from(plan.first_serial), last],
        |row| row.get(0),
    )?;
    ensure!(
        there == 0,
        "{there} meters between {} and {last} exist: choose another first serial",
        plan.first_serial
    );
    let mut signed_up = database.prepare("SELECT 1 FROM signups WHERE account = ?1")?;
    for account in &plan.accounts {
        ensure!(
            signed_up.exists([account.0])?,
            "account {account} has not signed up"
        );
    }
    Ok(())
}

fn open(path: &Path) -> Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .with_context(|| path.display().to_string())
}

/// The database, held alone, for one transaction that has everything.
pub(crate) struct Bulk {
    path: PathBuf,
    connection: Connection,
}

impl Bulk {
    /// Refuses if any other process has it open for a change.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let connection = open(path)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        // KiB, negative by SQLite's convention: the inner pages of every index stay in memory.
        connection.pragma_update(None, "cache_size", -262_144)?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        Ok(Self {
            path: path.to_owned(),
            connection,
        })
    }

    /// Writes what comes, until nothing comes any more; then makes it durable.
    pub(crate) fn write(self, rows: Receiver<Rows>) -> Result<()> {
        let mut meter = self.connection.prepare(
            "INSERT INTO meters (serial, account, counter, state, balance_mills, record) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let mut item = self.connection.prepare(
            "INSERT INTO items (meter, piece_count, counter, item) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for (meters, items) in rows {
            for row in meters {
                meter.execute(params![
                    row.serial,
                    row.account.0,
                    row.counter,
                    row.state,
                    row.balance,
                    row.record
                ])?;
            }
            for row in items {
                item.execute(params![row.meter, row.piece, row.counter, row.item])?;
            }
        }
        drop((meter, item));
        self.connection.execute_batch("COMMIT")?;
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        drop(self.connection);
        Ok(File::open(&self.path)?.sync_all()?)
    }
}
