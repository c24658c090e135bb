//! Licences: applications, how they stand, refusals.

use api::{Licence, LicenceApplication, Licences, SignedStatement};
use reqwest::Method;

use crate::call::Call;
use crate::{ApiError, Client, encode};

impl Client {
    /// Applies for a meter's licence. The same application again finds the first.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn apply_for_licence(&self, body: &LicenceApplication) -> Result<Licence, ApiError> {
        let call = Call::new(Method::POST, "/v1/licences").with_session();
        self.ask(&call.with_body(body)).await
    }

    /// One page of the account's applications; `cursor` is that of the page before. With
    /// `authorization`, an operator's header signed for `/v1/licences`: those of everybody that wait.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn licences(
        &self,
        cursor: Option<&str>,
        authorization: Option<&str>,
    ) -> Result<Licences, ApiError> {
        let call = Call::new(Method::GET, "/v1/licences");
        let mut call = match authorization {
            Some(header) => call.with_authorization(header),
            None => call.with_session(),
        };
        if let Some(cursor) = cursor {
            call = call.with_query("cursor", cursor);
        }
        self.ask(&call).await
    }

    /// One application; with `authorization`, an operator's header signed for [`licence_path`], of
    /// whomever.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn licence(
        &self,
        id: &str,
        authorization: Option<&str>,
    ) -> Result<Licence, ApiError> {
        let call = Call::new(Method::GET, licence_path(id));
        let call = match authorization {
            Some(header) => call.with_authorization(header),
            None => call.with_session(),
        };
        self.ask(&call).await
    }

    /// Hands in the operators' signed refusal.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn refuse_licence(&self, id: &str, refusal: &[u8]) -> Result<Licence, ApiError> {
        let body = SignedStatement {
            statement: encode(refusal),
        };
        let call = Call::new(Method::POST, format!("{}/refusals", licence_path(id)));
        self.ask(&call.with_body(&body)).await
    }
}

/// Where an application is.
#[must_use]
pub fn licence_path(id: &str) -> String {
    format!("/v1/licences/{id}")
}
