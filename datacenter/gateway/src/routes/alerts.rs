//! What operators are to look at.

use crate::extract::base64;
use crate::limits::PAGE_MAX;
use crate::problem::Refused;
use crate::{App, convert, operator};
use axum::Json;
use axum::extract::{Query, Request, State};
use functions::Code;
use item::{BoxKind, MeterSerial};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    /// `next` of the page before; 0 if absent.
    after: Option<u64>,
}

/// A page of alerts, oldest first.
#[utoipa::path(
    get, path = "/v1/alerts", operation_id = "listAlerts", tag = "operators",
    params(After, ("Authorization" = String, Header,
        description = "`Indicia-Key KEY-ID:TIME:SIGNATURE`")),
    responses(
        (status = 200, body = api::Alerts),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    page: Result<Query<After>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Result<Json<api::Alerts>, Refused> {
    operator::check(&app, request.headers(), request.uri().path())?;
    let Query(page) = page.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let after = page.after.unwrap_or(0);
    if i64::try_from(after).is_err() {
        return Err(Refused::new(
            Code::MalformedRequest,
            "`after` is the number of an alert.",
        ));
    }
    let rows = app.alerts(after, PAGE_MAX).await?;
    let full = rows.len() == PAGE_MAX as usize;
    Ok(Json(api::Alerts {
        next: rows.last().filter(|_| full).map(|last| last.id),
        alerts: rows
            .into_iter()
            .map(|row| {
                let (id, alert) = (row.id, row.alert);
                let meter = (alert.box_kind == BoxKind::Meter)
                    .then(|| MeterSerial::of_subject(&alert.subject))
                    .flatten();
                api::Alert {
                    id,
                    raised: convert::time(alert.raised),
                    kind: alert.box_kind.name().to_lowercase(),
                    subject: alert.subject.to_string(),
                    meter: meter.map(|serial| serial.0),
                    code: alert.code,
                    detail: alert.detail,
                    evidence: base64(&alert.evidence),
                }
            })
            .collect(),
    }))
}
