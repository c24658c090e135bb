//! The demonstration as a stranger meets it: run, run again, gone on with later.
//!
//! "Later" is another start of what a demonstration left. A start on the next day differs from it
//! in one thing only, the age of the journals, and the table of starts in `boxes/keeper/src/clock.rs`
//! steps through that (P26: a gap of up to seven days is accepted). Another clock for real processes
//! needs a preloaded library, which a bare Debian does not have.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use e2e::program;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// `indicia` in this folder.
fn indicia(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("indicia"));
    command
        .arg("--dir")
        .arg(folder)
        .args(arguments)
        .env_remove("INDICIA_API")
        .env_remove("INDICIA_DIR")
        .env_remove("INDICIA_CONFIG")
        .env("XDG_CONFIG_HOME", folder)
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end, and gives what it printed.
pub(crate) fn said(mut command: Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the demonstration in a folder, and gives what it tells programs.
pub(crate) fn demonstrate(folder: &Path) -> Value {
    let password = folder.with_extension("password");
    std::fs::write(&password, "a password to come back with\n").unwrap();
    let mut command = indicia(folder, &["--json", "demo", "--password-file"]);
    command.arg(password);
    serde_json::from_str(&said(command)).unwrap()
}

/// What the demonstration said about one of its steps.
fn step<'a>(told: &'a Value, name: &str) -> &'a str {
    let steps = told["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["name"] == name);
    step.unwrap_or_else(|| panic!("no step {name} in {told:#}"))["said"]
        .as_str()
        .unwrap()
}

fn pages(pdf: &Path) -> usize {
    let mut command = Command::new("pdfinfo");
    command.arg(pdf);
    let said = said(command);
    let pages = said.lines().find_map(|line| line.strip_prefix("Pages:"));
    pages.unwrap().trim().parse().unwrap()
}

fn assert_as_promised(told: &Value) {
    assert_eq!(told["items"], 50);
    assert_eq!(told["audit_clean"], true);
    let verified = step(told, "Verify");
    assert!(verified.contains("ACCEPT"), "{verified}");
    let offline = step(told, "Offline");
    assert!(offline.contains("CHECK"), "{offline}");
    for again in ["Again", "Photocopy"] {
        let again = step(told, again);
        assert!(
            again.contains("REFUSE") && again.contains("USED before: first accepted"),
            "{again}"
        );
        assert!(again.contains("at post office 95814"), "{again}");
    }
    assert!(step(told, "Audit").ends_with("Clean."));
    let [pdf] = told["pdf"].as_array().unwrap().as_slice() else {
        panic!("one PDF: {told:#}");
    };
    assert_eq!(pages(pdf.as_str().unwrap().as_ref()), 50);
    let png = std::fs::read(told["png"].as_str().unwrap()).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    println!("the demonstration took {} ms", told["duration_ms"]);
}

/// A running installation; ends with this.
struct Running(Child);

impl Running {
    fn start(folder: &Path) -> Self {
        let mut child = indicia(folder, &["up"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with("ready api="), "{line:?}");
        Self(child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _gone = self.0.wait();
    }
}

#[test]
fn it_shows_what_it_promises_twice_in_one_folder_and_goes_on_later() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("demo");
    let first = demonstrate(&folder);
    assert_as_promised(&first);
    let second = demonstrate(&folder);
    assert_as_promised(&second);
    assert_ne!(
        step(&first, "Ceremony"),
        step(&second, "Ceremony"),
        "a new installation"
    );

    let up = Running::start(&folder);
    let mut log_in = indicia(
        &folder,
        &[
            "login",
            "--login",
            "mailroom@example.com",
            "--password-file",
        ],
    );
    log_in.arg(folder.with_extension("password"));
    said(log_in);
    let (pdf, png) = (
        folder.join("letters/later.pdf"),
        folder.join("letters/later.png"),
    );
    let mut print = indicia(
        &folder,
        &["--json", "print", "--to", "Me;1 Main St;Reno, NV 89501"],
    );
    print.arg("--out").arg(&pdf).arg("--png").arg(&png);
    let printed: Value = serde_json::from_str(&said(print)).unwrap();
    assert_eq!(printed["item"]["piece_count"], 51);
    assert_eq!(pages(&pdf), 1);
    let mut verify = indicia(&folder, &["--json", "verify"]);
    verify.arg(&png);
    let verified: Value = serde_json::from_str(&said(verify)).unwrap();
    assert_eq!(verified[0]["verdict"], "accept", "{verified}");
    drop(up);
    said(indicia(&folder, &["audit"]));
}
