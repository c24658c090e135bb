//! Items and their envelopes.

use std::io::Write;

use api::{DispenseBatch, DispenseOne, EnvelopeSheet, Item, Items};
use reqwest::Method;

use crate::call::Call;
use crate::own_key::Order;
use crate::{ApiError, Client};

impl Client {
    /// Dispenses one item. The same key again gives the same item, and charges nothing.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn dispense(
        &self,
        meter: u32,
        order: &DispenseOne,
        key: &str,
    ) -> Result<Item, ApiError> {
        let call = Call::new(Method::POST, format!("/v1/meters/{meter}/items")).with_session();
        let said = DispenseOne {
            allow_duplicate: false,
            ..order.clone()
        };
        let signed = Order {
            route: "item",
            meter,
            body: &said,
            items: std::slice::from_ref(&order.item),
            expected_piece_count: order.expected_piece_count,
            key,
        };
        let call = self.signed_order(call, &signed);
        self.ask(&call.with_key(key).with_body(order)).await
    }

    /// Dispenses up to [`crate::limits::ITEMS_PER_REQUEST_MAX`] items, all or nothing. As
    /// [`Client::dispense`].
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn dispense_batch(
        &self,
        meter: u32,
        order: &DispenseBatch,
        key: &str,
    ) -> Result<Items, ApiError> {
        let call = Call::new(Method::POST, format!("/v1/meters/{meter}/batches")).with_session();
        let said = DispenseBatch {
            allow_duplicate: false,
            ..order.clone()
        };
        let signed = Order {
            route: "batch",
            meter,
            body: &said,
            items: &order.items,
            expected_piece_count: order.expected_piece_count,
            key,
        };
        let call = self.signed_order(call, &signed);
        self.ask(&call.with_key(key).with_body(order)).await
    }

    /// An item by its id, `SERIAL-PIECE`.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn item(&self, id: &str) -> Result<Item, ApiError> {
        let call = Call::new(Method::GET, format!("/v1/items/{id}"));
        self.ask(&call.with_session()).await
    }

    /// The items that an idempotency key paid for.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn items_by_key(&self, key: &str) -> Result<Items, ApiError> {
        let call = Call::new(Method::GET, "/v1/items").with_query("idempotency_key", key);
        self.ask(&call.with_session()).await
    }

    /// Draws envelopes, labels or sheets; the file goes to `out` as it comes. Nothing is charged.
    ///
    /// # Errors
    /// [`ApiError`]; [`ApiError::Output`] if `out` refuses. What `out` was given by then is no whole file.
    pub async fn envelopes(
        &self,
        sheet: &EnvelopeSheet,
        out: &mut impl Write,
    ) -> Result<(), ApiError> {
        let call = Call::new(Method::POST, "/v1/envelopes").with_session();
        let call = call.with_body(sheet);
        let mut again = call.attempts();
        let mut answer = loop {
            match self.open(&call).await {
                Err(error) if error.is_passing() && again.wait().await => {}
                outcome => break outcome?,
            }
        };
        while let Some(bytes) = answer.chunk().await.map_err(|e| self.transport(e))? {
            out.write_all(&bytes).map_err(ApiError::Output)?;
        }
        Ok(())
    }
}
