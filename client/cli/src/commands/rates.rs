//! `indicia rates`: the rate table of an installation, shown, checked, or signed and replaced.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use item::Day;
use postal::limits::RATE_TABLE_BYTES_MAX;
use postal::{RateError, RateTable};
use serde::Serialize;
use signer::{SigningKey, sign_rates};
use verify::{Tag, verify_signature};

use crate::clock;
use crate::context::Context;
use crate::files;
use crate::outcome::Outcome;
use crate::trust::Trust;

/// Show the rate table in force, or sign another and put it in its place
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia rates                                  periods of the table in force
  indicia rates --export rates.toml              a copy to edit
  indicia rates --install rates.toml --dry-run
  indicia rates --install rates.toml --key /media/stick/rates.key

The data centre reads the table when it starts, and refuses one that no rate signer of the ceremony signed,
byte for byte. Restart `indicia up` after installing one.")]
pub(crate) struct Arguments {
    /// Sign this table and put it in the place of the one in force
    #[arg(long, value_name = "FILE", conflicts_with = "export")]
    install: Option<PathBuf>,
    /// Check the table; replace nothing
    #[arg(long, requires = "install")]
    dry_run: bool,
    /// Rate signer's key; keys/rates.key if not given
    #[arg(long, value_name = "FILE", requires = "install")]
    key: Option<PathBuf>,
    /// Write the table in force into a file
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

/// What a table is.
#[derive(Serialize)]
struct Answer {
    title: String,
    illustrative: bool,
    periods: Vec<Days>,
    /// Whether it has prices for today.
    in_date: bool,
    installed: bool,
}

/// The days of a period.
#[derive(Serialize)]
struct Days {
    from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    rates: usize,
}

pub(crate) fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let folder = &context.folder;
    let trust = Trust::of_folder(folder)?;
    let Some(path) = &own.install else {
        let bytes = read(&folder.rates())?;
        let signature = files::read_limited(&folder.rates_signature(), 64)?;
        let table = RateTable::open(&bytes, &signature, |table, signature| {
            signature
                .try_into()
                .is_ok_and(|signature| is_signed(&trust, table, &signature))
        })?;
        if let Some(path) = &own.export {
            files::replace(path, &bytes)?;
        }
        return Ok(answer(context, &table, false));
    };
    let bytes = read(path)?;
    // Before it is signed, only its content can be checked.
    let table = RateTable::open(&bytes, &[], |_, _| true)?;
    if !own.dry_run {
        let key = own.key.clone().unwrap_or_else(|| folder.rates_key());
        let signature = sign_rates(&bytes, &SigningKey::load(&key)?);
        if !is_signed(&trust, &bytes, &signature) {
            bail!(
                "{}: not a rate signer of this installation's ceremony",
                key.display()
            );
        }
        // A start between the two finds a signature that does not fit, and refuses both.
        files::replace(&folder.rates(), &bytes)?;
        files::replace(&folder.rates_signature(), &signature)?;
    }
    Ok(answer(context, &table, !own.dry_run))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    files::read_limited(path, u64::try_from(RATE_TABLE_BYTES_MAX)?)
}

/// Whether an enrolled rate signer signed the table.
pub(crate) fn is_signed(trust: &Trust, table: &[u8], signature: &[u8; 64]) -> bool {
    let signers = &trust.installation.transcript().rate_signers;
    let is_by =
        |signer: &item::EnrolledKey| verify_signature(&signer.key, Tag::RATES, table, signature);
    signers.as_slice().iter().any(is_by)
}

fn answer(context: &Context<'_>, table: &RateTable, installed: bool) -> Outcome {
    let today = Day::of_time(clock::now()).decimal();
    let in_date = !matches!(table.period(today), Err(RateError::NoRateOnDate { .. }));
    let text = |date: u32| {
        Day::from_decimal(date)
            .map(|day| day.to_string())
            .unwrap_or_default()
    };
    let answer = Answer {
        title: table.title().to_owned(),
        illustrative: table.is_illustrative(),
        periods: table
            .periods()
            .iter()
            .map(|period| Days {
                from: text(period.from),
                to: period.to.map(text),
                rates: period.rates.len(),
            })
            .collect(),
        in_date,
        installed,
    };
    let mut lines = vec![answer.title.clone()];
    for days in &answer.periods {
        let to = days.to.as_deref().unwrap_or("further notice");
        lines.push(format!(
            "  from {} to {to}: {} rates",
            days.from, days.rates
        ));
    }
    if answer.illustrative {
        lines.push("Illustrative: not to be charged to anyone.".to_owned());
    }
    if installed {
        lines.push("Signed and installed. Restart `indicia up` to use it.".to_owned());
    }
    context.console.answer(&answer, lines.join("\n"));
    if in_date {
        return Outcome::Done;
    }
    context
        .console
        .warn("the table has no prices for today: rated items will be refused");
    Outcome::NotClean
}
