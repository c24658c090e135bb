//! How a command ended, as its exit code says it.

use std::process::ExitCode;

use verify::Verdict;

/// Exit code of a refusal or any other problem. Code 2 is a command line that was not understood.
pub(crate) const REFUSED: u8 = 1;

/// A command's end, where it was not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done: code 0.
    Done,
    /// Looked, and something is not as it must be: code 1.
    NotClean,
    /// The verdict is `refuse`: code 3.
    Refuse,
    /// The verdict is `check`: code 4.
    Check,
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Accept => Self::Done,
            Verdict::Check => Self::Check,
            Verdict::Refuse => Self::Refuse,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::NotClean => REFUSED,
            Outcome::Refuse => 3,
            Outcome::Check => 4,
        })
    }
}
