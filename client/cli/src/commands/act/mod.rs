//! `indicia act`: what operators order, signed with their keys.

mod order;
mod redeliver;
mod reissue;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use item::{ActBody, BoxKind, Day, Limits, Mills, Rights, Suspension, UserId, Zip};

use crate::amount::Amount;
use crate::clock;
use crate::commands::{meter, recover};
use crate::context::Context;
use crate::outcome::Outcome;

pub(crate) use order::{Operators, Target};

/// Order something as operator: commission, suspend or close a meter, look after a box
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia act commission --meter 10000001 --origin 95814
  indicia act suspend --meter 10000001 --reason abuse
  indicia act resume --meter 10000001 --reason abuse
  indicia act set-limits --meter 10000001 --item-limit 20.00
  indicia act confirm-time --box meter
  indicia act redeliver                        # after a database was restored
  indicia act reissue --meter 10000001 --dry-run

Each act works once: it carries the next number of the meter or box, which is asked for first.")]
pub(crate) struct Arguments {
    /// Operator key (may be given more than once; keys/operator.key if not given)
    #[arg(long = "key", value_name = "FILE", global = true)]
    keys: Vec<PathBuf>,
    /// Do not ask before what can not be taken back (only asked on a terminal)
    #[arg(long, global = true)]
    yes: bool,
    #[command(subcommand)]
    act: ActCommand,
}

