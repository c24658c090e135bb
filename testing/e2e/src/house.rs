//! An installation, its processes, and what an auditor or operator sees of it.

use crate::programs::{program, run};
use crate::{Ground, now, rows};
use audit::{AuditInput, Report};
use item::{Digest, Subject};
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use verify::Installation;

/// The kinds of box, as their programs and folders name them.
pub const KINDS: [&str; 4] = ["keys", "auth", "meter", "transaction"];

/// Looks at something that another process changes.
const PAUSE: Duration = Duration::from_millis(10);
/// Longest wait for such a change, in looks.
const LOOKS_MAX: usize = 3_000;

/// One row of the alerts table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What it is about.
    pub subject: Subject,
    /// Why.
    pub code: String,
    /// In words.
    pub detail: String,
    /// The box's signed refusal, if it gave one.
    pub evidence: Vec<u8>,
}

/// An installation in a folder of its own, which ends with it, as do its processes.
#[derive(Debug)]
pub struct House {
    place: TempDir,
    folder: PathBuf,
    ground: Option<Ground>,
    /// Programs of another build.
    programs: Option<PathBuf>,
    up: Option<Child>,
}

impl Default for House {
    fn default() -> Self {
        Self::new()
    }
}

impl House {
    /// `indicia init`; nothing runs yet.
    #[must_use]
    pub fn new() -> Self {
        Self::made(&["init"], |_| None)
    }

    /// `indicia init`, where an item may be taken back at once; nothing runs yet.
    #[must_use]
    pub fn without_waiting() -> Self {
        Self::made(&["init", "--credit-waiting-days", "0"], |_| None)
    }

    /// `indicia init`, where these programs stand on ground that can be changed: its disk is what
    /// lies beneath `inside` of the installation folder.
    #[must_use]
    pub fn on_ground(programs: &[&str], inside: &str) -> Self {
        Self::made(&["init"], |folder| {
            Some(Ground::under(programs, &folder.join(inside)))
        })
    }

    fn made(init: &[&str], ground: impl FnOnce(&Path) -> Option<Ground>) -> Self {
        let mut house = Self::unmade();
        house.ground = ground(&house.folder);
        house.indicia(init);
        house
    }

    fn unmade() -> Self {
        let place = tempfile::tempdir().unwrap();
        Self {
            folder: place.path().join("house"),
            place,
            ground: None,
            programs: None,
            up: None,
        }
    }

    /// The ground that some of its programs stand on.
    ///
    /// # Panics
    /// If it has none.
    #[must_use]
    pub fn ground(&self) -> &Ground {
        self.ground.as_ref().expect("a house on ground")
    }

    /// `indicia init`, then `indicia up`.
    #[must_use]
    pub fn running() -> Self {
        let mut house = Self::new();
        house.up();
        house
    }

    /// The same, with the programs in a folder: of another build than this one.
    #[must_use]
    pub fn running_from(programs: &Path) -> Self {
        let mut house = Self::unmade();
        house.programs = Some(programs.to_owned());
        house.indicia(&["init"]);
        house.up();
        house
    }

