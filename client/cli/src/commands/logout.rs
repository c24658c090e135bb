//! `indicia logout`: ends the user's sessions everywhere and forgets the kept one.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::files;
use crate::outcome::Outcome;

/// End all sessions of the user, on this machine and elsewhere
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  indicia logout")]
pub(crate) struct Arguments {}

pub(crate) async fn run(context: &Context<'_>, _own: &Arguments) -> Result<Outcome> {
    let client = context.client_with_session()?;
    let ended = client.sign_off().await;
    // Whatever the server said: this machine forgets it.
    files::remove_if_there(&context.folder.session())?;
    ended?;
    context
        .console
        .answer(&json!({ "ended": true }), "Logged out.");
    Ok(Outcome::Done)
}
