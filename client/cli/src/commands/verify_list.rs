//! `indicia verify --list`: a file of payloads, offline on all cores, online up to 1,000 at once.

use std::num::NonZero;
use std::path::Path;

use anyhow::{Result, bail};
use item::{Mills, normalise_address};
use sdk::Client;
use sdk::api::{Problem, VerificationBatch};
use sdk::limits::ITEMS_PER_REQUEST_MAX;
use serde::Serialize;
use verify::{Expectation, Pack, Verdict};

use super::verify::check;
use crate::context::Context;
use crate::findings::Checked;
use crate::outcome::Outcome;
use crate::payload_list::{Line, PayloadList};

/// Payloads of one round offline: a fifth of a second of work for two cores.
const ROUND: usize = 8_192;

/// How payloads are examined.
pub(crate) enum Way<'a> {
    /// With a pack alone.
    Offline(&'a Pack),
    /// By the data centre.
    Online(&'a Client),
}

/// What became of one line. One of the two.
#[derive(Debug, Serialize)]
struct Told {
    line: u64,
    #[serde(flatten)]
    checked: Option<Checked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// How many ended how.
#[derive(Debug, Default)]
struct Tally {
    accept: u64,
    check: u64,
    refuse: u64,
    problems: u64,
}

/// Examines every line. For people: a line about each that is refused, and how many ended how; for
/// programs: one object a line.
pub(crate) async fn run(context: &Context<'_>, path: &Path, way: Way<'_>) -> Result<Outcome> {
    let console = context.console;
    let bar = console.bar(PayloadList::count(path)?, "payloads");
    let mut list = PayloadList::open(path)?;
    let mut tally = Tally::default();
    loop {
        let lines = list.next(way.round())?;
        if lines.is_empty() {
            break;
        }
        let told = match &way {
            Way::Offline(pack) => on_all_cores(&lines, |line| offline(line, pack))
                .into_iter()
                .collect::<Result<Vec<_>>>()?,
            Way::Online(client) => online(&lines, client).await?,
        };
        told.iter().for_each(|told| tally.count(told));
        bar.suspend(|| console.answers(&told, Told::text));
        bar.inc(u64::try_from(lines.len()).unwrap_or_default());
    }
    bar.finish_and_clear();
    if tally.all() == 0 {
        bail!("{}: nothing to verify", path.display());
    }
    console.say(tally.text());
    Ok(tally.outcome())
}

impl Way<'_> {
    fn round(&self) -> usize {
        match self {
            Self::Offline(_) => ROUND,
            Self::Online(_) => ITEMS_PER_REQUEST_MAX,
        }
    }
}

/// Works on a part of the list on each core; answers in order.
fn on_all_cores<I: Sync, O: Send>(items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let part = items.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(part)
            .map(|part| scope.spawn(|| part.iter().map(&work).collect::<Vec<O>>()))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| {
                part.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

fn offline(line: &Line, pack: &Pack) -> Result<Told> {
    let address = line.shown.address.iter().map(String::as_str);
    let expected = Expectation {
        address: normalise_address(address)
            .map_err(|error| anyhow::anyhow!("line {}: {error}", line.number))?,
        value: line.shown.value_mills.map(Mills),
    };
    // What is no base64 is no payload, and is found to be none.
    let payload = sdk::decode(&line.shown.payload).unwrap_or_default();
    Ok(Told {
        line: line.number,
        checked: Some(check(&payload, pack, &expected)),
        problem: None,
    })
}

async fn online(lines: &[Line], client: &Client) -> Result<Vec<Told>> {
    let body = VerificationBatch {
        payloads: lines.iter().map(|line| line.shown.clone()).collect(),
    };
    let results = client.verify_many(&body).await?.results;
    if results.len() != lines.len() {
        bail!(
            "{} payloads were sent and {} answers came",
            lines.len(),
            results.len()
        );
    }
    let told = lines.iter().zip(results).map(|(line, result)| Told {
        line: line.number,
        checked: result.verified.map(Checked::from),
        problem: result.problem,
    });
    Ok(told.collect())
}

impl Told {
    /// None where people need not look.
    fn text(&self) -> Option<String> {
        let text = match (&self.checked, &self.problem) {
            (Some(checked), _) if checked.verdict() != Verdict::Refuse => return None,
            (Some(checked), _) => checked.text(),
            (None, Some(problem)) => format!("{}: {}", problem.title, problem.detail),
            (None, None) => "no answer".to_owned(),
        };
        Some(format!("line {}: {text}", self.line))
    }
}

impl Tally {
    fn count(&mut self, told: &Told) {
        let counter = match told.checked.as_ref().map(Checked::verdict) {
            Some(Verdict::Accept) => &mut self.accept,
            Some(Verdict::Check) => &mut self.check,
            Some(Verdict::Refuse) => &mut self.refuse,
            None => &mut self.problems,
        };
        *counter = counter.saturating_add(1);
    }

    fn all(&self) -> u64 {
        [self.accept, self.check, self.refuse, self.problems]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{} payloads: {} accept, {} check, {} refuse",
            self.all(),
            self.accept,
            self.check,
            self.refuse
        );
        if self.problems > 0 {
            text.push_str(&format!(", {} could not be examined", self.problems));
        }
        text
    }

    /// What could not be examined weighs most: nobody knows what it is.
    fn outcome(&self) -> Outcome {
        match self {
            Self { problems: 1.., .. } => Outcome::NotClean,
            Self { refuse: 1.., .. } => Outcome::Refuse,
            Self { check: 1.., .. } => Outcome::Check,
            _ => Outcome::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_all_cores_is_answered_in_order() {
        for count in [0, 1, 2, 3, 1_000] {
            let items: Vec<u64> = (0..count).collect();
            let done = on_all_cores(&items, |item| item * 2);
            assert_eq!(done, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_worst_line_says_how_it_ended() {
        let told = |verdict: &str| Told {
            line: 1,
            checked: Some(Checked {
                verdict: verdict.to_owned(),
                findings: Vec::new(),
                item: None,
                value_mills: None,
            }),
            problem: None,
        };
        let none = Told {
            line: 1,
            checked: None,
            problem: None,
        };
        let mut tally = Tally::default();
        for (told, seen, outcome) in [
            (told("accept"), false, Outcome::Done),
            (told("check"), false, Outcome::Check),
            (told("refuse"), true, Outcome::Refuse),
            (told("check"), false, Outcome::Refuse),
            (none, true, Outcome::NotClean),
            (told("refuse"), true, Outcome::NotClean),
        ] {
            tally.count(&told);
            assert_eq!((told.text().is_some(), tally.outcome()), (seen, outcome));
        }
        assert_eq!(
            tally.text(),
            "6 payloads: 1 accept, 2 check, 2 refuse, 1 could not be examined"
        );
    }
}
