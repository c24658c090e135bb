//! `indicia meter`: shows meters, and orders another.

use anyhow::Result;
use clap::{Args, Subcommand};
use sdk::api::Meter;

use crate::amount::money;
use crate::context::Context;
use crate::outcome::Outcome;

/// Show a meter, or all of the account; order another
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
Examples:
  indicia meter
  indicia meter 10000001
  indicia meter order

An ordered meter must be commissioned (indicia act commission) and funded before it dispenses anything.")]
pub(crate) struct Arguments {
    /// Serial of the meter
    serial: Option<u32>,
    #[command(subcommand)]
    command: Option<MeterCommand>,
}

#[derive(Debug, Subcommand)]
enum MeterCommand {
    /// Order another meter for the account
    #[command(after_help = "\
Examples:
  indicia meter order
  indicia meter order --key second-meter")]
    Order {
        /// Idempotency key: the same again is the same meter
        #[arg(long)]
        key: Option<String>,
    },
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client_with_session()?;
    if let Some(MeterCommand::Order { key }) = &own.command {
        let key = match key {
            Some(key) => key.clone(),
            None => sdk::random_key()?,
        };
        let meter = client.order_meter(&key).await?;
        context.keep_session(&client)?;
        let text = format!(
            "Made meter {}.\nNext: indicia act commission --meter {0} --origin ZIP",
            meter.serial
        );
        context.console.answer(&meter, text);
        return Ok(Outcome::Done);
    }
    let meters = match own.serial {
        Some(serial) => vec![client.meter(serial).await?],
        None => client.all_meters().await?,
    };
    context.keep_session(&client)?;
    let text: Vec<String> = meters.iter().map(describe).collect();
    context.console.answer(&meters, text.join("\n\n"));
    Ok(Outcome::Done)
}

/// A meter for people.
pub(crate) fn describe(meter: &Meter) -> String {
    let show = |mills| money(mills, &meter.currency);
    let state = match meter.suspended.as_slice() {
        [] => meter.state.clone(),
        reasons => format!("{}, suspended: {}", meter.state, reasons.join(", ")),
    };
    let mut lines = vec![format!(
        "meter {}: {state}\n  \
         balance         {}\n  \
         ever dispensed  {} in {} items\n  \
         origin          {}, licensed at {}\n  \
         limits          {} an item, {} a day ({} used), {} a month ({} used), {} balance",
        meter.serial,
        show(meter.descending_mills),
        show(meter.ascending_mills),
        meter.piece_count,
        meter.origin,
        meter.licensing,
        show(meter.limits.item_mills),
        show(meter.limits.day_mills),
        show(meter.limits.day_used_mills),
        show(meter.limits.month_mills),
        show(meter.limits.month_used_mills),
        show(meter.limits.descending_mills),
    )];
    if let Some(due) = &meter.inspection.due {
        let last = match &meter.inspection.last {
            Some(day) => format!(", last on {day}"),
            None => String::new(),
        };
        lines.push(format!("  inspection      due on {due}{last}"));
    }
    let warnings = meter.warnings.iter();
    lines.extend(warnings.map(|warning| format!("  warning         {}", warning.detail)));
    lines.join("\n")
}
