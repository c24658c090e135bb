//! `indicia recover`: a new password by the code of a recovery; and the codes themselves.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use item::{Digest, UserId};
use sdk::api::Recovery;
use serde::Serialize;

use crate::context::Context;
use crate::outcome::Outcome;
use crate::password::{self, PasswordSource};

/// Set a new password by the code of a recovery, a day after it was begun
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia recover clerk@example.com
  indicia recover clerk@example.com --code-file code.txt --password-file secret.txt

A manager of the account begins a recovery (indicia user recover), or an operator (indicia act recover).
It can be ended a day later, for a week; any log-in of the user calls it off.")]
pub(crate) struct Arguments {
    /// Log-in name
    #[arg(value_name = "LOGIN")]
    login: String,
    /// File whose first line is the code; else you are asked
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    #[command(flatten)]
    password: PasswordSource,
}

#[derive(Serialize)]
struct Answer<'a> {
    login: &'a str,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client()?;
    let code = match &own.code_file {
        Some(path) => password::from_file(path)?,
        None => password::ask("Code of the recovery: ", "--code-file FILE")?,
    };
    let body = Recovery {
        login: own.login.clone(),
        code: code.trim().to_owned(),
        new_password: own.password.new_one()?,
    };
    client.finish_recovery(&body, &sdk::random_key()?).await?;
    let login = &own.login;
    let text = format!(
        "The new password of {login} is in force, and all sessions have ended.\n\
         Next: indicia login --login {login}"
    );
    context.console.answer(&Answer { login }, text);
    Ok(Outcome::Done)
}

/// A code that was just made, for whoever is to end the recovery.
pub(crate) struct NewCode {
    text: String,
    digest: Digest,
}

/// A new code, or none where a recovery is called off.
pub(crate) fn code_for(user: UserId, call_off: bool) -> Result<Option<NewCode>> {
    if call_off {
        return Ok(None);
    }
    let text = sdk::random_secret()?;
    let Digest(code) = Digest::from_hex(&text).context("no code was made")?;
    let digest = verify::recovery_digest(user, &code);
    Ok(Some(NewCode { text, digest }))
}

/// What of it goes over the wire.
pub(crate) fn digest_of(code: Option<&NewCode>) -> Digest {
    code.map_or(Digest::ZERO, |code| code.digest)
}

/// Shows the code, this once.
pub(crate) fn answer(context: &Context<'_>, user: UserId, code: Option<&NewCode>) {
    #[derive(Serialize)]
    struct Begun<'a> {
        user: String,
        code: Option<&'a str>,
    }
    let text = match code {
        None => format!("No recovery of user {user} is under way any more."),
        Some(code) => format!(
            "The recovery of user {user} is begun. Its code, shown this once:\n{}\n\
             In a day: indicia recover LOGIN. Any log-in of the user calls it off.",
            code.text
        ),
    };
    let begun = Begun {
        user: user.to_string(),
        code: code.map(|code| code.text.as_str()),
    };
    context.console.answer(&begun, text);
}
