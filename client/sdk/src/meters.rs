//! Meters, and the signed statements that change them.

use api::{
    Alert, Alerts, Decided, Meter, MeterOrder, Meters, Redelivered, Redelivery, Remembered,
    SignedStatement, StatusReport,
};
use reqwest::Method;

use crate::call::Call;
use crate::limits::METERS_PER_PAGE;
use crate::{ApiError, Client, encode};

impl Client {
    /// One page of the account's meters; `cursor` is that of the page before.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn meters(&self, cursor: Option<&str>, limit: u32) -> Result<Meters, ApiError> {
        let mut call = Call::new(Method::GET, "/v1/meters")
            .with_session()
            .with_query("limit", limit);
        if let Some(cursor) = cursor {
            call = call.with_query("cursor", cursor);
        }
        self.ask(&call).await
    }

    /// All meters of the account.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn all_meters(&self) -> Result<Vec<Meter>, ApiError> {
        let mut page = self.meters(None, METERS_PER_PAGE).await?;
        let mut meters = page.meters;
        while let Some(cursor) = page.next_cursor {
            page = self.meters(Some(&cursor), METERS_PER_PAGE).await?;
            meters.append(&mut page.meters);
        }
        Ok(meters)
    }

    /// Orders another meter; operators commission it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn order_meter(&self, key: &str) -> Result<Meter, ApiError> {
        let call = Call::new(Method::POST, "/v1/meters").with_session();
        self.ask(&call.with_key(key).with_body(&MeterOrder {}))
            .await
    }

    /// A meter of the account.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn meter(&self, serial: u32) -> Result<Meter, ApiError> {
        let call = Call::new(Method::GET, meter_path(serial));
        self.ask(&call.with_session()).await
    }

    /// Any meter, for an operator or treasurer; `authorization` is the header that their key signed.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn meter_for_operator(
        &self,
        serial: u32,
        authorization: &str,
    ) -> Result<Meter, ApiError> {
        let call = Call::new(Method::GET, meter_path(serial));
        self.ask(&call.with_authorization(authorization)).await
    }

    /// All alerts behind this number, oldest first, for an operator; `authorization` is the header that
    /// their key signed for `/v1/alerts`.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn alerts(&self, after: u64, authorization: &str) -> Result<Vec<Alert>, ApiError> {
        let (mut alerts, mut next) = (Vec::new(), Some(after));
        while let Some(after) = next {
            let call = Call::new(Method::GET, "/v1/alerts").with_query("after", after);
            let page: Alerts = self.ask(&call.with_authorization(authorization)).await?;
            alerts.extend(page.alerts);
            next = page.next;
        }
        Ok(alerts)
    }

    /// Hands in signed credit evidence. The same bytes need the same key: make it of them.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn refill(
        &self,
        serial: u32,
        evidence: &[u8],
        key: &str,
    ) -> Result<Decided, ApiError> {
        let path = format!("{}/refills", meter_path(serial));
        self.hand_in(path, evidence, key).await
    }

    /// Reports the registers of a meter as the caller knows them: puts the next inspection off.
    ///
    /// # Errors
    /// [`ApiError`]; `report-differs` if the meter holds others.
    pub async fn report(
        &self,
        serial: u32,
        report: &StatusReport,
        key: &str,
    ) -> Result<Decided, ApiError> {
        let call = Call::new(Method::POST, format!("{}/reports", meter_path(serial)));
        let call = call.with_session().with_key(key).with_body(report);
        self.ask(&call).await
    }

    /// Hands in a signed act on a meter, user or box. The same bytes need the same key.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn act(&self, act: &[u8], key: &str) -> Result<Decided, ApiError> {
        self.hand_in("/v1/acts".to_owned(), act, key).await
    }

    /// Has one page of what a box keeps delivered again and written. The same page again finds
    /// everything there.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn redeliver(&self, body: &Redelivery) -> Result<Redelivered, ApiError> {
        let call = Call::new(Method::POST, "/v1/redeliveries");
        self.ask(&call.with_body(body)).await
    }

    /// What a box remembers of a record, for an operator; `path` is that of [`record_path`], and
    /// `authorization` the header that the operator's key signed for it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn recall(&self, path: &str, authorization: &str) -> Result<Remembered, ApiError> {
        let call = Call::new(Method::GET, path);
        self.ask(&call.with_authorization(authorization)).await
    }

    async fn hand_in(
        &self,
        path: String,
        statement: &[u8],
        key: &str,
    ) -> Result<Decided, ApiError> {
        let body = SignedStatement {
            statement: encode(statement),
        };
        let call = Call::new(Method::POST, path);
        self.ask(&call.with_key(key).with_body(&body)).await
    }
}

/// Where a record's memory is asked for: `auth`, `meter` or `transaction`, and the subject in hex.
#[must_use]
pub fn record_path(kind: &str, subject: &str) -> String {
    format!("/v1/records/{kind}/{subject}")
}

fn meter_path(serial: u32) -> String {
    format!("/v1/meters/{serial}")
}
