//! Users of the account: for its managers.

use api::{NewRecovery, NewUser, Recovery, Scope, User, Users};
use reqwest::Method;

use crate::call::Call;
use crate::limits::METERS_PER_PAGE;
use crate::{ApiError, Client, own_key};

impl Client {
    /// Adds a user to the account.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn add_user(&self, body: &NewUser, key: &str) -> Result<User, ApiError> {
        let call = Call::new(Method::POST, "/v1/users").with_session();
        let call = self.signed(call, |_| own_key::add_user(body));
        self.ask(&call.with_key(key).with_body(body)).await
    }

    /// One page of the account's users; `cursor` is that of the page before.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn users(&self, cursor: Option<&str>, limit: u32) -> Result<Users, ApiError> {
        let mut call = Call::new(Method::GET, "/v1/users")
            .with_session()
            .with_query("limit", limit);
        if let Some(cursor) = cursor {
            call = call.with_query("cursor", cursor);
        }
        self.ask(&call).await
    }

    /// All users of the account.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn all_users(&self) -> Result<Vec<User>, ApiError> {
        let mut page = self.users(None, METERS_PER_PAGE).await?;
        let mut users = page.users;
        while let Some(cursor) = page.next_cursor {
            page = self.users(Some(&cursor), METERS_PER_PAGE).await?;
            users.append(&mut page.users);
        }
        Ok(users)
    }

    /// One user of the account.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn user(&self, user: &str) -> Result<User, ApiError> {
        let call = Call::new(Method::GET, format!("/v1/users/{user}"));
        self.ask(&call.with_session()).await
    }

    /// Sets what a user may do, and ends the user's sessions.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn set_user(&self, user: &str, scope: &Scope, key: &str) -> Result<User, ApiError> {
        let call = Call::new(Method::PUT, format!("/v1/users/{user}/scope")).with_session();
        let call = self.signed(call, |_| own_key::set_user(user, scope));
        self.ask(&call.with_key(key).with_body(scope)).await
    }

    /// Begins the recovery of another user; the digest is `verify::recovery_digest` of the code.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn begin_recovery(
        &self,
        user: &str,
        body: &NewRecovery,
        key: &str,
    ) -> Result<User, ApiError> {
        let call = Call::new(Method::POST, format!("/v1/users/{user}/recovery")).with_session();
        let call = self.signed(call, |_| own_key::begin_recovery(user, body));
        self.ask(&call.with_key(key).with_body(body)).await
    }

    /// Ends a recovery: the new password is in force. Sent once: a repetition would find none under way.
    ///
    /// # Errors
    /// [`ApiError`]. After a lost answer, log in with the new password.
    pub async fn finish_recovery(&self, body: &Recovery, key: &str) -> Result<(), ApiError> {
        let call = Call::new(Method::POST, "/v1/recoveries");
        let call = call.with_key(key).with_body(body);
        self.send(&call.only_once()).await?;
        Ok(())
    }
}
