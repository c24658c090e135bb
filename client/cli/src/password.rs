//! Where a password comes from: a file, the environment, or a person at a terminal. Never the
//! command line, which other users of the machine can read.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use crate::files;

/// Environment variable that is looked at where there is no file.
pub(crate) const VARIABLE: &str = "INDICIA_PASSWORD";

/// Bytes of a password file: the longest password, each character of four bytes, and a line end.
const FILE_BYTES_MAX: u64 = 4 * 128 + 2;

/// Options of every command that needs a password.
#[derive(Debug, Args)]
pub(crate) struct PasswordSource {
    /// File whose first line is the password; else INDICIA_PASSWORD, else you are asked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordSource {
    /// A password that exists.
    pub(crate) fn known(&self) -> Result<String> {
        self.given()?.map_or_else(|| asked("Password: "), Ok)
    }

    /// A new password: a person types it twice.
    pub(crate) fn new_one(&self) -> Result<String> {
        if let Some(password) = self.given()? {
            return Ok(password);
        }
        let password = asked("New password (12 characters or more): ")?;
        if asked("The same again: ")? != password {
            bail!("the two passwords differ; nothing was sent");
        }
        Ok(password)
    }

    fn given(&self) -> Result<Option<String>> {
        if let Some(path) = &self.password_file {
            return from_file(path).map(Some);
        }
        Ok(std::env::var(VARIABLE).ok())
    }
}

/// The first line of a file.
pub(crate) fn from_file(path: &Path) -> Result<String> {
    let bytes = files::read_limited(path, FILE_BYTES_MAX)?;
    let text = String::from_utf8(bytes).ok();
    match text.as_deref().and_then(|text| text.lines().next()) {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!("{}: the first line holds no password", path.display()),
    }
}

fn asked(prompt: &str) -> Result<String> {
    ask(prompt, &format!("--password-file FILE or set {VARIABLE}"))
}

/// What a person types unseen.
pub(crate) fn ask(prompt: &str, otherwise: &str) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("no answer: give {otherwise} (this is no terminal)");
    }
    Ok(rpassword::prompt_password(prompt)?)
}
