//! What needs no account: verifying, accepting, and what is public of an installation.

use api::{
    Acceptance, AcceptanceAgain, AcceptanceBatch, Accepted, AcceptedAgain, AcceptedBatch, Epoch,
    Epochs, Health, Installation, Pack, RecordEpoch, RecordEpochs, Verification, VerificationBatch,
    Verified, VerifiedBatch,
};
use reqwest::Method;

use crate::call::Call;
use crate::{ApiError, Client};

impl Client {
    /// Verifies a payload or an image. Changes nothing.
    ///
    /// # Errors
    /// [`ApiError`]. A bad item is no error but a verdict.
    pub async fn verify(&self, body: &Verification) -> Result<Verified, ApiError> {
        let call = Call::new(Method::POST, "/v1/verifications");
        self.ask(&call.with_body(body)).await
    }

    /// Verifies up to 1,000 payloads, answers in order. Changes nothing.
    ///
    /// # Errors
    /// [`ApiError`]. A bad item is no error but a verdict; a payload whose record was altered has a
    /// problem of its own in its result.
    pub async fn verify_many(&self, body: &VerificationBatch) -> Result<VerifiedBatch, ApiError> {
        let call = Call::new(Method::POST, "/v1/verifications/batch");
        self.ask(&call.with_body(body)).await
    }

    /// Hands in up to 1,000 signed acceptance scans of one verifier, in order of their sequences;
    /// answers in order. The same scans again give the same outcomes.
    ///
    /// # Errors
    /// [`ApiError`]. A used item is no error but an outcome; a scan that was not taken has a problem
    /// of its own in its result.
    pub async fn accept_many(&self, body: &AcceptanceBatch) -> Result<AcceptedBatch, ApiError> {
        let call = Call::new(Method::POST, "/v1/acceptances/batch");
        self.ask(&call.with_body(body)).await
    }

    /// Hands in a signed acceptance scan. The same scan again gives the same outcome.
    ///
    /// # Errors
    /// [`ApiError`]. A used item is no error but an outcome.
    pub async fn accept(&self, body: &Acceptance) -> Result<Accepted, ApiError> {
        let call = Call::new(Method::POST, "/v1/acceptances");
        self.ask(&call.with_body(body)).await
    }

    /// Hands in again a scan that was answered before the database went back.
    ///
    /// # Errors
    /// [`ApiError`]: `scan-sequence` if it is not the first that is missing.
    pub async fn accept_again(&self, scan: &[u8]) -> Result<AcceptedAgain, ApiError> {
        let body = AcceptanceAgain {
            scan: crate::encode(scan),
        };
        let call = Call::new(Method::POST, "/v1/acceptances/again");
        self.ask(&call.with_body(&body)).await
    }

    /// What the data centre says of its installation. Compare the fingerprint with one from
    /// elsewhere.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn installation(&self) -> Result<Installation, ApiError> {
        self.ask(&Call::new(Method::GET, "/v1/installation")).await
    }

    /// The newest verification pack, unchecked.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn latest_pack(&self) -> Result<Pack, ApiError> {
        self.ask(&Call::new(Method::GET, "/v1/packs/latest")).await
    }

    /// The epochs of its keys, unchecked: `verify::Installation` learns of each that the root signed.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn epochs(&self) -> Result<Vec<Epoch>, ApiError> {
        let answer: Epochs = self.ask(&Call::new(Method::GET, "/v1/epochs")).await?;
        Ok(answer.epochs)
    }

    /// How many records name each epoch, for an operator; `authorization` is the header that their key
    /// signed for `/v1/epochs/records`.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn record_epochs(&self, authorization: &str) -> Result<Vec<RecordEpoch>, ApiError> {
        let call = Call::new(Method::GET, "/v1/epochs/records").with_authorization(authorization);
        let answer: RecordEpochs = self.ask(&call).await?;
        Ok(answer.records)
    }

    /// How the data centre is. Asked once: who asks this wants to know it now.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn health(&self) -> Result<Health, ApiError> {
        self.ask(&Call::new(Method::GET, "/v1/health").only_once())
            .await
    }

    /// The API's own description, OpenAPI 3.1, JSON.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn openapi(&self) -> Result<Vec<u8>, ApiError> {
        let (_, bytes) = self
            .send(&Call::new(Method::GET, "/v1/openapi.json"))
            .await?;
        Ok(bytes)
    }
}
