//! One process of the installation: started, started again whenever it ends, signalled. Its program
//! is one that ships. Not here: when what is done to it (`storm`), what it does.
//!
//! A process that ends although nobody ended it is a violation, unless its disk is full: a box whose
//! journal can not be written must end.

use crate::clock::now;
use crate::link::Target;
use crate::notes::Notes;
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two looks at a child.
const LOOK: Duration = Duration::from_millis(3);
/// Longest wait before a start.
const PAUSE_MAX_MS: u64 = 250;
/// From a request to end to the end: more than a server's last checkpoints take.
const END_TIMEOUT: Duration = Duration::from_secs(30);
/// How long after its disk has space again a process may still end of it.
const AFTERMATH: Duration = Duration::from_secs(3);

/// How a process is started.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) log: PathBuf,
}

/// A process that is kept running.
#[derive(Debug)]
pub(crate) struct Process {
    shared: Arc<Shared>,
    keeper: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    recipe: Recipe,
    target: Target,
    notes: Arc<Notes>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// While it is there: only then a signal is its own.
    pid: Option<Pid>,
    starts: u64,
    ready: bool,
    /// Nobody starts it again.
    retired: bool,
    /// It was killed or asked to end.
    doomed: bool,
    /// It was killed: no exit code is expected of it.
    killed: bool,
    /// Since then it is not ready.
    away: Option<Instant>,
    /// Until then it may end by itself.
    excused: Option<Instant>,
    last: Option<ExitStatus>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    pub(crate) fn start(recipe: Recipe, target: Target, notes: Arc<Notes>, seed: u64) -> Self {
        let shared = Arc::new(Shared {
            recipe,
            target,
            notes,
            state: Mutex::default(),
        });
        let of_keeper = Arc::clone(&shared);
        let keeper = std::thread::spawn(move || keep(&of_keeper, &mut Rng::with_seed(seed)));
        Self {
            shared,
            keeper: Some(keeper),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.shared.state().ready
    }

    pub(crate) fn starts(&self) -> u64 {
        self.shared.state().starts
    }

    /// Sends a signal, if the process is there.
    pub(crate) fn signal(&self, signal: Signal) {
        let mut state = self.shared.state();
        let Some(pid) = state.pid else { return };
        if signal == Signal::KILL || signal == Signal::TERM {
            state.doomed = true;
            state.killed |= signal == Signal::KILL;
            state.away.get_or_insert(now());
        }
        // Under the lock nobody has reaped it, so the number is still its own.
        let _gone = kill_process(pid, signal);
    }

    /// Its files can not grow beyond `bytes`; `None`: as they like.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let Some(pid) = self.shared.state().pid else {
            return;
        };
        let limit = Rlimit {
            current: bytes,
            maximum: getrlimit(Resource::Fsize).maximum,
        };
        let _gone = prlimit(Some(pid), Resource::Fsize, limit);
    }

    /// It may end by itself for so long, and a little after.
    pub(crate) fn excuse(&self, long: Duration) {
        let until = now() + long + AFTERMATH;
        let mut state = self.shared.state();
        state.excused = Some(state.excused.map_or(until, |before| before.max(until)));
    }

    /// Ends it for good by SIGTERM.
    pub(crate) fn retire(&self) -> Result<()> {
        let name = self.shared.recipe.name;
        self.shared.state().retired = true;
        self.signal(Signal::CONT);
        self.signal(Signal::TERM);
        let until = now() + END_TIMEOUT;
        while self.shared.state().pid.is_some() {
            if now() > until {
                bail!("{name} did not end within {END_TIMEOUT:?} of SIGTERM");
            }
            std::thread::sleep(LOOK);
        }
        match self.shared.state().last {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("{name}, asked to end: {status}"),
            None => bail!("{name} never ran"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.shared.state().retired = true;
        self.signal(Signal::KILL);
        if let Some(keeper) = self.keeper.take() {
            let _panicked = keeper.join();
        }
    }
}

/// A child with what belongs to it.
struct Running {
    child: Child,
    /// Its end tells the child to stop: also when this process is killed.
    _tether: ChildStdin,
    ready: Receiver<SocketAddr>,
}

fn keep(shared: &Shared, rng: &mut Rng) {
    while !shared.state().retired {
        match launch(shared) {
            Ok(running) => attend(shared, running),
            Err(error) => shared
                .notes
                .violation(format!("{}: {error:#}", shared.recipe.name)),
        }
        std::thread::sleep(Duration::from_millis(rng.u64(..PAUSE_MAX_MS)));
    }
}

fn launch(shared: &Shared) -> Result<Running> {
    let mut state = shared.state();
    if state.retired {
        bail!("started after its end");
    }
    let running = spawn(&shared.recipe)?;
    state.pid = Some(Pid::from_child(&running.child));
    state.starts += 1;
    state.doomed = false;
    state.killed = false;
    Ok(running)
}

fn spawn(recipe: &Recipe) -> Result<Running> {
    let log = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&recipe.log)
        .with_context(|| recipe.log.display().to_string())?;
    // A file-size limit is to be an error and not a signal: only a parent can have it ignored.
    let mut child = Command::new("/bin/sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(&recipe.program)
        .args(&recipe.arguments)
        .env("RUST_LOG", "info")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        // Ctrl-C at a terminal reaches the whole group: the order of ending is ours.
        .process_group(0)
        .spawn()?;
    let tether = child.stdin.take().context("no input")?;
    let stdout = child.stdout.take().context("no output")?;
    Ok(Running {
        child,
        _tether: tether,
        ready: listen(stdout),
    })
}

/// Reads what it says; gives the address of its `ready` line.
fn listen(stdout: ChildStdout) -> Receiver<SocketAddr> {
    let (said, ready) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(address) = ready_address(&line) {
                let _nobody_waits = said.send(address);
            }
        }
    });
    ready
}

