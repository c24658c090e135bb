//! What anybody may read.

use crate::App;
use crate::extract::base64;
use crate::problem::Refused;
use axum::Json;
use axum::extract::State;
use functions::DatabaseHealth;

/// The installation: what it is, and its signed transcript.
#[utoipa::path(
    get, path = "/v1/installation", operation_id = "getInstallation", tag = "verification",
    responses((status = 200, body = api::Installation))
)]
pub(crate) async fn installation(State(app): State<App>) -> Json<api::Installation> {
    let installation = app.installation();
    let transcript = installation.transcript();
    Json(api::Installation {
        installation: transcript.installation.to_string(),
        name: String::from_utf8_lossy(transcript.name.as_slice()).into_owned(),
        root_fingerprint: verify::fingerprint(&transcript.root).to_string(),
        transcript: base64(installation.bytes()),
        specimen: transcript.specimen,
    })
}

/// The newest verification pack.
#[utoipa::path(
    get, path = "/v1/packs/latest", operation_id = "getLatestPack", tag = "verification",
    responses(
        (status = 200, body = api::Pack),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn pack(State(app): State<App>) -> Result<Json<api::Pack>, Refused> {
    let pack = app.pack().await?;
    Ok(Json(api::Pack {
        sequence: pack.0.body().sequence,
        pack: base64(&pack.1),
    }))
}

/// How the data centre is.
#[utoipa::path(
    get, path = "/v1/health", operation_id = "getHealth", tag = "operators",
    responses((status = 200, body = api::Health))
)]
pub(crate) async fn health(State(app): State<App>) -> Json<api::Health> {
    let boxes: Vec<api::BoxHealth> = app
        .health()
        .await
        .into_iter()
        .map(|health| {
            let status = match &health.status {
                None => "unreachable",
                Some(status) if status.latched => "latched",
                Some(status) if status.clock_doubtful => "clock-doubtful",
                Some(_) => "ok",
            };
            api::BoxHealth {
                kind: health.kind.name().to_lowercase(),
                status: status.to_owned(),
                open: health.status.as_ref().map_or(0, |s| s.open),
                act_sequence: health.status.as_ref().map_or(0, |s| s.act_sequence),
                epoch: health.status.as_ref().map_or(0, |s| s.epoch.0),
                newest_epoch: health.status.as_ref().map_or(0, |s| s.taken.0),
            }
        })
        .collect();
    let database = app.database();
    let ok = database == DatabaseHealth::Ok && boxes.iter().all(|b| b.status == "ok");
    Json(api::Health {
        status: if ok { "ok" } else { "degraded" }.to_owned(),
        database: database.name().to_owned(),
        boxes,
    })
}
