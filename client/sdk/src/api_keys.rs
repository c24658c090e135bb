//! Keys by which programs sign on. A client with a key: [`Client::with_api_key`].

use api::{ApiKey, ApiKeyRoll, ApiKeyShown, ApiKeys, NewApiKey};
use reqwest::Method;

use crate::call::Call;
use crate::limits::METERS_PER_PAGE;
use crate::{ApiError, Client, own_key, random};

impl Client {
    /// Makes a key. Repeated safely: its secret is made here, unless the body has one.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn add_api_key(&self, body: &NewApiKey, key: &str) -> Result<ApiKeyShown, ApiError> {
        let mut body = body.clone();
        if body.secret.is_none() {
            body.secret = Some(random::random_secret()?);
        }
        let call = Call::new(Method::POST, "/v1/api-keys").with_session();
        let call = self.signed(call, |owner| own_key::add_key(owner, &body, key));
        self.ask(&call.with_key(key).with_body(&body)).await
    }

    /// All keys that the user may see.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn all_api_keys(&self) -> Result<Vec<ApiKey>, ApiError> {
        let mut keys = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut call = Call::new(Method::GET, "/v1/api-keys")
                .with_session()
                .with_query("limit", METERS_PER_PAGE);
            if let Some(cursor) = &cursor {
                call = call.with_query("cursor", cursor);
            }
            let page: ApiKeys = self.ask(&call).await?;
            keys.extend(page.keys);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(keys);
            }
        }
    }

    /// Gives a key a new secret. Repeated safely, as [`Client::add_api_key`].
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn roll_api_key(
        &self,
        id: &str,
        body: &ApiKeyRoll,
        key: &str,
    ) -> Result<ApiKeyShown, ApiError> {
        let mut body = body.clone();
        if body.secret.is_none() {
            body.secret = Some(random::random_secret()?);
        }
        let call = Call::new(Method::POST, format!("/v1/api-keys/{id}/rolls")).with_session();
        let call = self.signed(call, |_| own_key::roll_key(id, &body));
        self.ask(&call.with_key(key).with_body(&body)).await
    }

    /// Revokes a key for good.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn revoke_api_key(&self, id: &str) -> Result<ApiKey, ApiError> {
        let call = Call::new(Method::DELETE, format!("/v1/api-keys/{id}")).with_session();
        self.ask(&call).await
    }
}
