//! Daily totals for the post: rows of a day for whoever makes the sheets, and the sheets.

use super::meters::serial;
use crate::extract::{Body, base64, bytes_of};
use crate::limits::SHEETS_MAX;
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, convert, operator};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use functions::{Code, TotalsSheet};
use item::{DailyRow, Day, MeterSerial};
use serde::Deserialize;
use utoipa::IntoParams;
use verify::statement_digest;

/// Which sheets.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SheetsAsked {
    /// Those of one day; of all if absent.
    day: Option<String>,
    /// `next_cursor` of the page before, or the number of a sheet: those behind it.
    cursor: Option<String>,
    /// 1 to 10; 10 if absent.
    limit: Option<u32>,
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowsAsked {
    /// The day.
    day: String,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

fn day(text: &str) -> Result<Day, Refused> {
    convert::day(text).ok_or_else(|| {
        Refused::new(
            Code::MalformedRequest,
            "A day is `YYYY-MM-DD`, a day that exists.",
        )
    })
}

fn not_ours() -> Refused {
    Refused::new(Code::MalformedRequest, "`cursor` is not one of ours.")
}

/// The sheets that were handed in, by number; by the signature of an operator or reporter.
#[utoipa::path(
    get, path = "/v1/totals", operation_id = "listTotals", tag = "operators",
    params(SheetsAsked, ("Authorization" = String, Header,
        description = "`Indicia-Key KEY-ID:TIME:SIGNATURE`")),
    responses(
        (status = 200, body = api::TotalsSheets),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    asked: Result<Query<SheetsAsked>, QueryRejection>,
    request: Request,
) -> Result<Json<api::TotalsSheets>, Refused> {
    operator::check_reporter(&app, request.headers(), request.uri().path())?;
    let Query(asked) = asked.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let limit = asked.limit.unwrap_or(SHEETS_MAX);
    if limit == 0 || limit > SHEETS_MAX {
        return Err(Refused::new(Code::MalformedRequest, "`limit` is 1 to 10."));
    }
    let after = match &asked.cursor {
        None => 0,
        // What the database keeps as a number is at most an `i64`.
        Some(cursor) => cursor
            .parse()
            .ok()
            .filter(|after| i64::try_from(*after).is_ok())
            .ok_or_else(not_ours)?,
    };
    let of = asked.day.as_deref().map(day).transpose()?;
    let sheets = app.totals_sheets(after, of, limit).await?;
    let full = sheets.len() == limit as usize;
    Ok(Json(api::TotalsSheets {
        next_cursor: sheets
            .last()
            .filter(|_| full)
            .map(|last| last.body.sequence.to_string()),
        sheets: sheets.iter().map(sheet).collect(),
    }))
}

/// Rows of a day that is over, as a sheet must have them; by the signature of an operator or reporter.
#[utoipa::path(
    get, path = "/v1/totals/rows", operation_id = "getDayTotals", tag = "operators",
    params(RowsAsked, ("Authorization" = String, Header,
        description = "`Indicia-Key KEY-ID:TIME:SIGNATURE`")),
    responses(
        (status = 200, body = api::DayTotals),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn rows(
    State(app): State<App>,
    State(load): State<Load>,
    asked: Result<Query<RowsAsked>, QueryRejection>,
    request: Request,
) -> Result<Json<api::DayTotals>, Refused> {
    operator::check_reporter(&app, request.headers(), request.uri().path())?;
    let Query(asked) = asked.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let day = day(&asked.day)?;
    let after: Option<MeterSerial> = match &asked.cursor {
        None => None,
        Some(cursor) => Some(serial(cursor).map_err(|_| not_ours())?),
    };
    let _turn = load.table().await?;
    let page = app.day_totals(day, after).await?;
    Ok(Json(api::DayTotals {
        day: day.to_string(),
        rows: page.rows.iter().map(row).collect(),
        next_cursor: page.next.map(|meter| meter.0.to_string()),
    }))
}

/// Hand in a sheet. The reporter's signature is the authority; the same sheet again changes nothing.
#[utoipa::path(
    post, path = "/v1/totals", operation_id = "handInTotals", tag = "operators",
    request_body = api::SignedStatement,
    responses(
        (status = 200, body = api::TotalsSheet),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn hand_in(
    State(app): State<App>,
    State(load): State<Load>,
    Body(body, _held): Body<api::SignedStatement>,
) -> Result<Json<api::TotalsSheet>, Refused> {
    let statement = bytes_of(&body.statement, "statement")?;
    let _turn = load.table().await?;
    let kept = app.hand_in_totals(statement).await?;
    Ok(Json(sheet(&kept)))
}

fn row(row: &DailyRow) -> api::TotalsRow {
    api::TotalsRow {
        meter: row.meter.0,
        origin: format!("{:05}", row.origin.0),
        kind: row.kind.name().to_lowercase(),
        specimen: row.specimen,
        pieces: row.pieces,
        value_mills: row.value.0,
        credited_pieces: row.credited_pieces,
        credited_mills: row.credited.0,
    }
}

fn sheet(sheet: &TotalsSheet) -> api::TotalsSheet {
    let body = &sheet.body;
    let rows = body.rows.as_slice();
    let sum = |of: fn(&DailyRow) -> u64| rows.iter().map(of).fold(0, u64::saturating_add);
    api::TotalsSheet {
        sequence: body.sequence,
        day: body.day.to_string(),
        part: body.part,
        last: body.last,
        made: convert::time(body.made),
        reporter: body.reporter.to_string(),
        rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        pieces: sum(|row| row.pieces.into()),
        value_mills: sum(|row| row.value.0),
        credited_pieces: sum(|row| row.credited_pieces.into()),
        credited_mills: sum(|row| row.credited.0),
        digest: statement_digest(&sheet.signed).to_string(),
        sheet: base64(&sheet.signed),
    }
}
