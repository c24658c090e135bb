//! `indicia epochs`: the epochs of the keys, which boxes have them, and how far records are.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use item::{ActBody, BoxKind, Day, Epoch, Time};
use sdk::Client;
use sdk::api::{BoxHealth, RecordEpoch};
use serde::Serialize;

use crate::commands::act::{Operators, Target, parse_day};
use crate::console::Console;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::trust::Trust;
use crate::{clock, identity};

/// A verification pack is good for seven days: an epoch that starts sooner than this begins while
/// packs are about that do not have its keys.
const PACKS_GOOD_MS: u64 = 7 * 86_400_000;
/// How long boxes are waited for, while all of them answer.
const WAIT: Duration = Duration::from_secs(300);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Show the epochs of the keys, or open the next one
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia epochs                       # epochs, boxes, and how many records name each
  indicia epochs --json
  indicia epochs open                  # next month's, from its first day on
  indicia epochs open --starts 2026-12-09
  indicia epochs open --month 202701 --in 36h

Every box gets its keys at once and puts them in force at the start, by its own clock. Start an
epoch eight days ahead or more: packs that offline verifiers hold are good for seven.")]
pub(crate) struct Arguments {
    /// Operator key (may be given more than once; keys/operator.key if not given)
    #[arg(long = "key", value_name = "FILE", global = true)]
    keys: Vec<PathBuf>,
    #[command(subcommand)]
    what: Option<EpochCommand>,
}

