//! `indicia address`: an address in the form that the post prints. Nothing of it is kept.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use sdk::api::StandardAddress;
use sdk::limits::ITEMS_PER_REQUEST_MAX;

use crate::address::split;
use crate::context::Context;
use crate::files;
use crate::outcome::Outcome;

/// Bytes of a file of addresses: far more than one call takes.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Put addresses in standard form, and say what was changed and what is doubtful
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia address 'State Capitol;1315 Tenth Street;Sacramento, California 95814'
  indicia address 'Apt 4 100 N Main Street;Springfield IL 62701' '10 Downing St;London;ENGLAND'
  indicia address --file addresses.txt --json

A file has a line a line and an empty line between two addresses. No ZIP+4 is looked up and nothing is
invented: what can be read in two ways stays as it is.

Exit codes: 0 all good or corrected, 4 some are doubtful or not understood.")]
pub(crate) struct Arguments {
    /// Addresses, lines parted by semicolons
    #[arg(value_name = "LINES", required_unless_present = "file")]
    addresses: Vec<String>,
    /// A file of addresses instead
    #[arg(long, value_name = "FILE", conflicts_with = "addresses")]
    file: Option<PathBuf>,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let addresses = own.lines()?;
    let client = context.client()?;
    let mut found = Vec::with_capacity(addresses.len());
    for portion in addresses.chunks(ITEMS_PER_REQUEST_MAX) {
        found.extend(client.standard_addresses(portion.to_vec()).await?);
    }
    let text: Vec<String> = found.iter().map(described).collect();
    context.console.answer(&found, text.join("\n\n"));
    let is_sure =
        |address: &StandardAddress| matches!(address.verdict.as_str(), "good" | "corrected");
    Ok(match found.iter().all(is_sure) {
        true => Outcome::Done,
        false => Outcome::Check,
    })
}

impl Arguments {
    fn lines(&self) -> Result<Vec<Vec<String>>> {
        let addresses: Vec<Vec<String>> = match &self.file {
            None => self.addresses.iter().map(|text| split(text)).collect(),
            Some(path) => {
                let bytes = files::read_limited(path, FILE_BYTES_MAX)?;
                let text = String::from_utf8(bytes).with_context(|| path.display().to_string())?;
                let text = text.replace("\r\n", "\n");
                text.split("\n\n")
                    .map(split)
                    .filter(|lines| !lines.is_empty())
                    .collect()
            }
        };
        if addresses.iter().all(Vec::is_empty) {
            bail!("there is no address");
        }
        Ok(addresses)
    }
}

fn described(address: &StandardAddress) -> String {
    let mut lines = address.lines.clone();
    lines.push(format!("  {}", address.verdict));
    for change in &address.changes {
        let (before, after) = (&change.before, &change.after);
        lines.push(format!(
            "  {}: {before:?} is {after:?} now",
            change.component
        ));
    }
    for reason in address
        .reasons
        .iter()
        .filter(|reason| reason.weight == "doubt")
    {
        lines.push(format!("  {} [{}]", reason.description, reason.code));
    }
    for place in &address.candidates {
        lines.push(format!(
            "  perhaps {}, {} {}",
            place.city, place.state, place.zip
        ));
    }
    lines.join("\n")
}
