//! `indicia user`: further users of the account, and what they may do.

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use item::{Rights, UserId};
use sdk::Client;
use sdk::api::{NewRecovery, NewUser, Scope, User};

use crate::amount::{Amount, money};
use crate::commands::act::{parse_right, parse_user};
use crate::commands::{own_key, recover};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::password::PasswordSource;

/// Add users to the account, and say what they may do: for users with the right to manage
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia user add --login clerk@example.com --name 'Clerk at the counter'
  indicia user add --login robot@example.com --name Robot --right dispense --ceiling 20.00 \
--meter 10000001 --password-file secret.txt
  indicia user list
  indicia user set 92709d636c3aefa542a65fcbf12c22f6 --right read --right dispense --ceiling 50.00
  indicia user disable 92709d636c3aefa542a65fcbf12c22f6
  indicia user recover clerk@example.com
  indicia user key set --login me@example.com --key me.key

Nobody gives what he has not himself, and nobody changes what he himself may do.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a user to the account
    #[command(after_help = "\
Example:
  indicia user add --login clerk@example.com --name 'Clerk at the counter'")]
    Add {
        /// Log-in name, for example an e-mail address
        #[arg(long)]
        login: String,
        /// How the user is called
        #[arg(long)]
        name: String,
        #[command(flatten)]
        scope: ScopeOptions,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Show the account's users
    #[command(after_help = "\
Example:
  indicia user list")]
    List,
    /// Set what a user may do; ends all sessions of the user
    #[command(after_help = "\
Example:
  indicia user set 92709d636c3aefa542a65fcbf12c22f6 --right read --ceiling 50.00")]
    Set {
        /// User id, as `indicia user list` shows it
        #[arg(value_name = "USER", value_parser = parse_user)]
        user: UserId,
        #[command(flatten)]
        scope: ScopeOptions,
    },
    /// Take all rights from a user, and end all sessions of the user
    #[command(after_help = "\
Example:
  indicia user disable 92709d636c3aefa542a65fcbf12c22f6")]
    Disable {
        /// User id, as `indicia user list` shows it
        #[arg(value_name = "USER", value_parser = parse_user)]
        user: UserId,
    },
    Key(own_key::Arguments),
    /// Begin the recovery of a user who lost password or key; shows its code once
    #[command(after_help = "\
Examples:
  indicia user recover clerk@example.com
  indicia user recover clerk@example.com --call-off

The code is good a day later (indicia recover), for a week. Any log-in of the user calls it off.")]
    Recover {
        /// Log-in name or user id
        #[arg(value_name = "LOGIN")]
        login: String,
        /// Call off the recovery that waits
        #[arg(long)]
        call_off: bool,
    },
}

#[derive(Debug, Args)]
struct ScopeOptions {
    /// read, dispense, fund or manage (may be repeated; read and dispense if not given)
    #[arg(long = "right", value_name = "RIGHT", value_parser = parse_right)]
    rights: Vec<Rights>,
    /// Most that one request may spend
    #[arg(long, value_name = "AMOUNT", default_value = "100.00")]
    ceiling: Amount,
    /// Meter that the user may use (may be repeated; all of the account if not given)
    #[arg(long = "meter", value_name = "SERIAL")]
    meters: Vec<u32>,
}

impl ScopeOptions {
    fn scope(&self) -> Scope {
        let named = self.rights.iter().copied().reduce(Rights::with);
        let rights = named.unwrap_or(Rights::READ.with(Rights::DISPENSE));
        Scope {
            rights: rights.names().into_iter().map(str::to_owned).collect(),
            ceiling_mills: self.ceiling.0.0,
            meters: self.meters.clone(),
        }
    }
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    if let UserCommand::Key(own) = &own.command {
        return own_key::run(context, own).await;
    }
    let client = context.client_with_session()?;
    match &own.command {
        // Above: it ends the session.
        UserCommand::Key(_) => {}
        UserCommand::Add {
            login,
            name,
            scope,
            password,
        } => {
            let body = NewUser {
                login: login.clone(),
                password: password.new_one()?,
                display_name: name.clone(),
                scope: scope.scope(),
            };
            let user = client.add_user(&body, &sdk::random_key()?).await?;
            context.console.answer(&user, describe(&user));
        }
        UserCommand::List => {
            let users = client.all_users().await?;
            let text: Vec<String> = users.iter().map(describe).collect();
            context.console.answer(&users, text.join("\n\n"));
        }
        UserCommand::Set { user, scope } => {
            let key = sdk::random_key()?;
            let set = client
                .set_user(&user.to_string(), &scope.scope(), &key)
                .await?;
            context.console.answer(&set, describe(&set));
        }
        UserCommand::Disable { user } => {
            let user = user.to_string();
            let scope = Scope {
                rights: Vec::new(),
                ceiling_mills: 0,
                // None named would mean all.
                meters: client.user(&user).await?.scope.meters,
            };
            let set = client.set_user(&user, &scope, &sdk::random_key()?).await?;
            context.console.answer(&set, describe(&set));
        }
        UserCommand::Recover { login, call_off } => {
            let user = named(&client, login).await?;
            let code = recover::code_for(user, *call_off)?;
            let body = NewRecovery {
                code_digest: recover::digest_of(code.as_ref()).to_string(),
            };
            let key = sdk::random_key()?;
            client
                .begin_recovery(&user.to_string(), &body, &key)
                .await?;
            recover::answer(context, user, code.as_ref());
        }
    }
    context.keep_session(&client)?;
    Ok(Outcome::Done)
}

/// The user of an id or log-in name.
async fn named(client: &Client, login: &str) -> Result<UserId> {
    if let Ok(user) = parse_user(login) {
        return Ok(user);
    }
    let users = client.all_users().await?;
    let known = users
        .iter()
        .find(|user| user.login.eq_ignore_ascii_case(login));
    let id = known.and_then(|user| UserId::from_hex(&user.user));
    id.with_context(|| format!("the account has no user {login}; indicia user list shows them"))
}

/// A user for people.
fn describe(user: &User) -> String {
    let meters = match user.scope.meters.as_slice() {
        [] => "all of the account".to_owned(),
        named => {
            let named: Vec<String> = named.iter().map(ToString::to_string).collect();
            named.join(", ")
        }
    };
    let rights = match user.disabled {
        true => "none: the user is disabled".to_owned(),
        false => user.scope.rights.join(", "),
    };
    let recovery = match &user.recovery_from {
        Some(from) => format!("\n  recovery    can be ended from {from}; a log-in calls it off"),
        None => String::new(),
    };
    format!(
        "user {}: {} ({})\n  \
         rights      {rights}\n  \
         ceiling     {} a request\n  \
         meters      {meters}\n  \
         last log-in {}{}",
        user.user,
        user.login,
        user.display_name,
        money(user.scope.ceiling_mills, "USD"),
        user.last_login.as_deref().unwrap_or("never"),
        recovery,
    )
}
