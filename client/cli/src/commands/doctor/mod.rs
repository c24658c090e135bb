//! `indicia doctor`: looks at everything that usually goes wrong, and says what to do about it.
//! It changes nothing, and needs nothing to run.
//!
//! | file | one idea |
//! |---|---|
//! | `folder` | files, their rights, room on the disk: what can be seen without the data centre |
//! | `running` | the data centre, its boxes, their clocks |

mod folder;
mod running;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::outcome::Outcome;

/// Look for what usually goes wrong, and say what to do
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia doctor
  indicia doctor --json
  indicia --dir /srv/indicia doctor

Exit codes: 0 nothing is wrong (there may be warnings), 1 something is.")]
pub(crate) struct Arguments {}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Good,
    /// It works, and should be different.
    Warning,
    /// It does not work, or is not safe.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    says: String,
    /// What to do, unless it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn good(check: &'static str, says: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Good,
            says: says.into(),
            advice: None,
        }
    }

    fn warning(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Warning,
            says: says.into(),
            advice: Some(advice.into()),
        }
    }

    fn wrong(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            state: State::Wrong,
            ..Self::warning(check, says, advice)
        }
    }

    fn described(&self) -> String {
        let mark = match self.state {
            State::Good => "  ok  ",
            State::Warning => " note ",
            State::Wrong => "WRONG ",
        };
        let line = format!("{mark}{:12} {}", self.check, self.says);
        match &self.advice {
            Some(advice) => format!("{line}\n                   {advice}"),
            None => line,
        }
    }
}

#[derive(Serialize)]
struct Answer {
    well: bool,
    findings: Vec<Finding>,
}

pub(crate) async fn run(context: &Context<'_>, _own: &Arguments) -> Result<Outcome> {
    let mut findings = folder::look(&context.folder);
    findings.extend(running::look(context).await);
    let count = |state| findings.iter().filter(|one| one.state == state).count();
    let (wrong, warnings) = (count(State::Wrong), count(State::Warning));
    let mut lines: Vec<String> = findings.iter().map(Finding::described).collect();
    lines.push(match (wrong, warnings) {
        (0, 0) => "Nothing is wrong.".to_owned(),
        (0, _) => format!("Nothing is wrong; {warnings} to think about."),
        _ => format!("{wrong} wrong, {warnings} to think about."),
    });
    let answer = Answer {
        well: wrong == 0,
        findings,
    };
    context.console.answer(&answer, lines.join("\n"));
    Ok(match wrong {
        0 => Outcome::Done,
        _ => Outcome::NotClean,
    })
}
