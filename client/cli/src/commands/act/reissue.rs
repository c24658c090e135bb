//! `indicia act reissue`: a record made again whose newest changes are lost for good (P28).

use anyhow::{Context as _, Result, bail};
use clap::Args;
use item::{
    AccountId, ActBody, BoxKind, Counter, MeterSerial, Mills, Reissue, Subject, Summary, UserId,
};
use sdk::Client;
use sdk::api::{Decided, Meter, Remembered};
use serde::Serialize;

use super::order::{Operators, Target};
use super::parse_user;
use crate::amount::money;
use crate::commands::meter;
use crate::context::Context;
use crate::outcome::Outcome;

#[derive(Debug, Args)]
#[command(after_help = "\
The last resort after a database was restored, when `indicia act redeliver` can not bring the newest
changes of a record back. The box makes the record again from the older one that the database has and
from what it remembers: registers, number of items, sequences and state are the newest. What stands
between is given up: idempotency keys used in it may charge again, and copies of its items are not
caught. Look with --dry-run first.

Examples:
  indicia act reissue --meter 10000001 --dry-run    # what would be given up
  indicia act reissue --account 40d59e14b3ab54eda3f71ec5cafa6749   # the account's chain of events
  indicia act reissue --user 92709d636c3aefa542a65fcbf12c22f6
  indicia act set-user --user 92709d636c3aefa542a65fcbf12c22f6   # a user has no rights until then
  indicia act reissue --meter 10000001
  indicia act set-limits --meter 10000001 --item-limit 20.00
  indicia act resume --meter 10000001 --reason reconciled

A re-issued meter is suspended (reconciled) and its limits are zero until acts set and resume them.")]
#[command(group(clap::ArgGroup::new("record").required(true)))]
pub(crate) struct Options {
    /// Serial of a meter
    #[arg(long, value_name = "SERIAL", group = "record")]
    meter: Option<u32>,
    /// User id
    #[arg(long, value_name = "ID", value_parser = parse_user, group = "record")]
    user: Option<UserId>,
    /// Account id: its chain of events
    #[arg(long, value_name = "ID", value_parser = parse_account, group = "record")]
    account: Option<AccountId>,
    /// Only show what would be given up
    #[arg(long)]
    dry_run: bool,
}

fn parse_account(text: &str) -> Result<AccountId, String> {
    AccountId::from_hex(text).ok_or_else(|| "write the 32 hex digits of an account id".to_owned())
}

impl Options {
    /// Whether it only shows.
    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    fn record(&self) -> Result<(BoxKind, Subject)> {
        match (self.meter, self.user, self.account) {
            (Some(serial), ..) => Ok((BoxKind::Meter, MeterSerial(serial).subject())),
            (_, Some(user), _) => Ok((BoxKind::Auth, user.subject())),
            (.., Some(account)) => Ok((BoxKind::Transaction, account.subject())),
            (None, None, None) => bail!("name a meter, a user or an account"),
        }
    }
}

/// What is given up, and what came of it.
#[derive(Debug, Serialize)]
struct Answer {
    remembered: Remembered,
    /// The meter as the database shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<Meter>,
    /// Absent after `--dry-run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<Decided>,
}

pub(super) async fn run(
    context: &Context<'_>,
    client: &Client,
    operators: &Operators,
    options: &Options,
) -> Result<Outcome> {
    let (kind, subject) = options.record()?;
    let remembered = operators.recall(client, kind, subject).await?;
    let shown = match options.meter {
        Some(serial) => Some(operators.meter(client, serial).await?),
        None => None,
    };
    let lost = lost(&remembered)?;
    let mut text = describe(&lost, shown.as_ref());
    let mut decided = None;
    if !options.dry_run {
        let target = Target::Record(kind, subject);
        let done = operators
            .order(client, target, ActBody::Reissue(lost))
            .await?;
        text.push_str(&next_steps(options, done.meter.as_ref()));
        decided = Some(done);
    }
    let answer = Answer {
        remembered,
        shown,
        decided,
    };
    context.console.answer(&answer, text);
    Ok(Outcome::Done)
}

/// What the operators order: exactly what the box said.
fn lost(remembered: &Remembered) -> Result<Reissue> {
    let shown = remembered.shown_counter.context(
        "the database has no record of it, not even an older one: nothing can be re-issued",
    )?;
    if shown >= remembered.known_counter {
        bail!("the database has the newest record: nothing is lost");
    }
    Ok(Reissue {
        shown: Counter(shown),
        known: Counter(remembered.known_counter),
        memory: Summary {
            pieces: remembered.piece_count,
            ascending: Mills(remembered.ascending_mills),
            descending: Mills(remembered.descending_mills),
            deposits: Mills(remembered.deposits_mills),
            item_credits: Mills(remembered.item_credits_mills),
            state: remembered.state,
            funding_sequence: remembered.funding_sequence,
            act_sequence: remembered.act_sequence,
        },
    })
}

fn describe(lost: &Reissue, shown: Option<&Meter>) -> String {
    let mut text = format!(
        "The database shows change {}, the box decided {}: changes {} to {} are given up.",
        lost.shown.0,
        lost.known.0,
        lost.shown.0.saturating_add(1),
        lost.known.0
    );
    if let Some(meter) = shown {
        let memory = &lost.memory;
        let items = memory.pieces.saturating_sub(meter.piece_count);
        let spent = memory.ascending.0.saturating_sub(meter.ascending_mills);
        let first = meter.piece_count.saturating_add(1);
        match items {
            0 => text.push_str("\nNo items are among them."),
            _ => text.push_str(&format!(
                "\nAmong them items {first} to {}, worth {}.",
                memory.pieces,
                money(spent, &meter.currency)
            )),
        }
        text.push_str(&format!(
            "\nThe balance is {}.",
            money(memory.descending.0, &meter.currency)
        ));
    }
    text
}

fn next_steps(options: &Options, meter: Option<&Meter>) -> String {
    let mut text = "\nReissue: done.".to_owned();
    if let Some(meter) = meter {
        text.push_str(&format!(
            "\n{}\nNext: indicia act set-limits --meter {1} ...; \
             indicia act resume --meter {1} --reason reconciled",
            meter::describe(meter),
            meter.serial
        ));
    }
    if let Some(user) = options.user {
        text.push_str(&format!("\nNext: indicia act set-user --user {user} ..."));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(shown: Option<u64>, known: u64) -> Remembered {
        Remembered {
            shown_counter: shown,
            known_counter: known,
            piece_count: 20,
            ascending_mills: 14_800,
            descending_mills: 5_200,
            deposits_mills: 20_000,
            item_credits_mills: 0,
            state: 4,
            funding_sequence: 2,
            act_sequence: 5,
        }
    }

    #[test]
    fn only_what_is_lost_is_ordered() {
        assert!(lost(&remembered(None, 57)).is_err());
        assert!(lost(&remembered(Some(57), 57)).is_err());
        let order = lost(&remembered(Some(40), 57)).unwrap();
        assert_eq!((order.shown, order.known), (Counter(40), Counter(57)));
        assert_eq!(order.memory.descending, Mills(5_200));
        assert_eq!(
            describe(&order, None),
            "The database shows change 40, the box decided 57: changes 41 to 57 are given up."
        );
    }
}
