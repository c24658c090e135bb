//! Items that are taken back.

use api::{Decided, SignedStatement, Void, VoidRejection, Voids};
use reqwest::Method;

use crate::call::Call;
use crate::{ApiError, Client, encode};

/// Requests of one page.
const VOIDS_PER_PAGE: u32 = 100;

impl Client {
    /// Asks for an item to be taken back. Asked again, nothing changes.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn request_void(&self, item: &str) -> Result<Void, ApiError> {
        let call = Call::new(Method::POST, void_path(item)).with_session();
        self.ask(&call.with_key(&format!("void-{item}"))).await
    }

    /// Takes a request back that still waits.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn cancel_void(&self, item: &str) -> Result<Void, ApiError> {
        let call = Call::new(Method::DELETE, void_path(item)).with_session();
        self.ask(&call.with_key(&format!("cancel-{item}"))).await
    }

    /// How a request stands.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn void(&self, item: &str) -> Result<Void, ApiError> {
        let call = Call::new(Method::GET, void_path(item));
        self.ask(&call.with_session()).await
    }

    /// All requests of the account; with `authorization`, the header that a refunder's key signed for
    /// `/v1/voids`, those of everybody that wait.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn voids(&self, authorization: Option<&str>) -> Result<Vec<Void>, ApiError> {
        let (mut voids, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut call = Call::new(Method::GET, "/v1/voids").with_query("limit", VOIDS_PER_PAGE);
            if let Some(cursor) = &cursor {
                call = call.with_query("cursor", cursor);
            }
            let call = match authorization {
                Some(header) => call.with_authorization(header),
                None => call.with_session(),
            };
            let page: Voids = self.ask(&call).await?;
            voids.extend(page.voids);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(voids);
            }
        }
    }

    /// Hands in the refunders' approval. The same bytes need the same key: make it of them.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn approve_void(
        &self,
        item: &str,
        approval: &[u8],
        key: &str,
    ) -> Result<Decided, ApiError> {
        let body = SignedStatement {
            statement: encode(approval),
        };
        let call = Call::new(Method::POST, format!("{}/approvals", void_path(item)));
        self.ask(&call.with_key(key).with_body(&body)).await
    }

    /// Says no to a request; `authorization` is the header that a refunder's key signed for a `POST` to
    /// [`rejection_path`].
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn reject_void(
        &self,
        item: &str,
        reason: &str,
        authorization: &str,
    ) -> Result<Void, ApiError> {
        let body = VoidRejection {
            reason: reason.to_owned(),
        };
        let call = Call::new(Method::POST, rejection_path(item));
        self.ask(&call.with_authorization(authorization).with_body(&body))
            .await
    }
}

fn void_path(item: &str) -> String {
    format!("/v1/items/{item}/void")
}

/// Where a refunder says no.
#[must_use]
pub fn rejection_path(item: &str) -> String {
    format!("{}/rejections", void_path(item))
}
