//! `indicia alerts`: what boxes and data centre noticed, and where to read on.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use sdk::api::Alert;

use crate::context::Context;
use crate::outcome::Outcome;
use crate::{clock, identity};

/// Show what boxes and data centre noticed, oldest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia alerts
  indicia alerts --after 12 --json   # those that came after number 12, with their evidence

Asked in the name of an operator. At most one alert a minute is kept for one record and reason.")]
pub(crate) struct Arguments {
    /// Only alerts with a number above this one
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    /// Operator key; keys/operator.key if not given
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let keys = identity::load_keys(&own.keys, &context.folder.operator_key())?;
    let key = keys.first().context("no operator key")?;
    let header = identity::query(key, "/v1/alerts", clock::now());
    let alerts = context.client()?.alerts(own.after, &header).await?;
    let text: Vec<String> = alerts.iter().map(describe).collect();
    let text = match text.is_empty() {
        true => "no alerts".to_owned(),
        false => text.join("\n"),
    };
    context.console.answer(&alerts, text);
    Ok(Outcome::Done)
}

fn describe(alert: &Alert) -> String {
    let about = match alert.meter {
        Some(serial) => format!("meter {serial}"),
        None => format!("{} {}", alert.kind, alert.subject),
    };
    format!(
        "{} {}  {about}  {}: {}\n     {}",
        alert.id,
        alert.raised,
        alert.code,
        alert.detail,
        page(&alert.code)
    )
}

/// Where it is said what to do.
fn page(code: &str) -> &'static str {
    match code {
        "fork" | "old-fork" | "latched" => "docs/runbooks/box-put-back.md",
        "rolled-back" | "write-conflict" => "docs/runbooks/README.md",
        _ => "docs/operators.md",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_says_what_when_why_and_where_to_read_on() {
        let mut alert = Alert {
            id: 7,
            raised: "2026-11-21T03:07:42.000Z".to_owned(),
            kind: "meter".to_owned(),
            subject: "ab".repeat(16),
            meter: Some(10_000_001),
            code: "fork".to_owned(),
            detail: "the box refused a stored record".to_owned(),
            evidence: String::new(),
        };
        assert_eq!(
            describe(&alert),
            "7 2026-11-21T03:07:42.000Z  meter 10000001  fork: the box refused a stored record\n     \
             docs/runbooks/box-put-back.md"
        );
        alert.meter = None;
        assert!(describe(&alert).contains(&"ab".repeat(16)));
    }
}
