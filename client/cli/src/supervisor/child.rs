//! One child process that is kept alive.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::ports::Roster;
use crate::programs;

/// From start to `ready`: a box may have a long journal to read.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// From SIGTERM to the end: work in hand is finished and checkpoints are written.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);
/// First pause before starting again; doubles.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
/// Longest pause: shorter than clients go on asking.
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// A child that lived this long was well: the next pause is the first one again.
const WELL_AFTER: Duration = Duration::from_secs(5);
/// Starts in a row that may fail before the whole is given up. Even a child that calls its own
/// start useless gets them: its port may be somebody else's for a moment.
const FAILURES_MAX: u32 = 6;
/// Bytes of a log that are looked at for a child's last words.
const WORDS_MAX: u64 = 16 * 1024;
/// Exit code by which a child says that starting it again changes nothing (`EX_CONFIG`).
const USELESS: i32 = 78;
/// Exit code by which a child says that it can not start yet (`EX_TEMPFAIL`): its disk is full, or
/// the process before it is not gone.
const NOT_YET: i32 = 75;
/// How long a first start waits for what may pass.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a child is started.
pub(super) struct Spec {
    /// For people, and in `ports.json`.
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    /// Everything that it says.
    pub(super) log: PathBuf,
    /// Its arguments for a port; 0 = any.
    pub(super) arguments: Box<dyn Fn(u16) -> Result<Vec<OsString>> + Send + Sync>,
}

/// A child with the task that keeps it alive.
#[derive(Debug)]
pub(super) struct Keeper {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<()>>,
}

/// Why a child does not run.
struct NotStarted {
    error: anyhow::Error,
    /// It may be over later by itself: the child is worth any number of starts.
    may_pass: bool,
}

impl From<anyhow::Error> for NotStarted {
    fn from(error: anyhow::Error) -> Self {
        Self {
            error,
            may_pass: false,
        }
    }
}

/// A child that said `ready`.
struct Running {
    child: Child,
    /// Its end tells the child to stop: also when this process is killed.
    _tether: ChildStdin,
    address: SocketAddr,
    /// Where its words begin in the log.
    log_start: u64,
}

impl Keeper {
    /// Starts the child and waits until it is ready; then keeps it alive. What can not be kept
    /// alive goes to `failed`.
    pub(super) async fn start(
        spec: Spec,
        port: u16,
        roster: Roster,
        failed: mpsc::Sender<anyhow::Error>,
    ) -> Result<Self> {
        let running = launch_patiently(&spec, port, &roster, PATIENCE).await?;
        let address = running.address;
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(async move {
            let result = keep(&spec, running, &roster, stopping).await;
            match result {
                Err(Ended::Useless(error)) => {
                    // Nobody listens only if the whole ends already.
                    let _ended = failed.send(error).await;
                    Ok(())
                }
                Err(Ended::Killed(error)) => Err(error),
                Ok(()) => Ok(()),
            }
        });
        Ok(Self {
            address,
            stop,
            task,
        })
    }

    /// Where it listens, for good.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Ends the child by SIGTERM, at last by SIGKILL.
    pub(super) async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        self.task.await?
    }
}

/// Why a child is not kept any more, other than on request.
enum Ended {
    /// It can not be kept alive.
    Useless(anyhow::Error),
    /// It did not stop when it was asked to.
    Killed(anyhow::Error),
}

