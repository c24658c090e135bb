//! What PostgreSQL makes of "update one row, insert one row" for 16 clients: the bar that a server
//! with one small transaction an item would stand under. Where it is not installed, there is none.

use anyhow::{Context, Result, bail};
use rustix::process::geteuid;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Who the server runs as where this runs as root: it refuses to run as that.
const USER: &str = "postgres";
/// Rows to update.
const ROWS: u32 = 100_000;

const TABLES: &str = "\
CREATE TABLE meters (id integer PRIMARY KEY, counter bigint NOT NULL, record bytea NOT NULL);
CREATE TABLE items (meter integer NOT NULL, piece bigserial, item bytea NOT NULL, PRIMARY KEY (meter, piece));
INSERT INTO meters SELECT n, 0, decode(repeat('01', 480), 'hex') FROM generate_series(1, 100000) AS n;
VACUUM ANALYZE;
CHECKPOINT;
";

const TRANSACTION: &str = "\
\\set id random(1, 100000)
BEGIN;
UPDATE meters SET counter = counter + 1, record = decode(repeat('02', 480), 'hex') WHERE id = :id;
INSERT INTO items (meter, item) VALUES (:id, decode(repeat('01', 420), 'hex'));
COMMIT;
";

/// Transactions a second, if PostgreSQL is here.
///
/// # Errors
/// If it is and does not work.
pub(crate) fn small_transactions(time: Duration) -> Result<Option<f64>> {
    let Some(programs) = programs() else {
        return Ok(None);
    };
    let folder = tempfile::Builder::new().prefix("indicia-pg").tempdir()?;
    let place = folder.path();
    if geteuid().is_root() {
        finish(Command::new("chown").arg(USER).arg(place))?;
    }
    let server = Server { programs, place };
    std::fs::write(place.join("transaction.sql"), TRANSACTION)?;
    std::fs::write(place.join("tables.sql"), TABLES)?;
    finish(
        server
            .run("initdb")
            .args(["--no-sync", "-A", "trust", "-D"])
            .arg(place.join("data")),
    )?;
    finish(
        server
            .run("pg_ctl")
            .args(["start", "-w", "-s", "-D"])
            .arg(place.join("data"))
            .arg("-l")
            .arg(place.join("log"))
            .arg("-o")
            .arg(format!("-k {} -c listen_addresses=''", place.display())),
    )?;
    let rate = server.measure(time);
    finish(
        server
            .run("pg_ctl")
            .args(["stop", "-w", "-s", "-m", "fast", "-D"])
            .arg(place.join("data")),
    )?;
    debug_assert!(TABLES.contains(&ROWS.to_string()));
    rate.map(Some)
}

struct Server<'a> {
    programs: PathBuf,
    place: &'a Path,
}

impl Server<'_> {
    /// A program of PostgreSQL, as the user that may run it.
    fn run(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if geteuid().is_root() {
            let mut as_user = Command::new("runuser");
            as_user.args(["-u", USER, "--"]).arg(program);
            as_user
        } else {
            Command::new(program)
        };
        command.current_dir(self.place);
        command
    }

    fn measure(&self, time: Duration) -> Result<f64> {
        let at = |command: &mut Command| {
            command
                .arg("-h")
                .arg(self.place)
                .args(["-d", "postgres"])
                .output()
        };
        let made = at(self.run("psql").args(["-q", "-f", "tables.sql"]))?;
        if !made.status.success() {
            bail!("psql: {}", String::from_utf8_lossy(&made.stderr));
        }
        let seconds = time.as_secs().max(2).to_string();
        let ran = at(self.run("pgbench").args([
            "-n",
            "-M",
            "prepared",
            "-c",
            "16",
            "-j",
            "2",
            "-f",
            "transaction.sql",
            "-T",
            &seconds,
        ]))?;
        let said = String::from_utf8_lossy(&ran.stdout);
        said.lines()
            .find_map(|line| line.strip_prefix("tps = "))
            .and_then(|rest| rest.split(' ').next())
            .and_then(|number| number.parse().ok())
            .with_context(|| {
                format!(
                    "pgbench said: {said}{}",
                    String::from_utf8_lossy(&ran.stderr)
                )
            })
    }
}

/// Where its programs are: of the newest version here.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| {
            ["initdb", "pg_ctl", "pgbench", "psql"]
                .iter()
                .all(|p| bin.join(p).exists())
        })
        .collect();
    versions.sort();
    versions.pop()
}

fn finish(command: &mut Command) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
