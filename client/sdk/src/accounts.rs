//! Accounts, sessions, passwords.

use api::{PasswordChange, Session, SignOn, SignUp, SignedUp};
use reqwest::Method;

use crate::call::Call;
use crate::{ApiError, Client, random};

impl Client {
    /// Signs up: an account, its first user, and a meter.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn sign_up(&self, body: &SignUp, key: &str) -> Result<SignedUp, ApiError> {
        let call = Call::new(Method::POST, "/v1/accounts");
        self.ask(&call.with_key(key).with_body(body)).await
    }

    /// Signs on; the client keeps the session and uses it from now on. Repeated safely: key and session
    /// secret are made here, so an answer that was lost is given again.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn sign_on(&self, login: &str, password: &str) -> Result<Session, ApiError> {
        let body = SignOn {
            login: login.to_owned(),
            password: password.to_owned(),
            session_secret: Some(random::random_secret()?),
        };
        let key = random::random_key()?;
        let call = Call::new(Method::POST, "/v1/sessions")
            .with_key(&key)
            .with_body(&body);
        let session: Session = self.ask(&call).await?;
        self.set_session(Some(session.clone()));
        Ok(session)
    }

    /// Ends the user's sessions, everywhere.
    ///
    /// # Errors
    /// [`ApiError`]; the client then still has its session.
    pub async fn sign_off(&self) -> Result<(), ApiError> {
        let call = Call::new(Method::DELETE, "/v1/sessions").with_session();
        self.send(&call).await?;
        self.set_session(None);
        Ok(())
    }

    /// Changes the password; all sessions end. Sent once: a repetition would be a wrong password.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn change_password(&self, body: &PasswordChange) -> Result<(), ApiError> {
        let call = Call::new(Method::POST, "/v1/password").with_body(body);
        self.send(&call.only_once()).await?;
        self.set_session(None);
        Ok(())
    }
}