async fn keep(
    spec: &Spec,
    mut running: Running,
    roster: &Roster,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), Ended> {
    let port = running.address.port();
    let mut pause = PAUSE_FIRST;
    loop {
        tokio::select! {
            () = requested(&mut stopping) => {
                return end(spec.name, running.child).await.map_err(Ended::Killed);
            }
            (lived_long, status) = outlive(&mut running.child) => {
                if lived_long {
                    pause = PAUSE_FIRST;
                }
                if status.is_some_and(|status| status.code() == Some(USELESS)) {
                    let error = describe_end(spec, status, running.log_start);
                    return Err(Ended::Useless(error));
                }
                let (name, how) = (spec.name, how_it_ended(status));
                let log = spec.log.display();
                warn(format_args!("{name} {how}; starting it again (its log: {log})"));
            }
        }
        let mut failures = 0;
        let mut said = String::new();
        running = loop {
            tokio::select! {
                () = requested(&mut stopping) => return Ok(()),
                () = sleep(pause) => {}
            }
            pause = pause.saturating_mul(2).min(PAUSE_MAX);
            match launch(spec, port, roster).await {
                Ok(running) => break running,
                Err(NotStarted { error, may_pass }) => {
                    failures += u32::from(!may_pass);
                    if failures >= FAILURES_MAX {
                        return Err(Ended::Useless(error));
                    }
                    warn_once(&mut said, &error);
                }
            }
        };
        if !said.is_empty() {
            warn(format_args!("{} runs again", spec.name));
        }
    }
}

/// A first start, which waits for what may pass: nobody has seen this child well yet, and whoever
/// started it wants to know. One that is still starting then has the time of every launch.
async fn launch_patiently(
    spec: &Spec,
    port: u16,
    roster: &Roster,
    patience: Duration,
) -> Result<Running> {
    let mut said = String::new();
    let mut patience = pin!(sleep(patience));
    loop {
        let mut launched = pin!(launch(spec, port, roster));
        let outcome = tokio::select! {
            outcome = &mut launched => outcome,
            // One that reads the state of millions may take its time.
            () = &mut patience, if !patience.is_elapsed() => {
                let (name, log) = (spec.name, spec.log.display());
                warn(format_args!("{name} is still starting (its log: {log})"));
                launched.await
            }
        };
        match outcome {
            Ok(running) => return Ok(running),
            Err(NotStarted { error, may_pass }) if may_pass && !patience.is_elapsed() => {
                warn_once(&mut said, &error);
            }
            Err(NotStarted { error, .. }) => return Err(error),
        }
        sleep(PAUSE_FIRST).await;
    }
}

/// Says why a child does not run, unless that was the last thing said.
fn warn_once(said: &mut String, error: &anyhow::Error) {
    let text = format!("{error:#}");
    if *said != text {
        warn(format_args!("{text}; trying again"));
        *said = text;
    }
}

/// A line for people. One that can not be written, its disk full, must not end what it tells of.
fn warn(line: impl std::fmt::Display) {
    let _unwritten = writeln!(std::io::stderr(), "warning: {line}");
}

/// Until the keeper is told to stop, or nobody holds it any more.
async fn requested(stopping: &mut watch::Receiver<bool>) {
    // The answer borrows the channel, which must not be held while the child is stopped.
    let _told_or_dropped = stopping.wait_for(|stop| *stop).await.is_ok();
}

/// Waits for a child's end; says whether it had lived long enough to be called well.
async fn outlive(child: &mut Child) -> (bool, Option<ExitStatus>) {
    match timeout(WELL_AFTER, child.wait()).await {
        Ok(status) => (false, status.ok()),
        Err(_) => (true, child.wait().await.ok()),
    }
}

async fn launch(spec: &Spec, port: u16, roster: &Roster) -> Result<Running, NotStarted> {
    let log = open_log(spec)?;
    let log_start = log.metadata().map_err(anyhow::Error::from)?.len();
    let errors = log.try_clone().map_err(anyhow::Error::from)?;
    let mut child = Command::new(&spec.program)
        .args((spec.arguments)(port)?)
        .env_clear()
        .envs(programs::environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(errors)
        // Ctrl-C at a terminal reaches the whole group: the order of stopping is ours.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| spec.program.display().to_string())?;
    let stdout = child.stdout.take().context("a child without output")?;
    let tether = child.stdin.take().context("a child without input")?;
    let (ready, said_ready) = oneshot::channel();
    tokio::spawn(forward(stdout, log, ready));
    let address = match timeout(READY_TIMEOUT, said_ready).await {
        Ok(Ok(address)) => address,
        // Its output ended without the word: it is ending.
        Ok(Err(_)) => {
            let status = timeout(STOP_TIMEOUT, child.wait()).await;
            let status = status.ok().and_then(Result::ok);
            return Err(NotStarted {
                error: describe_end(spec, status, log_start),
                may_pass: status.is_some_and(|status| status.code() == Some(NOT_YET)),
            });
        }
        Err(_) => {
            let error = anyhow!(
                "{} is not ready after {} seconds; see {}",
                spec.name,
                READY_TIMEOUT.as_secs(),
                spec.log.display()
            );
            return Err(error.into());
        }
    };
    let pid = child.id().with_context(|| format!("{} ended", spec.name))?;
    // On a full disk it may have to go on without: the address of a child stays the same.
    if let Err(error) = roster.set_process(spec.name, pid, &address.to_string()) {
        warn(format_args!("{} runs, but {error:#}", spec.name));
    }
    Ok(Running {
        child,
        _tether: tether,
        address,
        log_start,
    })
}

fn open_log(spec: &Spec) -> Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(&spec.log)
        .with_context(|| spec.log.display().to_string())
}