fn ready_address(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("ready ")?
        .split_whitespace()
        .find_map(|word| {
            word.strip_prefix("listen=")
                .or_else(|| word.strip_prefix("api=http://"))
        })?
        .parse()
        .ok()
}

/// Until the child ends.
fn attend(shared: &Shared, mut running: Running) {
    let name = shared.recipe.name;
    loop {
        if let Ok(address) = running.ready.try_recv() {
            shared.target.set(Some(address));
            let mut state = shared.state();
            state.ready = true;
            if !state.doomed
                && let Some(since) = state.away.take()
            {
                shared.notes.recovered(name, now() - since);
            }
        }
        let mut state = shared.state();
        if let Ok(Some(status)) = running.child.try_wait() {
            state.pid = None;
            state.ready = false;
            state.last = Some(status);
            shared.target.set(None);
            state.away.get_or_insert(now());
            let excused = state.excused.is_some_and(|until| now() < until);
            // One that is asked to end before it can hear it, while it starts, dies of it.
            let asked = status.success() || status.signal() == Some(Signal::TERM.as_raw());
            let badly = !state.killed && !asked;
            if !state.doomed || badly {
                let how = if state.doomed { "badly" } else { "by itself" };
                let what = format!("{name} ended {how}: {status}");
                if excused {
                    shared.notes.starved(name, what);
                } else {
                    let words = last_words(&shared.recipe.log);
                    shared.notes.violation(format!("{what}; it said:\n{words}"));
                }
            }
            return;
        }
        drop(state);
        std::thread::sleep(LOOK);
    }
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_lines_are_understood() {
        let address = Some(SocketAddr::from(([127, 0, 0, 1], 4711)));
        let line = "ready kind=meter id=1 listen=127.0.0.1:4711";
        assert_eq!(ready_address(line), address);
        assert_eq!(ready_address("ready api=http://127.0.0.1:4711"), address);
        assert_eq!(ready_address("error: x listen=127.0.0.1:4711"), None);
    }
}
