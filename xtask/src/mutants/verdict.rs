//! From outcomes and written reasons to a table and what is wrong. Nothing is run here.

use std::time::Duration;

use super::known::{Known, Outcome};
use super::plan::Reason;
use super::tool::Mutant;

/// How one crate did.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    name: String,
    caught: usize,
    timed_out: usize,
    unviable: usize,
    explained: usize,
    unexplained: usize,
    unknown: usize,
    took: Duration,
    /// What must be mended, one line each.
    pub(super) findings: Vec<String>,
}

impl Verdict {
    /// Judges all mutants of a crate by what is known of them.
    pub(super) fn of<'a>(
        name: &str,
        all: &[Mutant],
        known: &Known,
        reasons: impl Iterator<Item = &'a Reason> + Clone,
        took: Duration,
    ) -> Self {
        let count = |outcome| all.iter().filter(|m| known.of(m) == outcome).count();
        let survivors = |plain: &str| {
            all.iter()
                .filter(|m| known.of(m) == Some(Outcome::Survived) && m.plain_name() == plain)
                .count()
        };
        let mut findings = Vec::new();
        let (mut explained, mut unexplained) = (0, 0);
        for mutant in all {
            if known.of(mutant) != Some(Outcome::Survived) {
                continue;
            }
            let plain = mutant.plain_name();
            let is_explained = reasons
                .clone()
                .any(|reason| reason.mutant == plain && survivors(&plain) <= reason.times);
            if is_explained {
                explained += 1;
            } else {
                unexplained += 1;
                findings.push(format!("survives: {}", mutant.name));
            }
        }
        for reason in reasons {
            // While some of this name are not tested yet, nobody can say.
            let is_open = all
                .iter()
                .any(|m| known.of(m).is_none() && m.plain_name() == reason.mutant);
            if !is_open && survivors(&reason.mutant) < reason.times {
                findings.push(format!("no survivor needs this reason: {}", reason.mutant));
            }
        }
        Self {
            name: name.to_owned(),
            caught: count(Some(Outcome::Caught)),
            timed_out: count(Some(Outcome::TimedOut)),
            unviable: count(Some(Outcome::Unviable)),
            explained,
            unexplained,
            unknown: count(None),
            took,
            findings,
        }
    }
}

/// The verdicts as a table.
pub(super) fn table(verdicts: &[Verdict]) -> String {
    let mut out = String::from(
        "crate      mutants  caught  timeout  unviable  explained  unexplained  untested  minutes\n",
    );
    for v in verdicts {
        let known = v.caught + v.timed_out + v.unviable + v.explained + v.unexplained;
        let minutes = v.took.as_secs_f64() / 60.0;
        out += &format!(
            "{:<9}{:>9}{:>8}{:>9}{:>10}{:>11}{:>13}{:>10}{minutes:>9.1}\n",
            v.name,
            known + v.unknown,
            v.caught,
            v.timed_out,
            v.unviable,
            v.explained,
            v.unexplained,
            v.unknown,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tool::{Ended, Place, Scenario, Span};
    use super::*;

    fn mutant(line: u32) -> Mutant {
        Mutant {
            name: format!("a.rs:{line}:1: replace < with <="),
            file: "a.rs".to_owned(),
            span: Span {
                start: Place { line: 1 },
            },
        }
    }

    fn judged(summaries: &[&str], reasons: &[(&str, usize)]) -> Verdict {
        let all: Vec<_> = (0..4).map(mutant).collect();
        let mut known = Known::default();
        let ended = all.iter().zip(summaries).map(|(mutant, summary)| Ended {
            scenario: Scenario::Mutant(mutant.clone()),
            summary: (*summary).to_owned(),
        });
        known.absorb(ended.collect());
        let reasons: Vec<_> = reasons
            .iter()
            .map(|(mutant, times)| Reason {
                mutant: (*mutant).to_owned(),
                times: *times,
                reason: "because".to_owned(),
            })
            .collect();
        Verdict::of("a", &all, &known, reasons.iter(), Duration::ZERO)
    }

    #[test]
    fn a_survivor_needs_a_reason_and_a_reason_a_survivor() {
        const NAME: &str = "a.rs: replace < with <=";
        let missed = "MissedMutant";
        let caught = "CaughtMutant";
        for (name, summaries, reasons, findings) in [
            ("all caught", [caught; 4], &[][..], 0),
            ("one survives", [caught, missed, caught, caught], &[], 1),
            (
                "one survives for a reason",
                [caught, missed, caught, caught],
                &[(NAME, 1)],
                0,
            ),
            (
                "two survive with a reason for one",
                [caught, missed, missed, caught],
                &[(NAME, 1)],
                2,
            ),
            (
                "two reasons for one",
                [caught, missed, caught, caught],
                &[(NAME, 2)],
                1,
            ),
            ("no survivor for a reason", [caught; 4], &[(NAME, 1)], 1),
            (
                "a reason for no mutant",
                [caught; 4],
                &[("a.rs: replace f with ()", 1)],
                1,
            ),
        ] {
            let verdict = judged(&summaries, reasons);
            assert_eq!(verdict.findings.len(), findings, "{name}");
        }
        // A part of the mutants says nothing against a reason.
        let verdict = judged(&[caught, caught], &[(NAME, 1)]);
        assert_eq!((verdict.unknown, verdict.findings.len()), (2, 0));
    }

    #[test]
    fn the_table_adds_up() {
        let verdict = judged(&["CaughtMutant", "Timeout", "Unviable"], &[]);
        let table = table(&[verdict]);
        let row: Vec<_> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(row, ["a", "4", "1", "1", "1", "0", "0", "1", "0.0"]);
    }
}
