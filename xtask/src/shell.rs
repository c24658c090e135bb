//! Running other programs and timing them. What is run, and why, is decided by the callers.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The root of the house: the nearest folder upwards that holds `layers.toml`.
///
/// # Errors
/// When no folder above the current one does.
pub(crate) fn find_root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("read the current folder")?;
    let root = here
        .ancestors()
        .find(|folder| folder.join("layers.toml").is_file());
    root.map(Path::to_owned)
        .context("no layers.toml in this folder or above: run this inside the repository")
}

/// A program to be run at `root`.
pub(crate) fn command<I>(root: &Path, program: &str, arguments: I) -> Command
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root);
    command
}

/// Runs it with the caller's terminal.
///
/// # Errors
/// When it cannot be started or does not end with success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command
        .status()
        .with_context(|| format!("start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs it and returns what it printed; its error output goes to the terminal.
///
/// # Errors
/// When it cannot be started or does not end with success.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let shown = show(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    Ok(output.stdout)
}

/// Whether it can be started and ends with success; it prints nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Now, for the durations that steps print.
#[expect(
    clippy::disallowed_methods,
    reason = "a tool for people says how long its steps took; no rule depends on it"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_names_the_command() {
        let error = run(&mut command(Path::new("/"), "sh", ["-c", "exit 3"])).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("`sh -c exit 3` failed (exit status: 3)"),
            "{error}"
        );
        assert!(!succeeds(&mut command(
            Path::new("/"),
            "no-such-program-here",
            [""]
        )));
    }

    #[test]
    fn output_is_what_was_printed() {
        assert_eq!(
            output(&mut command(Path::new("/"), "sh", ["-c", "printf abc"])).unwrap(),
            b"abc"
        );
    }
}