#[derive(Debug, Subcommand)]
enum ActCommand {
    /// Register, license and activate a new meter in one go
    #[command(after_help = "\
Examples:
  indicia act commission --meter 10000001 --origin 95814
  indicia act commission --meter 10000001 --origin 95814 --item-limit 20.00")]
    Commission {
        #[command(flatten)]
        meter: MeterOption,
        #[command(flatten)]
        place: PlaceOptions,
        #[command(flatten)]
        limits: LimitOptions,
    },
    /// Bind a manufactured meter to its origin of deposit and licensing post office
    #[command(after_help = "\
Example:
  indicia act register --meter 10000001 --origin 95814 --licensing 95814")]
    Register {
        #[command(flatten)]
        meter: MeterOption,
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// License a registered meter, with its limits
    #[command(after_help = "\
Example:
  indicia act license --meter 10000001 --inspection-due 2027-01-01")]
    License {
        #[command(flatten)]
        meter: MeterOption,
        #[command(flatten)]
        limits: LimitOptions,
        /// Day from which an inspection is asked for, YYYY-MM-DD (the interval from now, if not given)
        #[arg(long, value_parser = parse_day)]
        inspection_due: Option<Day>,
    },
    /// Put a licensed meter into use
    #[command(after_help = "\
Example:
  indicia act activate --meter 10000001")]
    Activate {
        #[command(flatten)]
        meter: MeterOption,
    },
    /// Keep a meter from dispensing, for these reasons
    #[command(after_help = "\
Example:
  indicia act suspend --meter 10000001 --reason abuse")]
    Suspend {
        #[command(flatten)]
        meter: MeterOption,
        #[command(flatten)]
        reasons: ReasonOption,
    },
    /// Take reasons of suspension away
    #[command(after_help = "\
Example:
  indicia act resume --meter 10000001 --reason abuse")]
    Resume {
        #[command(flatten)]
        meter: MeterOption,
        #[command(flatten)]
        reasons: ReasonOption,
    },
    /// Close a meter for good
    #[command(after_help = "\
Examples:
  indicia act withdraw --meter 10000001
  indicia act withdraw --meter 10000001 --yes")]
    Withdraw {
        #[command(flatten)]
        meter: MeterOption,
    },
    /// Set all limits of a meter, and the interval of its inspections
    #[command(after_help = "\
Example:
  indicia act set-limits --meter 10000001 --item-limit 20.00")]
    SetLimits {
        #[command(flatten)]
        meter: MeterOption,
        #[command(flatten)]
        limits: LimitOptions,
    },
    /// Record an inspection and the day of the next
    #[command(after_help = "\
Example:
  indicia act inspect --meter 10000001 --due 2027-01-01")]
    Inspect {
        #[command(flatten)]
        meter: MeterOption,
        /// Day of the next inspection, YYYY-MM-DD
        #[arg(long, value_parser = parse_day)]
        due: Day,
    },
    /// Confirm the clock of a box that doubts it, if it agrees with this machine's
    #[command(after_help = "\
Example:
  indicia act confirm-time --box meter")]
    ConfirmTime {
        #[command(flatten)]
        one: BoxOption,
    },
    /// Set what a user may do; ends all sessions of the user
    #[command(after_help = "\
Examples:
  indicia act set-user --user 92709d636c3aefa542a65fcbf12c22f6 --ceiling 500.00
  indicia act set-user --user 92709d636c3aefa542a65fcbf12c22f6 --right read")]
    SetUser {
        /// User id, as sign-up gave it
        #[arg(long, value_name = "ID", value_parser = parse_user)]
        user: UserId,
        /// read, dispense, fund or manage (may be repeated; all of them if not given)
        #[arg(long = "right", value_name = "RIGHT", value_parser = parse_right)]
        rights: Vec<Rights>,
        /// Most that one request may spend
        #[arg(long, value_name = "AMOUNT", default_value = "1000.00")]
        ceiling: Amount,
    },
    /// Begin the recovery of a user who lost password or key; shows its code once
    #[command(after_help = "\
Examples:
  indicia act recover --user 92709d636c3aefa542a65fcbf12c22f6
  indicia act recover --user 92709d636c3aefa542a65fcbf12c22f6 --call-off")]
    Recover {
        /// User id, as sign-up gave it
        #[arg(long, value_name = "ID", value_parser = parse_user)]
        user: UserId,
        /// Call off the recovery that waits
        #[arg(long)]
        call_off: bool,
    },
    /// Write again everything that boxes still keep: after a database was restored
    Redeliver(redeliver::Options),
    /// Make a record again whose newest changes are lost for good
    Reissue(reissue::Options),
    /// Let a box sign again after it found two versions of its past; find out why first
    #[command(after_help = "\
Example:
  indicia act unlatch --box meter")]
    Unlatch {
        #[command(flatten)]
        one: BoxOption,
    },
}

#[derive(Debug, Args)]
struct MeterOption {
    /// Serial of the meter
    #[arg(long = "meter", value_name = "SERIAL")]
    serial: u32,
}

#[derive(Debug, Args)]
struct BoxOption {
    /// Kind of box: keys, auth, meter or transaction
    #[arg(long = "box", value_name = "KIND", value_parser = parse_kind)]
    kind: BoxKind,
}

#[derive(Debug, Args)]
struct PlaceOptions {
    /// Origin of deposit, five digits; 00000 lets each item choose
    #[arg(long, value_name = "ZIP", value_parser = parse_zip)]
    origin: Zip,
    /// Licensing post office, five digits; the origin if not given
    #[arg(long, value_name = "ZIP", value_parser = parse_zip)]
    licensing: Option<Zip>,
}

#[derive(Debug, Args)]
pub(crate) struct LimitOptions {
    /// Most that one item may be worth
    #[arg(long, value_name = "AMOUNT", default_value = "50.00")]
    item_limit: Amount,
    /// Most that may be dispensed in a day
    #[arg(long, value_name = "AMOUNT", default_value = "5000.00")]
    day_limit: Amount,
    /// Most that may be dispensed in a month
    #[arg(long, value_name = "AMOUNT", default_value = "50000.00")]
    month_limit: Amount,
    /// Highest balance
    #[arg(long, value_name = "AMOUNT", default_value = "10000.00")]
    max_balance: Amount,
    /// Days from a status report or funding to the next inspection; 0 asks for none
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    pub(crate) inspection_interval: u16,
}

#[derive(Debug, Args)]
struct ReasonOption {
    /// no-funds, inspection, credit, abuse, lost, key-expired or reconciled (may be repeated)
    #[arg(long = "reason", value_name = "REASON", required = true, value_parser = parse_reason)]
    reasons: Vec<Suspension>,
}

impl ReasonOption {
    fn all(&self) -> Suspension {
        self.reasons
            .iter()
            .fold(Suspension::NONE, |all, one| all.with(*one))
    }
}

impl From<&LimitOptions> for Limits {
    fn from(options: &LimitOptions) -> Self {
        Self {
            item: options.item_limit.0,
            day: options.day_limit.0,
            month: options.month_limit.0,
            descending: options.max_balance.0,
        }
    }
}

impl Default for LimitOptions {
    /// As on the command line.
    fn default() -> Self {
        let dollars = |dollars: u64| Amount(Mills(dollars * 1_000));
        Self {
            item_limit: dollars(50),
            day_limit: dollars(5_000),
            month_limit: dollars(50_000),
            max_balance: dollars(10_000),
            inspection_interval: 0,
        }
    }
}

pub(crate) async fn run(context: &Context<'_>, own: Arguments) -> Result<Outcome> {
    let client = context.client()?;
    let operators = Operators::open(&context.folder, &own.keys)?;
    if let (false, Some(question)) = (own.yes, own.act.question())
        && !context.console.confirms(&question)?
    {
        bail!("nothing was ordered");
    }
    match &own.act {
        ActCommand::Redeliver(options) => {
            return redeliver::run(context, &client, &operators, options).await;
        }
        ActCommand::Reissue(options) => {
            return reissue::run(context, &client, &operators, options).await;
        }
        ActCommand::Recover { user, call_off } => {
            let code = recover::code_for(*user, *call_off)?;
            let target = Target::Record(BoxKind::Auth, user.subject());
            let body = ActBody::Recover(recover::digest_of(code.as_ref()));
            operators.order(&client, target, body).await?;
            recover::answer(context, *user, code.as_ref());
            return Ok(Outcome::Done);
        }
        _ => {}
    }
    let commissions = matches!(own.act, ActCommand::Commission { .. });
    let (target, mut bodies) = own.act.ordered();
    if let (true, Target::Meter(serial)) = (commissions, target) {
        let meter = operators.meter(&client, serial).await?;
        bodies.drain(..steps_taken(&meter.state)?.min(bodies.len()));
    }
    let (mut word, mut answer) = ("", None);
    for body in bodies {
        word = body.kind().name();
        answer = Some(operators.order(&client, target, body).await?);
    }
    let Some(answer) = answer else {
        bail!("the meter is in use already: there is nothing left to order");
    };
    let text = match &answer.meter {
        Some(meter) => format!("{word}: done.\n{}", meter::describe(meter)),
        None => format!("{word}: done."),
    };
    context.console.answer(&answer, text);
    Ok(Outcome::Done)
}

/// The acts that put a new meter into use, with the usual limits.
pub(crate) fn commission(origin: Zip) -> Vec<ActBody> {
    let place = PlaceOptions {
        origin,
        licensing: None,
    };
    commission_with(&place, &LimitOptions::default())
}

/// How many of these acts a meter has had: a commission that was cut short goes on from there.
pub(crate) fn steps_taken(state: &str) -> Result<usize> {
    match state {
        "manufactured" => Ok(0),
        "registered" => Ok(1),
        "licensed" => Ok(2),
        "active" => Ok(3),
        other => bail!("the meter is {other}: it can not be commissioned any more"),
    }
}

fn commission_with(place: &PlaceOptions, limits: &LimitOptions) -> Vec<ActBody> {
    vec![
        register(place),
        ActBody::License {
            limits: limits.into(),
            inspection_due: Day::NONE,
            inspection_interval_days: limits.inspection_interval,
            application: item::Digest::ZERO,
        },
        ActBody::Activate,
    ]
}

fn register(place: &PlaceOptions) -> ActBody {
    ActBody::Register {
        origin: place.origin,
        licensing: place.licensing.unwrap_or(place.origin),
    }
}

impl ActCommand {
    /// What a person is asked before an act that can not be taken back.
    fn question(&self) -> Option<String> {
        match self {
            Self::Withdraw { meter } => Some(format!("Close meter {} for good?", meter.serial)),
            Self::Unlatch { one } => Some(format!(
                "Let the {} box sign again? Only if it is known why it latched.",
                one.kind.name().to_lowercase()
            )),
            Self::Reissue(options) if !options.is_dry_run() => {
                Some("Give up what is lost, and make the record again?".to_owned())
            }
            _ => None,
        }
    }

