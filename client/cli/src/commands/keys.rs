//! `indicia keys`: API keys, by which programs sign on.

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use item::{ApiKeyId, Rights};
use sdk::api::{ApiKey, ApiKeyRoll, ApiKeyShown, NewApiKey, Scope};

use crate::amount::{Amount, money};
use crate::commands::act::parse_right;
use crate::context::Context;
use crate::outcome::Outcome;

/// Make, show, roll and revoke API keys, by which programs sign on for you
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia keys create --name 'Web shop' --ceiling 20.00
  indicia keys create --name Reports --right read --expires 2027-12-31T00:00:00Z
  indicia keys list
  indicia keys roll 0f6d1c0a5b7e4c2d9a8b7c6d5e4f3a2b --overlap-hours 48
  indicia keys revoke 0f6d1c0a5b7e4c2d9a8b7c6d5e4f3a2b

A key's text is shown once. Programs send it as `Authorization: Bearer`; this program takes it from
INDICIA_API_KEY.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key, and show its text once
    #[command(after_help = "\
Example:
  indicia keys create --name 'Web shop' --ceiling 20.00")]
    Create {
        /// What you call it
        #[arg(long)]
        name: String,
        /// read, dispense or fund (may be repeated; read and dispense if not given)
        #[arg(long = "right", value_name = "RIGHT", value_parser = parse_right)]
        rights: Vec<Rights>,
        /// Most that one request may spend
        #[arg(long, value_name = "AMOUNT", default_value = "100.00")]
        ceiling: Amount,
        /// Meter that it may use (may be repeated; all that you may use if not given)
        #[arg(long = "meter", value_name = "SERIAL")]
        meters: Vec<u32>,
        /// When it ends, like 2027-12-31T00:00:00Z (never, if not given)
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// Show your keys; as a manager, all of the account
    #[command(after_help = "\
Example:
  indicia keys list")]
    List,
    /// Give a key a new secret, and show its text once
    #[command(after_help = "\
Example:
  indicia keys roll 0f6d1c0a5b7e4c2d9a8b7c6d5e4f3a2b --overlap-hours 48")]
    Roll {
        /// Key id, as `indicia keys list` shows it
        #[arg(value_name = "KEY", value_parser = parse_key)]
        key: ApiKeyId,
        /// Hours for which the text of before is good beside the new one
        #[arg(long, value_name = "HOURS", default_value_t = 0)]
        overlap_hours: u32,
    },
    /// End a key for good
    #[command(after_help = "\
Example:
  indicia keys revoke 0f6d1c0a5b7e4c2d9a8b7c6d5e4f3a2b")]
    Revoke {
        /// Key id, as `indicia keys list` shows it
        #[arg(value_name = "KEY", value_parser = parse_key)]
        key: ApiKeyId,
    },
}

fn parse_key(text: &str) -> Result<ApiKeyId, String> {
    ApiKeyId::from_hex(text).ok_or_else(|| "write the 32 hex digits of a key id".to_owned())
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client_with_session()?;
    match &own.command {
        KeysCommand::Create {
            name,
            rights,
            ceiling,
            meters,
            expires,
        } => {
            let named = rights.iter().copied().reduce(Rights::with);
            let rights = named.unwrap_or(Rights::READ.with(Rights::DISPENSE));
            let body = NewApiKey {
                name: name.clone(),
                scope: Scope {
                    rights: rights.names().into_iter().map(str::to_owned).collect(),
                    ceiling_mills: ceiling.0.0,
                    meters: meters.clone(),
                },
                expires: expires.clone(),
                secret: None,
            };
            let made = client.add_api_key(&body, &sdk::random_key()?).await?;
            context.console.answer(&made, shown(&made));
        }
        KeysCommand::List => {
            let keys = client.all_api_keys().await?;
            let text: Vec<String> = keys.iter().map(describe).collect();
            context.console.answer(&keys, text.join("\n\n"));
        }
        KeysCommand::Roll { key, overlap_hours } => {
            let body = ApiKeyRoll {
                previous_until: until(*overlap_hours)?,
                secret: None,
            };
            let once = sdk::random_key()?;
            let rolled = client.roll_api_key(&key.to_string(), &body, &once).await?;
            context.console.answer(&rolled, shown(&rolled));
        }
        KeysCommand::Revoke { key } => {
            let revoked = client.revoke_api_key(&key.to_string()).await?;
            context.console.answer(&revoked, describe(&revoked));
        }
    }
    context.keep_session(&client)?;
    Ok(Outcome::Done)
}

/// So many hours from now; none for no overlap.
fn until(hours: u32) -> Result<Option<String>> {
    if hours == 0 {
        return Ok(None);
    }
    let ahead = u64::from(hours) * 3_600_000;
    let at = crate::clock::now().0.saturating_add(ahead);
    let at = jiff::Timestamp::from_millisecond(i64::try_from(at)?);
    Ok(Some(at.context("that many hours")?.to_string()))
}

fn shown(made: &ApiKeyShown) -> String {
    let key = describe(&made.key);
    match &made.text {
        Some(text) => format!("{key}\n\nIts text, shown this once:\n{text}"),
        None => key,
    }
}

/// A key for people.
fn describe(key: &ApiKey) -> String {
    let state = match (key.revoked, &key.expires) {
        (true, _) => "revoked".to_owned(),
        (false, Some(expires)) => format!("good until {expires}"),
        (false, None) => "good until it is revoked".to_owned(),
    };
    format!(
        "key {}: {}, {state}\n  \
         user        {}\n  \
         rights      {}\n  \
         ceiling     {} a request\n  \
         last used   {}",
        key.key,
        key.name,
        key.user,
        key.scope.rights.join(", "),
        money(key.scope.ceiling_mills, "USD"),
        key.last_used.as_deref().unwrap_or("never"),
    )
}
