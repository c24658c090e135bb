//! `indicia inspect-report`: a status report, which puts a meter's inspection off.

use anyhow::Result;
use clap::Args;
use sdk::api::{Meter, StatusReport};

use crate::amount::Amount;
use crate::commands::meter;
use crate::context::{Context, choose_meter};
use crate::outcome::Outcome;

/// Report the registers of a meter as you know them, which puts its inspection off
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia inspect-report --ascending 12.30 --descending 87.70 --pieces 17
  indicia inspect-report --meter 10000001 --as-shown

The meter box compares. If it holds something else, compare your own list of items with what
`indicia meter` shows before you report again.")]
pub(crate) struct Arguments {
    /// Meter that is reported on; the account's only one if not given
    #[arg(long, value_name = "SERIAL")]
    meter: Option<u32>,
    #[command(flatten)]
    known: Option<Known>,
    /// Report what the data centre shows, instead of what your own records say
    #[arg(long, conflicts_with = "Known", required_unless_present = "Known")]
    as_shown: bool,
    /// Idempotency key: the same again is the same report
    #[arg(long)]
    key: Option<String>,
}

/// The registers by the user's own records.
#[derive(Debug, Args)]
struct Known {
    /// Value of all items ever dispensed
    #[arg(long, value_name = "AMOUNT", required = false, requires_all = ["descending", "pieces"])]
    ascending: Amount,
    /// Balance
    #[arg(long, value_name = "AMOUNT", required = false, requires_all = ["ascending", "pieces"])]
    descending: Amount,
    /// Number of items ever dispensed
    #[arg(long, value_name = "COUNT", required = false, requires_all = ["ascending", "descending"])]
    pieces: u32,
}

impl Arguments {
    fn report(&self, shown: &Meter) -> StatusReport {
        match &self.known {
            Some(known) => StatusReport {
                ascending_mills: known.ascending.0.0,
                descending_mills: known.descending.0.0,
                piece_count: known.pieces,
            },
            None => StatusReport {
                ascending_mills: shown.ascending_mills,
                descending_mills: shown.descending_mills,
                piece_count: shown.piece_count,
            },
        }
    }
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client_with_session()?;
    let shown = choose_meter(&client, own.meter).await?;
    let key = match &own.key {
        Some(key) => key.clone(),
        None => sdk::random_key()?,
    };
    let decided = client
        .report(shown.serial, &own.report(&shown), &key)
        .await?;
    context.keep_session(&client)?;
    let after = decided.meter.as_ref().unwrap_or(&shown);
    let text = format!("Reported.\n{}", meter::describe(after));
    context.console.answer(&decided, text);
    Ok(Outcome::Done)
}
