//! What operators need after a database was restored: redelivery, and what a box remembers.

use crate::extract::Body;
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, operator};
use axum::Json;
use axum::extract::{Path, Request, State};
use functions::Code;
use item::{BoxKind, Digest, Subject};

/// A kind of box that keeps records.
fn kind(text: &str) -> Result<BoxKind, Refused> {
    [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction]
        .into_iter()
        .find(|kind| kind.name().to_lowercase() == text)
        .ok_or_else(|| {
            Refused::new(
                Code::MalformedRequest,
                "A kind is `auth`, `meter` or `transaction`.",
            )
        })
}

/// Deliver again and write one page of what a box keeps.
#[utoipa::path(
    post, path = "/v1/redeliveries", operation_id = "redeliver", tag = "operators",
    request_body = api::Redelivery,
    responses(
        (status = 200, body = api::Redelivered),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn redeliver(
    State(app): State<App>,
    State(load): State<Load>,
    Body(body, _held): Body<api::Redelivery>,
) -> Result<Json<api::Redelivered>, Refused> {
    let kind = kind(&body.kind)?;
    let act = Digest::from_hex(&body.act).ok_or_else(|| {
        Refused::new(
            Code::MalformedRequest,
            "`act` is the digest of the act, 64 hex digits.",
        )
    })?;
    let done = load
        .to_the_end(async move { app.redeliver(kind, act, body.from).await })
        .await?;
    Ok(Json(api::Redelivered {
        written: done.written as u64,
        there: done.there as u64,
        conflicts: done
            .conflicts
            .iter()
            .map(|(subject, counter, reason)| api::NotRedelivered {
                subject: subject.to_string(),
                counter: counter.0,
                reason: reason.name().to_owned(),
            })
            .collect(),
        next: done.next,
        end: done.end,
    }))
}

/// What a box remembers of a record; by an operator's signature.
#[utoipa::path(
    get, path = "/v1/records/{kind}/{subject}", operation_id = "recall", tag = "operators",
    params(
        ("kind" = String, Path, description = "`auth`, `meter` or `transaction`"),
        ("subject" = String, Path, description = "32 hex digits"),
        ("Authorization" = String, Header, description = "`Indicia-Key KEY-ID:TIME:SIGNATURE`"),
    ),
    responses(
        (status = 200, body = api::Remembered),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn recall(
    State(app): State<App>,
    Path((text, subject)): Path<(String, String)>,
    request: Request,
) -> Result<Json<api::Remembered>, Refused> {
    operator::check(&app, request.headers(), request.uri().path())?;
    let kind = kind(&text)?;
    let subject = Subject::from_hex(&subject).ok_or_else(|| {
        Refused::new(
            Code::MalformedRequest,
            "A subject is 32 lower-case hex digits.",
        )
    })?;
    let recalled = app.recall(kind, subject).await?;
    let memory = recalled.memory.summary;
    Ok(Json(api::Remembered {
        shown_counter: recalled.shown.map(|counter| counter.0),
        known_counter: recalled.memory.known.0,
        piece_count: memory.pieces,
        ascending_mills: memory.ascending.0,
        descending_mills: memory.descending.0,
        deposits_mills: memory.deposits.0,
        item_credits_mills: memory.item_credits.0,
        state: memory.state,
        funding_sequence: memory.funding_sequence,
        act_sequence: memory.act_sequence,
    }))
}
