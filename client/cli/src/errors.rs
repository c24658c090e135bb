//! What to do about an error, and its form for programs.

use sdk::ApiError;
use serde::Serialize;

/// An error for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Described {
    error: String,
    /// The data centre's code, if it was the one that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The data centre's whole problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<sdk::api::Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
}

/// The form for programs.
pub(crate) fn describe(error: &anyhow::Error) -> Described {
    let problem = error
        .downcast_ref::<ApiError>()
        .and_then(ApiError::problem)
        .cloned();
    Described {
        error: format!("{error:#}"),
        code: problem.as_ref().map(|problem| problem.code.clone()),
        problem,
        advice: advice(error),
    }
}

/// What to do, where the error does not say it itself. Problems of the data centre do.
pub(crate) fn advice(error: &anyhow::Error) -> Option<&'static str> {
    match error.downcast_ref::<ApiError>()? {
        ApiError::Transport { .. } => {
            Some("Is it running? `indicia up` starts it; --api names another address.")
        }
        ApiError::NoSession => Some("Log in first: indicia login --login NAME"),
        ApiError::Problem(problem) if problem.status == 401 => {
            Some("Log in again: indicia login --login NAME")
        }
        ApiError::Problem(problem) if problem.code == "duplicate-suspected" => {
            Some("If it is meant: the same command with --allow-duplicate")
        }
        ApiError::Unfinished { .. } => {
            Some("Give the same command again: what was charged is not charged again.")
        }
        ApiError::Problem(_)
        | ApiError::Unexpected { .. }
        | ApiError::Output(_)
        | ApiError::Address(_)
        | ApiError::Random => None,
    }
}
