//! What every answer has, whoever made it: a name of its exchange, and a problem where it refuses.
//!
//! Not here: what problems say (`problem`). Called by `accept` for each request, and by handlers whose
//! answer goes on in another task.

use crate::problem::Refused;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use functions::Code;
use std::future::Future;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Header that names the exchange in every answer; a problem says it again as `request_id`.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// A new name: process-wide count after the process id.
fn new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    static PROCESS: LazyLock<u32> = LazyLock::new(std::process::id);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("req-{:x}-{count:x}", *PROCESS)
}

/// The name of this exchange; a new one where there is none.
pub(crate) fn request_id() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_else(|_| new_id())
}

/// Work in another task that answers for this exchange.
pub(crate) fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> + use<F> {
    CURRENT.scope(request_id(), work)
}

/// One exchange from its head to its answer: named, and a problem if it is a refusal.
pub(crate) async fn named(answer: impl Future<Output = Response>) -> Response {
    let id = new_id();
    let named = async {
        let answer = answer.await;
        match foreign(&answer) {
            Some(refused) => with_headers_of(refused.into_response(), &answer),
            None => answer,
        }
    };
    let mut answer = CURRENT.scope(id.clone(), named).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
}

/// The problem instead of a refusal that is none: those of the web framework are plain text.
fn foreign(answer: &Response<Body>) -> Option<Refused> {
    let status = answer.status();
    let is_problem = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media| media == "application/problem+json");
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => Refused::new(Code::NoRoute, "`GET /v1/openapi.json` lists all."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Refused::new(Code::NoMethod, "`GET /v1/openapi.json` lists all.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Refused::new(Code::TooLarge, "Send less at once."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Refused::new(
            Code::UnsupportedMediaType,
            "Send `Content-Type: application/json`.",
        ),
        status if status.is_client_error() => Refused::new(
            Code::MalformedRequest,
            "A part of the path or of the query can not be read.",
        ),
        _ => Refused::new(Code::Internal, "Ask again with the same idempotency key."),
    })
}

/// `Allow` and the like stay.
fn with_headers_of(mut answer: Response, other: &Response) -> Response {
    if let Some(allow) = other.headers().get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Response as Plain;

    async fn problem_of(answer: Response) -> (u16, String, api::Problem) {
        let status = answer.status().as_u16();
        let id = answer.headers()[REQUEST_ID].to_str().unwrap().to_owned();
        let bytes = axum::body::to_bytes(answer.into_body(), 10_000).await;
        let problem = serde_json::from_slice(&bytes.unwrap()).unwrap();
        (status, id, problem)
    }

    #[tokio::test]
    async fn a_refusal_of_the_framework_becomes_a_problem() {
        for (status, code) in [
            (400, "malformed-request"),
            (404, "no-such-route"),
            (405, "method-not-allowed"),
            (413, "too-large"),
            (414, "malformed-request"),
            (415, "unsupported-media-type"),
            (500, "internal"),
        ] {
            let plain = Plain::builder().status(status).header("allow", "GET");
            let plain = plain.body(Body::from("plain words")).unwrap();
            let answer = named(async { plain }).await;
            assert_eq!(answer.headers()["allow"], "GET");
            let (_, id, problem) = problem_of(answer).await;
            assert_eq!((problem.code.as_str(), problem.request_id), (code, id));
        }
    }

    #[tokio::test]
    async fn one_exchange_has_one_name_in_header_problem_and_other_tasks() {
        let answer = named(async {
            let elsewhere = tokio::spawn(carried(async { request_id() }));
            assert_eq!(elsewhere.await.unwrap(), request_id());
            Refused::new(Code::NotFound, "It is not.").into_response()
        });
        let (status, id, problem) = problem_of(answer.await).await;
        assert_eq!((status, problem.request_id), (404, id.clone()));
        let next = named(async { "good".into_response() }).await;
        assert_ne!(next.headers()[REQUEST_ID], id.as_str());
        assert_eq!(next.status(), 200);
    }
}
