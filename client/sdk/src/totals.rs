//! Daily totals for the post.

use api::{DayTotals, SignedStatement, TotalsSheet, TotalsSheets};
use reqwest::Method;

use crate::call::Call;
use crate::{ApiError, Client, encode};

/// Where the sheets are: what the header of [`Client::totals`] is signed for.
pub const TOTALS_PATH: &str = "/v1/totals";
/// Where rows are: what the header of [`Client::day_totals`] is signed for.
pub const DAY_TOTALS_PATH: &str = "/v1/totals/rows";

impl Client {
    /// A page of sheets behind a number, of one day if it is given; `authorization` is the header that an
    /// operator's or reporter's key signed for [`TOTALS_PATH`].
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn totals(
        &self,
        after: u64,
        day: Option<&str>,
        authorization: &str,
    ) -> Result<TotalsSheets, ApiError> {
        let mut call = Call::new(Method::GET, TOTALS_PATH).with_query("cursor", after);
        if let Some(day) = day {
            call = call.with_query("day", day);
        }
        self.ask(&call.with_authorization(authorization)).await
    }

    /// A page of a day's rows; `authorization` is signed for [`DAY_TOTALS_PATH`].
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn day_totals(
        &self,
        day: &str,
        cursor: Option<&str>,
        authorization: &str,
    ) -> Result<DayTotals, ApiError> {
        let mut call = Call::new(Method::GET, DAY_TOTALS_PATH).with_query("day", day);
        if let Some(cursor) = cursor {
            call = call.with_query("cursor", cursor);
        }
        self.ask(&call.with_authorization(authorization)).await
    }

    /// Hands in a signed sheet. The same bytes again change nothing.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn hand_in_totals(&self, sheet: &[u8]) -> Result<TotalsSheet, ApiError> {
        let body = SignedStatement {
            statement: encode(sheet),
        };
        let call = Call::new(Method::POST, TOTALS_PATH);
        self.ask(&call.with_body(&body)).await
    }
}
