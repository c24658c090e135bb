//! Refusals at the web edge: RFC 9457.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use functions::{Charged, Code, Problem};
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

/// Names one refusal in logs and answers: process-wide count after the process id.
fn request_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("req-{:x}-{count:x}", std::process::id())
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let problem = self.0;
        let body = api::Problem {
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
        };
        tracing::info!(code = body.code, request_id = body.request_id, "refused");
        let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = problem.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
