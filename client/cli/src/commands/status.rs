//! `indicia status`: how the data centre is.

use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::outcome::Outcome;

/// Show how the data centre and its boxes are
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  indicia status --json")]
pub(crate) struct Arguments {}

pub(crate) async fn run(context: &Context<'_>, _own: &Arguments) -> Result<Outcome> {
    let client = context.client()?;
    let health = client.health().await?;
    let mut text = format!("data centre at {}: {}", client.base(), health.status);
    for one in &health.boxes {
        let (kind, status) = (&one.kind, &one.status);
        text.push_str(&format!(
            "\n  {kind:<12} {status}, {} open decisions{}",
            one.open,
            advice(kind, status)
        ));
    }
    text.push_str(&match health.database.as_str() {
        "ok" => format!("\n  {:<12} ok", "database"),
        why => format!(
            "\n  {:<12} can not be written: {why}; see docs/runbooks/disk.md",
            "database"
        ),
    });
    context.console.answer(&health, text);
    Ok(if health.status == "ok" {
        Outcome::Done
    } else {
        Outcome::NotClean
    })
}

/// What to do about a box that is not well.
fn advice(kind: &str, status: &str) -> String {
    match status {
        "unreachable" => format!("; see run/{kind}.log and docs/runbooks/README.md"),
        "latched" => "; it signs nothing: read docs/runbooks/box-put-back.md".to_owned(),
        "clock-doubtful" => format!(
            "; set the clock right, then `indicia act confirm-time --box {kind}` \
             (docs/runbooks/clock.md)"
        ),
        _ => String::new(),
    }
}