#[derive(Debug, Subcommand)]
enum EpochCommand {
    /// Make the keys of the next epoch and hand them to every box
    Open(Opening),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia epochs open
  indicia epochs open --month 202701 --in 36h")]
struct Opening {
    /// Month that names it, YYYYMM; the one after the newest if not given
    #[arg(long, value_name = "MONTH", value_parser = parse_month)]
    month: Option<Epoch>,
    /// Day from which it is in force, 00:00 UTC; the first of its month if not given
    #[arg(long, value_name = "DAY", value_parser = parse_day, conflicts_with = "after")]
    starts: Option<Day>,
    /// In force after so long: 90s, 10m, 36h or 8d
    #[arg(long = "in", value_name = "TIME", value_parser = parse_span)]
    after: Option<Duration>,
    /// Do not wait until every box has its keys
    #[arg(long)]
    no_wait: bool,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Listing {
    epochs: Vec<Line>,
    boxes: Vec<BoxLine>,
    records: Vec<RecordEpoch>,
}

#[derive(Debug, Serialize)]
struct Line {
    epoch: u32,
    starts: String,
    /// Boxes that have its keys.
    taken_by: usize,
    /// Boxes that sign with them.
    in_force_at: usize,
    /// Records that name it.
    records: u64,
}

#[derive(Debug, Serialize)]
struct BoxLine {
    kind: String,
    epoch: u32,
    newest_epoch: u32,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client()?;
    match &own.what {
        None => list(context, &client, own).await,
        Some(EpochCommand::Open(opening)) => open(context, &client, own, opening).await,
    }
}

async fn list(context: &Context<'_>, client: &Client, own: &Arguments) -> Result<Outcome> {
    let trust = Trust::of_folder(&context.folder)?
        .with_epochs(client)
        .await?;
    let keys = identity::load_keys(&own.keys, &context.folder.operator_key())?;
    let key = keys.first().context("no operator key")?;
    let header = identity::query(key, "/v1/epochs/records", clock::now());
    let records = client.record_epochs(&header).await?;
    let boxes = client.health().await?.boxes;
    let count = |is: &dyn Fn(&BoxHealth) -> bool| boxes.iter().filter(|one| is(one)).count();
    let epochs = trust.installation.epochs().map(|one| Line {
        epoch: one.epoch.0,
        starts: time(one.starts),
        taken_by: count(&|b| b.newest_epoch >= one.epoch.0),
        in_force_at: count(&|b| b.epoch == one.epoch.0),
        records: records
            .iter()
            .filter(|r| r.epoch == one.epoch.0)
            .map(|r| r.records)
            .sum(),
    });
    let listing = Listing {
        epochs: epochs.collect(),
        boxes: boxes.iter().map(box_line).collect(),
        records,
    };
    context.console.answer(&listing, describe(&listing));
    Ok(Outcome::Done)
}

fn box_line(one: &BoxHealth) -> BoxLine {
    BoxLine {
        kind: one.kind.clone(),
        epoch: one.epoch,
        newest_epoch: one.newest_epoch,
    }
}

fn describe(listing: &Listing) -> String {
    let all = listing.boxes.len();
    let mut text = String::from("epoch   starts                    keys at  in force at  records");
    for line in &listing.epochs {
        text.push_str(&format!(
            "\n{}  {}  {} of {all}  {} of {all}       {}",
            line.epoch, line.starts, line.taken_by, line.in_force_at, line.records
        ));
    }
    for one in &listing.boxes {
        text.push_str(&match one.epoch {
            0 => format!("\n{} box: does not answer", one.kind),
            epoch => format!(
                "\n{} box: signs with {epoch}, has keys up to {}",
                one.kind, one.newest_epoch
            ),
        });
    }
    for one in &listing.records {
        text.push_str(&format!(
            "\n{} records of {}: {}",
            one.kind, one.epoch, one.records
        ));
    }
    text
}

async fn open(
    context: &Context<'_>,
    client: &Client,
    own: &Arguments,
    opening: &Opening,
) -> Result<Outcome> {
    let operators = Operators::open(&context.folder, &own.keys)?;
    let trust = Trust::of_folder(&context.folder)?
        .with_epochs(client)
        .await?;
    let now = clock::now();
    let (epoch, starts) = opening.settle(trust.installation.newest_epoch().epoch, now)?;
    if starts.0 < now.0.saturating_add(PACKS_GOOD_MS) {
        context.console.warn(
            "the epoch starts in less than seven days: verifiers must fetch a new pack before they \
             check its items",
        );
    }
    let body = ActBody::OpenEpoch { epoch, starts };
    operators
        .order(client, Target::Box(BoxKind::Keys), body)
        .await?;
    if !opening.no_wait {
        wait(context.console, client, epoch).await?;
    }
    let trust = Trust::of_folder(&context.folder)?
        .with_epochs(client)
        .await?;
    if trust.installation.newest_epoch().epoch != epoch {
        bail!(
            "the data centre does not show epoch {} yet: see `indicia epochs`",
            epoch.0
        );
    }
    let answer = Opened {
        epoch: epoch.0,
        starts: time(starts),
        waited: !opening.no_wait,
    };
    let text = match answer.waited {
        true => format!(
            "Epoch {} is open: every box has its keys, and they are in force from {}.",
            answer.epoch, answer.starts
        ),
        false => format!("Epoch {} is open, from {}.", answer.epoch, answer.starts),
    };
    context.console.answer(&answer, text);
    Ok(Outcome::Done)
}

#[derive(Debug, Serialize)]
struct Opened {
    epoch: u32,
    starts: String,
    /// Every box said that it has the keys.
    waited: bool,
}

impl Opening {
    /// Which epoch, and from when.
    fn settle(&self, newest: Epoch, now: Time) -> Result<(Epoch, Time)> {
        let after = newest.next().context("there is no later month")?;
        // Nobody opens last month's because the one before was forgotten.
        let epoch = self
            .month
            .unwrap_or_else(|| after.max(Day::of_time(now).month()));
        let starts = match (self.starts, self.after) {
            (Some(day), _) => Time(u64::from(day.number()) * 86_400_000),
            (None, Some(span)) => {
                let span = u64::try_from(span.as_millis()).context("too long")?;
                Time(now.0.saturating_add(span))
            }
            (None, None) => epoch.begins().context("there is no such month")?,
        };
        if starts < now {
            bail!(
                "{} is over: say from when epoch {} is in force, with --starts or --in",
                time(starts),
                epoch.0
            );
        }
        Ok((epoch, starts))
    }
}

/// Waits until every box says that it has the keys.
async fn wait(console: &Console, client: &Client, epoch: Epoch) -> Result<()> {
    let clock = clock::Stopwatch::start();
    let bar = console.bar(0, "boxes");
    loop {
        let boxes = client.health().await?.boxes;
        let (has, lack): (Vec<_>, Vec<_>) = boxes.iter().partition(|b| b.newest_epoch >= epoch.0);
        bar.set_length(boxes.len() as u64);
        bar.set_position(has.len() as u64);
        if lack.is_empty() {
            bar.finish_and_clear();
            return Ok(());
        }
        if clock.elapsed() > WAIT {
            bar.finish_and_clear();
            let lack: Vec<&str> = lack.iter().map(|b| b.kind.as_str()).collect();
            bail!(
                "epoch {} is open, but these boxes do not have its keys yet: {}. They get them as \
                 soon as they answer, and go on with the epoch before until then; see \
                 docs/runbooks/epochs.md",
                epoch.0,
                lack.join(", ")
            );
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Day and minute, UTC.
fn time(time: Time) -> String {
    let minutes = time.0 / 60_000 % (24 * 60);
    let (hour, minute) = (minutes / 60, minutes % 60);
    let second = time.0 / 1_000 % 60;
    format!(
        "{} {hour:02}:{minute:02}:{second:02} UTC",
        Day::of_time(time)
    )
}

fn parse_month(text: &str) -> Result<Epoch, String> {
    let digits = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
    let epoch = digits.then(|| text.parse().ok()).flatten().map(Epoch);
    epoch
        .filter(|epoch| epoch.months().is_some())
        .ok_or_else(|| "write a month as six digits, like 202612".to_owned())
}

fn parse_span(text: &str) -> Result<Duration, String> {
    let bad = || "write a number and s, m, h or d, like 36h".to_owned();
    let (number, unit) = text
        .char_indices()
        .last()
        .and_then(|(at, _)| text.split_at_checked(at))
        .ok_or_else(bad)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let number: Option<u64> = digits.then(|| number.parse().ok()).flatten();
    number
        .and_then(|n| n.checked_mul(seconds))
        .map(Duration::from_secs)
        .ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;
    /// 2026-11-28 12:00.
    const NOW: Time = Time(20_785 * DAY + DAY / 2);

    fn opening(month: Option<u32>, starts: Option<u32>, after: Option<u64>) -> Opening {
        Opening {
            month: month.map(Epoch),
            starts: starts.and_then(Day::from_decimal),
            after: after.map(Duration::from_secs),
            no_wait: false,
        }
    }

    #[test]
    fn an_epoch_follows_the_calendar_unless_somebody_says_otherwise_p3() {
        let first = |epoch| Epoch(epoch).begins().unwrap();
        for (newest, asked, epoch, starts) in [
            (202_611, opening(None, None, None), 202_612, first(202_612)),
            (
                202_611,
                opening(None, Some(20_261_209), None),
                202_612,
                Time(20_796 * DAY),
            ),
            (
                202_611,
                opening(Some(202_701), None, Some(90)),
                202_701,
                Time(NOW.0 + 90_000),
            ),
            (202_612, opening(None, None, None), 202_701, first(202_701)),
            (
                202_608,
                opening(None, None, Some(60)),
                202_611,
                Time(NOW.0 + 60_000),
            ),
        ] {
            let settled = asked.settle(Epoch(newest), NOW).unwrap();
            assert_eq!(settled, (Epoch(epoch), starts), "{asked:?}");
        }
        // November has begun: it can not start on its first day any more.
        assert!(
            opening(None, None, None)
                .settle(Epoch(202_610), NOW)
                .is_err()
        );
        assert_eq!(time(NOW), "2026-11-28 12:00:00 UTC");
    }

    #[test]
    fn months_and_spans_are_understood_or_refused() {
        assert_eq!(parse_month("202612"), Ok(Epoch(202_612)));
        for text in ["", "2026-12", "202613", "202600", "20261", "+20261"] {
            assert!(parse_month(text).is_err(), "{text}");
        }
        for (text, seconds) in [("90s", 90), ("10m", 600), ("36h", 129_600), ("8d", 691_200)] {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "90",
            "-1s",
            "1.5h",
            "1w",
            "99999999999999999999d",
            "\u{e9}",
        ] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
