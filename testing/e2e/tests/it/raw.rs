//! HTTP as anybody may send it: no retries, no renewals, any header. For what the client of
//! `client/sdk` would never send, and to see exactly one answer.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use sdk::api::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::manners::described;

/// Longer than the data centre waits for its database.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media: String,
    pub(crate) retry_after: Option<u64>,
    pub(crate) headers: HeaderMap,
    /// What names the exchange; empty if there is none.
    pub(crate) request_id: String,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            method: method.parse().expect("a method"),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// A JSON body, with its content type.
    pub(crate) fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(body).expect("JSON");
        Self::new("POST", path)
            .header("content-type", "application/json")
            .body(bytes)
    }

    /// As [`Ask::post`].
    pub(crate) fn put(path: impl Into<String>, body: &impl Serialize) -> Self {
        let method = "PUT".parse().expect("a method");
        Self {
            method,
            ..Self::post(path, body)
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Bytes of the body.
    pub(crate) fn body_length(&self) -> usize {
        self.body.len()
    }

    /// Whether it names itself for repeats.
    pub(crate) fn has_key(&self) -> bool {
        self.headers
            .iter()
            .any(|(name, _)| *name == "idempotency-key")
    }

    /// Sends it once. Whatever comes back must be described.
    pub(crate) async fn send(&self, base: &str) -> Answer {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .build()
            .expect("a client");
        let mut request = client
            .request(self.method.clone(), format!("{base}{}", self.path))
            .body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.expect("an answer");
        let header = |name: &str| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().expect("text").to_owned())
        };
        let answer = Answer {
            status: answer.status().as_u16(),
            media: header("content-type").unwrap_or_default(),
            retry_after: header("retry-after").map(|text| text.parse().expect("seconds")),
            request_id: header("request-id").unwrap_or_default(),
            headers: answer.headers().clone(),
            body: answer.bytes().await.expect("a body").to_vec(),
        };
        described::assert_described(self.method.as_str(), &self.path, &answer);
        answer
    }

    /// Whether path or body holds this text.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.path.contains(text) || String::from_utf8_lossy(&self.body).contains(text)
    }

    /// Method and path, without a query.
    pub(crate) fn route(&self) -> (&str, &str) {
        let path = self.path.split('?').next().unwrap_or_default();
        (self.method.as_str(), path)
    }

    /// As it goes over the wire, for a client that does not wait for the answer. The body's bytes are
    /// the last ones.
    pub(crate) fn to_http(&self, host: &str) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

impl Answer {
    /// A header's text; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    #[track_caller]
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The problem that a refusal must be.
    #[track_caller]
    pub(crate) fn problem(&self) -> Problem {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.media, "application/problem+json", "{text}");
        let problem: Problem = self.json();
        assert_eq!(problem.status, self.status);
        assert_eq!(problem.kind, format!("/problems/{}", problem.code));
        assert!(
            !problem.title.is_empty()
                && !problem.detail.is_empty()
                && !problem.request_id.is_empty()
        );
        problem
    }
}
