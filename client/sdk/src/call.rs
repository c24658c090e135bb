//! One call: built once, sent until it is answered or there is no sense in it.

use std::time::Duration;

use api::Problem;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, Response, StatusCode};
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
    signature: Option<String>,
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
            signature: None,
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

    /// Of the user's own key over what is ordered.
    pub(crate) fn with_signature(mut self, header: String) -> Self {
        self.signature = Some(header);
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

    /// As often as it is sent at most.
    pub(crate) fn attempts(&self) -> Attempts {
        Attempts {
            left: self.attempts_max,
            pause: PAUSE_FIRST,
        }
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
        let mut again = call.attempts();
        loop {
            match self.send_once(call).await {
                Err(error) if error.is_passing() && again.wait().await => {}
                outcome => return outcome,
            }
        }
    }

    async fn send_once(&self, call: &Call) -> Result<(StatusCode, Vec<u8>), ApiError> {
        let answer = self.open(call).await?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|e| self.transport(e))?;
        Ok((status, bytes.to_vec()))
    }

    /// Sends a call once; gives its answer if that is good, before its body is read.
    pub(crate) async fn open(&self, call: &Call) -> Result<Response, ApiError> {
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
        if let Some(signature) = &call.signature {
            request = request.header("Indicia-Signature", signature);
        }
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let answer = request.send().await.map_err(|e| self.transport(e))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let bytes = answer.bytes().await.map_err(|e| self.transport(e))?;
        Err(match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => ApiError::Problem(Box::new(problem)),
            Err(_) => self.unexpected(status),
        })
    }

    pub(crate) fn transport(&self, cause: reqwest::Error) -> ApiError {
        ApiError::Transport {
            base: self.base.clone(),
            cause,
        }
    }

    pub(crate) fn unexpected(&self, status: StatusCode) -> ApiError {
        ApiError::Unexpected {
            base: self.base.clone(),
            status: status.as_u16(),
        }
    }
}

/// What is left of a call's attempts.
pub(crate) struct Attempts {
    left: u32,
    pause: Duration,
}