/// Copies a child's output to its log, and tells the address of its `ready` line.
async fn forward(stdout: ChildStdout, log: File, ready: oneshot::Sender<SocketAddr>) {
    let mut log = tokio::fs::File::from_std(log);
    let mut lines = BufReader::new(stdout).lines();
    let mut ready = Some(ready);
    while let Ok(Some(line)) = lines.next_line().await {
        let text = format!("{line}\n");
        // A full disk must not stop the child's output: it would block.
        let _unwritten = log.write_all(text.as_bytes()).await;
        let _unwritten = log.flush().await;
        if let Some(address) = ready_address(&line)
            && let Some(ready) = ready.take()
        {
            let _gone = ready.send(address);
        }
    }
}

/// The address in `ready kind=meter id=1 listen=127.0.0.1:4711` or `ready api=http://127.0.0.1:80`.
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

fn how_it_ended(status: Option<ExitStatus>) -> String {
    status.map_or("ended".to_owned(), |status| format!("ended ({status})"))
}

fn describe_end(spec: &Spec, status: Option<ExitStatus>, log_start: u64) -> anyhow::Error {
    let (name, how, log) = (spec.name, how_it_ended(status), spec.log.display());
    match last_words(&spec.log, log_start) {
        Ok(words) if !words.is_empty() => anyhow!("{name} {how}; it said:\n{words}"),
        _ => anyhow!("{name} {how} without a word; its log: {log}"),
    }
}

/// The end of what was logged from `start` on.
fn last_words(log: &Path, start: u64) -> Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(start.max(length.saturating_sub(WORDS_MAX))))?;
    let mut bytes = Vec::new();
    file.take(WORDS_MAX).read_to_end(&mut bytes)?;
    Ok(programs::last_lines(&String::from_utf8_lossy(&bytes)))
}

