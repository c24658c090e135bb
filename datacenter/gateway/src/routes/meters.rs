//! Meters, and putting value into them.

use crate::extract::{Body, Key, Room, SignedOn, base64, bytes_of};
use crate::limits::PAGE_MAX;
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, Web, convert, limited, operator};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use functions::{ActOutcome, Code, Registers};
use item::{Day, MeterSerial, Mills};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
    /// 1 to 100; 50 if absent.
    pub(super) limit: Option<u32>,
}

impl Page {
    /// Rows asked for, and what they come behind.
    pub(crate) fn bounds<T>(
        self,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<(u32, Option<T>), Refused> {
        let limit = self.limit.unwrap_or(50);
        if limit == 0 || limit > PAGE_MAX {
            return Err(Refused::new(Code::MalformedRequest, "`limit` is 1 to 100."));
        }
        let after = self.cursor.map(|cursor| {
            read(&cursor)
                .ok_or_else(|| Refused::new(Code::MalformedRequest, "`cursor` is not one of ours."))
        });
        Ok((limit, after.transpose()?))
    }
}

/// A serial of a path.
pub(crate) fn serial(text: &str) -> Result<MeterSerial, Refused> {
    text.parse().map(MeterSerial).map_err(|_| {
        Refused::new(
            Code::NotFound,
            "A meter serial is a number of up to 10 digits.",
        )
    })
}

pub(crate) fn decided(outcome: &ActOutcome, today: Day) -> api::Decided {
    let meter = outcome.meter.as_ref();
    api::Decided {
        decision: base64(&outcome.decision),
        meter: meter.map(|record| convert::meter(record, today)),
    }
}

/// The session's meters.
#[utoipa::path(
    get, path = "/v1/meters", operation_id = "listMeters", tag = "meters",
    params(Page, ("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    responses(
        (status = 200, body = api::Meters),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    SignedOn(session): SignedOn,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<api::Meters>, Refused> {
    let Query(page) = page.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let (limit, after) = page.bounds(|cursor| cursor.parse().map(MeterSerial).ok())?;
    let records = app.meters(&session, after, limit).await?;
    let full = records.len() == limit as usize;
    Ok(Json(api::Meters {
        next_cursor: records
            .last()
            .filter(|_| full)
            .map(|last| last.serial.0.to_string()),
        meters: records
            .iter()
            .map(|record| convert::meter(record, app.today()))
            .collect(),
    }))
}

/// Order another meter. The user needs the right to manage or to fund the account; operators commission it.
#[utoipa::path(
    post, path = "/v1/meters", operation_id = "orderMeter", tag = "meters",
    params(
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    request_body = api::MeterOrder,
    responses(
        (status = 201, body = api::Meter),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn order(
    State(app): State<App>,
    State(load): State<Load>,
    _: Room,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(api::MeterOrder {}, _held): Body<api::MeterOrder>,
) -> Result<Response, Refused> {
    let (today, account) = (app.today(), session.authority().account);
    let asked = app.clone();
    let made = load
        .to_the_end(async move { asked.order_meter(&session, &key).await })
        .await
        .map(|record| (StatusCode::CREATED, Json(convert::meter(&record, today))));
    Ok(limited::told(app.additions_left(account), made))
}

/// One meter; by session, or by an operator's signature.
#[utoipa::path(
    get, path = "/v1/meters/{serial}", operation_id = "getMeter", tag = "meters",
    params(
        ("serial" = u32, Path, description = "Meter serial"),
        ("Authorization" = String, Header,
         description = "`Bearer TOKEN`, or `Indicia-Key KEY-ID:TIME:SIGNATURE`"),
    ),
    responses(
        (status = 200, body = api::Meter),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(web): State<Web>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Json<api::Meter>, Refused> {
    let serial = serial(&text)?;
    let (mut parts, _) = request.into_parts();
    let record = if operator::is_asked(&parts.headers) {
        operator::check(&web.app, &parts.headers, parts.uri.path())?;
        web.app.any_meter(serial).await?
    } else {
        let SignedOn(session) = SignedOn::from_request_parts(&mut parts, &web).await?;
        web.app.meter(&session, serial).await?
    };
    Ok(Json(convert::meter(&record, web.app.today())))
}

/// Put value in. The treasury's signature is the authority, and its digest the idempotency key:
/// the same credit again gets the same decision.
#[utoipa::path(
    post, path = "/v1/meters/{serial}/refills", operation_id = "refill", tag = "meters",
    params(
        ("serial" = u32, Path, description = "Meter serial"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    request_body = api::SignedStatement,
    responses(
        (status = 200, body = api::Decided),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn refill(
    State(app): State<App>,
    State(load): State<Load>,
    Path(text): Path<String>,
    _: Key,
    Body(body, _held): Body<api::SignedStatement>,
) -> Result<Json<api::Decided>, Refused> {
    let serial = serial(&text)?;
    let statement = bytes_of(&body.statement, "statement")?;
    let today = app.today();
    let outcome = load
        .to_the_end(async move { app.refill(serial, &statement).await })
        .await?;
    Ok(Json(decided(&outcome, today)))
}

/// Report the meter's status: puts its next inspection off. The registers must be those that the
/// meter holds; a refusal does not say what they are.
#[utoipa::path(
    post, path = "/v1/meters/{serial}/reports", operation_id = "reportMeter", tag = "meters",
    params(
        ("serial" = u32, Path, description = "Meter serial"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    request_body = api::StatusReport,
    responses(
        (status = 200, body = api::Decided),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn report(
    State(app): State<App>,
    State(load): State<Load>,
    Path(text): Path<String>,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(body, _held): Body<api::StatusReport>,
) -> Result<Json<api::Decided>, Refused> {
    let serial = serial(&text)?;
    let registers = Registers {
        ascending: Mills(body.ascending_mills),
        descending: Mills(body.descending_mills),
        piece_count: body.piece_count,
    };
    let today = app.today();
    let outcome = load
        .to_the_end(async move { app.report(&session, serial, &key, registers).await })
        .await?;
    Ok(Json(decided(&outcome, today)))
}
