//! `indicia stocks`: what can be printed on, and how a printer is corrected.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::files;
use crate::outcome::Outcome;

/// List what can be printed on, or draw a page to measure a printer by
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia stocks
  indicia stocks --calibrate sheet-5160 --out rulers.pdf

Print rulers.pdf at 100 % and read off how far the cross is from where it should be; then print with
--move-right, --move-down and --scale.")]
pub(crate) struct Arguments {
    /// Draw the calibration page of this stock
    #[arg(long, value_name = "NAME", requires = "out")]
    calibrate: Option<String>,
    /// Where to
    #[arg(long, value_name = "FILE", requires = "calibrate")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Drawn<'a> {
    pdf: &'a PathBuf,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client()?;
    if let (Some(stock), Some(out)) = (&own.calibrate, &own.out) {
        files::replace(out, &client.calibration_page(stock).await?)?;
        let text = format!("Calibration page: {}", out.display());
        context.console.answer(&Drawn { pdf: out }, text);
        return Ok(Outcome::Done);
    }
    let stocks = client.stocks().await?;
    let line = |stock: &sdk::api::Stock| {
        let addresses = match stock.addresses {
            true => "",
            false => ", no addresses",
        };
        let many = match stock.positions {
            1 => String::new(),
            many => format!(", {many} a page"),
        };
        format!("{:14} {}{many}{addresses}", stock.name, stock.title)
    };
    let lines: Vec<String> = stocks.stocks.iter().map(line).collect();
    context.console.answer(&stocks, lines.join("\n"));
    Ok(Outcome::Done)
}
