//! `indicia batch`: a mailing list on envelopes.
//!
//! The keys of its requests follow from the list itself, so that giving the command again after
//! any failure goes on where it stopped and charges nothing twice.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use item::Layout;
use sdk::api::{DispenseBatch, EnvelopeOrder, Item};
use sdk::limits::ITEMS_PER_REQUEST_MAX;
use sdk::{ApiError, Client};
use serde::Serialize;

use super::print::draw_to;
use crate::address;
use crate::amount::money;
use crate::context::{Context, choose_meter};
use crate::files;
use crate::mailing_list::{self, Letter};
use crate::outcome::Outcome;

/// Bytes of a list: 100,000 rows of ordinary length.
const LIST_BYTES_MAX: u64 = 64 << 20;

/// Buy an item for every row of a mailing list and print the envelopes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia batch examples/state-capitols.csv --out letters
  indicia batch list.csv --out letters --from 'Me;1 Main St;Reno, NV 89501' --png-first
  indicia batch list.csv --out letters --run second-mailing

The list has the columns name,line1,line2,city,state,zip,shape,weight_oz. It is checked as a whole
before anything is bought. The same list for the same meter is paid once: giving the command again,
today or later, prints the same items and charges nothing. To mail the list a second time, name a
new --run.")]
pub(crate) struct Arguments {
    /// The mailing list, CSV
    list: PathBuf,
    /// Folder for envelopes.pdf and items.csv
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Return address, lines parted by semicolons
    #[arg(long, value_name = "LINES", default_value = "")]
    from: String,
    /// Meter that pays; the account's only one if not given
    #[arg(long, value_name = "SERIAL")]
    meter: Option<u32>,
    /// Date of mailing, YYYY-MM-DD; today (UTC) if not given
    #[arg(long, value_name = "DAY")]
    mailing_date: Option<String>,
    /// Name of this mailing of the list; another name buys it again
    #[arg(long, value_name = "NAME", default_value = "")]
    run: String,
    /// Items of one request, 1 to 1000
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = ITEMS_PER_REQUEST_MAX as u16,
        value_parser = clap::value_parser!(u16).range(1..=ITEMS_PER_REQUEST_MAX as i64)
    )]
    limit_per_request: u16,
    /// Draw the first envelope as first.png too
    #[arg(long)]
    png_first: bool,
}

/// A mailing to be bought and drawn.
#[derive(Debug)]
pub(crate) struct Mailing<'a> {
    pub(crate) meter: u32,
    /// The list as it stands in its file.
    pub(crate) list: &'a [u8],
    pub(crate) letters: &'a [Letter],
    pub(crate) mailing_date: Option<&'a str>,
    pub(crate) run: &'a str,
    /// Lines.
    pub(crate) return_address: Vec<String>,
    /// 1 to [`ITEMS_PER_REQUEST_MAX`].
    pub(crate) per_request: usize,
}

#[derive(Serialize)]
struct Answer {
    items: usize,
    total_mills: u64,
    descending_mills: u64,
    pdf: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    png: Option<PathBuf>,
    list: PathBuf,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let list = files::read_limited(&own.list, LIST_BYTES_MAX)?;
    let letters = mailing_list::read(&*list).with_context(|| own.list.display().to_string())?;
    fs::create_dir_all(&own.out).with_context(|| own.out.display().to_string())?;
    let client = context.client_with_session()?;
    let mailing = Mailing {
        meter: choose_meter(&client, own.meter).await?.serial,
        list: &list,
        letters: &letters,
        mailing_date: own.mailing_date.as_deref(),
        run: &own.run,
        return_address: address::split(&own.from),
        per_request: usize::from(own.limit_per_request),
    };
    let total = u64::try_from(letters.len()).unwrap_or(u64::MAX);
    let bar = context.console.bar(total, "buying");
    let items = mailing
        .buy(&client, &|count| bar.inc(count))
        .await
        .with_context(|| again(&own.run))?;
    bar.finish_and_clear();
    context.keep_session(&client)?;
    let bar = context.console.bar(total, "drawing");
    let pdf = mailing
        .draw(&client, &items, &own.out, &|count| bar.inc(count))
        .await
        .with_context(|| again(&own.run))?;
    bar.finish_and_clear();
    context.keep_session(&client)?;
    let png = match own.png_first {
        true => Some(
            mailing
                .draw_image(&client, &items, 0, &own.out, "first.png")
                .await?,
        ),
        false => None,
    };
    let list = own.out.join("items.csv");
    write_items(&list, &letters, &items)?;
    let (total_mills, descending_mills) = totals(&items);
    let currency = items.first().map_or("", |item| item.currency.as_str());
    let text = format!(
        "{} items for {}; balance {}.\nEnvelopes: {}\nItems: {}",
        items.len(),
        money(total_mills, currency),
        money(descending_mills, currency),
        pdf.iter()
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
            .join(", "),
        list.display()
    );
    let answer = Answer {
        items: items.len(),
        total_mills,
        descending_mills,
        pdf,
        png,
        list,
    };
    context.console.answer(&answer, text);
    Ok(Outcome::Done)
}

fn again(run: &str) -> String {
    let same = match run {
        "" => String::new(),
        name => format!(" (with --run {name})"),
    };
    format!(
        "the batch is not complete. Give the same command again{same}: what was charged is not \
         charged again"
    )
}

/// The one refusal that is about this program's own keys.
fn explain(error: ApiError) -> anyhow::Error {
    let bought_otherwise = error.has_code("idempotency-key-reused");
    let error = anyhow::Error::new(error);
    if bought_otherwise {
        error.context(
            "this list was bought for this meter before, with another --mailing-date or \
             --limit-per-request. Give those again to get the same items, or name a new --run to \
             buy the list a second time",
        )
    } else {
        error
    }
}

