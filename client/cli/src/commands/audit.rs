//! `indicia audit`: checks again everything that the installation holds.

use std::path::PathBuf;

use anyhow::Result;
use audit::{AuditInput, Progress, Report};
use clap::Args;
use item::{Digest, Mills};

use crate::clock;
use crate::context::Context;
use crate::folder::Folder;
use crate::outcome::Outcome;
use crate::trust;

/// Problems that are shown to people; `--json` has all.
const SHOWN_MAX: usize = 50;

/// Check every record, item and chain again, without any secret
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia audit
  indicia audit --database copy.sqlite --json
  indicia audit --statement november.jsonl

Reads only, also while the installation runs. Exit code 1 if anything is not as it must be.")]
pub(crate) struct Arguments {
    /// Database; data/indicia.sqlite if not given
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// A statement to recompute, as `indicia statement --json` or the API gave it (may be given more than
    /// once)
    #[arg(long = "statement", value_name = "FILE")]
    statements: Vec<PathBuf>,
    /// Root fingerprint that you pin; that of the folder if not given
    #[arg(long, value_name = "HEX", value_parser = trust::parse_fingerprint)]
    root: Option<Digest>,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let mut input = input(&context.folder, own.root)?;
    if let Some(database) = &own.database {
        input.database.clone_from(database);
    }
    input.statements.clone_from(&own.statements);
    let spinner = context.console.spinner("rows checked");
    let bar = spinner.clone();
    let report = audit_with(input, move |progress| bar.set_position(progress.rows)).await?;
    spinner.finish_and_clear();
    context.console.answer(&report, describe(&report));
    Ok(if report.is_clean() {
        Outcome::Done
    } else {
        Outcome::NotClean
    })
}

/// Audits a folder's installation.
pub(crate) async fn audit_folder(folder: &Folder) -> Result<Report> {
    audit_with(input(folder, None)?, |_| ()).await
}

fn input(folder: &Folder, root: Option<Digest>) -> Result<AuditInput> {
    Ok(AuditInput {
        database: folder.database(),
        transcript: folder.transcript(),
        root: match root {
            Some(root) => root,
            None => trust::read_fingerprint(&folder.root_fingerprint())?,
        },
        checkpoints: folder.checkpoints(),
        statements: Vec::new(),
        now: clock::now(),
    })
}

async fn audit_with(
    input: AuditInput,
    mut progress: impl FnMut(Progress) + Send + 'static,
) -> Result<Report> {
    let work = move || audit::audit(&input, &mut progress);
    Ok(tokio::task::spawn_blocking(work).await??)
}

/// A report for people.
pub(crate) fn describe(report: &Report) -> String {
    let counts = &report.counts;
    let mut text = format!(
        "Checked {} items worth {}, {} decisions, {} meters, {} users, {} scans.",
        counts.items,
        Mills(report.totals.value_mills),
        counts.decisions,
        counts.meters,
        counts.users,
        counts.scans,
    );
    for one in &report.epochs {
        let (kind, records, epoch) = (one.box_kind.to_lowercase(), one.records, one.epoch);
        text.push_str(&format!("\n  {kind} records of epoch {epoch}: {records}"));
    }
    if counts.sheets > 0 {
        text.push_str(&format!(
            "\n  daily totals: {} sheets, {} days with items behind the last",
            counts.sheets, counts.days_unreported
        ));
    }
    for age in &report.age {
        text.push_str(&format!("\n  {age}"));
    }
    for (word, list) in [("notice", &report.notices), ("PROBLEM", &report.problems)] {
        for problem in list.iter().take(SHOWN_MAX) {
            text.push_str(&format!(
                "\n{word} {} at {}: {}",
                problem.code.name(),
                problem.place,
                problem.message
            ));
            if problem.value_mills > 0 {
                text.push_str(&format!(" ({})", Mills(problem.value_mills)));
            }
        }
    }
    text.push_str(&match report.problems_total {
        0 => "\nClean.".to_owned(),
        total => format!("\nNOT clean: {total} problems."),
    });
    text
}
