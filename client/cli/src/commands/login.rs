//! `indicia login`: signs on and keeps the session.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use signer::SigningKey;

use crate::amount::Amount;
use crate::context::{Context, KeptKey};
use crate::outcome::Outcome;
use crate::password::PasswordSource;
use crate::trust::Trust;

/// Log in; the session is kept in session.json, for the owner's eyes only
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia login --login me@example.com
  indicia login --login me@example.com --password-file secret.txt
  indicia login --login me@example.com --key me.key --at-most 20.00")]
pub(crate) struct Arguments {
    /// Log-in name
    #[arg(long)]
    login: String,
    /// Your own key (indicia user key): it signs on in place of a password, and each later order
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Most that an order may cost whose price only the data centre says; your key signs it
    #[arg(
        long,
        value_name = "AMOUNT",
        default_value = "100.00",
        requires = "key"
    )]
    at_most: Amount,
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
    let session = match &own.key {
        None => client.sign_on(&own.login, &own.password.known()?).await?,
        Some(path) => {
            let trust = Trust::of_folder(&context.folder)?;
            let installation = trust.installation.transcript().installation;
            let key = SigningKey::load(path)?;
            client
                .sign_on_by_key(&own.login, &key, installation)
                .await?
        }
    };
    let key = match &own.key {
        None => None,
        // Later commands may stand in another folder.
        Some(path) => Some(KeptKey {
            file: std::path::absolute(path)?,
            at_most_mills: own.at_most.0.0,
        }),
    };
    context.keep_session_of(&client, key)?;
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
