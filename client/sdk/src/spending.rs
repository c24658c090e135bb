//! Limits of users and departments.

use api::{Spending, SpendingLimit};
use reqwest::Method;

use crate::call::Call;
use crate::{ApiError, Client};

/// Whose spending is limited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spender {
    /// A user, by id.
    User(String),
    /// A department, by number.
    Department(u32),
}

impl Spender {
    fn path(&self) -> String {
        match self {
            Self::User(user) => format!("/v1/users/{user}/limits"),
            Self::Department(number) => format!("/v1/departments/{number}/limits"),
        }
    }
}

impl Client {
    /// How a user or department stands.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn spending(&self, spender: &Spender) -> Result<Spending, ApiError> {
        let call = Call::new(Method::GET, spender.path());
        self.ask(&call.with_session()).await
    }

    /// Sets limits, or takes them away.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn set_spending_limit(
        &self,
        spender: &Spender,
        body: &SpendingLimit,
    ) -> Result<Spending, ApiError> {
        let call = Call::new(Method::PUT, spender.path());
        self.ask(&call.with_session().with_body(body)).await
    }
}
