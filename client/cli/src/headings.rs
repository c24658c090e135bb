//! What `indicia department` and `indicia customer` have in common.

use anyhow::Result;
use clap::Subcommand;
use sdk::HeadingKind;
use sdk::api::{Heading, HeadingChange, NewHeading};

use crate::booking::word;
use crate::context::Context;
use crate::outcome::Outcome;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum HeadingCommand {
    /// Make one
    #[command(after_help = "\
Examples:
  indicia department add Sales --cost-code 4711
  indicia customer add 'Acme Insurance' --number 40")]
    Add {
        /// Its name
        name: String,
        /// Code in the account's own accounting
        #[arg(long, value_name = "CODE", default_value = "")]
        cost_code: String,
        /// Its number; the next one if not given
        #[arg(long)]
        number: Option<u32>,
        /// Idempotency key: the same again makes nothing more
        #[arg(long)]
        key: Option<String>,
    },
    /// List them
    #[command(after_help = "\
Examples:
  indicia department list
  indicia customer list")]
    List,
    /// Change name or cost code; another name erases the old one
    #[command(after_help = "\
Examples:
  indicia department set 1 --name 'Sales West'
  indicia customer set 40 --cost-code ''")]
    Set {
        /// Its number
        number: u32,
        /// New name
        #[arg(long, required_unless_present = "cost_code")]
        name: Option<String>,
        /// New cost code; '' for none
        #[arg(long, value_name = "CODE")]
        cost_code: Option<String>,
    },
    /// Book nothing new under it
    #[command(after_help = "\
Examples:
  indicia department archive 1
  indicia customer archive 40")]
    Archive {
        /// Its number
        number: u32,
    },
    /// Book under it again
    #[command(after_help = "\
Examples:
  indicia department reopen 1
  indicia customer reopen 40")]
    Reopen {
        /// Its number
        number: u32,
    },
}

pub(crate) async fn run(
    context: &Context<'_>,
    kind: HeadingKind,
    command: &HeadingCommand,
) -> Result<Outcome> {
    let client = context.client_with_session()?;
    let change = async |number: u32, change: HeadingChange| {
        client.change_heading(kind, number, &change).await
    };
    let archived = |archived| HeadingChange {
        archived: Some(archived),
        ..HeadingChange::default()
    };
    let heading = match command {
        HeadingCommand::List => {
            let headings = client.all_headings(kind).await?;
            context.keep_session(&client)?;
            let lines: Vec<String> = headings.iter().map(line).collect();
            let text = match lines.as_slice() {
                [] => format!("The account has no {}.", word(kind)),
                _ => lines.join("\n"),
            };
            context.console.answer(&headings, text);
            return Ok(Outcome::Done);
        }
        HeadingCommand::Add {
            name,
            cost_code,
            number,
            key,
        } => {
            let key = match key {
                Some(key) => key.clone(),
                None => sdk::random_key()?,
            };
            let new = NewHeading {
                number: *number,
                name: name.clone(),
                cost_code: cost_code.clone(),
            };
            client.make_heading(kind, &new, &key).await?
        }
        HeadingCommand::Set {
            number,
            name,
            cost_code,
        } => {
            let to = HeadingChange {
                name: name.clone(),
                cost_code: cost_code.clone(),
                archived: None,
            };
            change(*number, to).await?
        }
        HeadingCommand::Archive { number } => change(*number, archived(true)).await?,
        HeadingCommand::Reopen { number } => change(*number, archived(false)).await?,
    };
    context.keep_session(&client)?;
    let text = format!("{} {}", word(kind), line(&heading).trim_start());
    context.console.answer(&heading, text);
    Ok(Outcome::Done)
}

fn line(heading: &Heading) -> String {
    let code = match heading.cost_code.as_str() {
        "" => String::new(),
        code => format!(" [{code}]"),
    };
    let archived = if heading.archived { ", archived" } else { "" };
    format!("{:>6}  {}{code}{archived}", heading.number, heading.name)
}
