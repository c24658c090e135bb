//! `indicia totals`: daily totals for the post, as its reporter makes, shows and checks them.
//!
//! Not here: what a day's rows are (the data centre computes them, and `indicia audit` again).

mod chain;
mod show;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand};
use item::limits::TOTALS_ROWS_MAX;
use item::{
    DailyKey, DailyRow, DailyRows, DailyTotals, Day, ItemKind, KeyId, Layout, MeterSerial, Mills,
    Version, Zip,
};
use sdk::api::TotalsRow;
use sdk::{ApiError, Client};
use serde::Serialize;
use signer::{SigningKey, sign_totals};

use crate::commands::act::parse_day;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::trust::Trust;
use crate::{clock, files, identity};
use chain::Chain;

/// Bytes of a sheet: a full one has a third of a megabyte.
const SHEET_BYTES_MAX: u64 = 1 << 20;

/// As reporter: make, show or check the daily totals for the post
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia totals make                  # every day that is over and has no sheet yet
  indicia totals make --until 2026-11-30
  indicia totals show
  indicia totals show --day 2026-11-27 --csv
  indicia totals verify --all
  indicia totals verify sheet.totals

Each sheet names the one before it, and days follow each other without a gap, from the day of the
ceremony on. A day can be made from one hour after its end, UTC. Sheets are kept in totals/.")]
pub(crate) struct Arguments {
    /// Reporter key (keys/reporter.key if not given)
    #[arg(long = "key", value_name = "FILE", global = true)]
    key: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sign the totals of each day that is over, and hand them in
    #[command(after_help = "\
Examples:
  indicia totals make
  indicia totals make --day 2026-11-27")]
    Make {
        /// Only this day, which must be the next one
        #[arg(long, value_name = "DAY", value_parser = parse_day, conflicts_with = "until")]
        day: Option<Day>,
        /// Up to this day
        #[arg(long, value_name = "DAY", value_parser = parse_day)]
        until: Option<Day>,
    },
    /// Show what was handed in, each sheet checked
    #[command(after_help = "\
Examples:
  indicia totals show --day 2026-11-27
  indicia totals show --csv > totals.csv")]
    Show {
        /// Only this day, with its rows
        #[arg(long, value_name = "DAY", value_parser = parse_day)]
        day: Option<Day>,
        /// Write all rows as CSV
        #[arg(long)]
        csv: bool,
    },
    /// Check sheets against the ceremony and each other
    #[command(after_help = "\
Examples:
  indicia totals verify totals/000001.totals totals/000002.totals
  indicia totals verify --all")]
    Verify {
        /// Sheets, in their order
        #[arg(value_name = "FILE", required_unless_present = "all")]
        files: Vec<PathBuf>,
        /// All of totals/
        #[arg(long, conflicts_with = "files")]
        all: bool,
    },
}

/// What was made.
#[derive(Debug, Serialize)]
struct Made {
    /// Number of the newest sheet.
    newest: u64,
    /// Its day; none if there is no sheet at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// Sheets that were signed now.
    made: u64,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    match &own.what {
        What::Make { day, until } => {
            let reporter = Reporter::open(context, own)?;
            let made = reporter.make(*day, day.or(*until)).await?;
            let text = match &made.day {
                None => "No day is over yet.".to_owned(),
                Some(day) => format!(
                    "{} sheets made; the newest is number {}, of {day}.",
                    made.made, made.newest
                ),
            };
            context.console.answer(&made, text);
        }
        What::Show { day, csv } => {
            Reporter::open(context, own)?.show(*day, *csv).await?;
        }
        What::Verify { files, all } => verify(context, files, *all)?,
    }
    Ok(Outcome::Done)
}

/// Who makes the sheets, and where they are.
struct Reporter<'a> {
    context: &'a Context<'a>,
    client: Client,
    trust: Trust,
    key: SigningKey,
    id: KeyId,
    folder: PathBuf,
}

