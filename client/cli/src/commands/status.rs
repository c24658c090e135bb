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
        text.push_str(&format!(
            "\n  {:<12} {}, {} open decisions",
            one.kind, one.status, one.open
        ));
    }
    context.console.answer(&health, text);
    Ok(if health.status == "ok" {
        Outcome::Done
    } else {
        Outcome::NotClean
    })
}
