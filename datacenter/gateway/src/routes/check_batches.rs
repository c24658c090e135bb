//! Verification and acceptance of many at once. What becomes of each is as in `checks`.

use super::checks::{expectation, handed_in};
use crate::extract::{Body, decoded};
use crate::load::Load;
use crate::problem::{self, Refused};
use crate::{App, convert};
use axum::Json;
use axum::extract::State;
use functions::{Code, HandedIn, Shown};

/// Verify up to 1,000 payloads. Checking never changes an item.
#[utoipa::path(
    post, path = "/v1/verifications/batch", operation_id = "verifyBatch", tag = "verification",
    request_body = api::VerificationBatch,
    responses(
        (status = 200, body = api::VerifiedBatch),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn verify(
    State(app): State<App>,
    Body(body, _held): Body<api::VerificationBatch>,
) -> Result<Json<api::VerifiedBatch>, Refused> {
    let shown = each(&body.payloads, "Payload", |one| {
        Ok(Shown {
            // What is no base64 is no payload either, and found to be none.
            payload: decoded(&one.payload).unwrap_or_default(),
            expected: expectation(&one.address, one.value_mills)?,
        })
    })?;
    let results = app.verify_many(shown).await?.into_iter();
    let result = |examined| match examined {
        Ok(examined) => api::VerificationResult {
            verified: Some(convert::verified(&examined)),
            problem: None,
        },
        Err(refused) => api::VerificationResult {
            verified: None,
            problem: Some(problem::body(refused)),
        },
    };
    Ok(Json(api::VerifiedBatch {
        results: results.map(result).collect(),
    }))
}

/// Accept up to 1,000 items by scans of one verifier, in order of their sequences. Each ends as it
/// would alone: one that is not taken undoes none of those before it.
#[utoipa::path(
    post, path = "/v1/acceptances/batch", operation_id = "acceptBatch", tag = "verification",
    request_body = api::AcceptanceBatch,
    responses(
        (status = 200, body = api::AcceptedBatch),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn accept(
    State(app): State<App>,
    State(load): State<Load>,
    Body(body, _held): Body<api::AcceptanceBatch>,
) -> Result<Json<api::AcceptedBatch>, Refused> {
    let handed: Vec<HandedIn> = each(&body.scans, "Scan", handed_in)?;
    let results = load
        .to_the_end(async move { app.accept_many(handed).await })
        .await?;
    let result = |scanned| match scanned {
        Ok(scanned) => api::AcceptanceResult {
            accepted: Some(convert::accepted(&scanned)),
            problem: None,
        },
        Err(refused) => api::AcceptanceResult {
            accepted: None,
            problem: Some(problem::body(refused)),
        },
    };
    Ok(Json(api::AcceptedBatch {
        results: results.into_iter().map(result).collect(),
    }))
}

/// Every element of a call, if there are 1 to 1,000 of them; what is wrong with one names it.
fn each<T, U>(
    asked: &[T],
    what: &str,
    read: impl Fn(&T) -> Result<U, Refused>,
) -> Result<Vec<U>, Refused> {
    if asked.is_empty() || asked.len() > item::limits::ITEMS_MAX {
        return Err(Refused::new(Code::ItemCount, "Send 1 to 1,000 at once."));
    }
    asked
        .iter()
        .enumerate()
        .map(|(index, one)| {
            read(one).map_err(|mut refused| {
                refused.0.detail = format!("{what} {}: {}", index + 1, refused.0.detail);
                refused
            })
        })
        .collect()
}
