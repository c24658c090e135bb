//! `indicia batch`: a mailing list on envelopes, labels or sheets.

mod mailing;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use sdk::Client;
use sdk::limits::ROWS_PER_MAILING_MAX;
use serde::Serialize;

use crate::address;
use crate::amount::money;
use crate::context::{Context, choose_meter};
use crate::drawing::PrintOptions;
use crate::files;
use crate::mailing_list::{self, MailingList};
use crate::outcome::Outcome;

pub(crate) use mailing::{Fate, Mailing, draw, draw_one, items, totals};
pub(crate) use tables::write_items;

/// Bytes of a list: 100,000 rows of ordinary length.
const LIST_BYTES_MAX: u64 = 64 << 20;

/// Buy an item for every row of a mailing list and print the envelopes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia batch examples/state-capitols.csv --out letters --dry-run
  indicia batch examples/state-capitols.csv --out letters
  indicia batch list.csv --out letters --from 'Me;1 Main St;Reno, NV 89501' --png-first
  indicia batch list.csv --out letters --partial --stock sheet-5160 --start 7
  indicia batch list.csv --out letters --run second-mailing

The list is CSV as spreadsheets write it, its columns in any order: name or company, line1, line2, city, state,
zip, country, shape, weight_oz, services, value, origin, reference, department (number, cost code or name),
cost_code, end_customer; others are left out. It is checked as a whole before anything is bought; rejected rows are in
rejected.csv with their reasons. Addresses are
printed in standard form where that is not doubtful.

The same list for the same meter is paid once: giving the command again, today or later, prints the same items
and charges nothing. To mail the list a second time, name a new --run. Up to 1,000 rows are bought all or none;
of a longer list the total is compared with the balance first.")]
pub(crate) struct Arguments {
    /// The mailing list, CSV
    list: PathBuf,
    /// Folder for envelopes.pdf, items.csv, rejected.csv, checked.csv
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Say what it would cost and what would be rejected; buy nothing
    #[arg(long)]
    dry_run: bool,
    /// Buy the good rows although others are rejected
    #[arg(long)]
    partial: bool,
    /// Buy it although its first row looks like the item just before, or one row stands there twice
    #[arg(long)]
    allow_duplicate: bool,
    /// Print addresses as they stand in the list
    #[arg(long)]
    as_given: bool,
    /// Return address, lines parted by semicolons
    #[arg(long, value_name = "LINES", default_value = "")]
    from: String,
    /// Meter that pays; the account's only one if not given
    #[arg(long, value_name = "SERIAL")]
    meter: Option<u32>,
    /// Date of mailing, YYYY-MM-DD; today (UTC) if not given
    #[arg(long, value_name = "DAY")]
    mailing_date: Option<String>,
    /// Origin of deposit of rows without one, where the meter leaves it open
    #[arg(long, value_name = "ZIP")]
    origin: Option<String>,
    /// Name of this mailing of the list; another name buys it again
    #[arg(long, value_name = "NAME", default_value = "")]
    run: String,
    /// Rows of one request, 1 to 10000
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = ROWS_PER_MAILING_MAX as u16,
        value_parser = clap::value_parser!(u16).range(1..=ROWS_PER_MAILING_MAX as i64)
    )]
    limit_per_request: u16,
    /// pdf, zpl or epl
    #[arg(long, default_value = "pdf", value_parser = ["pdf", "zpl", "epl"])]
    format: String,
    /// Draw the first piece as first.png too
    #[arg(long)]
    png_first: bool,
    #[command(flatten)]
    print: PrintOptions,
}

/// What a dry run found.
#[derive(Serialize)]
struct Check<'a> {
    accepted: usize,
    rejected: usize,
    total_mills: u64,
    descending_mills: u64,
    currency: &'a str,
    checked: &'a Path,
}

