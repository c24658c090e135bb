//! Mailings: thousands of rows, checked as a whole, bought in one call that answers line by line.

use api::{Mailing, MailingCheck, MailingDone, MailingLine, MailingProgress};
use reqwest::Method;

use crate::call::Call;
use crate::{ApiError, Client};

impl Client {
    /// What buying a mailing would do: prices, addresses, rejected rows. Nothing is charged.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn check_mailing(
        &self,
        meter: u32,
        mailing: &Mailing,
    ) -> Result<MailingCheck, ApiError> {
        let path = format!("/v1/meters/{meter}/mailings/checks");
        let call = Call::new(Method::POST, path).with_session();
        self.ask(&call.with_body(mailing)).await
    }

    /// Buys a mailing; `told` is told of each row as soon as it is decided, of some twice if the answer was
    /// lost on the way and asked for again. The same key again goes on where the first call ended.
    ///
    /// # Errors
    /// [`ApiError`]. Rows that `told` was told of as bought are bought.
    pub async fn buy_mailing(
        &self,
        meter: u32,
        mailing: &Mailing,
        key: &str,
        mut told: impl FnMut(MailingLine),
    ) -> Result<MailingDone, ApiError> {
        let call = Call::new(Method::POST, format!("/v1/meters/{meter}/mailings"))
            .with_session()
            .with_key(key)
            .with_body(mailing);
        let mut again = call.attempts();
        loop {
            let lost = match self.read_lines(&call, &mut told).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if !lost.is_passing() || !again.wait().await {
                return Err(lost);
            }
        }
    }

    /// How far a mailing has come.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn mailing_progress(
        &self,
        meter: u32,
        key: &str,
    ) -> Result<MailingProgress, ApiError> {
        let call = Call::new(Method::GET, format!("/v1/meters/{meter}/mailings"));
        self.ask(&call.with_query("idempotency_key", key).with_session())
            .await
    }

    /// One answer, to its last line.
    async fn read_lines(
        &self,
        call: &Call,
        told: &mut impl FnMut(MailingLine),
    ) -> Result<MailingDone, ApiError> {
        let mut lines = self.lines(call).await?;
        loop {
            match lines.next().await? {
                MailingLine::Done(done) => return Ok(done),
                MailingLine::Stopped(problem) => {
                    return Err(ApiError::Problem(Box::new(problem)));
                }
                row => told(row),
            }
        }
    }
}
