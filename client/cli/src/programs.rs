//! The other programs of an installation: where they are, and how they are started.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// What a child may know of this process's environment. Passwords are not among it.
const ENVIRONMENT: [&str; 7] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "TZ",
    "RUST_LOG",
    "RUST_BACKTRACE",
];

/// Lines of a failed program's words that are repeated.
const LAST_LINES: usize = 12;

/// The programs beside this one.
#[derive(Debug, Clone)]
pub(crate) struct Programs(PathBuf);

impl Programs {
    /// In the folder of the running program.
    pub(crate) fn beside_this() -> Result<Self> {
        let this = std::env::current_exe().context("where this program is cannot be told")?;
        let folder = this.parent().context("this program is in no folder")?;
        Ok(Self(folder.to_owned()))
    }

    /// Program of a kind of box.
    pub(crate) fn of_box(&self, kind: &str) -> Result<PathBuf> {
        self.find(&format!("indicia-box-{kind}"))
    }

    /// Program of the data centre.
    pub(crate) fn datacenter(&self) -> Result<PathBuf> {
        self.find("indicia-datacenter")
    }

    fn find(&self, name: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        if !path.is_file() {
            bail!(
                "{} is missing: all programs of a release belong into one folder (in the source \
                 tree: cargo build --workspace --bins)",
                path.display()
            );
        }
        Ok(path)
    }
}

/// Variables that a child gets, with their values.
pub(crate) fn environment() -> impl Iterator<Item = (&'static str, OsString)> {
    ENVIRONMENT
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
}

/// Runs a program to its end and gives what it printed.
///
/// # Errors
/// With its last words, if it failed.
pub(crate) fn run<Argument: Into<OsString>>(
    program: PathBuf,
    arguments: impl IntoIterator<Item = Argument>,
) -> Result<String> {
    let output = Command::new(&program)
        .args(arguments.into_iter().map(Into::into))
        .env_clear()
        .envs(environment())
        .output()
        .with_context(|| program.display().to_string())?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed: {}", program.display(), last_lines(&words));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The last lines of a text: where a program says why it ended.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let from = lines.len().saturating_sub(LAST_LINES);
    lines.get(from..).unwrap_or_default().join("\n")
}
