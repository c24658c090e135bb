//! `indicia print`: one item on one envelope.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{ArgGroup, Args};
use sdk::ApiError;
use sdk::api::{DispenseOne, EnvelopeOrder, Item, ItemOrder};
use serde::Serialize;

use crate::address;
use crate::amount::{Amount, money};
use crate::booking::BookingOptions;
use crate::context::{Context, choose_meter};
use crate::drawing::{PrintOptions, draw_to, format_of};
use crate::outcome::Outcome;
use crate::piece::PieceOptions;
use crate::scale;

/// Buy one item and print it on an envelope, a label or a sheet
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("recipient").required(true).args(["to", "to_file"]))]
#[command(after_help = "\
Examples:
  indicia print --to 'State Capitol;1315 10th St;Sacramento, CA 95814' --out envelope.pdf
  indicia print --to-file address.txt --from 'Me;1 Main St;Reno, NV 89501' --weight 2.5 --out e.pdf
  indicia print --to 'State Capitol;Austin, TX 78701' --value 0.74 --out e.pdf --png e.png
  indicia print --to-file address.txt --service certified --stock envelope-6x9 --out e.pdf
  indicia print --to-file address.txt --department Sales --out e.pdf
  indicia print --to-file address.txt --shape parcel --weight 48 --stock label-4x6 --out label.zpl

The ending of --out says what is drawn: .pdf, .png, .svg, .zpl, .epl, or .bin for the payload's bytes.

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
    #[command(flatten)]
    piece: PieceOptions,
    /// Weigh it on the USB scale
    #[arg(long = "weigh", conflicts_with = "weight")]
    is_weighed: bool,
    /// Postage to be paid, instead of a rate for the piece
    #[arg(
        long,
        value_name = "AMOUNT",
        conflicts_with_all = ["shape", "weight", "is_weighed", "class", "non_machinable", "services"]
    )]
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
    /// The drawing
    #[arg(long, value_name = "FILE", default_value = "envelope.pdf")]
    out: PathBuf,
    /// The same as an image too
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    #[command(flatten)]
    booking: BookingOptions,
    #[command(flatten)]
    print: PrintOptions,
    /// Idempotency key: the same again is the same item
    #[arg(long)]
    key: Option<String>,
    /// Buy it although the item just before went to the same address for the same amount
    #[arg(long)]
    allow_duplicate: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    item: &'a Item,
    file: &'a Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    png: Option<&'a Path>,
    idempotency_key: &'a str,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let recipient = own.recipient()?;
    let format = format_of(&own.out)?;
    let weight = match own.is_weighed {
        true => scale::weigh(context.console)?,
        false => own.piece.weight.clone(),
    };
    let client = context.client_with_session()?;
    let meter = choose_meter(&client, own.meter).await?;
    let key = match &own.key {
        Some(key) => key.clone(),
        None => sdk::random_key()?,
    };
    let (department, end_customer) = own.booking.numbers(&client).await?;
    let mut order = DispenseOne {
        item: ItemOrder {
            department,
            end_customer,
            ..own.order(recipient.clone(), weight)?
        },
        expected_piece_count: None,
        allow_duplicate: own.allow_duplicate,
    };
    let mut bought = client.dispense(meter.serial, &order, &key).await;
    if let Err(error) = &bought
        && let Some(question) = duplicate(error)
        && context.console.confirm(&question)?
    {
        order.allow_duplicate = true;
        bought = client.dispense(meter.serial, &order, &key).await;
    }
    let item = bought.map_err(|error| lost_reply(error, &key))?;
    context.keep_session(&client)?;
    for warning in &item.warnings {
        context.console.warn(&warning.detail);
    }
    let envelope = EnvelopeOrder {
        item: item.id.clone(),
        return_address: address::split(&own.from),
        recipient,
    };
    let mut drawings = vec![(format, &own.out)];
    drawings.extend(own.png.as_ref().map(|png| ("png", png)));
    for (format, path) in drawings {
        let sheet = own.print.sheet(vec![envelope.clone()], format)?;
        draw_to(&client, &sheet, path)
            .await
            .with_context(|| paid_for(&item, &key))?;
    }
    let answer = Answer {
        item: &item,
        file: &own.out,
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

    fn order(&self, recipient: Vec<String>, weight: String) -> Result<ItemOrder> {
        let order = ItemOrder {
            mailing_date: self.mailing_date.clone(),
            origin: self.origin.clone(),
            country: self.piece.country.clone(),
            recipient,
            ..Default::default()
        };
        Ok(match self.value {
            Some(amount) => ItemOrder {
                value_mills: Some(amount.0.0),
                ..order
            },
            None => ItemOrder {
                shape: Some(self.piece.shape.clone()),
                weight_oz: Some(weight),
                class: self.piece.class.clone(),
                non_machinable: self.piece.non_machinable,
                services: self.piece.services()?,
                ..order
            },
        })
    }
}

/// What to ask about a piece like the one just before.
fn duplicate(error: &ApiError) -> Option<String> {
    let problem = error.problem()?;
    let earlier = problem.earlier.as_ref()?;
    Some(format!(
        "Item {} of {} went to the same address for the same amount. Buy another?",
        earlier.item, earlier.time
    ))
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
        "Item {}: {}, {}, mailing date {}.\nBalance {}. Drawing: {}",
        item.id,
        money(item.value_mills, &item.currency),
        item.category.trim_end(),
        item.mailing_date,
        money(item.descending_mills, &item.currency),
        out.display()
    )
}
