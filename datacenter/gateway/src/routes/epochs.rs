//! Epochs of the keys: public what the root signed of each, for operators how far records are.

use crate::extract::base64;
use crate::problem::Refused;
use crate::{App, convert, operator};
use axum::Json;
use axum::extract::{Request, State};

/// Every epoch, oldest first, as the root signed it. Whoever relies on one checks that.
#[utoipa::path(
    get, path = "/v1/epochs", operation_id = "listEpochs", tag = "verification",
    responses((status = 200, body = api::Epochs))
)]
pub(crate) async fn list(State(app): State<App>) -> Json<api::Epochs> {
    let known = app.known();
    let openings = known.openings().iter();
    let openings = std::iter::once(None).chain(openings.map(Some));
    let epochs = known.epochs().zip(openings).map(|(epoch, opening)| {
        let signed = opening.map(|o| base64(o.bytes()));
        api::Epoch {
            epoch: epoch.epoch.0,
            previous: epoch.previous.0,
            starts: convert::time(epoch.starts),
            opening: signed,
        }
    });
    Json(api::Epochs {
        epochs: epochs.collect(),
    })
}

/// How many records name each epoch; by an operator's signature. Reads every record once.
#[utoipa::path(
    get, path = "/v1/epochs/records", operation_id = "countRecordsByEpoch", tag = "operators",
    params(("Authorization" = String, Header, description = "`Indicia-Key KEY-ID:TIME:SIGNATURE`")),
    responses(
        (status = 200, body = api::RecordEpochs),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn records(
    State(app): State<App>,
    request: Request,
) -> Result<Json<api::RecordEpochs>, Refused> {
    operator::check(&app, request.headers(), request.uri().path())?;
    let counts = app.record_epochs().await?.into_iter();
    let records = counts.map(|(kind, epoch, records)| api::RecordEpoch {
        kind: kind.name().to_lowercase(),
        epoch: epoch.0,
        records,
    });
    Ok(Json(api::RecordEpochs {
        records: records.collect(),
    }))
}
