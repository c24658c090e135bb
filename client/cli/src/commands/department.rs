//! `indicia department`: departments of the account.

use anyhow::Result;
use clap::Args;
use sdk::HeadingKind;

use crate::context::Context;
use crate::headings::{self, HeadingCommand};
use crate::outcome::Outcome;

/// Make, list, rename and archive departments
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia department add 'Sales' --cost-code 4711
  indicia department list
  indicia department set 1 --name 'Sales West'
  indicia department archive 1
  indicia department reopen 1

Items are booked under the number: `indicia print --department`, or a column of a mailing list.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: HeadingCommand,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    headings::run(context, HeadingKind::Department, &own.command).await
}
