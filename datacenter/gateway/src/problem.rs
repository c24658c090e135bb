//! Refusals at the web edge: RFC 9457.

use crate::convert;
use crate::exchange::request_id;
use crate::limits::{REFUSALS_LOGGED_AT_ONCE, REFUSALS_LOGGED_PER_SECOND};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use functions::{Charged, Code, Problem};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A problem on its way out.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Problem);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl Refused {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Problem::new(code, detail))
    }
}

/// A line of the log, unless there were too many just now: those are only counted.
fn log(code: &str, request_id: &str) {
    static LINES: LazyLock<DefaultDirectRateLimiter> = LazyLock::new(|| {
        let quota = Quota::per_second(REFUSALS_LOGGED_PER_SECOND);
        RateLimiter::direct(quota.allow_burst(REFUSALS_LOGGED_AT_ONCE))
    });
    static UNLOGGED: AtomicU64 = AtomicU64::new(0);
    if LINES.check().is_err() {
        UNLOGGED.fetch_add(1, Ordering::Relaxed);
        return;
    }
    match UNLOGGED.swap(0, Ordering::Relaxed) {
        0 => tracing::info!(code, request_id, "refused"),
        unlogged => tracing::info!(code, request_id, unlogged, "refused, and others before"),
    }
}

/// A refusal as people and programs read it, noted in the log.
pub(crate) fn body(problem: Problem) -> api::Problem {
    let body = part(problem);
    log(&body.code, &body.request_id);
    body
}

/// As [`body`], of a part of a request: thousands of them are no lines of the log.
pub(crate) fn part(problem: Problem) -> api::Problem {
    api::Problem {
        kind: format!("/problems/{}", problem.code.as_str()),
        title: problem.code.title().to_owned(),
        status: problem.code.status(),
        detail: problem.detail,
        code: problem.code.as_str().to_owned(),
        retryable: problem.retryable,
        charged: match problem.charged {
            Charged::No => Some(false),
            Charged::Unknown => None,
        },
        request_id: request_id(),
        earlier: problem.earlier.map(|earlier| api::EarlierItem {
            item: format!("{}-{}", earlier.meter.0, earlier.piece_count),
            time: convert::time(earlier.time),
        }),
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let retry_after = self.0.retry_after;
        let body = body(self.0);
        let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
