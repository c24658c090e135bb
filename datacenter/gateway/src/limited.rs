//! What is left of a limit, in the headers `RateLimit-Policy` and `RateLimit` of the IETF's draft
//! (draft-ietf-httpapi-ratelimit-headers-10, structured fields): whoever reads them is never refused.
//!
//! Not here: the limits (`functions::throttle`). Called by handlers of limited operations.

use crate::problem::Refused;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use functions::{Allowance, Code};

/// What the limit is: `"attempts";q=20;w=20`, twenty at once, and as many more in twenty seconds.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of it: `"attempts";r=19;t=1`, nineteen now, the next one in a second.
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// An answer of a limited operation, with what is left.
pub(crate) fn told<T: IntoResponse>(allowance: Allowance, outcome: Result<T, Refused>) -> Response {
    let refused = outcome.as_ref().err().map(|refused| &refused.0);
    let waits = refused
        .filter(|problem| problem.code == Code::TooSoon)
        .and_then(|problem| problem.retry_after);
    let Allowance {
        name,
        quota,
        window,
        left,
    } = allowance;
    let policy = format!("\"{name}\";q={quota};w={window}");
    let left = match (waits, left) {
        // A box may make somebody wait longer than the limit does: this is then what counts.
        (Some(seconds), _) => format!("\"{name}\";r=0;t={seconds}"),
        (None, left) if left >= quota => format!("\"{name}\";r={left}"),
        (None, left) => format!("\"{name}\";r={left};t={}", window.div_ceil(quota)),
    };
    let mut answer = outcome.into_response();
    for (header, text) in [(POLICY, policy), (LEFT, left)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            answer.headers_mut().insert(header, value);
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use functions::Problem;

    fn headers(left: u32, outcome: Result<&'static str, Problem>) -> (String, String) {
        let allowance = Allowance {
            name: "attempts",
            quota: 20,
            window: 20,
            left,
        };
        let answer = told(allowance, outcome.map_err(Refused));
        let text = |name: &HeaderName| answer.headers()[name].to_str().unwrap().to_owned();
        (text(&POLICY), text(&LEFT))
    }

    #[test]
    fn what_is_left_is_said_as_the_draft_says_it() {
        let (policy, left) = headers(19, Ok("good"));
        assert_eq!(policy, "\"attempts\";q=20;w=20");
        assert_eq!(left, "\"attempts\";r=19;t=1");
        assert_eq!(headers(20, Ok("good")).1, "\"attempts\";r=20");
        let wrong = Problem::new(Code::WrongPassword, "");
        assert_eq!(headers(3, Err(wrong)).1, "\"attempts\";r=3;t=1");
        let soon = Problem {
            retry_after: Some(7),
            ..Problem::new(Code::TooSoon, "")
        };
        assert_eq!(headers(3, Err(soon)).1, "\"attempts\";r=0;t=7");
    }
}
