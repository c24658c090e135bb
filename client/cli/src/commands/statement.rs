//! `indicia statement`: what an account had, what came in and went out.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Args;
use item::Mills;
use sdk::Client;
use sdk::api::{StatementEntry, StatementLine, StatementSums};
use serde::Serialize;

use crate::amount::money;
use crate::books::{BooksOptions, table};
use crate::context::Context;
use crate::outcome::Outcome;

/// Entries of a table that are set together.
const SET: usize = 500;

/// Show what a period brought: balances, deposits, items, credits
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia statement
  indicia statement --from 2026-11-01 --to 2026-11-30 --out november.pdf
  indicia statement --meters 10000001 --csv --out november.csv
  indicia statement --json

Opening balance, deposits, credits, items and refunds give the closing balance; where the registers of a meter
say something else, that is an entry `difference`, and the exit code is 1. With --json each entry is a line.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    books: BooksOptions,
}

#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client_with_session()?;
    let outcome = match own.books.format()? {
        Some(format) => write(context, own, &client, format).await?,
        None => show(context, own, &client).await?,
    };
    context.keep_session(&client)?;
    Ok(outcome)
}

/// The file as it comes: nothing of it is kept here.
async fn write(
    context: &Context<'_>,
    own: &Arguments,
    client: &Client,
    format: &str,
) -> Result<Outcome> {
    let question = own.books.question();
    let Some(path) = &own.books.out else {
        let mut out = std::io::stdout().lock();
        let piece = |bytes: &[u8]| out.write_all(bytes).context("standard output");
        client.statement_file(&question, format, piece).await?;
        return Ok(Outcome::Done);
    };
    let named = || path.display().to_string();
    let mut file = BufWriter::new(File::create(path).with_context(named)?);
    let piece = |bytes: &[u8]| file.write_all(bytes).with_context(named);
    client.statement_file(&question, format, piece).await?;
    file.flush().with_context(named)?;
    let text = format!("Statement: {}", path.display());
    context.console.answer(&Written { file: path }, text);
    Ok(Outcome::Done)
}

async fn show(context: &Context<'_>, own: &Arguments, client: &Client) -> Result<Outcome> {
    let mut waiting: Vec<StatementEntry> = Vec::new();
    let console = context.console;
    let sums = client
        .statement(&own.books.question(), |line| match line {
            StatementLine::Entry(entry) => {
                waiting.push(*entry);
                if waiting.len() == SET {
                    console.answers(&waiting, |_| None);
                    console.say(entries(&waiting));
                    waiting.clear();
                }
            }
            StatementLine::Meter(sums) => {
                console.answers(&waiting, |_| None);
                console.say(entries(&waiting));
                waiting.clear();
                console.answer(&sums, described(&sums));
            }
            StatementLine::Done(_) | StatementLine::Stopped(_) => {}
        })
        .await?;
    console.answer(&sums, described(&sums));
    Ok(match sums.differences_mills {
        0 => Outcome::Done,
        _ => Outcome::NotClean,
    })
}

fn entries(entries: &[StatementEntry]) -> String {
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    table(&rows, &[4, 5])
}

fn row(entry: &StatementEntry) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = text(&entry.time);
    let booked = |what: &str, number: Option<u32>| match number {
        Some(number) => format!(" {what} {number}"),
        None => String::new(),
    };
    let what = match (&entry.item, entry.number) {
        (Some(item), _) => item.clone(),
        (None, Some(number)) => format!("number {number}"),
        (None, None) => format!("meter {}", entry.meter),
    };
    let more = format!(
        "{}{}{}",
        text(&entry.category),
        booked("department", entry.department),
        booked("customer", entry.end_customer)
    );
    let amount = match entry.kind.as_str() {
        "opening" => String::new(),
        _ => signed(entry.amount_mills),
    };
    vec![
        time.get(..19).unwrap_or(&time).replace('T', " "),
        entry.kind.clone(),
        what,
        more,
        amount,
        Mills(entry.balance_mills).to_string(),
    ]
}

fn signed(mills: i64) -> String {
    let sign = if mills < 0 { "-" } else { "" };
    format!("{sign}{}", Mills(mills.unsigned_abs()))
}

fn described(sums: &StatementSums) -> String {
    let show = |mills| money(mills, &sums.currency);
    let whose = match sums.meter {
        Some(meter) => format!("meter {meter}"),
        None => "all meters".to_owned(),
    };
    let mut text = format!(
        "{whose}, {} to {}: {} + {} deposits + {} credits - {} for {} items - {} refunds = {}",
        sums.from,
        sums.to,
        show(sums.opening_mills),
        show(sums.deposits_mills),
        show(sums.item_credits_mills),
        show(sums.items_mills),
        sums.items,
        show(sums.balance_refunds_mills),
        show(sums.closing_mills)
    );
    if sums.differences_mills != 0 {
        text.push_str(&format!(
            "\nThe registers differ by {}: run `indicia audit`",
            signed(sums.differences_mills)
        ));
    }
    text
}