    /// The installation folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path in the installation folder, for example `data/indicia.sqlite`.
    #[must_use]
    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.join(inside)
    }

    /// A place beside the installation, for copies and outputs.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Leaves the folder where it is when this ends, for people to look at; gives the place that it
    /// is in.
    pub fn keep(&mut self) -> &Path {
        self.place.disable_cleanup(true);
        self.place.path()
    }

    /// A command of `indicia --dir FOLDER`, nothing of the environment handed down that could
    /// change what it does.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let indicia = match (&self.ground, &self.programs) {
            (Some(ground), _) => ground.program("indicia"),
            (None, Some(folder)) => folder.join("indicia"),
            (None, None) => program("indicia"),
        };
        let mut command = Command::new(indicia);
        if let Some(ground) = &self.ground {
            ground.carry(&mut command);
        }
        command
            .arg("--dir")
            .arg(&self.folder)
            .args(arguments)
            .env_remove("INDICIA_API")
            .env_remove("INDICIA_DIR")
            .env_remove("INDICIA_CONFIG")
            .env("XDG_CONFIG_HOME", &self.folder)
            .env("RUST_LOG", "info")
            .stdin(Stdio::null());
        command
    }

    /// Runs such a command; what it printed.
    ///
    /// # Panics
    /// With its words, if it failed.
    pub fn indicia(&self, arguments: &[&str]) -> String {
        run(&mut self.command(arguments))
    }

    /// `indicia up`, until it is ready.
    ///
    /// # Panics
    /// If it runs already, or ends instead.
    pub fn up(&mut self) {
        assert!(self.up.is_none(), "it runs already");
        let mut child = self
            .command(&["up"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        self.up = Some(child);
        assert!(line.starts_with("ready api="), "{line:?}");
    }

    /// Ends everything by SIGTERM, and waits for it.
    ///
    /// # Panics
    /// If it does not run, or does not end cleanly.
    pub fn stop(&mut self) {
        let mut child = self.up.take().expect("it does not run");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "indicia up: {status}");
    }

    /// `kill -9` of `indicia up` itself, and of nothing that it started.
    ///
    /// # Panics
    /// If it does not run.
    pub fn kill_up(&mut self) {
        let mut child = self.up.take().expect("it does not run");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Whether no box has its state open any more.
    #[must_use]
    pub fn is_free(&self) -> bool {
        KINDS.iter().all(|kind| {
            let lock = std::fs::File::open(self.path(&format!("boxes/{kind}/LOCK"))).unwrap();
            lock.try_lock().is_ok()
        })
    }

    /// Sends a signal to one process. After a STOP all its threads stand still when this returns.
    ///
    /// # Panics
    /// If there is none, or it does not stop.
    pub fn signal(&self, name: &str, signal: Signal) {
        let pid = self.pid(name).and_then(Pid::from_raw).expect(name);
        kill_process(pid, signal).unwrap();
        if signal == Signal::STOP {
            let mut looks = 1_000;
            while !stands_still(pid) {
                looks -= 1;
                assert!(looks > 0, "{name} does not stop");
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    }

    /// Stops, lets `edit` change what it likes, and starts again.
    pub fn edited(&mut self, edit: impl FnOnce(&Connection)) {
        self.stop();
        edit(&self.sql());
        self.up();
    }

    /// `kill -9` of `indicia up` itself; its processes are left to notice.
    ///
    /// # Panics
    /// If it does not run.
    pub fn kill_supervisor(&mut self) {
        let mut child = self.up.take().expect("it does not run");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Process id of one process: a kind of box, or `datacenter`.
    #[must_use]
    pub fn pid(&self, name: &str) -> Option<i32> {
        let pid = &self.ports()?["processes"][name]["pid"];
        i32::try_from(pid.as_i64()?).ok()
    }

    /// Where one process listens.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn address(&self, name: &str) -> SocketAddr {
        let ports = self.ports().expect("it does not run");
        let address = ports["processes"][name]["address"].as_str().unwrap();
        address.parse().unwrap()
    }

    /// `kill -9` of one process. Whoever runs the house starts it again.
    ///
    /// # Panics
    /// If there is none.
    pub fn kill(&self, name: &str) {
        self.signal(name, Signal::KILL);
    }

    /// `kill -9` of one process; returns once it runs again.
    ///
    /// # Panics
    /// If it does not come back.
    pub fn kill_and_wait(&self, name: &str) {
        let before = self.pid(name);
        self.kill(name);
        for _ in 0..LOOKS_MAX {
            if self.pid(name).is_some_and(|pid| Some(pid) != before) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("{name} did not come back");
    }

    /// Where the API is.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn api(&self) -> String {
        let ports = self.ports().expect("it does not run");
        ports["api"].as_str().expect("no api yet").to_owned()
    }

    /// A client of the API, nobody logged in.
    #[must_use]
    pub fn client(&self) -> sdk::Client {
        sdk::Client::new(&self.api()).unwrap()
    }

    /// The database, as an editor opens it.
    #[must_use]
    pub fn sql(&self) -> Connection {
        rows::open(&self.database())
    }

    /// The database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path("data/indicia.sqlite")
    }

    /// The alerts so far, oldest first.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        rows::alerts(&self.sql())
    }

    /// Waits for an alert about this subject with this code.
    ///
    /// # Panics
    /// If none comes.
    #[must_use]
    pub fn alert(&self, subject: Subject, code: &str) -> Alert {
        for _ in 0..LOOKS_MAX / 10 {
            let alerts = self.alerts();
            let found = |a: &&Alert| a.subject == subject && a.code == code;
            if let Some(alert) = alerts.iter().find(found) {
                return alert.clone();
            }
            std::thread::sleep(PAUSE);
        }
        panic!(
            "no alert {code} about {subject}: {}",
            self.log("datacenter")
        );
    }

    /// What a process has logged.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        let path = self.path(&format!("run/{name}.log"));
        // A test may have put a device there, which has no end.
        if !path.is_file() {
            return String::new();
        }
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// The pinned fingerprint of the root.
    #[must_use]
    pub fn root(&self) -> Digest {
        let text = std::fs::read_to_string(self.path("public/root.fingerprint")).unwrap();
        Digest::from_hex(text.trim()).unwrap()
    }

    /// The ceremony's result.
    #[must_use]
    pub fn installation(&self) -> Installation {
        let bytes = std::fs::read(self.path("public/transcript.bin")).unwrap();
        Installation::open(&bytes, &self.root()).unwrap()
    }

    /// Audits the database as it is now.
    #[must_use]
    pub fn audit(&self) -> Report {
        self.audit_with(&[])
    }

    /// Audits the database as it is now, and these statements.
    #[must_use]
    pub fn audit_with(&self, statements: &[PathBuf]) -> Report {
        let input = AuditInput {
            database: self.database(),
            transcript: self.path("public/transcript.bin"),
            root: self.root(),
            checkpoints: self.path("checkpoints"),
            statements: statements.to_vec(),
            now: now(),
        };
        audit::audit(&input, &mut |_| ()).unwrap()
    }

    /// Audits, and finds nothing.
    ///
    /// # Panics
    /// With what it finds.
    pub fn assert_clean(&self) {
        let report = self.audit();
        assert!(report.is_clean(), "{:#?}", report.problems);
    }

    /// Audits, and finds exactly problems of some codes; all of `expected` are among them.
    ///
    /// # Panics
    /// With what it finds, if one is missing.
    pub fn assert_found(&self, expected: &[audit::Code]) {
        let report = self.audit();
        for code in expected {
            assert!(
                report.problems.iter().any(|p| p.code == *code),
                "{code:?} is not in {:#?}",
                report.problems
            );
        }
    }

    fn ports(&self) -> Option<serde_json::Value> {
        // Replaced as a whole by its writer, so never half there.
        let bytes = std::fs::read(self.path("run/ports.json")).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let Some(mut child) = self.up.take() else {
            return;
        };
        if std::thread::panicking() {
            for name in KINDS.iter().chain(&["datacenter"]) {
                let log = self.log(name);
                let from = log.lines().count().saturating_sub(8);
                for line in log.lines().skip(from) {
                    eprintln!("{name}.log: {line}");
                }
            }
        }
        // It ends its children itself; only it knows which of them are still its own.
        let _gone = kill_process(Pid::from_child(&child), Signal::TERM);
        for _ in 0..LOOKS_MAX {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        let _gone = child.kill();
    }
}

/// Whether every thread of a process is stopped: the state behind the name in its `stat`.
fn stands_still(pid: Pid) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero()));
    threads.unwrap().all(|thread| {
        let stat = std::fs::read_to_string(thread.unwrap().path().join("stat"));
        stat.is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|s| s.starts_with('T')))
    })
}
