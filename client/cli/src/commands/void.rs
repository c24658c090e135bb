//! `indicia void`: asks for items to be taken back, as a mailer.

use anyhow::{Result, bail};
use clap::Args;
use sdk::api::Void;

use crate::amount::money;
use crate::context::Context;
use crate::outcome::Outcome;

/// Ask for an unused item to be taken back; list what was asked
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia void 10000001-42
  indicia void 10000001-42 --cancel
  indicia void   # all that the account asked

The item must not be used. After a waiting time refunders approve (`indicia refunds approve`): then the item
is void, and its value is in the meter again.")]
pub(crate) struct Arguments {
    /// Item id, SERIAL-PIECE
    item: Option<String>,
    /// Take the request back
    #[arg(long, requires = "item")]
    cancel: bool,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client()?;
    let Some(item) = &own.item else {
        let voids = client.voids(None).await?;
        context.console.answer(&voids, describe_all(&voids));
        return Ok(Outcome::Done);
    };
    let void = match own.cancel {
        true => client.cancel_void(item).await?,
        false => client.request_void(item).await?,
    };
    let text = describe(&void);
    context.console.answer(&void, text);
    if !own.cancel && void.state != "requested" && void.state != "credited" {
        bail!("the request is {}", void.state);
    }
    Ok(Outcome::Done)
}

/// A line a request.
pub(crate) fn describe_all(voids: &[Void]) -> String {
    if voids.is_empty() {
        return "nothing was asked to be taken back".to_owned();
    }
    let lines: Vec<String> = voids.iter().map(describe).collect();
    lines.join("\n")
}

fn describe(void: &Void) -> String {
    let what = format!(
        "{}  {}  mailed {}  {}",
        void.item,
        money(void.value_mills, &void.currency),
        void.mailing_date,
        void.state
    );
    match (&*void.state, &void.reason, void.used) {
        ("requested", _, true) => format!("{what}: a verifier took it"),
        ("requested", ..) => format!(
            "{what}, can be credited from {} to {}",
            void.credit_from, void.credit_until
        ),
        (_, Some(reason), _) => format!("{what}: {reason}"),
        _ => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_a_request_stands() {
        let mut void = Void {
            item: "7-2".to_owned(),
            meter: 7,
            state: "requested".to_owned(),
            value_mills: 740,
            currency: "USD".to_owned(),
            mailing_date: "2026-11-21".to_owned(),
            credit_from: "2026-12-01".to_owned(),
            credit_until: "2027-01-20".to_owned(),
            requested: String::new(),
            changed: String::new(),
            reason: None,
            used: false,
            payload: String::new(),
        };
        assert!(describe(&void).contains("from 2026-12-01 to 2027-01-20"));
        void.used = true;
        assert!(describe(&void).ends_with("a verifier took it"));
        void.state = "rejected".to_owned();
        void.reason = Some("torn".to_owned());
        assert!(describe(&void).ends_with("rejected: torn"));
    }
}