impl Attempts {
    /// Waits, longer each time, and says whether there is another attempt.
    pub(crate) async fn wait(&mut self) -> bool {
        if self.left <= 1 {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.left -= 1;
        self.pause = longer(self.pause);
        true
    }
}

fn longer(pause: Duration) -> Duration {
    pause.saturating_mul(2).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{DispenseOne, Session};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const BUSY: &str = r#"{"type":"/problems/busy","title":"Busy","status":503,"detail":"wait",
        "code":"busy","retryable":true,"charged":false,"request_id":"r"}"#;
    const NO_FUNDS: &str = r#"{"type":"/problems/funds","title":"No funds","status":409,
        "detail":"deposit","code":"funds","retryable":false,"charged":false,"request_id":"r"}"#;
    const ITEM: &str = r#"{"id":"7-1","meter":7,"piece_count":1,"value_mills":740,"currency":"USD",
        "category":"FCL1","mailing_date":"2026-11-21","origin":"95814","ascending_mills":740,
        "descending_mills":1,"time":"2026-11-21T00:00:00Z","specimen":true,"payload":"AA=="}"#;

    /// A server that answers each connection by the next line of a script (an empty one hangs up),
    /// and gives the requests that it read.
    async fn scripted(
        script: Vec<(u16, &'static str)>,
    ) -> (Client, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let server = tokio::spawn(async move {
            let mut requests = Vec::new();
            for (status, body) in script {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = vec![0; 16 * 1024];
                let length = stream.read(&mut bytes).await.unwrap();
                requests.push(String::from_utf8_lossy(&bytes[..length]).to_lowercase());
                if status > 0 {
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    );
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
            requests
        });
        (client, server)
    }

    fn with_session(client: &Client, expires: &str) {
        client.set_session(Some(Session {
            token: "old".to_owned(),
            expires: expires.to_owned(),
            account: String::new(),
            user: String::new(),
        }));
    }

    fn order() -> DispenseOne {
        DispenseOne {
            item: api::ItemOrder::default(),
            expected_piece_count: None,
            allow_duplicate: false,
        }
    }

    #[tokio::test]
    async fn one_key_serves_all_repetitions_of_a_call() {
        let (client, server) = scripted(vec![(0, ""), (503, BUSY), (201, ITEM)]).await;
        with_session(&client, "2100-01-01T00:00:00Z");
        let item = client.dispense(7, &order(), "my-key").await.unwrap();
        assert_eq!(item.id, "7-1");
        let requests = server.await.unwrap();
        assert_eq!(requests.len(), 3);
        for request in requests {
            assert!(
                request.starts_with("post /v1/meters/7/items http/1.1"),
                "{request}"
            );
            assert!(request.contains("idempotency-key: my-key"), "{request}");
            assert!(request.contains("authorization: bearer old"), "{request}");
        }
    }

    /// Every call that moves value or changes a user: the first answer is lost, the second arrives.
    #[tokio::test]
    async fn a_lost_answer_is_asked_for_again_with_the_same_key_and_body() {
        const DECIDED: &str = r#"{"decision":"AA=="}"#;
        const SIGNED_UP: &str = r#"{"account":"a","user":"u","meter":7}"#;
        const SESSION: &str =
            r#"{"token":"t","expires":"2100-01-01T00:00:00Z","account":"a","user":"u"}"#;
        const USER: &str = r#"{"user":"u","login":"l","display_name":"d","disabled":false,
            "scope":{"rights":[],"ceiling_mills":0},"failed_attempts":0}"#;
        const ITEMS: &str = r#"{"items":[]}"#;
        const DONE: &str =
            r#"{"done":{"items":0,"rejected":0,"total_mills":0,"descending_mills":0}}"#;
        let batch = || api::DispenseBatch {
            items: vec![api::ItemOrder::default()],
            expected_piece_count: None,
            allow_duplicate: false,
            origin: None,
        };
        let sign_up = || api::SignUp {
            login: "me".to_owned(),
            password: "long enough for it".to_owned(),
            display_name: "Me".to_owned(),
        };
        let scope = || api::Scope {
            rights: Vec::new(),
            ceiling_mills: 0,
            meters: Vec::new(),
        };
        let new_user = || api::NewUser {
            login: "you".to_owned(),
            password: "long enough for it".to_owned(),
            display_name: "You".to_owned(),
            scope: scope(),
        };
        let registers = api::StatusReport {
            ascending_mills: 0,
            descending_mills: 0,
            piece_count: 0,
        };
        let mailing = || api::Mailing {
            rows: Vec::new(),
            correct_addresses: false,
            partial: false,
            allow_duplicate: false,
            origin: None,
        };
        for (name, answer) in [
            ("sign-up", SIGNED_UP),
            ("sign-on", SESSION),
            ("dispense", ITEM),
            ("batch", ITEMS),
            ("mailing", DONE),
            ("refill", DECIDED),
            ("report", DECIDED),
            ("act", DECIDED),
            ("new user", USER),
            ("set user", USER),
        ] {
            let answer: &'static str = match name {
                "mailing" => Box::leak(format!("{answer}\n").into_boxed_str()),
                _ => answer,
            };
            let (client, server) = scripted(vec![(0, ""), (200, answer)]).await;
            with_session(&client, "2100-01-01T00:00:00Z");
            let outcome = match name {
                "sign-up" => client.sign_up(&sign_up(), "k").await.map(drop),
                "sign-on" => client.sign_on("me", "long enough for it").await.map(drop),
                "dispense" => client.dispense(7, &order(), "k").await.map(drop),
                "batch" => client.dispense_batch(7, &batch(), "k").await.map(drop),
                "mailing" => {
                    let told = |_| ();
                    client.buy_mailing(7, &mailing(), "k", told).await.map(drop)
                }
                "refill" => client.refill(7, b"signed", "k").await.map(drop),
                "report" => client.report(7, &registers, "k").await.map(drop),
                "new user" => client.add_user(&new_user(), "k").await.map(drop),
                "set user" => client.set_user("u", &scope(), "k").await.map(drop),
                _ => client.act(b"signed", "k").await.map(drop),
            };
            outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
            let requests = server.await.unwrap();
            assert!(
                requests[0].contains("idempotency-key: "),
                "{name}: {}",
                requests[0]
            );
            // Head and body, byte for byte: the key too.
            assert_eq!(requests[0], requests[1], "{name}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_not_repeated() {
        let (client, server) = scripted(vec![(409, NO_FUNDS)]).await;
        with_session(&client, "2100-01-01T00:00:00Z");
        let error = client.dispense(7, &order(), "k").await.unwrap_err();
        assert!(error.has_code("funds"), "{error}");
        assert!(!error.outcome_unknown());
        assert_eq!(server.await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_session_about_to_end_is_renewed_first() {
        let renewed =
            r#"{"token":"new","expires":"2100-01-01T00:00:00Z","account":"a","user":"u"}"#;
        let (client, server) = scripted(vec![(200, renewed), (201, ITEM)]).await;
        with_session(&client, "2001-01-01T00:00:00Z");
        client.dispense(7, &order(), "k").await.unwrap();
        let requests = server.await.unwrap();
        assert!(
            requests[0].starts_with("post /v1/sessions/renewals"),
            "{}",
            requests[0]
        );
        assert!(requests[0].contains("bearer old"), "{}", requests[0]);
        assert!(requests[1].contains("bearer new"), "{}", requests[1]);
        assert_eq!(client.session().unwrap().token, "new");
    }

    #[tokio::test]
    async fn without_a_session_nothing_is_sent() {
        let client = Client::new("http://127.0.0.1:1").unwrap();
        let error = client.meter(7).await.unwrap_err();
        assert!(matches!(error, ApiError::NoSession), "{error}");
    }

    #[tokio::test]
    async fn an_answer_of_something_else_is_named() {
        let (client, server) = scripted(vec![(200, "<html>")]).await;
        let error = client.installation().await.unwrap_err();
        assert!(
            matches!(error, ApiError::Unexpected { status: 200, .. }),
            "{error}"
        );
        server.await.unwrap();
    }
}
