//! Handlers: read the request, call one use case, answer.

pub(crate) mod accounts;
pub(crate) mod acts;
pub(crate) mod checks;
pub(crate) mod envelopes;
pub(crate) mod items;
pub(crate) mod meters;
pub(crate) mod public;
pub(crate) mod restored;
pub(crate) mod sessions;

use crate::problem::Refused;
use functions::Problem;
use std::future::Future;

/// Runs value-moving work to its end even if the client hangs up: dropping a handler would stop it
/// between two steps. (Nothing would be lost, the recovery worker would finish it; this is sooner.)
pub(crate) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Refused> {
    match tokio::spawn(work).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(Refused::new(
            functions::Code::Internal,
            "Ask again with the same idempotency key.",
        )),
    }
}
