//! Verification and acceptance, one at a time. Many at once: `check_batches`.

use crate::extract::{Body, bytes_of};
use crate::limits::IMAGE_BODY_MAX;
use crate::load::{Load, Undone, busy};
use crate::problem::Refused;
use crate::{App, convert};
use axum::Json;
use axum::extract::State;
use functions::{Code, HandedIn, Shown};
use item::{Mills, normalise_address};
use verify::Expectation;

/// Verify a payload or an image of one. Checking never changes an item.
#[utoipa::path(
    post, path = "/v1/verifications", operation_id = "verify", tag = "verification",
    request_body = api::Verification,
    responses(
        (status = 200, body = api::Verified),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn verify(
    State(app): State<App>,
    State(load): State<Load>,
    Body(body, _held): Body<api::Verification, IMAGE_BODY_MAX>,
) -> Result<Json<api::Verified>, Refused> {
    let payload = match (&body.payload, &body.image) {
        (Some(payload), None) => bytes_of(payload, "payload")?,
        (None, Some(image)) => read_image(&load, bytes_of(image, "image")?).await?,
        _ => {
            return Err(Refused::new(
                Code::MalformedBody,
                "Send `payload` or `image`, one of them.",
            ));
        }
    };
    let shown = Shown {
        payload,
        expected: expectation(&body.address, body.value_mills)?,
    };
    Ok(Json(convert::verified(&app.verify(shown).await?)))
}

/// What is known of a piece.
pub(super) fn expectation(
    address: &[String],
    value_mills: Option<u64>,
) -> Result<Expectation, Refused> {
    Ok(Expectation {
        address: normalise_address(address.iter().map(String::as_str))
            .map_err(|_| Refused::new(Code::BadAddress, "The address is too long."))?,
        value: value_mills.map(Mills),
    })
}

async fn read_image(load: &Load, image: Vec<u8>) -> Result<Vec<u8>, Refused> {
    match load.read(move || print::read_png(&image)).await {
        Ok(Ok(mut symbols)) if symbols.len() == 1 => Ok(symbols.remove(0)),
        Ok(Ok(symbols)) => Err(Refused::new(
            Code::Unreadable,
            format!(
                "{} symbols were read; send one piece at a time.",
                symbols.len()
            ),
        )),
        Ok(Err(error)) => Err(Refused::new(Code::Unreadable, format!("{error}."))),
        // The reader is not ours and the image anybody's: if it fails, the image is at fault.
        Err(Undone::Failed) => Err(Refused::new(Code::Unreadable, "The image can not be read.")),
        Err(Undone::Busy) => Err(busy("Too many images are being read.")),
    }
}

/// Accept an item: the scan of an enrolled verifier marks it as used. The first scan wins.
#[utoipa::path(
    post, path = "/v1/acceptances", operation_id = "accept", tag = "verification",
    request_body = api::Acceptance,
    responses(
        (status = 200, body = api::Accepted),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn accept(
    State(app): State<App>,
    State(load): State<Load>,
    Body(body, _held): Body<api::Acceptance>,
) -> Result<Json<api::Accepted>, Refused> {
    let handed = handed_in(&body)?;
    let scanned = load
        .to_the_end(async move { app.accept(handed).await })
        .await?;
    Ok(Json(convert::accepted(&scanned)))
}

/// A scan with its payload.
pub(super) fn handed_in(body: &api::Acceptance) -> Result<HandedIn, Refused> {
    Ok(HandedIn {
        scan: bytes_of(&body.scan, "scan")?,
        payload: bytes_of(&body.payload, "payload")?,
    })
}

/// Hand in again a scan that was answered before the database went back: without its payload, which
/// was judged then.
#[utoipa::path(
    post, path = "/v1/acceptances/again", operation_id = "acceptAgain", tag = "verification",
    request_body = api::AcceptanceAgain,
    responses(
        (status = 200, body = api::AcceptedAgain),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn accept_again(
    State(app): State<App>,
    State(load): State<Load>,
    Body(body, _held): Body<api::AcceptanceAgain>,
) -> Result<Json<api::AcceptedAgain>, Refused> {
    let scan = bytes_of(&body.scan, "scan")?;
    let written = load
        .to_the_end(async move { app.accept_again(&scan).await })
        .await?;
    Ok(Json(api::AcceptedAgain { written }))
}
