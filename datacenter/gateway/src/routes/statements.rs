//! Statements and reports: what an account had, what it spent and on what.

use crate::extract::SignedOn;
use crate::limits::LINES_MAX;
use crate::load::Load;
use crate::problem::Refused;
use crate::reports;
use crate::statements::{Heading, Paper};
use crate::tables::TableFormat;
use crate::{App, convert};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use functions::{By, Code, Period, Problem, ReportCall, Session, StatementCall};
use http_body_util::channel::{Channel, Sender};
use item::{Day, Time};
use print::PrintError;
use serde::Deserialize;
use std::ops::RangeInclusive;
use tokio::sync::mpsc;
use utoipa::IntoParams;

/// Pieces of an answer that wait for their reader.
const PIECES_MAX: usize = 2;

/// Which statement.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatementAsked {
    /// First day, UTC; the first of this month if absent.
    from: Option<String>,
    /// Last day; today if absent.
    to: Option<String>,
    /// Serial of a meter, or a range like `10000001-10000009`; all if absent.
    meters: Option<String>,
    /// `json` (a line each, the usual one), `csv` or `pdf`; by `Accept` if absent.
    format: Option<String>,
}

/// Which report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportAsked {
    /// Groups, parted by commas: `account`, `user`, `department`, `end-customer`, `meter`, `origin`,
    /// `category`, `day`, `month`. Everything in one if absent.
    by: Option<String>,
    /// First day, UTC; the first of this month if absent.
    from: Option<String>,
    /// Last day; today if absent.
    to: Option<String>,
    /// Serial of a meter, or a range like `10000001-10000009`; all if absent.
    meters: Option<String>,
    /// Piece counts, one or a range like `1-500`; all if absent.
    pieces: Option<String>,
    /// `json`, `csv` or `pdf`; by `Accept` if absent.
    format: Option<String>,
}

