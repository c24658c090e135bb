//! `indicia signup`: an account, its first user, a meter.

use anyhow::Result;
use clap::Args;
use sdk::api::SignUp;

use crate::context::Context;
use crate::outcome::Outcome;
use crate::password::PasswordSource;

/// Open an account with its first user and a meter, and log in
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia signup --login me@example.com --name 'Example Mail Room'
  indicia signup --login me@example.com --name 'Example Mail Room' --password-file secret.txt

The new meter must be commissioned (indicia act commission) and funded (indicia fund) before it
dispenses anything.")]
pub(crate) struct Arguments {
    /// Log-in name, for example an e-mail address
    #[arg(long)]
    login: String,
    /// Name of the account's holder
    #[arg(long)]
    name: String,
    #[command(flatten)]
    password: PasswordSource,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client()?;
    let body = SignUp {
        login: own.login.clone(),
        password: own.password.new_one()?,
        display_name: own.name.clone(),
    };
    let made = client.sign_up(&body, &sdk::random_key()?).await?;
    client.sign_on(&body.login, &body.password).await?;
    context.keep_session(&client)?;
    context.console.answer(
        &made,
        format!(
            "Made account {} with meter {}; {} is logged in.\n\
             Next: indicia act commission --meter {1} --origin ZIP",
            made.account, made.meter, own.login
        ),
    );
    Ok(Outcome::Done)
}
