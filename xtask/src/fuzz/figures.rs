//! What libFuzzer says at its end, as figures. Not here: running it (`fuzz`).

use std::fmt;
use std::path::PathBuf;

/// Head of the table.
pub(crate) const HEAD: &str = "\
target                    runs   runs/s  coverage (start)   new inputs  findings";

/// One run of one target.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) name: String,
    /// Inputs tried.
    runs: u64,
    /// Of them a second.
    speed: u64,
    /// Counters reached, by what was there at the start and at the end.
    coverage: (u64, u64),
    /// Inputs that reached something new.
    new: u64,
    /// Inputs that broke a promise.
    pub(crate) findings: Vec<PathBuf>,
}

impl Figures {
    /// Reads the figures out of what libFuzzer printed.
    pub(crate) fn read(name: &str, said: &str) -> Self {
        let coverage = said.lines().filter_map(|line| number_behind(line, "cov: "));
        let statistic = |what: &str| {
            let mut lines = said.lines();
            lines
                .find_map(|line| number_behind(line, &format!("stat::{what}:")))
                .unwrap_or(0)
        };
        Self {
            name: name.to_owned(),
            runs: statistic("number_of_executed_units"),
            speed: statistic("average_exec_per_sec"),
            coverage: (
                coverage.clone().next().unwrap_or(0),
                coverage.max().unwrap_or(0),
            ),
            new: statistic("new_units_added"),
            findings: Vec::new(),
        }
    }

    /// For the terminal, while others still run.
    pub(crate) fn in_words(&self) -> String {
        let Self {
            runs,
            speed,
            coverage: (start, end),
            new,
            findings,
            ..
        } = self;
        let findings = findings.len();
        format!(
            "{runs} runs, {speed}/s, coverage {start} -> {end}, {new} new inputs, {findings} findings"
        )
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = self.coverage;
        write!(
            f,
            "{:18} {:>11} {:>8} {:>9} {:>8} {:>12} {:>9}",
            self.name,
            self.runs,
            self.speed,
            end,
            format!("({start})"),
            self.new,
            self.findings.len()
        )
    }
}

/// The number that follows `what` in a line.
fn number_behind(line: &str, what: &str) -> Option<u64> {
    let (_, rest) = line.split_once(what)?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_that_libfuzzer_prints() {
        let said = "\
#51\tINITED cov: 721 ft: 797 corp: 50/9524b exec/s: 0 rss: 28Mb
#52\tNEW    cov: 725 ft: 801 corp: 51/9615b lim: 872 exec/s: 0 rss: 28Mb L: 91/872 MS: 1 EraseBytes-
Done 2805377 runs in 9 second(s)
stat::number_of_executed_units: 2805377
stat::average_exec_per_sec:     311708
stat::new_units_added:          2423
";
        let figures = Figures::read("item", said);
        assert_eq!(
            figures.in_words(),
            "2805377 runs, 311708/s, coverage 721 -> 725, 2423 new inputs, 0 findings"
        );
        assert_eq!(
            Figures::read("item", ""),
            Figures {
                name: "item".into(),
                ..Figures::default()
            }
        );
    }
}
