//! How clients ask: the same request with the same key, now at one server, now at the other, until
//! somebody answers for good. One exchange is never repeated silently, so that each is counted.
//! Not here: what is asked (`load`).

use crate::clock::now;
use crate::notes::Notes;
use fastrand::Rng;
use reqwest::Method;
use sdk::api::{Problem, Session, SignOn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// For a first exchange: shorter than many a pause, so that the other server is asked meanwhile.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(4);
/// So many exchanges later twice as long: a machine may be too busy for a password's hash.
const EXCHANGES: u64 = 4;
/// Longest time for an exchange, in first ones.
const LONGER_MAX: u32 = 8;
/// Nothing is asked for longer than that: then something stands still that should not.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(240);
/// Before the same is asked again.
const PAUSE_MS: std::ops::Range<u64> = 20..250;

/// A request that can be sent any number of times.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// For the table.
    pub(crate) kind: &'static str,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) key: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn get(kind: &'static str, path: String) -> Self {
        Self {
            kind,
            method: Method::GET,
            path,
            key: None,
            body: Vec::new(),
        }
    }

    pub(crate) fn post(kind: &'static str, path: String, key: &str, body: &impl Serialize) -> Self {
        Self {
            kind,
            method: Method::POST,
            path,
            key: Some(key.to_owned()),
            body: serde_json::to_vec(body).expect("plain data"),
        }
    }
}

/// An answer for good: a body, or a refusal that the asker has to make something of.
pub(crate) type Said = Result<Vec<u8>, Problem>;

/// A user with a session that is renewed as it needs to be.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) name: String,
    pub(crate) password: String,
    session: Mutex<Option<Session>>,
    /// Log-ins so far: each attempt has a key of its own.
    attempts: Mutex<u64>,
}

impl Login {
    pub(crate) fn new(name: &str, password: &str) -> Self {
        Self {
            name: name.to_owned(),
            password: password.to_owned(),
            session: Mutex::default(),
            attempts: Mutex::default(),
        }
    }

    pub(crate) fn token(&self) -> Option<String> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.as_ref().map(|session| session.token.clone())
    }

    fn set(&self, session: Session) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    fn next_attempt(&self) -> u64 {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        *attempts += 1;
        *attempts
    }
}

/// The way to the servers.
#[derive(Debug)]
pub(crate) struct Door {
    http: reqwest::Client,
    bases: Vec<String>,
    notes: Arc<Notes>,
}

