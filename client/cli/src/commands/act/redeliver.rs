//! `indicia act redeliver`: everything that boxes still keep, written again (P19).

use anyhow::Result;
use clap::Args;
use indicatif::ProgressBar;
use item::{ActBody, BoxKind, Digest};
use sdk::Client;
use sdk::api::{NotRedelivered, Redelivered, Redelivery};
use serde::Serialize;

use super::order::{Operators, Target};
use super::parse_kind;
use crate::context::Context;
use crate::outcome::Outcome;

#[derive(Debug, Args)]
#[command(after_help = "\
Boxes keep the bytes of every decision for a day and longer. After an older copy of the database was
put back, or the database lost what it had acknowledged, this writes the missing ones again, byte for
byte; what is there already is only compared. Nothing is charged or decided by it. One act a box
allows it; given again, it goes through everything once more.

Examples:
  indicia act redeliver                             # auth, meter and transaction box
  indicia act redeliver --box meter --json          # one box, for a script
  indicia act redeliver --box meter --from 1200     # only from this journal sequence on

Exit code 1: some decisions could not be written. A `gap` means that the box does not keep the bytes
that come before them any more: see `indicia act reissue --help`.")]
pub(crate) struct Options {
    /// Kind of box: auth, meter or transaction; all three if not given
    #[arg(long = "box", value_name = "KIND", value_parser = parse_kind)]
    kind: Option<BoxKind>,
    /// Journal sequence to begin with
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    from: u64,
}

/// What came of one box.
#[derive(Debug, Serialize)]
struct Line {
    kind: String,
    written: u64,
    there: u64,
    conflicts: Vec<NotRedelivered>,
}

pub(super) async fn run(
    context: &Context<'_>,
    client: &Client,
    operators: &Operators,
    options: &Options,
) -> Result<Outcome> {
    let kinds = match options.kind {
        Some(kind) => vec![kind],
        None => vec![BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction],
    };
    let mut lines = Vec::new();
    for kind in kinds {
        let bar = context.console.bar(0, "redeliver");
        lines.push(one_box(client, operators, kind, options.from, &bar).await?);
        bar.finish_and_clear();
    }
    let text: Vec<String> = lines.iter().map(describe).collect();
    context.console.answer(&lines, text.join("\n"));
    let complete = lines.iter().all(|line| line.conflicts.is_empty());
    Ok(if complete {
        Outcome::Done
    } else {
        Outcome::NotClean
    })
}

async fn one_box(
    client: &Client,
    operators: &Operators,
    kind: BoxKind,
    mut from: u64,
    bar: &ProgressBar,
) -> Result<Line> {
    let mut line = Line {
        kind: kind.name().to_lowercase(),
        written: 0,
        there: 0,
        conflicts: Vec::new(),
    };
    let mut act = allow(client, operators, kind, from).await?;
    loop {
        let page = Redelivery {
            kind: line.kind.clone(),
            act: act.to_string(),
            from,
        };
        let page = match client.redeliver(&page).await {
            // The box was started again, or an hour is over: a new act, and the same page.
            Err(error) if error.has_code("act-sequence") || error.has_code("statement-expired") => {
                act = allow(client, operators, kind, from).await?;
                client
                    .redeliver(&Redelivery {
                        act: act.to_string(),
                        ..page
                    })
                    .await?
            }
            other => other?,
        };
        let Redelivered {
            written,
            there,
            conflicts,
            next,
            end,
        } = page;
        line.written += written;
        line.there += there;
        line.conflicts.extend(conflicts);
        bar.set_length(end);
        bar.set_position(next.unwrap_or(end));
        match next {
            Some(next) => from = next,
            None => return Ok(line),
        }
    }
}

async fn allow(client: &Client, operators: &Operators, kind: BoxKind, from: u64) -> Result<Digest> {
    let body = ActBody::RedeliverFrom(from);
    let (act, _) = operators
        .order_named(client, Target::Box(kind), body)
        .await?;
    Ok(act)
}

/// For people: numbers, and the first decision of each record that could not be written.
fn describe(line: &Line) -> String {
    let mut text = format!(
        "{} box: {} decisions written, {} were there",
        line.kind, line.written, line.there
    );
    let mut named: Vec<&str> = Vec::new();
    for conflict in &line.conflicts {
        if named.contains(&conflict.subject.as_str()) {
            continue;
        }
        named.push(&conflict.subject);
        text.push_str(&format!(
            "\n  NOT written: {} from change {} on ({})",
            conflict.subject, conflict.counter, conflict.reason
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_named_once() {
        let conflict = |subject: &str, counter| NotRedelivered {
            subject: subject.to_owned(),
            counter,
            reason: "gap".to_owned(),
        };
        let line = Line {
            kind: "meter".to_owned(),
            written: 2,
            there: 3,
            conflicts: vec![conflict("aa", 7), conflict("bb", 9), conflict("aa", 8)],
        };
        assert_eq!(
            describe(&line),
            "meter box: 2 decisions written, 3 were there\n  \
             NOT written: aa from change 7 on (gap)\n  NOT written: bb from change 9 on (gap)"
        );
    }
}
