//! The programs under test, beside the running test or tool.

use std::path::PathBuf;
use std::process::Command;

/// All programs of an installation.
pub(crate) const PROGRAMS: [&str; 6] = [
    "indicia",
    "indicia-box-keys",
    "indicia-box-auth",
    "indicia-box-meter",
    "indicia-box-transaction",
    "indicia-datacenter",
];

/// A program of this build: `target/PROFILE/NAME` of a test in `target/PROFILE/deps`, or of a
/// program beside it.
///
/// # Panics
/// If it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let folder = this.parent().unwrap();
    let profile = if folder.ends_with("deps") {
        folder.parent().unwrap()
    } else {
        folder
    };
    let path = profile.join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --workspace --bins`",
        path.display()
    );
    path
}

/// Runs a program to its end; what it printed.
///
/// # Panics
/// With its words, if it failed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
