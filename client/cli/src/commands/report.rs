//! `indicia report`: what was dispensed, in groups.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Args;
use item::Mills;
use sdk::BooksQuestion;
use sdk::api::{Report, ReportKey, ReportSums};
use serde::Serialize;

use crate::books::{BooksOptions, table};
use crate::context::Context;
use crate::outcome::Outcome;

/// Sum up items by department, end customer, user, meter, place, category or time
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia report --by department
  indicia report --by department --from 2026-11-01 --to 2026-11-30 --csv
  indicia report --by end-customer --by month --out customers.pdf
  indicia report --by origin --meters 10000001 --pieces 1-500

By account, user, department, end-customer, meter, origin, category, day or month; several make groups
within groups.")]
pub(crate) struct Arguments {
    /// What to group by (may be given more than once)
    #[arg(long = "by", value_name = "WHAT")]
    by: Vec<String>,
    /// Piece counts, one or a range like 1-500; all if not given
    #[arg(long, value_name = "RANGE")]
    pieces: Option<String>,
    #[command(flatten)]
    books: BooksOptions,
}

#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client_with_session()?;
    let question = BooksQuestion {
        by: own.by.join(","),
        pieces: own.pieces.clone().unwrap_or_default(),
        ..own.books.question()
    };
    match own.books.format()? {
        None => {
            let report = client.grouped(&question).await?;
            context.console.answer(&report, described(&report));
        }
        Some(format) => {
            let bytes = client.report_file(&question, format).await?;
            match &own.books.out {
                Some(path) => {
                    std::fs::write(path, bytes).with_context(|| path.display().to_string())?;
                    let text = format!("Report: {}", path.display());
                    context.console.answer(&Written { file: path }, text);
                }
                None => std::io::stdout()
                    .write_all(&bytes)
                    .context("standard output")?,
            }
        }
    }
    context.keep_session(&client)?;
    Ok(Outcome::Done)
}

fn described(report: &Report) -> String {
    let by = report.groups.first().map(|group| group.keys.as_slice());
    let by = by.unwrap_or_default();
    let mut titles: Vec<String> = by.iter().map(|key| key.by.clone()).collect();
    titles.extend(["items", "amount", "credited", "amount credited"].map(str::to_owned));
    let mut rows = vec![titles];
    for group in &report.groups {
        let mut row: Vec<String> = group.keys.iter().map(called).collect();
        row.extend(numbers(&group.sums));
        rows.push(row);
    }
    let mut total = vec![String::new(); by.len()];
    if let Some(first) = total.first_mut() {
        *first = "total".to_owned();
    }
    total.extend(numbers(&report.total));
    rows.push(total);
    let right: Vec<usize> = (by.len()..by.len() + 4).collect();
    format!(
        "{} to {} (UTC), {}\n{}",
        report.from,
        report.to,
        report.currency,
        table(&rows, &right)
    )
}

fn called(key: &ReportKey) -> String {
    match &key.name {
        Some(name) => format!("{} {name}", key.value),
        None => key.value.clone(),
    }
}

fn numbers(sums: &ReportSums) -> [String; 4] {
    [
        sums.items.to_string(),
        Mills(sums.items_mills).to_string(),
        sums.credited_items.to_string(),
        Mills(sums.credited_mills).to_string(),
    ]
}