impl<'a> Reporter<'a> {
    fn open(context: &'a Context<'_>, own: &Arguments) -> Result<Self> {
        let trust = Trust::of_folder(&context.folder)?;
        let usual = context.folder.reporter_key();
        let key = SigningKey::load(own.key.as_deref().unwrap_or(&usual))?;
        let id = key.id();
        let reporters = trust.installation.transcript().reporters.as_slice();
        ensure!(
            reporters.iter().any(|one| verify::key_id(&one.key) == id),
            "key {id} is not an enrolled reporter"
        );
        Ok(Self {
            context,
            client: context.client()?,
            trust,
            key,
            id,
            folder: context.folder.totals(),
        })
    }

    fn header(&self, path: &str) -> String {
        identity::query(&self.key, path, clock::now())
    }

    /// Every sheet that is due, up to a day.
    async fn make(&self, only: Option<Day>, until: Option<Day>) -> Result<Made> {
        std::fs::create_dir_all(&self.folder).with_context(|| self.folder.display().to_string())?;
        let mut chain = self.caught_up().await?;
        if let Some(only) = only {
            let next = chain.next().day;
            ensure!(only == next, "the next day without a sheet is {next}");
        }
        let bar = self.context.console.spinner("sheets");
        let mut made = 0;
        while until.is_none_or(|until| chain.next().day <= until) {
            match self.day(&mut chain).await? {
                0 => break,
                parts => made += parts,
            }
            bar.set_position(made);
        }
        bar.finish_and_clear();
        let newest = chain.newest();
        Ok(Made {
            newest: newest.map_or(0, |sheet| sheet.sequence),
            day: newest.map(|sheet| sheet.day.to_string()),
            made,
        })
    }

    /// The chain as data centre and folder have it; what one of them lacks it gets.
    async fn caught_up(&self) -> Result<Chain> {
        let mut chain = Chain::new(&self.trust);
        let mut own = chain::newest_in(&self.folder)?;
        let header = self.header(sdk::TOTALS_PATH);
        // A data centre that was put back lacks the newest: they are handed in again, the oldest first.
        let mut missing = Vec::new();
        while own > 0 {
            let page = self.client.totals(own - 1, None, &header).await?;
            let mine = chain::read(&self.folder, own)?;
            match page.sheets.first() {
                None => missing.push(mine),
                Some(theirs) if sdk::decode(&theirs.sheet)? == mine => {
                    chain.begin(&mine)?;
                    break;
                }
                Some(_) => bail!(
                    "the data centre shows another sheet of number {own} than {} has",
                    self.folder.display()
                ),
            }
            own -= 1;
        }
        for sheet in missing.into_iter().rev() {
            chain.follow(&sheet)?;
            self.client.hand_in_totals(&sheet).await?;
        }
        loop {
            let after = chain.newest().map_or(0, |sheet| sheet.sequence);
            let page = self.client.totals(after, None, &header).await?;
            for sheet in &page.sheets {
                let bytes = sdk::decode(&sheet.sheet)?;
                let body = chain.follow(&bytes).context("the data centre's sheets")?;
                chain::keep(&self.folder, body.sequence, &bytes)?;
            }
            if page.next_cursor.is_none() {
                return Ok(chain);
            }
        }
    }