impl Door {
    pub(crate) fn new(bases: Vec<String>, notes: Arc<Notes>) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { http, bases, notes })
    }

    pub(crate) fn servers(&self) -> usize {
        self.bases.len()
    }

    /// Asks until there is an answer for good. `None`: the run is over.
    pub(crate) async fn ask(
        &self,
        rng: &mut Rng,
        login: Option<&Login>,
        ask: &Ask,
    ) -> Option<Said> {
        let first = rng.usize(..self.bases.len());
        self.ask_first(first, rng, login, ask).await
    }

    /// As `ask`, beginning with this server.
    pub(crate) async fn ask_first(
        &self,
        first: usize,
        rng: &mut Rng,
        login: Option<&Login>,
        ask: &Ask,
    ) -> Option<Said> {
        let begun = now();
        let mut retries = 0;
        let mut server = first;
        loop {
            let longer =
                2_u32.saturating_pow(u32::try_from(retries / EXCHANGES).unwrap_or(u32::MAX));
            let patience = EXCHANGE_TIMEOUT * longer.min(LONGER_MAX);
            match self.once(server, login, ask, patience).await {
                Some(Ok(body)) => {
                    self.notes.request(ask.kind, retries);
                    return Some(Ok(body));
                }
                Some(Err(problem)) if is_session(&problem) && login.is_some() => {
                    Box::pin(self.log_in(rng, login?)).await?;
                }
                Some(Err(problem)) if is_final(&problem) => {
                    self.notes.request(ask.kind, retries);
                    return Some(Err(problem));
                }
                Some(Err(_)) | None => {}
            }
            if self.notes.is_over() {
                return None;
            }
            if now() - begun > ANSWER_TIMEOUT {
                let key = ask.key.as_deref().unwrap_or(&ask.path);
                self.notes.violation(format!(
                    "{} {key} got no answer within {ANSWER_TIMEOUT:?}",
                    ask.kind
                ));
                return None;
            }
            retries += 1;
            if rng.bool() {
                server = rng.usize(..self.bases.len());
            }
            tokio::time::sleep(Duration::from_millis(rng.u64(PAUSE_MS))).await;
        }
    }

    /// One exchange. `None`: nobody knows what came of it.
    async fn once(
        &self,
        server: usize,
        login: Option<&Login>,
        ask: &Ask,
        patience: Duration,
    ) -> Option<Said> {
        let url = format!("{}{}", self.bases[server], ask.path);
        let mut request = self.http.request(ask.method.clone(), url);
        request = request.timeout(patience);
        if let Some(token) = login.and_then(Login::token) {
            request = request.bearer_auth(token);
        }
        if let Some(key) = &ask.key {
            request = request.header("Idempotency-Key", key);
        }
        if !ask.body.is_empty() {
            request = request
                .header("content-type", "application/json")
                .body(ask.body.clone());
        }
        let exchanged = async {
            let answer = request.send().await?;
            Ok::<_, reqwest::Error>((answer.status(), answer.bytes().await?))
        };
        let Ok((status, body)) = exchanged.await else {
            self.notes.answer("no answer");
            return None;
        };
        if status.is_success() {
            self.notes.answer("ok");
            return Some(Ok(body.to_vec()));
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => {
                self.notes.answer(&problem.code);
                Some(Err(problem))
            }
            Err(_) => {
                let text = String::from_utf8_lossy(&body).into_owned();
                self.notes
                    .violation(format!("{} {}: {status} {text}", ask.method, ask.path));
                None
            }
        }
    }

    /// Logs in, and keeps the session.
    pub(crate) async fn log_in(&self, rng: &mut Rng, login: &Login) -> Option<()> {
        let key = format!("log-in-{}-{}", login.name, login.next_attempt());
        let secret = verify::idempotency_key(&format!("{key} {}", rng.u64(..)));
        let body = SignOn {
            login: login.name.clone(),
            password: login.password.clone(),
            session_secret: Some(secret.to_string()),
        };
        let ask = Ask::post("log-in", "/v1/sessions".to_owned(), &key, &body);
        let said = self.ask(rng, None, &ask).await?;
        login.set(self.expected(&ask, said)?);
        Some(())
    }

    /// Renews a session.
    pub(crate) async fn renew(&self, rng: &mut Rng, login: &Login) -> Option<()> {
        let ask = Ask {
            method: Method::POST,
            ..Ask::get("renewal", "/v1/sessions/renewals".to_owned())
        };
        let said = self.ask(rng, Some(login), &ask).await?;
        login.set(self.expected(&ask, said)?);
        Some(())
    }

    /// The body of an answer that may be no refusal.
    pub(crate) fn expected<T: DeserializeOwned>(&self, ask: &Ask, said: Said) -> Option<T> {
        let name = ask.key.as_deref().unwrap_or(&ask.path);
        match said {
            Ok(body) => match serde_json::from_slice(&body) {
                Ok(body) => Some(body),
                Err(error) => {
                    self.notes
                        .violation(format!("{} {name}: answer: {error}", ask.kind));
                    None
                }
            },
            Err(problem) => {
                self.notes.violation(format!(
                    "{} {name} was refused: {} ({})",
                    ask.kind, problem.code, problem.detail
                ));
                None
            }
        }
    }
}

/// Whether the same request can not get another answer by itself.
fn is_final(problem: &Problem) -> bool {
    problem.charged == Some(false) && !problem.retryable
}

fn is_session(problem: &Problem) -> bool {
    ["session-ended", "sign-on-needed"].contains(&problem.code.as_str())
}