/// Balance, entries and sums of a period, as JSON lines, CSV or PDF. The answer is written as it is read: a
/// statement that ends without its total (`done` in JSON) broke off.
#[utoipa::path(
    get, path = "/v1/statements", operation_id = "getStatement", tag = "books",
    params(StatementAsked, ("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    responses(
        (status = 200, content(
            (api::StatementLine = "application/x-ndjson"),
            (String = "text/csv"),
            (Vec<u8> = "application/pdf"),
        )),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn statement(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    headers: HeaderMap,
    query: Result<Query<StatementAsked>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(asked) = query.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let format = TableFormat::asked(asked.format.as_deref(), &headers)?;
    let period = period(&app, asked.from.as_deref(), asked.to.as_deref())?;
    let call = StatementCall {
        period,
        meters: range(asked.meters.as_deref(), "meters")?,
    };
    let turn = load.table().await?;
    let heading = heading(&app, &session, period).await?;
    let paper = Paper::begin(format, heading).map_err(undrawn)?;
    let (writer, answer) = Channel::<Bytes, std::io::Error>::new(PIECES_MAX);
    tokio::spawn(async move {
        tell(app, session, call, paper, writer).await;
        drop(turn);
    });
    let media = [(header::CONTENT_TYPE, Paper::media(format))];
    Ok((media, Body::new(answer)).into_response())
}

/// Reads and writes side by side, page by page, no faster than the reader takes it.
async fn tell(
    app: App,
    session: Session,
    call: StatementCall,
    paper: Paper,
    mut writer: Sender<Bytes, std::io::Error>,
) {
    let (tell, mut told) = mpsc::channel(LINES_MAX);
    let reading = tokio::spawn(async move { app.statement(&session, &call, &tell).await });
    let mut paper = paper;
    while let Some(lines) = told.recv().await {
        // Pages are drawn on a thread of their own, which no slow reader holds.
        let drawn = tokio::task::spawn_blocking(move || {
            let outcome = paper.add(lines);
            let bytes = paper.take();
            outcome.map(|()| (paper, bytes))
        });
        match drawn.await {
            Ok(Ok((grown, bytes))) => {
                paper = grown;
                if !bytes.is_empty() && writer.send_data(bytes.into()).await.is_err() {
                    return;
                }
            }
            _ => return writer.abort(broken()),
        }
    }
    let last = match reading.await {
        Ok(Ok(sums)) => paper.finish(&sums).ok(),
        Ok(Err(problem)) => paper.stop(problem),
        Err(_) => paper.stop(Problem::new(Code::Internal, "The statement broke off.")),
    };
    match last {
        Some(bytes) => drop(writer.send_data(bytes.into()).await),
        None => writer.abort(broken()),
    }
}

fn broken() -> std::io::Error {
    std::io::Error::other("the statement broke off")
}

/// What was dispensed and taken back, in groups: as JSON, CSV or PDF.
#[utoipa::path(
    get, path = "/v1/reports", operation_id = "getReport", tag = "books",
    params(ReportAsked, ("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    responses(
        (status = 200, content(
            (api::Report = "application/json"),
            (String = "text/csv"),
            (Vec<u8> = "application/pdf"),
        )),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn report(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    headers: HeaderMap,
    query: Result<Query<ReportAsked>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(asked) = query.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let format = TableFormat::asked(asked.format.as_deref(), &headers)?;
    let period = period(&app, asked.from.as_deref(), asked.to.as_deref())?;
    let call = ReportCall {
        period,
        meters: range(asked.meters.as_deref(), "meters")?,
        pieces: range(asked.pieces.as_deref(), "pieces")?,
        by: groups(asked.by.as_deref().unwrap_or_default())?,
    };
    let _turn = load.table().await?;
    let found = app.grouped(&session, &call).await?;
    let currency = app.installation().transcript().currency;
    let report = reports::report(&call, found, currency);
    match format {
        TableFormat::Json => Ok(Json(report).into_response()),
        TableFormat::Csv => {
            let media = [(header::CONTENT_TYPE, Paper::media(format))];
            Ok((media, reports::csv(&call.by, &report)).into_response())
        }
        TableFormat::Pdf => {
            let heading = heading(&app, &session, period).await?;
            let drawn = tokio::task::spawn_blocking(move || {
                reports::pdf(&call.by, &report, &heading.holder, &heading.account)
            });
            let drawn = drawn
                .await
                .map_err(|_| Refused::new(Code::Internal, "The report could not be drawn."))?;
            let media = [(header::CONTENT_TYPE, Paper::media(format))];
            Ok((media, drawn.map_err(undrawn)?).into_response())
        }
    }
}

async fn heading(app: &App, session: &Session, period: Period) -> Result<Heading, Refused> {
    let transcript = app.installation().transcript();
    Ok(Heading {
        holder: app.holder(session).await?,
        account: session.authority().account.to_string(),
        period,
        currency: transcript.currency,
        is_specimen: transcript.specimen,
    })
}

fn undrawn(error: PrintError) -> Refused {
    tracing::warn!(%error, "a table");
    Refused::new(Code::Internal, "It could not be drawn.")
}

/// From the first of this month to today, if nothing else is asked for.
fn period(app: &App, from: Option<&str>, to: Option<&str>) -> Result<Period, Refused> {
    let today = Day::of_time(Time(app.now().0));
    let first = Day::from_decimal(today.decimal() / 100 * 100 + 1).unwrap_or(today);
    let day = |text: Option<&str>, usual| match text {
        None => Ok(usual),
        Some(text) => convert::day(text).ok_or_else(|| {
            Refused::new(
                Code::MalformedRequest,
                "A day is `YYYY-MM-DD`, a day that exists.",
            )
        }),
    };
    let period = Period {
        from: day(from, first)?,
        to: day(to, today)?,
    };
    if period.from.decimal() > period.to.decimal() {
        return Err(Refused::new(
            Code::MalformedRequest,
            "`from` is after `to`.",
        ));
    }
    Ok(period)
}

/// `7`, or `7-9`.
fn range(text: Option<&str>, name: &str) -> Result<RangeInclusive<u32>, Refused> {
    let Some(text) = text else {
        return Ok(0..=u32::MAX);
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err(Refused::new(
            Code::MalformedRequest,
            format!("`{name}` is a number, or two with a hyphen between them."),
        )),
    }
}

fn groups(text: &str) -> Result<Vec<By>, Refused> {
    let mut by: Vec<By> = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let found = By::ALL.into_iter().find(|by| by.name() == name);
        match found {
            Some(one) if !by.contains(&one) => by.push(one),
            _ => {
                let names = By::ALL.map(By::name).join("`, `");
                return Err(Refused::new(
                    Code::MalformedRequest,
                    format!("`by` is any of `{names}`, each once."),
                ));
            }
        }
    }
    Ok(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_groups_are_strict() {
        assert_eq!(range(None, "meters").unwrap(), 0..=u32::MAX);
        assert_eq!(range(Some("7"), "meters").unwrap(), 7..=7);
        assert_eq!(range(Some("7-9"), "meters").unwrap(), 7..=9);
        for bad in ["", "9-7", "a", "1-2-3", "-1"] {
            assert!(range(Some(bad), "meters").is_err(), "{bad}");
        }
        assert_eq!(groups("").unwrap(), []);
        assert_eq!(
            groups("department, month").unwrap(),
            [By::Department, By::Month]
        );
        for bad in ["departments", "day,day"] {
            assert!(groups(bad).is_err(), "{bad}");
        }
    }
}
