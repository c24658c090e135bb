//! `indicia customer`: end customers of a mail house of the account.

use anyhow::Result;
use clap::Args;
use sdk::HeadingKind;

use crate::context::Context;
use crate::headings::{self, HeadingCommand};
use crate::outcome::Outcome;

/// Make, list, rename and archive end customers of a mail house
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia customer add 'Acme Insurance' --cost-code 4711
  indicia customer list
  indicia customer set 1 --name 'Acme'
  indicia customer archive 1
  indicia customer reopen 1

Items are booked under the number: `indicia print --end-customer`, or a column of a mailing list.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: HeadingCommand,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    headings::run(context, HeadingKind::EndCustomer, &own.command).await
}