#[derive(Serialize)]
struct Answer {
    items: usize,
    rejected: usize,
    total_mills: u64,
    descending_mills: u64,
    files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    png: Option<PathBuf>,
    list: PathBuf,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let bytes = files::read_limited(&own.list, LIST_BYTES_MAX)?;
    let mut list = mailing_list::read(&bytes).with_context(|| own.list.display().to_string())?;
    for note in &list.notes {
        context.console.warn(note);
    }
    fs::create_dir_all(&own.out).with_context(|| own.out.display().to_string())?;
    let client = context.client_with_session()?;
    list.book(&client).await?;
    let mailing = Mailing {
        meter: choose_meter(&client, own.meter).await?.serial,
        list: &bytes,
        rows: &list.rows,
        mailing_date: own.mailing_date.as_deref(),
        origin: own.origin.as_deref(),
        run: &own.run,
        partial: own.partial,
        // Who names a mailing of the list says that it is meant.
        allow_duplicate: own.allow_duplicate || !own.run.is_empty(),
        correct: !own.as_given,
        per_request: usize::from(own.limit_per_request),
    };
    let bar = context.console.bar(length(&list), "checking");
    let checked = mailing.check(&client, &|count| bar.inc(count)).await?;
    bar.finish_and_clear();
    context.keep_session(&client)?;
    let rejected = own.out.join("rejected.csv");
    tables::write_rejected(&rejected, &list, &checked.fates)?;
    if own.dry_run {
        return own.tell_check(context, &list, &checked);
    }
    if checked.rejected() > 0 && !own.partial {
        bail!(
            "{} of {} rows can not be bought, see {}; nothing was bought. Mend them, or buy the others \
             with --partial",
            checked.rejected(),
            list.rows.len(),
            rejected.display()
        );
    }
    let bar = context.console.bar(length(&list), "buying");
    let fates = mailing
        .buy(&client, &|count| bar.inc(count))
        .await
        .with_context(|| again(&own.run))?;
    bar.finish_and_clear();
    context.keep_session(&client)?;
    tables::write_rejected(&rejected, &list, &fates)?;
    let written = own.out.join("items.csv");
    write_items(&written, &list.rows, &fates)?;
    own.draw_and_tell(context, &client, &fates, written).await
}

impl Arguments {
    fn tell_check(
        &self,
        context: &Context<'_>,
        list: &MailingList,
        checked: &mailing::Checked,
    ) -> Result<Outcome> {
        let path = self.out.join("checked.csv");
        tables::write_checked(&path, &list.rows, &checked.fates)?;
        let rejected = checked.rejected();
        let answer = Check {
            accepted: list.rows.len() - rejected,
            rejected,
            total_mills: checked.total_mills,
            descending_mills: checked.descending_mills,
            currency: &checked.currency,
            checked: &path,
        };
        let text = format!(
            "{} rows can be bought for {}, {rejected} can not; balance {}. Nothing was bought.\nRows: {}",
            answer.accepted,
            money(checked.total_mills, &checked.currency),
            money(checked.descending_mills, &checked.currency),
            path.display()
        );
        context.console.answer(&answer, text);
        Ok(match rejected {
            0 => Outcome::Done,
            _ => Outcome::NotClean,
        })
    }

    async fn draw_and_tell(
        &self,
        context: &Context<'_>,
        client: &Client,
        fates: &[Fate],
        list: PathBuf,
    ) -> Result<Outcome> {
        let return_address = address::split(&self.from);
        let bar = context.console.spinner("drawing");
        let files = draw(
            client,
            fates,
            &return_address,
            &self.print,
            &self.out,
            &self.format,
        )
        .await
        .with_context(|| again(&self.run))?;
        bar.finish_and_clear();
        let png = self.png_first.then(|| self.out.join("first.png"));
        if let Some(path) = &png {
            draw_one(client, fates, 0, &return_address, &self.print, path).await?;
        }
        context.keep_session(client)?;
        let count = items(fates).count();
        let (total_mills, descending_mills) = totals(fates);
        let currency = items(fates)
            .next()
            .map_or("", |item| item.currency.as_str());
        let names: Vec<String> = files
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let mut text = format!(
            "{count} items for {}; balance {}.\nEnvelopes: {}\nItems: {}",
            money(total_mills, currency),
            money(descending_mills, currency),
            names.join(", "),
            list.display()
        );
        let rejected = fates.len() - count;
        if rejected > 0 {
            text.push_str(&format!("\nRejected: {rejected}, see rejected.csv"));
        }
        let answer = Answer {
            items: count,
            rejected,
            total_mills,
            descending_mills,
            files,
            png,
            list,
        };
        context.console.answer(&answer, text);
        Ok(Outcome::Done)
    }
}

fn length(list: &MailingList) -> u64 {
    u64::try_from(list.rows.len()).unwrap_or(u64::MAX)
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
