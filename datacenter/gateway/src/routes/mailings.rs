//! Mailings: checked as a whole, bought in one call whose answer comes line by line.

use super::items::ByKey;
use super::meters::serial;
use crate::exchange;
use crate::extract::{Body, Key, Room, SignedOn, body_digest};
use crate::limits::{MAILING_BODY_MAX, REFERENCE_MAX};
use crate::load::Load;
use crate::problem::{self, Refused};
use crate::{App, convert};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use functions::{
    Bought, CheckedMailing, Code, GoodRow, MAILING_ROWS_MAX, MailingCall, Problem, Rows,
};
use http_body_util::channel::Channel;
use item::{Currency, ItemRecord};
use std::convert::Infallible;
use tokio::sync::mpsc;

/// Orders of a mailing that may wait to be told: all, so that a slow reader holds nothing up.
const TOLD_MAX: usize = MAILING_ROWS_MAX.div_ceil(item::limits::ITEMS_MAX);
/// Pieces of an answer that wait for their reader: one is the lines of a thousand rows.
const PIECES_MAX: usize = 2;

/// Check a mailing of up to 10,000 rows: prices, addresses, what would be rejected. Nothing is charged.
#[utoipa::path(
    post, path = "/v1/meters/{serial}/mailings/checks", operation_id = "checkMailing",
    tag = "mailings",
    params(
        ("serial" = u32, Path, description = "Meter serial"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    request_body = api::Mailing,
    responses(
        (status = 200, body = api::MailingCheck),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn check(
    State(app): State<App>,
    State(load): State<Load>,
    Path(meter): Path<String>,
    SignedOn(session): SignedOn,
    Body(body, _held): Body<api::Mailing, MAILING_BODY_MAX>,
) -> Result<Json<api::MailingCheck>, Refused> {
    let meter = serial(&meter)?;
    let _turn = load.mailing().await?;
    let rows = rows(&body)?;
    let checked = app
        .check_mailing(&session, meter, rows, body.correct_addresses)
        .await?;
    let (good, all) = (checked.good(), checked.rows.len());
    Ok(Json(api::MailingCheck {
        accepted: count(good),
        rejected: count(all - good),
        total_mills: checked.total.0,
        currency: convert::currency(checked.meter.currency),
        descending_mills: checked.meter.descending.0,
        rows: checked
            .rows
            .into_iter()
            .enumerate()
            .map(|(place, row)| checked_row(&body, place, row))
            .collect(),
    }))
}

/// Buy a mailing of up to 10,000 rows. The answer is a line of JSON for each row, as soon as it is
/// decided, and one for the end. The same request with the same key goes on where the first ended, and
/// charges nothing twice. Up to 1,000 rows are one decision: all are bought or none.
#[utoipa::path(
    post, path = "/v1/meters/{serial}/mailings", operation_id = "buyMailing", tag = "mailings",
    params(
        ("serial" = u32, Path, description = "Meter serial"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    request_body = api::Mailing,
    responses(
        (status = 200, body = api::MailingLine, content_type = "application/x-ndjson"),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn buy(
    State(app): State<App>,
    State(load): State<Load>,
    _: Room,
    Path(meter): Path<String>,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(mut body, held): Body<api::Mailing, MAILING_BODY_MAX>,
) -> Result<impl IntoResponse, Refused> {
    session.may_dispense()?;
    session.may_buy_mailings()?;
    let meter = serial(&meter)?;
    let turn = load.mailing().await?;
    let rows = rows(&body)?;
    let allow_duplicate = std::mem::take(&mut body.allow_duplicate);
    let call = MailingCall {
        key_digest: key,
        body_digest: body_digest(&format!("mailing {}", meter.0), &body)?,
        partial: body.partial,
    };
    let checked = app
        .check_mailing(&session, meter, rows, body.correct_addresses)
        .await?;
    checked.may_be_bought(call.partial)?;
    if !allow_duplicate {
        app.refuse_duplicate_mailing(&session, &checked, &call, row_twice(&body))
            .await?;
    }
    let currency = app.installation().transcript().currency;
    let (tell, told) = mpsc::channel(TOLD_MAX);
    let checked = std::sync::Arc::new(checked);
    let (writer, answer) = Channel::<Bytes, Infallible>::new(PIECES_MAX);
    let buying = load
        .begin({
            let checked = std::sync::Arc::clone(&checked);
            async move { app.buy_mailing(&session, &checked, &call, &tell).await }
        })
        .await?;
    tokio::spawn(exchange::carried(async move {
        let telling = Telling {
            writer,
            currency,
            body: &body,
            done: api::MailingDone {
                items: 0,
                rejected: 0,
                total_mills: 0,
                descending_mills: checked.meter.descending.0,
            },
        };
        telling.tell(&checked, told, buying).await;
        drop((held, turn));
    }));
    let json_lines = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((json_lines, axum::body::Body::new(answer)))
}

/// How far a mailing has come.
#[utoipa::path(
    get, path = "/v1/meters/{serial}/mailings", operation_id = "getMailingProgress",
    tag = "mailings",
    params(
        ("serial" = u32, Path, description = "Meter serial"),
        ByKey,
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    responses(
        (status = 200, body = api::MailingProgress),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn progress(
    State(app): State<App>,
    Path(meter): Path<String>,
    SignedOn(session): SignedOn,
    query: Result<Query<ByKey>, QueryRejection>,
) -> Result<Json<api::MailingProgress>, Refused> {
    let meter = serial(&meter)?;
    let key = ByKey::digest(query)?;
    let items = app.mailing_items(&session, meter, &key).await?;
    Ok(Json(api::MailingProgress {
        items: count(items.len()),
        total_mills: items.iter().map(|item| item.value.0).sum(),
    }))
}

/// The answer to a mailing, line by line.
struct Telling<'a> {
    writer: http_body_util::channel::Sender<Bytes, Infallible>,
    currency: Currency,
    body: &'a api::Mailing,
    done: api::MailingDone,
}

impl Telling<'_> {
    /// Tells what was rejected, then what is bought, then the end. A reader that goes away ends the
    /// telling, not the buying.
    async fn tell(
        mut self,
        checked: &CheckedMailing,
        mut told: mpsc::Receiver<Vec<Bought>>,
        buying: impl Future<Output = Result<(), Refused>>,
    ) {
        let mut lines = Vec::new();
        for (place, row) in checked.rows.iter().enumerate() {
            if let Err(problem) = row {
                self.done.rejected += 1;
                let rejected = checked_row(self.body, place, Err(problem.clone()));
                line(&mut lines, &api::MailingLine::Rejected(rejected));
            }
        }
        self.send(lines).await;
        while let Some(bought) = told.recv().await {
            let mut lines = Vec::new();
            for (place, item) in &bought {
                let row = self.bought(*place, item, checked);
                line(&mut lines, &api::MailingLine::Bought(Box::new(row)));
            }
            self.send(lines).await;
        }
        let last = match buying.await {
            Ok(()) => api::MailingLine::Done(self.done.clone()),
            Err(refused) => api::MailingLine::Stopped(problem::body(refused.0)),
        };
        let mut lines = Vec::new();
        line(&mut lines, &last);
        self.send(lines).await;
    }

    fn bought(
        &mut self,
        place: usize,
        item: &ItemRecord,
        checked: &CheckedMailing,
    ) -> api::BoughtRow {
        self.done.items += 1;
        self.done.total_mills = self.done.total_mills.saturating_add(item.value.0);
        self.done.descending_mills = item.descending.0;
        let recipient = match checked.rows.get(place) {
            Some(Ok(row)) => row.item.recipient.clone(),
            _ => Vec::new(),
        };
        api::BoughtRow {
            row: count(place + 1),
            reference: reference(self.body, place),
            item: convert::item(item, self.currency),
            recipient,
        }
    }

    async fn send(&mut self, lines: Vec<u8>) {
        if !lines.is_empty() {
            // An error: the reader has gone.
            let _ = self.writer.send_data(lines.into()).await;
        }
    }
}

/// The rows of a mailing, each as far as it is understood.
fn rows(body: &api::Mailing) -> Result<Rows, Refused> {
    if body.rows.is_empty() || body.rows.len() > MAILING_ROWS_MAX {
        return Err(Refused::new(Code::ItemCount, "Send 1 to 10,000 rows."));
    }
    let origin = body.origin.as_deref().map(convert::origin).transpose()?;
    let too_long = |row: &&api::MailingRow| {
        let reference = row.reference.as_deref().unwrap_or_default();
        reference.chars().nth(REFERENCE_MAX).is_some()
    };
    let row = |row: &api::MailingRow| match too_long(&row) {
        true => Err(Problem::new(
            Code::BadName,
            "A reference has at most 64 characters.",
        )),
        false => convert::new_item(&row.item, origin).map_err(|refused| refused.0),
    };
    Ok(body.rows.iter().map(row).collect())
}

/// Place of a row that the next one repeats: they bear one name and are one piece, as if pasted twice.
/// Rows without a name may be as alike as they please.
fn row_twice(body: &api::Mailing) -> Option<usize> {
    let mut pairs = body.rows.iter().zip(body.rows.iter().skip(1));
    pairs.position(|(one, next)| {
        let name = one.reference.as_deref().unwrap_or_default();
        !name.is_empty() && one.reference == next.reference && one.item == next.item
    })
}

fn checked_row(
    body: &api::Mailing,
    place: usize,
    row: Result<GoodRow, Problem>,
) -> api::CheckedRow {
    let (good, problem) = match row {
        Ok(good) => (Some(good), None),
        Err(problem) => (None, Some(problem::part(problem))),
    };
    api::CheckedRow {
        row: count(place + 1),
        reference: reference(body, place),
        value_mills: good.as_ref().map(|row| row.value.0),
        category: good.as_ref().map(|row| row.category.clone()),
        address_notes: good
            .iter()
            .flat_map(|row| &row.notes)
            .map(ToString::to_string)
            .collect(),
        recipient: good.map(|row| row.item.recipient).unwrap_or_default(),
        problem,
    }
}

fn reference(body: &api::Mailing, place: usize) -> Option<String> {
    body.rows.get(place)?.reference.clone()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// One line. Our own answers are plain structs: none of them can fail.
fn line(lines: &mut Vec<u8>, answer: &api::MailingLine) {
    if serde_json::to_writer(&mut *lines, answer).is_ok() {
        lines.push(b'\n');
    }
}
