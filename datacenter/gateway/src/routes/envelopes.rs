//! Envelopes as PDF and PNG.

use crate::extract::{Body, SignedOn};
use crate::limits::ENVELOPES_MAX;
use crate::load::{Load, Undone, busy};
use crate::problem::Refused;
use crate::{App, convert};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use functions::{Code, EnvelopeText};

/// Draw #10 envelopes for items that exist. Nothing is charged.
#[utoipa::path(
    post, path = "/v1/envelopes", operation_id = "drawEnvelopes", tag = "items",
    params(("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    request_body = api::EnvelopeSheet,
    responses(
        (status = 200, description = "The drawing", content(
            (Vec<u8> = "application/pdf"),
            (Vec<u8> = "image/png"),
        )),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn draw(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Body(body, _held): Body<api::EnvelopeSheet>,
) -> Result<impl IntoResponse, Refused> {
    let one = body.envelopes.len() == 1;
    let (pdf, media) = match body.format.as_str() {
        "pdf" => (true, "application/pdf"),
        "png" if one => (false, "image/png"),
        "png" => {
            return Err(Refused::new(Code::ItemCount, "A PNG shows one envelope."));
        }
        _ => {
            return Err(Refused::new(
                Code::MalformedRequest,
                "`format` is `pdf` or `png`.",
            ));
        }
    };
    if body.envelopes.is_empty() || body.envelopes.len() > ENVELOPES_MAX {
        return Err(Refused::new(
            Code::ItemCount,
            "Ask for 1 to 1,000 envelopes.",
        ));
    }
    let texts = body
        .envelopes
        .into_iter()
        .map(|order| {
            let (meter, piece_count) = convert::item_id(&order.item)?;
            Ok(EnvelopeText {
                meter,
                piece_count,
                return_address: order.return_address,
                recipient: order.recipient,
            })
        })
        .collect::<Result<Vec<_>, Refused>>()?;
    let envelopes = app.envelopes(&session, texts).await?;
    let dpi = body.dpi.unwrap_or(300);
    let stock = print::Stock::bundled("envelope-10")
        .map_err(|error| Refused::new(Code::Internal, format!("{error}.")))?;
    let setup = print::Setup::new(stock);
    let drawn = load
        .draw(move || {
            if pdf {
                print::pdf(&setup, &envelopes)
            } else {
                envelopes.first().map_or(Ok(Vec::new()), |envelope| {
                    print::png(&setup.page(envelope)?, dpi)
                })
            }
        })
        .await;
    match drawn {
        Ok(Ok(bytes)) => Ok(([(header::CONTENT_TYPE, media)], bytes)),
        Ok(Err(error)) => Err(Refused::new(Code::MalformedRequest, format!("{error}."))),
        Err(Undone::Failed) => Err(Refused::new(
            Code::Internal,
            "The envelope could not be drawn.",
        )),
        Err(Undone::Busy) => Err(busy("Too many envelopes are being drawn.")),
    }
}
