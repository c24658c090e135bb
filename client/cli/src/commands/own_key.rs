//! `indicia user key`: the user's own key, which signs each order.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use item::UserId;
use sdk::{Client, OwnKey};
use serde::Serialize;
use signer::SigningKey;

use crate::amount::Amount;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::trust::Trust;

/// Have each of your orders signed by a key of your own, so that no server orders in your name
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia user key set --login me@example.com --key me.key
  indicia user key set --login me@example.com --key new.key --old me.key
  indicia user key remove --login me@example.com --old me.key

All your sessions end; then: indicia login --login me@example.com --key me.key. If the key is lost, a
recovery (indicia user recover, a day) removes it.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Set a key, or put another one in its place
    #[command(after_help = "\
Example:
  indicia user key set --login me@example.com --key me.key")]
    Set {
        /// Your log-in name
        #[arg(long)]
        login: String,
        /// Key file; made if there is none
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The key in force, if there is one
        #[arg(long, value_name = "FILE")]
        old: Option<PathBuf>,
    },
    /// Remove the key: your password alone orders again
    #[command(after_help = "\
Example:
  indicia user key remove --login me@example.com --old me.key")]
    Remove {
        /// Your log-in name
        #[arg(long)]
        login: String,
        /// The key in force
        #[arg(long, value_name = "FILE")]
        old: PathBuf,
    },
}

#[derive(Serialize)]
struct Answer<'a> {
    login: &'a str,
    key: Option<&'a Path>,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client_with_session()?;
    let session = client.session().context("nobody is logged in")?;
    let user = UserId::from_hex(&session.user).context("the session names no user")?;
    let trust = Trust::of_folder(&context.folder)?;
    let whose = (trust.installation.transcript().installation, user);
    let (login, path, text) = match &own.command {
        KeyCommand::Set { login, key, old } => {
            let new = load_or_make(key)?;
            let old = old.as_deref().map(SigningKey::load).transpose()?;
            client
                .set_signing_key(login, Some(&new), old.as_ref(), whose)
                .await?;
            let text = format!(
                "From now on {} signs each order of {login}. All sessions have ended.\n\
                 Next: indicia login --login {login} --key {0}",
                key.display()
            );
            (login, Some(key.as_path()), text)
        }
        KeyCommand::Remove { login, old } => {
            let old = SigningKey::load(old)?;
            client
                .set_signing_key(login, None, Some(&old), whose)
                .await?;
            let text = format!(
                "No key signs the orders of {login} any more. All sessions have ended.\n\
                 Next: indicia login --login {login}"
            );
            (login, None, text)
        }
    };
    context.keep_session(&client)?;
    context.console.answer(&Answer { login, key: path }, text);
    Ok(Outcome::Done)
}

/// The key of a file, made first if there is no file.
fn load_or_make(path: &Path) -> Result<SigningKey> {
    if path.exists() {
        return Ok(SigningKey::load(path)?);
    }
    let key = SigningKey::generate("user")?;
    key.save(path)?;
    Ok(key)
}

/// A client that signs for the user of its session by the key of a file.
pub(crate) fn signing(
    context: &Context<'_>,
    client: Client,
    path: &Path,
    most: Amount,
) -> Result<Client> {
    let Some(session) = client.session() else {
        bail!("nobody is logged in");
    };
    let trust = Trust::of_folder(&context.folder)?;
    Ok(client.signing(OwnKey {
        key: SigningKey::load(path)?,
        installation: trust.installation.transcript().installation,
        user: UserId::from_hex(&session.user).context("the session names no user")?,
        most: most.0,
    }))
}
