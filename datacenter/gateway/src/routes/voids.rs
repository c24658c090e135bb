//! Items that are taken back: customers ask, refunders decide.

use super::meters::{Page, decided};
use crate::extract::{Body, Key, SignedOn, base64, bytes_of};
use crate::limits::{PAGE_MAX, REASON_MAX};
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, Web, convert, operator};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use functions::{Code, VoidWish};
use item::{Day, Time};
use store::{ItemCursor, ItemId, VoidState};

/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

fn state(state: VoidState) -> &'static str {
    match state {
        VoidState::Requested => "requested",
        VoidState::Cancelled => "cancelled",
        VoidState::Rejected => "rejected",
        VoidState::Credited => "credited",
    }
}

fn void(app: &App, wish: &VoidWish) -> api::Void {
    let (item, row) = (&wish.item, &wish.row);
    let transcript = app.installation().transcript();
    let after = |days: u16| {
        let day = u64::from(item.mailing_day.number()) + u64::from(days);
        Day::of_time(Time(day * DAY_MS)).to_string()
    };
    api::Void {
        item: format!("{}-{}", item.meter.0, item.piece_count),
        meter: item.meter.0,
        state: state(row.state).to_owned(),
        value_mills: item.value.0,
        currency: convert::currency(transcript.currency),
        mailing_date: item.mailing_day.to_string(),
        credit_from: after(transcript.credit_waiting_days),
        credit_until: after(transcript.credit_window_days),
        requested: convert::time(row.asked.requested),
        changed: convert::time(row.changed),
        reason: (!row.reason.is_empty()).then(|| row.reason.clone()),
        used: wish.used,
        payload: base64(item.payload.as_slice()),
    }
}

fn item_id(text: &str) -> Result<ItemId, Refused> {
    let (meter, piece_count) = convert::item_id(text)?;
    Ok(ItemId { meter, piece_count })
}

/// Ask for an item to be taken back. Asked again, nothing changes. Refunders approve after the waiting
/// time; then its value is in the meter again.
#[utoipa::path(
    post, path = "/v1/items/{id}/void", operation_id = "requestVoid", tag = "items",
    params(
        ("id" = String, Path, description = "`SERIAL-PIECE`"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    responses(
        (status = 200, body = api::Void),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ask(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedOn(session): SignedOn,
    _: Key,
) -> Result<Json<api::Void>, Refused> {
    let wish = app.ask_void(&session, item_id(&id)?).await?;
    Ok(Json(void(&app, &wish)))
}

/// Take a request back that still waits.
#[utoipa::path(
    delete, path = "/v1/items/{id}/void", operation_id = "cancelVoid", tag = "items",
    params(
        ("id" = String, Path, description = "`SERIAL-PIECE`"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    responses(
        (status = 200, body = api::Void),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedOn(session): SignedOn,
    _: Key,
) -> Result<Json<api::Void>, Refused> {
    let wish = app.cancel_void(&session, item_id(&id)?).await?;
    Ok(Json(void(&app, &wish)))
}

/// How a request stands.
#[utoipa::path(
    get, path = "/v1/items/{id}/void", operation_id = "getVoid", tag = "items",
    params(
        ("id" = String, Path, description = "`SERIAL-PIECE`"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    responses(
        (status = 200, body = api::Void),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedOn(session): SignedOn,
) -> Result<Json<api::Void>, Refused> {
    let wish = app.void(&session, item_id(&id)?).await?;
    Ok(Json(void(&app, &wish)))
}

/// The account's requests, by session; those of everybody that wait, by a refunder's or operator's
/// signature.
#[utoipa::path(
    get, path = "/v1/voids", operation_id = "listVoids", tag = "items",
    params(Page, ("Authorization" = String, Header,
        description = "`Bearer TOKEN`, or `Indicia-Key KEY-ID:TIME:SIGNATURE`")),
    responses(
        (status = 200, body = api::Voids),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(web): State<Web>,
    page: Result<Query<Page>, QueryRejection>,
    request: Request,
) -> Result<Json<api::Voids>, Refused> {
    let (mut parts, _) = request.into_parts();
    let asker = asker(&web, &mut parts).await?;
    let Query(page) = page.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let limit = page.limit.unwrap_or(50);
    if limit == 0 || limit > PAGE_MAX {
        return Err(Refused::new(Code::MalformedRequest, "`limit` is 1 to 100."));
    }
    let after = match &page.cursor {
        None => ItemCursor::default(),
        Some(cursor) => {
            let last = item_id(cursor).map_err(|_| {
                Refused::new(Code::MalformedRequest, "`cursor` is not one of ours.")
            })?;
            ItemCursor {
                meter: last.meter,
                piece_count: last.piece_count,
            }
        }
    };
    let wishes = match asker {
        None => web.app.waiting_voids(after, limit).await?,
        Some(SignedOn(session)) => web.app.voids(&session, after, limit).await?,
    };
    let voids: Vec<api::Void> = wishes.iter().map(|wish| void(&web.app, wish)).collect();
    let full = voids.len() == limit as usize;
    Ok(Json(api::Voids {
        next_cursor: voids.last().filter(|_| full).map(|last| last.item.clone()),
        voids,
    }))
}

/// The session; none for an operator's or refunder's signature.
async fn asker(web: &Web, parts: &mut Parts) -> Result<Option<SignedOn>, Refused> {
    if operator::is_asked(&parts.headers) {
        operator::check(&web.app, &parts.headers, parts.uri.path())?;
        return Ok(None);
    }
    SignedOn::from_request_parts(parts, web).await.map(Some)
}

/// Take an item back. The refunders' signatures are the authority: the same approval again gets the same
/// decision.
#[utoipa::path(
    post, path = "/v1/items/{id}/void/approvals", operation_id = "approveVoid", tag = "operators",
    params(
        ("id" = String, Path, description = "`SERIAL-PIECE`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    request_body = api::SignedStatement,
    responses(
        (status = 200, body = api::Decided),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn approve(
    State(app): State<App>,
    State(load): State<Load>,
    Path(id): Path<String>,
    _: Key,
    Body(body, _held): Body<api::SignedStatement>,
) -> Result<Json<api::Decided>, Refused> {
    let item = item_id(&id)?;
    let statement = bytes_of(&body.statement, "statement")?;
    let today = app.today();
    let outcome = load
        .to_the_end(async move { app.approve_void(item, &statement).await })
        .await?;
    Ok(Json(decided(&outcome, today)))
}

/// Who may say no.
pub(crate) struct Refunder;

impl FromRequestParts<Web> for Refunder {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Refused> {
        operator::check_refunder(&web.app, &parts.headers, parts.uri.path())?;
        Ok(Self)
    }
}

/// Say no to a request. Signed by one refunder, `POST` in place of `GET`: nothing moves.
#[utoipa::path(
    post, path = "/v1/items/{id}/void/rejections", operation_id = "rejectVoid", tag = "operators",
    params(
        ("id" = String, Path, description = "`SERIAL-PIECE`"),
        ("Authorization" = String, Header, description = "`Indicia-Key KEY-ID:TIME:SIGNATURE`"),
    ),
    request_body = api::VoidRejection,
    responses(
        (status = 200, body = api::Void),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reject(
    State(app): State<App>,
    Path(id): Path<String>,
    _: Refunder,
    Body(body, _held): Body<api::VoidRejection>,
) -> Result<Json<api::Void>, Refused> {
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_MAX {
        return Err(Refused::new(
            Code::BadName,
            "A reason has 1 to 200 characters.",
        ));
    }
    let wish = app.reject_void(item_id(&id)?, reason).await?;
    Ok(Json(void(&app, &wish)))
}
