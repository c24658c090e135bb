//! The client: where the data centre is, and who is logged in. Routes are in the modules beside.

use std::sync::{Mutex, PoisonError};

use api::Session;
use reqwest::{Method, Url};

use crate::call::Call;
use crate::limits::{CONNECT_TIMEOUT, EXCHANGE_TIMEOUT, RENEW_WITHIN};
use crate::{ApiError, OwnKey, clock};

/// A data centre, as one user sees it. Calls may run at the same time.
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: String,
    session: Mutex<Option<Session>>,
    /// Used instead of any session.
    api_key: Option<String>,
    /// Signs orders.
    pub(crate) own: Option<OwnKey>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.base)
    }
}

impl Client {
    /// A client of the data centre at `base`, for example `http://127.0.0.1:8080`. Nothing is sent.
    ///
    /// # Errors
    /// [`ApiError::Address`], [`ApiError::Transport`] if the system gives no network.
    pub fn new(base: &str) -> Result<Self, ApiError> {
        let base = base.trim_end_matches('/').to_owned();
        let url = Url::parse(&base).map_err(|_| ApiError::Address(base.clone()))?;
        if url.scheme() != "http" || !url.has_host() {
            return Err(ApiError::Address(base));
        }
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(EXCHANGE_TIMEOUT);
        if is_this_machine(&url) {
            // A proxy could not reach it, and would see what is said.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|cause| ApiError::Transport {
            base: base.clone(),
            cause,
        })?;
        Ok(Self {
            http,
            base,
            session: Mutex::new(None),
            api_key: None,
            own: None,
        })
    }

    /// A client for a program: each call is authorised by this API key. Nothing is sent.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_api_key(base: &str, text: &str) -> Result<Self, ApiError> {
        Ok(Self {
            api_key: Some(text.trim().to_owned()),
            ..Self::new(base)?
        })
    }

    /// Where it is.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The session in use: the newest, so that it can be kept.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        self.session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Uses a session that was kept.
    pub fn set_session(&self, session: Option<Session>) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }

    /// A token that is good for a while, renewed if need be.
    pub(crate) async fn token(&self) -> Result<String, ApiError> {
        if let Some(key) = &self.api_key {
            return Ok(key.clone());
        }
        let session = self.session().ok_or(ApiError::NoSession)?;
        if !is_ending(&session) {
            return Ok(session.token);
        }
        self.renew().await.map(|session| session.token)
    }

    /// Renews the session, for another five minutes, at most twelve hours after the log-in.
    ///
    /// # Errors
    /// [`ApiError`]; with a problem, sign on again.
    pub async fn renew(&self) -> Result<Session, ApiError> {
        let old = self.session().ok_or(ApiError::NoSession)?;
        let call = Call::new(Method::POST, "/v1/sessions/renewals").with_token(&old.token);
        let session: Session = self.ask(&call).await?;
        self.set_session(Some(session.clone()));
        Ok(session)
    }
}

/// A time that can not be read counts as past: the server then says what is wrong.
fn is_ending(session: &Session) -> bool {
    let Ok(expires) = session.expires.parse::<jiff::Timestamp>() else {
        return true;
    };
    let left = expires
        .as_millisecond()
        .saturating_sub(clock::now().as_millisecond());
    u128::try_from(left).unwrap_or(0) < RENEW_WITHIN.as_millis()
}

fn is_this_machine(url: &Url) -> bool {
    matches!(
        url.host_str(),
        Some("localhost" | "127.0.0.1" | "[::1]" | "::1")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(expires: &str) -> Session {
        Session {
            token: "t".to_owned(),
            expires: expires.to_owned(),
            account: String::new(),
            user: String::new(),
        }
    }

    #[test]
    fn only_http_addresses_are_taken() {
        for address in [
            "http://127.0.0.1:1",
            "http://localhost:80/",
            "http://[::1]:9",
        ] {
            assert!(Client::new(address).is_ok(), "{address}");
        }
        for address in ["", "127.0.0.1:80", "https://x", "file:///x", "http://"] {
            let refused = matches!(Client::new(address), Err(ApiError::Address(_)));
            assert!(refused, "{address}");
        }
    }

    #[test]
    fn a_session_is_renewed_before_it_ends() {
        let soon = clock::now() + jiff::SignedDuration::from_secs(60);
        let later = clock::now() + jiff::SignedDuration::from_secs(200);
        assert!(is_ending(&session(&soon.to_string())));
        assert!(is_ending(&session("2001-01-01T00:00:00Z")));
        assert!(is_ending(&session("some time")));
        assert!(!is_ending(&session(&later.to_string())));
    }
}