    /// The sheets of the next day, or what is left of them; how many, none if it is not over.
    async fn day(&self, chain: &mut Chain) -> Result<u64> {
        let next = chain.next();
        let (named, behind) = (next.day.to_string(), next.behind);
        let mut cursor = behind
            .and_then(|(meter, ..)| meter.0.checked_sub(1))
            .map(|meter| meter.to_string());
        let mut rows: Vec<DailyRow> = Vec::new();
        let mut made = 0;
        loop {
            let header = self.header(sdk::DAY_TOTALS_PATH);
            let asked = self.client.day_totals(&named, cursor.as_deref(), &header);
            let page = match asked.await {
                Ok(page) => page,
                Err(ApiError::Problem(problem)) if problem.code == "day-not-over" => {
                    return Ok(made);
                }
                Err(error) => return Err(error.into()),
            };
            for row in page.rows {
                let row = row_of(&row).context("the data centre's rows are not understood")?;
                if !is_behind(&row, behind) {
                    continue;
                }
                rows.push(row);
                if rows.len() > TOTALS_ROWS_MAX {
                    let rest = rows.split_off(TOTALS_ROWS_MAX);
                    let full = std::mem::replace(&mut rows, rest);
                    self.sheet(chain, full, false).await?;
                    made += 1;
                }
            }
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        self.sheet(chain, rows, true).await?;
        Ok(made + 1)
    }

    async fn sheet(&self, chain: &mut Chain, rows: Vec<DailyRow>, last: bool) -> Result<()> {
        let next = chain.next();
        let sheet = DailyTotals {
            version: Version,
            installation: self.trust.installation.transcript().installation,
            reporter: self.id,
            sequence: next.sequence,
            previous: next.previous,
            day: next.day,
            part: next.part,
            last,
            made: clock::now(),
            rows: DailyRows::new(rows).context("the data centre's rows are not in order")?,
        };
        let bytes = sign_totals(sheet, &self.key).to_bytes();
        // If the answer is lost, the next run finds the sheet at the data centre.
        let kept = self.client.hand_in_totals(&bytes).await?;
        ensure!(
            sdk::decode(&kept.sheet)? == bytes,
            "the data centre answers with another sheet"
        );
        let body = chain.follow(&bytes)?;
        chain::keep(&self.folder, body.sequence, &bytes)
    }
}

fn is_behind(row: &DailyRow, behind: Option<DailyKey>) -> bool {
    behind.is_none_or(|behind| row.key() > behind)
}

fn row_of(row: &TotalsRow) -> Result<DailyRow> {
    let mut kinds = ItemKind::ALL.iter().copied();
    let kind = kinds.find(|kind| kind.name().to_lowercase() == row.kind);
    Ok(DailyRow {
        meter: MeterSerial(row.meter),
        origin: Zip(row.origin.parse()?),
        kind: kind.with_context(|| format!("no kind {:?}", row.kind))?,
        specimen: row.specimen,
        pieces: row.pieces,
        value: Mills(row.value_mills),
        credited_pieces: row.credited_pieces,
        credited: Mills(row.credited_mills),
    })
}

/// What was checked.
#[derive(Debug, Serialize)]
struct Checked {
    sheets: u64,
    first_day: String,
    last_day: String,
}

fn verify(context: &Context<'_>, named: &[PathBuf], all: bool) -> Result<()> {
    let trust = Trust::of_folder(&context.folder)?;
    let mut chain = Chain::new(&trust);
    let mut first = None;
    let mut count = 0;
    let mut check = |bytes: &[u8], path: &Path| {
        let place = || path.display().to_string();
        // Sheets that somebody hands over may begin anywhere; those of the folder begin with the first.
        let body = match first {
            None if !all => chain.begin(bytes).with_context(place)?,
            _ => chain.follow(bytes).with_context(place)?,
        };
        first.get_or_insert(body.day);
        count += 1;
        anyhow::Ok(())
    };
    if all {
        let folder = context.folder.totals();
        for number in 1..=chain::newest_in(&folder)? {
            check(
                &chain::read(&folder, number)?,
                &chain::place(&folder, number),
            )?;
        }
    }
    for path in named {
        check(&files::read_limited(path, SHEET_BYTES_MAX)?, path)?;
    }
    let (Some(first), Some(newest)) = (first, chain.newest()) else {
        bail!("there is no sheet in {}", context.folder.totals().display());
    };
    let checked = Checked {
        sheets: count,
        first_day: first.to_string(),
        last_day: newest.day.to_string(),
    };
    let text = format!(
        "{count} sheets from {} to {}: signed by enrolled reporters, without a gap.",
        checked.first_day, checked.last_day
    );
    context.console.answer(&checked, text);
    Ok(())
}