async fn end(name: &str, mut child: Child) -> Result<()> {
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself just now.
        let _gone = kill_process(pid, Signal::TERM);
    }
    if timeout(STOP_TIMEOUT, child.wait()).await.is_ok() {
        return Ok(());
    }
    child.kill().await?;
    bail!(
        "{name} did not stop within {} seconds and was killed; it recovers at its next start",
        STOP_TIMEOUT.as_secs()
    )
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spec")
            .field("name", &self.name)
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;

    /// A shell script in the place of a program.
    fn spec(place: &std::path::Path, script: &'static str) -> Spec {
        let log = place.join("log");
        Spec {
            name: "sh",
            program: "/bin/sh".into(),
            log,
            arguments: Box::new(move |_| Ok(vec!["-c".into(), script.into()])),
        }
    }

    fn place() -> (tempfile::TempDir, Roster) {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned());
        std::fs::create_dir(folder.run()).unwrap();
        let roster = Roster::new(&folder);
        (place, roster)
    }

    #[test]
    fn ready_lines_are_understood() {
        let address = Some(SocketAddr::from(([127, 0, 0, 1], 4711)));
        let line = "ready kind=meter id=1 listen=127.0.0.1:4711";
        assert_eq!(ready_address(line), address);
        assert_eq!(ready_address("ready api=http://127.0.0.1:4711"), address);
        for line in ["", "ready", "ready api=x", "not ready listen=127.0.0.1:1"] {
            assert_eq!(ready_address(line), None, "{line}");
        }
    }

    #[tokio::test]
    async fn a_child_stops_on_request() {
        let (place, roster) = place();
        let script =
            "echo ready listen=127.0.0.1:9; trap 'exit 0' TERM; while :; do sleep 0.05; done";
        let (failed, _failures) = mpsc::channel(1);
        let keeper = Keeper::start(spec(place.path(), script), 0, roster, failed)
            .await
            .unwrap();
        assert_eq!(keeper.address(), "127.0.0.1:9");
        keeper.stop().await.unwrap();
    }

    #[tokio::test]
    async fn a_child_that_dies_is_started_again_and_one_that_refuses_ends_it() {
        let (place, roster) = place();
        let (failed, mut failures) = mpsc::channel(1);
        let mut spec = spec(place.path(), "");
        let counter = place.path().join("starts");
        // Dies once, then refuses.
        let script = format!(
            "echo ready listen=127.0.0.1:9; echo x >> {0}; sleep 0.1; \
             [ $(wc -l < {0}) -gt 1 ] && {{ echo no key >&2; exit 78; }}; exit 70",
            counter.display()
        );
        spec.arguments = Box::new(move |_| Ok(vec!["-c".into(), script.clone().into()]));
        let _keeper = Keeper::start(spec, 0, roster, failed).await.unwrap();
        let error = failures.recv().await.unwrap().to_string();
        assert!(error.contains("no key"), "{error}");
        assert_eq!(std::fs::read_to_string(counter).unwrap().lines().count(), 2);
    }

    /// Its disk is full for longer than any other failure is borne; then there is space.
    #[tokio::test]
    async fn a_child_that_can_not_start_yet_is_tried_for_as_long_as_it_takes() {
        let (place, roster) = place();
        let (failed, mut failures) = mpsc::channel(1);
        let mut spec = spec(place.path(), "");
        let starts = place.path().join("starts");
        let script = format!(
            "echo x >> {0}; n=$(wc -l < {0}); \
             [ $n -gt 1 ] && [ $n -lt 9 ] && {{ echo disk is full >&2; exit 75; }}; \
             echo ready listen=127.0.0.1:9; [ $n -gt 1 ] && exit 78; exit 70",
            starts.display()
        );
        spec.arguments = Box::new(move |_| Ok(vec!["-c".into(), script.clone().into()]));
        let _keeper = Keeper::start(spec, 0, roster, failed).await.unwrap();
        failures.recv().await.unwrap();
        let lines = std::fs::read_to_string(starts).unwrap().lines().count();
        assert_eq!(lines, 9);
    }

    #[tokio::test]
    async fn a_child_that_is_still_starting_is_waited_for() {
        let (place, roster) = place();
        let spec = spec(
            place.path(),
            "sleep 0.5; echo ready listen=127.0.0.1:9; sleep 9",
        );
        let short = Duration::from_millis(50);
        let running = launch_patiently(&spec, 0, &roster, short).await.unwrap();
        assert_eq!(running.address.port(), 9);
    }

    #[tokio::test]
    async fn a_child_that_can_not_start_yet_is_given_up_in_the_end_and_says_why() {
        let (place, roster) = place();
        let spec = spec(place.path(), "echo disk is full >&2; exit 75");
        let short = Duration::from_millis(300);
        let given_up = timeout(
            Duration::from_secs(30),
            launch_patiently(&spec, 0, &roster, short),
        );
        let error = given_up.await.unwrap().err().unwrap().to_string();
        assert!(error.contains("disk is full"), "{error}");
    }

    #[tokio::test]
    async fn a_child_that_does_not_start_says_why() {
        let (place, roster) = place();
        let (failed, _failures) = mpsc::channel(1);
        let spec = spec(place.path(), "echo the key file is missing >&2; exit 78");
        let error = Keeper::start(spec, 0, roster, failed).await.unwrap_err();
        assert!(error.to_string().contains("key file is missing"), "{error}");
    }
}