    /// What is ordered, in order, and of whom.
    fn ordered(self) -> (Target, Vec<ActBody>) {
        let (meter, bodies) = match self {
            Self::Commission {
                meter,
                place,
                limits,
            } => (meter, commission_with(&place, &limits)),
            Self::Register { meter, place } => (meter, vec![register(&place)]),
            Self::License {
                meter,
                limits,
                inspection_due,
            } => {
                let body = ActBody::License {
                    limits: (&limits).into(),
                    inspection_due: inspection_due.unwrap_or(Day::NONE),
                    inspection_interval_days: limits.inspection_interval,
                    application: item::Digest::ZERO,
                };
                (meter, vec![body])
            }
            Self::Activate { meter } => (meter, vec![ActBody::Activate]),
            Self::Suspend { meter, reasons } => (meter, vec![ActBody::Suspend(reasons.all())]),
            Self::Resume { meter, reasons } => (meter, vec![ActBody::Resume(reasons.all())]),
            Self::Withdraw { meter } => (meter, vec![ActBody::Withdraw]),
            Self::SetLimits { meter, limits } => {
                let body = ActBody::SetLimits {
                    limits: (&limits).into(),
                    inspection_interval_days: limits.inspection_interval,
                };
                (meter, vec![body])
            }
            Self::Inspect { meter, due } => (meter, vec![ActBody::Inspect { due }]),
            Self::ConfirmTime { one } => {
                let body = ActBody::ConfirmTime(clock::now());
                return (Target::Box(one.kind), vec![body]);
            }
            Self::Unlatch { one } => return (Target::Box(one.kind), vec![ActBody::Unlatch]),
            Self::SetUser {
                user,
                rights,
                ceiling,
            } => {
                let named = rights.into_iter().reduce(Rights::with);
                let body = ActBody::SetUser {
                    rights: named.unwrap_or(Rights::ALL),
                    ceiling: ceiling.0,
                };
                return (Target::Record(BoxKind::Auth, user.subject()), vec![body]);
            }
            // Ordered by themselves: they say more than what was ordered.
            Self::Recover { .. } | Self::Redeliver(_) | Self::Reissue(_) => {
                return (Target::Box(BoxKind::Meter), vec![]);
            }
        };
        (Target::Meter(meter.serial), bodies)
    }
}

/// Five digits.
pub(crate) fn parse_zip(text: &str) -> Result<Zip, String> {
    let digits = text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    let value = digits.then(|| text.parse().ok()).flatten();
    value
        .map(Zip)
        .ok_or_else(|| "write five digits, like 95814".to_owned())
}

pub(crate) fn parse_day(text: &str) -> Result<Day, String> {
    let shape = |c: &[u8]| matches!(c, [_, _, _, _, b'-', _, _, b'-', _, _]);
    let day = shape(text.as_bytes())
        .then(|| text.replace('-', ""))
        .filter(|digits| digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .and_then(Day::from_decimal);
    day.filter(|day| *day != Day::NONE)
        .ok_or_else(|| "write a day of the calendar, like 2026-11-21".to_owned())
}

pub(crate) fn parse_user(text: &str) -> Result<UserId, String> {
    UserId::from_hex(text).ok_or_else(|| "write the 32 hex digits of a user id".to_owned())
}

pub(crate) fn parse_right(text: &str) -> Result<Rights, String> {
    Rights::of_name(text).ok_or_else(|| "write read, dispense, fund or manage".to_owned())
}

fn parse_kind(text: &str) -> Result<BoxKind, String> {
    BoxKind::ALL
        .iter()
        .find(|kind| kind.name().eq_ignore_ascii_case(text))
        .copied()
        .ok_or_else(|| "write keys, auth, meter or transaction".to_owned())
}

fn parse_reason(text: &str) -> Result<Suspension, String> {
    Suspension::NAMED
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, reason)| *reason)
        .ok_or_else(|| {
            let names: Vec<&str> = Suspension::NAMED.iter().map(|(name, _)| *name).collect();
            format!("write one of {}", names.join(", "))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        own: Arguments,
    }

    fn ordered(line: &str) -> (Target, Vec<ActBody>) {
        let words = format!("act {line}");
        let line = Line::try_parse_from(words.split_whitespace());
        line.unwrap_or_else(|e| panic!("{e}")).own.act.ordered()
    }

    #[test]
    fn commission_is_three_acts_with_the_usual_limits() {
        let (target, bodies) = ordered("commission --meter 7 --origin 95814");
        assert_eq!(target, Target::Meter(7));
        assert_eq!(bodies, commission(Zip(95_814)));
        let words: Vec<_> = bodies.iter().map(|body| body.kind().name()).collect();
        assert_eq!(words, ["Register", "License", "Activate"]);
    }

    #[test]
    fn a_commission_goes_on_where_it_was_cut_short() {
        let states = ["manufactured", "registered", "licensed", "active"];
        for (steps, state) in states.into_iter().enumerate() {
            assert_eq!(steps_taken(state).unwrap(), steps);
        }
        assert!(steps_taken("withdrawn").is_err());
    }

    #[test]
    fn reasons_add_up() {
        let (_, bodies) = ordered("suspend --meter 7 --reason lost --reason abuse");
        let both = Suspension::LOST.with(Suspension::ABUSE);
        assert_eq!(bodies, [ActBody::Suspend(both)]);
    }

    #[test]
    fn acts_on_a_box_name_the_box() {
        let (target, bodies) = ordered("unlatch --box meter");
        assert_eq!(
            (target, bodies),
            (Target::Box(BoxKind::Meter), vec![ActBody::Unlatch])
        );
    }

    #[test]
    fn words_that_are_not_understood_are_refused() {
        for text in ["", "9581", "958144", "9581x", "+9581"] {
            assert!(parse_zip(text).is_err(), "{text}");
        }
        for text in [
            "",
            "2026-02-29",
            "20261121",
            "2026-11-2",
            "2026-1121-",
            "0000-00-00",
        ] {
            assert!(parse_day(text).is_err(), "{text}");
        }
        assert_eq!(parse_day("2026-11-21").map(Day::decimal), Ok(20_261_121));
        assert!(parse_kind("printer").is_err());
        assert!(parse_reason("mood").is_err());
    }
}