/// What the items cost together, and the balance after the last.
pub(crate) fn totals(items: &[Item]) -> (u64, u64) {
    let total = items
        .iter()
        .fold(0u64, |sum, item| sum.saturating_add(item.value_mills));
    let balance = items
        .iter()
        .max_by_key(|item| item.piece_count)
        .map_or(0, |item| item.descending_mills);
    (total, balance)
}

impl Mailing<'_> {
    /// Buys the items, in the list's order; `bought` is told of each portion.
    pub(crate) async fn buy(
        &self,
        client: &Client,
        bought: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(self.letters.len());
        for (number, portion) in self.portions().enumerate() {
            let order = DispenseBatch {
                items: portion
                    .iter()
                    .map(|letter| letter.order(self.mailing_date))
                    .collect(),
                expected_piece_count: None,
            };
            let answer = client
                .dispense_batch(self.meter, &order, &self.key(number))
                .await
                .map_err(explain)?;
            if answer.items.len() != portion.len() {
                anyhow::bail!(
                    "{} items were asked for and {} came",
                    portion.len(),
                    answer.items.len()
                );
            }
            bought(u64::try_from(portion.len()).unwrap_or_default());
            items.extend(answer.items);
        }
        Ok(items)
    }

    /// Draws the envelopes: `envelopes.pdf`, or numbered files where there are several portions.
    pub(crate) async fn draw(
        &self,
        client: &Client,
        items: &[Item],
        out: &Path,
        drawn: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<PathBuf>> {
        let single = items.len() <= self.per_request;
        let mut paths = Vec::new();
        for (number, portion) in items.chunks(self.per_request.max(1)).enumerate() {
            let first = number * self.per_request;
            let envelopes: Vec<EnvelopeOrder> = portion
                .iter()
                .zip(first..)
                .map(|(item, index)| self.envelope(item, index))
                .collect();
            let path = out.join(match single {
                true => "envelopes.pdf".to_owned(),
                false => format!("envelopes-{:03}.pdf", number + 1),
            });
            draw_to(client, &envelopes, "pdf", &path).await?;
            drawn(u64::try_from(portion.len()).unwrap_or_default());
            paths.push(path);
        }
        Ok(paths)
    }

    /// Draws one envelope as an image.
    pub(crate) async fn draw_image(
        &self,
        client: &Client,
        items: &[Item],
        index: usize,
        out: &Path,
        name: &str,
    ) -> Result<PathBuf> {
        let item = items.get(index).context("no such item in the batch")?;
        let path = out.join(name);
        draw_to(client, &[self.envelope(item, index)], "png", &path).await?;
        Ok(path)
    }

    fn portions(&self) -> impl Iterator<Item = &[Letter]> {
        self.letters.chunks(self.per_request.max(1))
    }

    /// Key of a portion: list, meter and run, and nothing that a second attempt may have otherwise.
    /// Another mailing date or portion size is then refused instead of bought again.
    fn key(&self, number: usize) -> String {
        let mut request = Vec::new();
        for part in [self.list, self.run.as_bytes()] {
            u64::try_from(part.len())
                .unwrap_or(u64::MAX)
                .put(&mut request);
            request.extend_from_slice(part);
        }
        self.meter.put(&mut request);
        format!("batch-{}-{number}", verify::request_body(&request))
    }

    fn envelope(&self, item: &Item, index: usize) -> EnvelopeOrder {
        EnvelopeOrder {
            item: item.id.clone(),
            return_address: self.return_address.clone(),
            recipient: self
                .letters
                .get(index)
                .map(|letter| letter.recipient.clone())
                .unwrap_or_default(),
        }
    }
}

/// `items.csv`: which item went to whom.
pub(crate) fn write_items(path: &Path, letters: &[Letter], items: &[Item]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "item",
        "name",
        "value_mills",
        "category",
        "mailing_date",
        "origin",
        "destination",
        "payload",
    ])?;
    for (item, letter) in items.iter().zip(letters) {
        writer.write_record([
            item.id.as_str(),
            &letter.name,
            &item.value_mills.to_string(),
            item.category.trim_end(),
            &item.mailing_date,
            &item.origin,
            item.destination.as_deref().unwrap_or_default(),
            &item.payload,
        ])?;
    }
    let content = writer.into_inner().map_err(|error| error.into_error())?;
    files::replace(path, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailing<'a>(list: &'a [u8], run: &'a str) -> Mailing<'a> {
        Mailing {
            meter: 7,
            list,
            letters: &[],
            mailing_date: None,
            run,
            return_address: Vec::new(),
            per_request: 10,
        }
    }

    #[test]
    fn a_list_is_bought_once_for_a_meter_and_a_run() {
        let key = mailing(b"list", "").key(0);
        let same = [
            mailing(b"list", ""),
            Mailing {
                per_request: 11,
                ..mailing(b"list", "")
            },
            Mailing {
                mailing_date: Some("2026-11-21"),
                ..mailing(b"list", "")
            },
        ];
        for mailing in same {
            assert_eq!(mailing.key(0), key);
        }
        let others = [
            mailing(b"list", "").key(1),
            mailing(b"list2", "").key(0),
            mailing(b"list", "2").key(0),
            mailing(b"lis", "t").key(0),
            Mailing {
                meter: 8,
                ..mailing(b"list", "")
            }
            .key(0),
        ];
        for other in others {
            assert_ne!(other, key);
        }
        assert!(key.len() <= 255, "the longest key that the API takes");
    }
}
