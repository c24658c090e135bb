//! What was handed in, as tables, JSON and CSV.

use anyhow::{Context as _, Result};
use item::{DailyRow, DailyTotals, Day, Mills};
use sdk::api::TotalsRow;
use serde::Serialize;
use std::io::Write;

use super::Reporter;
use super::chain::Chain;
use crate::books::table;

const CSV_TITLES: &str = "day,meter,origin,kind,specimen,pieces,value,credited_pieces,credited\n";

/// A sheet for programs.
#[derive(Debug, Serialize)]
struct Shown {
    sequence: u64,
    day: String,
    part: u32,
    last: bool,
    rows: Vec<TotalsRow>,
}

impl Reporter<'_> {
    /// Shows sheets page by page, each opened under the ceremony's keys.
    pub(super) async fn show(&self, day: Option<Day>, csv: bool) -> Result<()> {
        let console = self.context.console;
        let chain = Chain::new(&self.trust);
        let header = self.header(sdk::TOTALS_PATH);
        let asked = day.map(|day| day.to_string());
        let mut out = std::io::stdout().lock();
        if csv {
            out.write_all(CSV_TITLES.as_bytes())
                .context("standard output")?;
        }
        let mut after = 0;
        loop {
            let page = self.client.totals(after, asked.as_deref(), &header).await?;
            let mut sheets = Vec::with_capacity(page.sheets.len());
            for sheet in &page.sheets {
                let opened = chain.opened(&sdk::decode(&sheet.sheet)?)?;
                after = after.max(opened.sequence);
                sheets.push(opened);
            }
            for sheet in &sheets {
                if csv {
                    let text: String = sheet
                        .rows
                        .as_slice()
                        .iter()
                        .map(|r| line(sheet, r))
                        .collect();
                    out.write_all(text.as_bytes()).context("standard output")?;
                } else {
                    console.answer(&shown(sheet), describe(sheet, day.is_some()));
                }
            }
            if page.next_cursor.is_none() {
                return Ok(());
            }
        }
    }
}

fn shown(sheet: &DailyTotals) -> Shown {
    Shown {
        sequence: sheet.sequence,
        day: sheet.day.to_string(),
        part: sheet.part,
        last: sheet.last,
        rows: sheet.rows.as_slice().iter().map(told).collect(),
    }
}

fn told(row: &DailyRow) -> TotalsRow {
    TotalsRow {
        meter: row.meter.0,
        origin: format!("{:05}", row.origin.0),
        kind: row.kind.name().to_lowercase(),
        specimen: row.specimen,
        pieces: row.pieces,
        value_mills: row.value.0,
        credited_pieces: row.credited_pieces,
        credited_mills: row.credited.0,
    }
}

/// Cells behind the day.
fn cells(row: &DailyRow) -> Vec<String> {
    let row = told(row);
    vec![
        row.meter.to_string(),
        row.origin,
        row.kind,
        row.specimen.to_string(),
        row.pieces.to_string(),
        Mills(row.value_mills).to_string(),
        row.credited_pieces.to_string(),
        Mills(row.credited_mills).to_string(),
    ]
}

fn line(sheet: &DailyTotals, row: &DailyRow) -> String {
    format!("{},{}\n", sheet.day, cells(row).join(","))
}

fn describe(sheet: &DailyTotals, with_rows: bool) -> String {
    let rows = sheet.rows.as_slice();
    let sum = |of: fn(&DailyRow) -> u64| rows.iter().map(of).fold(0, u64::saturating_add);
    let part = match (sheet.part, sheet.last) {
        (1, true) => String::new(),
        (part, last) => format!(", part {part}{}", if last { " (the last)" } else { "" }),
    };
    let mut text = format!(
        "{} sheet {}{part}: {} items for {}, {} taken back for {}",
        sheet.day,
        sheet.sequence,
        sum(|row| row.pieces.into()),
        Mills(sum(|row| row.value.0)),
        sum(|row| row.credited_pieces.into()),
        Mills(sum(|row| row.credited.0)),
    );
    if with_rows && !rows.is_empty() {
        let titles = [
            "meter",
            "origin",
            "kind",
            "specimen",
            "items",
            "amount",
            "back",
            "amount back",
        ];
        let mut all = vec![titles.map(str::to_owned).to_vec()];
        all.extend(rows.iter().map(cells));
        text.push('\n');
        text.push_str(&table(&all, &[4, 5, 6, 7]));
    }
    text
}
