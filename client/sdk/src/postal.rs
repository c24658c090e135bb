//! Prices, addresses, and what can be printed on: nobody needs to be logged in.

use api::{
    AddressBatch, AddressLines, RateQuote, RateTable, StandardAddress, StandardAddresses, Stocks,
};
use reqwest::Method;

use crate::call::Call;
use crate::{ApiError, Client};

/// What is to be priced; empty texts are left out.
#[derive(Debug, Clone, Default)]
pub struct RateQuestion {
    /// `card`, `letter`, `flat` or `parcel`.
    pub shape: String,
    /// Ounces, up to two decimals.
    pub weight_oz: String,
    /// Class of mail.
    pub class: String,
    /// Whether machines can not sort it.
    pub non_machinable: bool,
    /// Services, parted by commas, with declared values in mills behind colons.
    pub services: String,
    /// Date of mailing.
    pub mailing_date: String,
    /// ZIP that it is posted at.
    pub origin: String,
    /// ZIP that it goes to.
    pub destination: String,
    /// Country that it goes to, two letters.
    pub country: String,
}

impl Client {
    /// What a piece costs.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn rate(&self, question: &RateQuestion) -> Result<RateQuote, ApiError> {
        let mut call = Call::new(Method::GET, "/v1/rates");
        for (name, text) in [
            ("shape", &question.shape),
            ("weight_oz", &question.weight_oz),
            ("class", &question.class),
            ("services", &question.services),
            ("mailing_date", &question.mailing_date),
            ("origin", &question.origin),
            ("destination", &question.destination),
            ("country", &question.country),
        ] {
            if !text.is_empty() {
                call = call.with_query(name, text);
            }
        }
        if question.non_machinable {
            call = call.with_query("non_machinable", true);
        }
        self.ask(&call).await
    }

    /// What the rate table of a date (`YYYY-MM-DD`; today if none) knows.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn rate_table(&self, mailing_date: Option<&str>) -> Result<RateTable, ApiError> {
        let mut call = Call::new(Method::GET, "/v1/rates/table");
        if let Some(date) = mailing_date {
            call = call.with_query("mailing_date", date);
        }
        self.ask(&call).await
    }

    /// Addresses in standard form, at most [`crate::limits::ITEMS_PER_REQUEST_MAX`], in order.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn standard_addresses(
        &self,
        addresses: Vec<Vec<String>>,
    ) -> Result<Vec<StandardAddress>, ApiError> {
        let addresses = addresses.into_iter().map(|lines| AddressLines { lines });
        let batch = AddressBatch {
            addresses: addresses.collect(),
        };
        let call = Call::new(Method::POST, "/v1/addresses").with_body(&batch);
        let found: StandardAddresses = self.ask(&call).await?;
        Ok(found.addresses)
    }

    /// What can be printed on.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn stocks(&self) -> Result<Stocks, ApiError> {
        self.ask(&Call::new(Method::GET, "/v1/stocks")).await
    }

    /// The page that shows what a printer does wrong: PDF.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn calibration_page(&self, stock: &str) -> Result<Vec<u8>, ApiError> {
        let call = Call::new(Method::GET, format!("/v1/stocks/{stock}/calibration"));
        let (_, bytes) = self.send(&call).await?;
        Ok(bytes)
    }
}
