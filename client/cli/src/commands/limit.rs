//! `indicia limit`: what users and departments may spend.

use anyhow::{Result, bail};
use clap::{ArgGroup, Args};
use sdk::api::{Spending, SpendingLimit};
use sdk::{HeadingKind, Spender};

use crate::amount::{Amount, money};
use crate::booking;
use crate::context::Context;
use crate::outcome::Outcome;

/// Show or set what a user or department may spend a day and a month
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["department", "user"]))]
#[command(after_help = "\
Examples:
  indicia limit --department Sales
  indicia limit --department Sales --day 50.00 --month 800.00
  indicia limit --user 92709d636c3aefa542a65fcbf12c22f6 --month 200.00
  indicia limit --department Sales --none

Days and months are those of UTC. What was spent since the beginning of the month counts. Limits that are not
named are taken away; items that are taken back do not lower what counts.")]
pub(crate) struct Arguments {
    /// Department, by number, cost code or name
    #[arg(long, value_name = "DEPARTMENT")]
    department: Option<String>,
    /// User, by id
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Most a day
    #[arg(long, value_name = "AMOUNT")]
    day: Option<Amount>,
    /// Most a month
    #[arg(long, value_name = "AMOUNT")]
    month: Option<Amount>,
    /// Take the limits away
    #[arg(long, conflicts_with_all = ["day", "month"])]
    none: bool,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client_with_session()?;
    let spender = match (&own.department, &own.user) {
        (Some(name), _) => {
            let kind = HeadingKind::Department;
            Spender::Department(booking::number(&client, kind, Some(name)).await?)
        }
        (None, Some(user)) => Spender::User(user.clone()),
        (None, None) => bail!("--department or --user is needed"),
    };
    let is_set = own.none || own.day.is_some() || own.month.is_some();
    let spending = if is_set {
        let mills = |amount: &Option<Amount>| amount.as_ref().map(|amount| amount.0.0);
        let limit = SpendingLimit {
            day_mills: mills(&own.day),
            month_mills: mills(&own.month),
        };
        client.set_spending_limit(&spender, &limit).await?
    } else {
        client.spending(&spender).await?
    };
    context.keep_session(&client)?;
    context.console.answer(&spending, described(&spending));
    Ok(Outcome::Done)
}

fn described(spending: &Spending) -> String {
    let show = |mills| money(mills, &spending.currency);
    let line = |period: &str, limit: Option<u64>, spent| {
        limit.map(|limit| format!("{} of {} spent {period}", show(spent), show(limit)))
    };
    let today = line("today", spending.day_mills, spending.day_spent_mills);
    let month = line(
        "this month",
        spending.month_mills,
        spending.month_spent_mills,
    );
    let mut lines: Vec<String> = [today, month].into_iter().flatten().collect();
    if lines.is_empty() {
        return "No limit.".to_owned();
    }
    if spending.held_mills > 0 {
        lines.push(format!(
            "{} held by orders under way",
            show(spending.held_mills)
        ));
    }
    lines.join("\n")
}
