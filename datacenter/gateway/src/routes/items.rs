//! Dispensing, and reading what was dispensed.

use super::meters::serial;
use crate::extract::{Body, Key, Room, SignedOn, body_digest, key_of, long_json};
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, convert};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use functions::{Code, DispenseCall, Dispensed, Session};
use item::Digest;
use serde::{Deserialize, Serialize};
use store::ItemId;
use utoipa::IntoParams;

/// An item in an answer is a little shorter.
const ITEM_BYTES: usize = 640;

/// What both routes have in common.
struct Asked<'a, T> {
    meter: &'a str,
    key: Digest,
    orders: &'a [api::ItemOrder],
    /// Of the orders that name none.
    origin: Option<&'a str>,
    /// The whole body but for `allow_duplicate`, of which the digest is made.
    whole: &'a T,
    batch: bool,
    expected_piece_count: Option<u32>,
    allow_duplicate: bool,
}

async fn dispense_asked<T: Serialize>(
    app: App,
    load: &Load,
    session: Session,
    asked: Asked<'_, T>,
) -> Result<Dispensed, Refused> {
    let meter = serial(asked.meter)?;
    if asked.orders.is_empty() || asked.orders.len() > item::limits::ITEMS_MAX {
        return Err(Refused::new(Code::ItemCount, "Send 1 to 1,000 items."));
    }
    let origin = asked.origin.map(convert::origin).transpose()?;
    // Collected, the list would grow as it goes: results may end early.
    let mut items = Vec::with_capacity(asked.orders.len());
    for (index, order) in asked.orders.iter().enumerate() {
        let item = convert::new_item(order, origin).map_err(|mut refused| {
            if asked.batch {
                refused.0.detail = format!("Item {}: {}", index + 1, refused.0.detail);
            }
            refused
        })?;
        items.push(item);
    }
    let route = if asked.batch { "batch" } else { "item" };
    let call = DispenseCall {
        meter,
        key_digest: asked.key,
        body_digest: body_digest(&format!("{route} {}", meter.0), asked.whole)?,
        items,
        batch: asked.batch,
        expected_piece_count: asked.expected_piece_count,
        allow_duplicate: asked.allow_duplicate,
    };
    // In a box: on its way into a task, all that it may ever hold would be copied again and again.
    load.to_the_end(Box::pin(async move { app.dispense(&session, call).await }))
        .await
}

/// Dispense one item.
#[utoipa::path(
    post, path = "/v1/meters/{serial}/items", operation_id = "dispense", tag = "items",
    params(
        ("serial" = u32, Path, description = "Meter serial"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
        ("Indicia-Signature" = Option<String>, Header, description = "Of a user with a key of his own: `MAX_TOTAL_MILLS:EXPIRES_MS:SIGNATURE_HEX`"),
    ),
    request_body = api::DispenseOne,
    responses(
        (status = 201, body = api::Item),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn dispense(
    State(app): State<App>,
    State(load): State<Load>,
    _: Room,
    Path(meter): Path<String>,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(mut body, _held): Body<api::DispenseOne>,
) -> Result<(StatusCode, Json<api::Item>), Refused> {
    let currency = app.installation().transcript().currency;
    let allow_duplicate = std::mem::take(&mut body.allow_duplicate);
    let asked = Asked {
        meter: &meter,
        key,
        orders: std::slice::from_ref(&body.item),
        origin: None,
        whole: &body,
        batch: false,
        expected_piece_count: body.expected_piece_count,
        allow_duplicate,
    };
    let dispensed = dispense_asked(app, &load, session, asked).await?;
    match dispensed.items.as_slice() {
        [record] => {
            let item = api::Item {
                warnings: convert::warnings(dispensed.inspection),
                ..convert::item(record, currency)
            };
            Ok((StatusCode::CREATED, Json(item)))
        }
        _ => Err(Refused::new(
            Code::KeyReused,
            "The key was answered with a batch.",
        )),
    }
}

/// Dispense up to 1,000 items, all or nothing.
#[utoipa::path(
    post, path = "/v1/meters/{serial}/batches", operation_id = "dispenseBatch", tag = "items",
    params(
        ("serial" = u32, Path, description = "Meter serial"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
        ("Indicia-Signature" = Option<String>, Header, description = "Of a user with a key of his own: `MAX_TOTAL_MILLS:EXPIRES_MS:SIGNATURE_HEX`"),
    ),
    request_body = api::DispenseBatch,
    responses(
        (status = 201, body = api::Items),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn dispense_batch(
    State(app): State<App>,
    State(load): State<Load>,
    _: Room,
    Path(meter): Path<String>,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(mut body, _held): Body<api::DispenseBatch>,
) -> Result<Response, Refused> {
    let currency = app.installation().transcript().currency;
    let allow_duplicate = std::mem::take(&mut body.allow_duplicate);
    let asked = Asked {
        meter: &meter,
        key,
        orders: &body.items,
        origin: body.origin.as_deref(),
        whole: &body,
        batch: true,
        expected_piece_count: body.expected_piece_count,
        allow_duplicate,
    };
    let dispensed = dispense_asked(app, &load, session, asked).await?;
    let records = dispensed.items.iter();
    let items = api::Items {
        items: records.map(|r| convert::item(r, currency)).collect(),
        warnings: convert::warnings(dispensed.inspection),
    };
    let room = ITEM_BYTES * items.items.len();
    long_json(StatusCode::CREATED, &items, room)
}

/// One item.
#[utoipa::path(
    get, path = "/v1/items/{id}", operation_id = "getItem", tag = "items",
    params(
        ("id" = String, Path, description = "`SERIAL-PIECE`"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    responses(
        (status = 200, body = api::Item),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedOn(session): SignedOn,
) -> Result<Json<api::Item>, Refused> {
    let (meter, piece) = convert::item_id(&id)?;
    let record = app.item(&session, meter, piece).await?;
    let currency = app.installation().transcript().currency;
    let mut item = convert::item(&record, currency);
    let id = ItemId {
        meter,
        piece_count: piece,
    };
    item.void = app.is_void(id).await?;
    Ok(Json(item))
}

/// Which key.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByKey {
    /// An idempotency key that the account used.
    idempotency_key: String,
}

impl ByKey {
    /// Digest of the key that a query names.
    pub(crate) fn digest(query: Result<Query<Self>, QueryRejection>) -> Result<Digest, Refused> {
        let Query(query) =
            query.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
        key_of(&query.idempotency_key)
    }
}

/// The items that an idempotency key was answered with.
#[utoipa::path(
    get, path = "/v1/items", operation_id = "getItemsByKey", tag = "items",
    params(ByKey, ("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    responses(
        (status = 200, body = api::Items),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn by_key(
    State(app): State<App>,
    SignedOn(session): SignedOn,
    query: Result<Query<ByKey>, QueryRejection>,
) -> Result<Json<api::Items>, Refused> {
    let key = ByKey::digest(query)?;
    let records = app.items_by_key(&session, key).await?;
    let currency = app.installation().transcript().currency;
    Ok(Json(api::Items {
        items: records.iter().map(|r| convert::item(r, currency)).collect(),
        warnings: Vec::new(),
    }))
}
