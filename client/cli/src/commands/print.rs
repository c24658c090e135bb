//! `indicia print`: one item on one envelope.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{ArgGroup, Args};
use sdk::api::{DispenseOne, EnvelopeOrder, EnvelopeSheet, Item, ItemOrder};
use sdk::{ApiError, Client};
use serde::Serialize;

use crate::address;
use crate::amount::{Amount, money};
use crate::context::{Context, choose_meter};
use crate::files;
use crate::outcome::Outcome;

/// Buy one item and print it on a #10 envelope
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("recipient").required(true).args(["to", "to_file"]))]
#[command(after_help = "\
Examples:
  indicia print --to 'State Capitol;1315 10th St;Sacramento, CA 95814' --out envelope.pdf
  indicia print --to-file address.txt --from 'Me;1 Main St;Reno, NV 89501' --weight 2.5 --out e.pdf
  indicia print --to 'State Capitol;Austin, TX 78701' --value 0.74 --out e.pdf --png e.png

If the reply is lost, the same command with the --key that the error names gets the same item and
charges nothing more.")]
pub(crate) struct Arguments {
    /// Recipient, lines parted by semicolons, the last 'CITY, ST ZIP'
    #[arg(long, value_name = "LINES")]
    to: Option<String>,
    /// File with the recipient, a line a line
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
    /// Return address, lines parted by semicolons
    #[arg(long, value_name = "LINES", default_value = "")]
    from: String,
    /// card, letter or flat
    #[arg(long, default_value = "letter")]
    shape: String,
    /// Weight in ounces
    #[arg(long, value_name = "OUNCES", default_value = "1.0")]
    weight: String,
    /// Postage to be paid, instead of a rate for shape and weight
    #[arg(long, value_name = "AMOUNT", conflicts_with_all = ["shape", "weight"])]
    value: Option<Amount>,
    /// Date of mailing, YYYY-MM-DD; today (UTC) if not given
    #[arg(long, value_name = "DAY")]
    mailing_date: Option<String>,
    /// Origin of deposit, where the meter leaves it open
    #[arg(long, value_name = "ZIP")]
    origin: Option<String>,
    /// Meter that pays; the account's only one if not given
    #[arg(long, value_name = "SERIAL")]
    meter: Option<u32>,
    /// The envelope as PDF
    #[arg(long, value_name = "FILE", default_value = "envelope.pdf")]
    out: PathBuf,
    /// The envelope as an image too
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// Idempotency key: the same again is the same item
    #[arg(long)]
    key: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    item: &'a Item,
    pdf: &'a Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    png: Option<&'a Path>,
    idempotency_key: &'a str,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let recipient = own.recipient()?;
    let client = context.client_with_session()?;
    let meter = choose_meter(&client, own.meter).await?;
    let key = match &own.key {
        Some(key) => key.clone(),
        None => sdk::random_key()?,
    };
    let order = DispenseOne {
        item: own.order(recipient.clone()),
        expected_piece_count: None,
    };
    let item = client
        .dispense(meter.serial, &order, &key)
        .await
        .map_err(|error| lost_reply(error, &key))?;
    context.keep_session(&client)?;
    let envelope = EnvelopeOrder {
        item: item.id.clone(),
        return_address: address::split(&own.from),
        recipient,
    };
    draw_to(&client, std::slice::from_ref(&envelope), "pdf", &own.out)
        .await
        .with_context(|| paid_for(&item, &key))?;
    if let Some(png) = &own.png {
        draw_to(&client, &[envelope], "png", png)
            .await
            .with_context(|| paid_for(&item, &key))?;
    }
    let answer = Answer {
        item: &item,
        pdf: &own.out,
        png: own.png.as_deref(),
        idempotency_key: &key,
    };
    context.console.answer(&answer, describe(&item, &own.out));
    Ok(Outcome::Done)
}

impl Arguments {
    fn recipient(&self) -> Result<Vec<String>> {
        match (&self.to, &self.to_file) {
            (Some(lines), _) => address::parse(lines).context("--to"),
            (None, Some(path)) => address::parse_file(path),
            (None, None) => bail!("--to or --to-file is needed"),
        }
    }

    fn order(&self, recipient: Vec<String>) -> ItemOrder {
        let rated = self.value.is_none();
        ItemOrder {
            shape: rated.then(|| self.shape.clone()),
            weight_oz: rated.then(|| self.weight.clone()),
            value_mills: self.value.map(|amount| amount.0.0),
            mailing_date: self.mailing_date.clone(),
            origin: self.origin.clone(),
            recipient,
            ..Default::default()
        }
    }
}

/// Draws envelopes into a file.
pub(crate) async fn draw_to(
    client: &Client,
    envelopes: &[EnvelopeOrder],
    format: &str,
    path: &Path,
) -> Result<()> {
    let sheet = EnvelopeSheet {
        envelopes: envelopes.to_vec(),
        format: format.to_owned(),
        dpi: None,
    };
    let bytes = client.envelopes(&sheet).await?;
    files::replace(path, &bytes)
}

/// Where nobody knows whether it was charged: how to find out.
fn lost_reply(error: ApiError, key: &str) -> anyhow::Error {
    let unknown = error.outcome_unknown();
    let error = anyhow::Error::new(error);
    if unknown {
        error.context(format!(
            "it is not known whether the item was charged. Give the same command again with \
             --key {key}: that gets the item, and charges it once"
        ))
    } else {
        error
    }
}

fn paid_for(item: &Item, key: &str) -> String {
    format!(
        "item {} is paid, but its envelope was not drawn; the same command with --key {key} draws \
         it and charges nothing",
        item.id
    )
}

fn describe(item: &Item, out: &Path) -> String {
    format!(
        "Item {}: {}, {}, mailing date {}.\nBalance {}. Envelope: {}",
        item.id,
        money(item.value_mills, &item.currency),
        item.category.trim_end(),
        item.mailing_date,
        money(item.descending_mills, &item.currency),
        out.display()
    )
}
