//! Why a call gave no answer.

use api::Problem;
use reqwest::StatusCode;

/// Not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer holds a field that is not base64: this is no data centre of this version")]
pub struct Base64Error;

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The data centre refused, and says why.
    #[error("{}: {} [{}]", .0.title, .0.detail, .0.code)]
    Problem(Box<Problem>),
    /// It was not reached, or the connection was lost.
    #[error("{base} did not answer: {}", innermost(.cause))]
    Transport {
        /// Whom.
        base: String,
        /// Why.
        cause: reqwest::Error,
    },
    /// Something answered that does not speak this API.
    #[error(
        "{base} answered with status {status} and no known body: is it a data centre of this version?"
    )]
    Unexpected {
        /// Who.
        base: String,
        /// HTTP status.
        status: u16,
    },
    /// An answer of many lines ended before its last.
    #[error("{base} broke off its answer")]
    Unfinished {
        /// Who.
        base: String,
    },
    /// The call needs a session and there is none.
    #[error("nobody is logged in")]
    NoSession,
    /// Not an http URL.
    #[error("{0:?} is not the address of a data centre: write it like http://127.0.0.1:8080")]
    Address(String),
    /// What takes a file refused it.
    #[error("the file can not be written: {0}")]
    Output(std::io::Error),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
}

impl ApiError {
    /// What the data centre said, if it said anything.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// Whether the data centre said exactly this.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.problem().is_some_and(|problem| problem.code == code)
    }

    /// Whether something may have been charged or changed all the same: only the same call with the
    /// same idempotency key tells.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.charged.is_none(),
            Self::Transport { .. } | Self::Unexpected { .. } | Self::Unfinished { .. } => true,
            Self::NoSession | Self::Address(_) | Self::Output(_) | Self::Random => false,
        }
    }

    /// Whether sending the same bytes again may help.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Problem(problem) => {
                problem.retryable && problem.status == StatusCode::SERVICE_UNAVAILABLE.as_u16()
            }
            Self::Transport { cause, .. } => !cause.is_builder(),
            Self::Unfinished { .. } => true,
            Self::Unexpected { .. }
            | Self::NoSession
            | Self::Address(_)
            | Self::Output(_)
            | Self::Random => false,
        }
    }
}

/// The last cause: what the operating system said. The outer ones repeat the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
