//! `indicia login`: signs on and keeps the session.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::outcome::Outcome;
use crate::password::PasswordSource;

/// Log in; the session is kept in session.json, for the owner's eyes only
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia login --login me@example.com
  indicia login --login me@example.com --password-file secret.txt")]
pub(crate) struct Arguments {
    /// Log-in name
    #[arg(long)]
    login: String,
    #[command(flatten)]
    password: PasswordSource,
}

#[derive(Serialize)]
struct Answer {
    account: String,
    user: String,
    expires: String,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client()?;
    let session = client.sign_on(&own.login, &own.password.known()?).await?;
    context.keep_session(&client)?;
    let text = format!("{} is logged in to account {}.", own.login, session.account);
    // The token stays out of the answer: answers end in logs.
    let answer = Answer {
        account: session.account,
        user: session.user,
        expires: session.expires,
    };
    context.console.answer(&answer, text);
    Ok(Outcome::Done)
}
