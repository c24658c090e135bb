//! Acts of operators.

use super::meters::decided;
use crate::App;
use crate::extract::{Body, Key, bytes_of};
use crate::load::Load;
use crate::problem::Refused;
use axum::Json;
use axum::extract::State;

/// Carry out an act. The operators' signatures are the authority.
#[utoipa::path(
    post, path = "/v1/acts", operation_id = "act", tag = "operators",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 characters")),
    request_body = api::SignedStatement,
    responses(
        (status = 200, body = api::Decided),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn act(
    State(app): State<App>,
    State(load): State<Load>,
    _: Key,
    Body(body, _held): Body<api::SignedStatement>,
) -> Result<Json<api::Decided>, Refused> {
    let statement = bytes_of(&body.statement, "statement")?;
    let today = app.today();
    let outcome = load
        .to_the_end(async move { app.act(&statement).await })
        .await?;
    Ok(Json(decided(&outcome, today)))
}
