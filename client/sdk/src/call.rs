//! One call: built once, sent until it is answered or there is no sense in it.

use std::time::Duration;

use api::Problem;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::limits::{ATTEMPTS_MAX, PAUSE_FIRST, PAUSE_MAX};
use crate::{ApiError, Client};

/// Who asks.
enum Authorization {
    Nobody,
    /// The session of the client, renewed in time.
    Session,
    /// This header.
    Given(String),
}

/// A request that can be sent any number of times.
pub(crate) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    authorization: Authorization,
    idempotency_key: Option<String>,
    body: Option<Vec<u8>>,
    attempts_max: u32,
}

impl Call {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            authorization: Authorization::Nobody,
            idempotency_key: None,
            body: None,
            attempts_max: ATTEMPTS_MAX,
        }
    }

    /// For the user who is logged in.
    pub(crate) fn with_session(mut self) -> Self {
        self.authorization = Authorization::Session;
        self
    }

    pub(crate) fn with_token(self, token: &str) -> Self {
        self.with_authorization(&format!("Bearer {token}"))
    }

    pub(crate) fn with_authorization(mut self, header: &str) -> Self {
        self.authorization = Authorization::Given(header.to_owned());
        self
    }

    pub(crate) fn with_key(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    pub(crate) fn with_query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// For a call whose repetition means something else than the call.
    pub(crate) fn only_once(mut self) -> Self {
        self.attempts_max = 1;
        self
    }

    pub(crate) fn with_body(mut self, body: &impl Serialize) -> Self {
        // The bodies of `api` are plain structs with text keys: none of them can fail.
        self.body = Some(serde_json::to_vec(body).unwrap_or_default());
        self
    }
}

impl Client {
    /// Sends a call and reads its JSON answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ApiError> {
        let (status, bytes) = self.send(call).await?;
        serde_json::from_slice(&bytes).map_err(|_| self.unexpected(status))
    }

    /// Sends a call, and again while that may help; gives the body of its answer.
    pub(crate) async fn send(&self, call: &Call) -> Result<(StatusCode, Vec<u8>), ApiError> {
        let mut pause = PAUSE_FIRST;
        let mut attempt = 1;
        loop {
            match self.send_once(call).await {
                Err(error) if attempt < call.attempts_max && error.is_passing() => {
                    tokio::time::sleep(pause).await;
                    pause = longer(pause);
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn send_once(&self, call: &Call) -> Result<(StatusCode, Vec<u8>), ApiError> {
        let url = format!("{}{}", self.base, call.path);
        let mut request = self.http.request(call.method.clone(), url);
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        request = match &call.authorization {
            Authorization::Nobody => request,
            // Boxed, because renewing is a call too.
            Authorization::Session => request.bearer_auth(Box::pin(self.token()).await?),
            Authorization::Given(header) => request.header(AUTHORIZATION, header),
        };
        if let Some(key) = &call.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let answer = request.send().await.map_err(|e| self.transport(e))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|e| self.transport(e))?;
        if status.is_success() {
            return Ok((status, bytes.to_vec()));
        }
        Err(match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => ApiError::Problem(Box::new(problem)),
            Err(_) => self.unexpected(status),
        })
    }

    fn transport(&self, source: reqwest::Error) -> ApiError {
        ApiError::Transport {
            base: self.base.clone(),
            source,
        }
    }

    fn unexpected(&self, status: StatusCode) -> ApiError {
        ApiError::Unexpected {
            base: self.base.clone(),
            status: status.as_u16(),
        }
    }
}

fn longer(pause: Duration) -> Duration {
    pause.saturating_mul(2).min(PAUSE_MAX)
}
