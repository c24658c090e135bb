//! Envelopes, labels and sheets of labels.

use crate::drawing::{Drawing, Format};
use crate::extract::{Body, SignedOn};
use crate::limits::{ENVELOPES_MAX, MAILING_BODY_MAX};
use crate::load::{Load, Undone, busy};
use crate::problem::Refused;
use crate::{App, convert};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use functions::{Code, EnvelopeText, MailerBarcode, Marks};
use print::{Calibration, Fim, Kind, Length, PrintError, Setup, Stock};

/// The stock of a request that names none.
const USUAL_STOCK: &str = "envelope-10";

/// Draw envelopes, labels or sheets for items that exist. Nothing is charged.
#[utoipa::path(
    post, path = "/v1/envelopes", operation_id = "drawEnvelopes", tag = "items",
    params(("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    request_body = api::EnvelopeSheet,
    responses(
        (status = 200, description = "The drawing", content(
            (Vec<u8> = "application/pdf"),
            (Vec<u8> = "image/png"),
            (String = "image/svg+xml"),
            (String = "text/plain"),
            (Vec<u8> = "application/octet-stream"),
        )),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn draw(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Body(body, _held): Body<api::EnvelopeSheet, MAILING_BODY_MAX>,
) -> Result<Response, Refused> {
    let format = Format::of(&body.format, body.dpi)?;
    let setup = setup(&body)?;
    let marks = marks(&body)?;
    let most = if format.is_of_many() {
        ENVELOPES_MAX
    } else {
        1
    };
    if body.envelopes.is_empty() || body.envelopes.len() > most {
        return Err(Refused::new(
            Code::ItemCount,
            format!("Ask for 1 to {most} in this format."),
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
    let pieces = app
        .pieces(&session, texts, marks, setup.stock().holds_addresses())
        .await?;
    answer(&load, move || Drawing::of(format, setup, &pieces)).await
}

/// What can be printed on.
#[utoipa::path(
    get, path = "/v1/stocks", operation_id = "listStocks", tag = "items",
    responses(
        (status = 200, body = api::Stocks),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stocks() -> Result<Json<api::Stocks>, Refused> {
    let stocks = Stock::all().map_err(|error| Refused::new(Code::Internal, error.to_string()))?;
    let shown = |stock: &Stock| api::Stock {
        name: stock.name().to_owned(),
        title: stock.title().to_owned(),
        kind: match stock.kind() {
            Kind::Envelope => "envelope",
            Kind::Label => "label",
            Kind::Sheet => "sheet",
        }
        .to_owned(),
        positions: u32::try_from(stock.positions()).unwrap_or(u32::MAX),
        addresses: stock.holds_addresses(),
    };
    Ok(Json(api::Stocks {
        stocks: stocks.iter().map(shown).collect(),
    }))
}

/// The page that shows what a printer does wrong.
#[utoipa::path(
    get, path = "/v1/stocks/{name}/calibration", operation_id = "drawCalibration", tag = "items",
    params(("name" = String, Path, description = "Name of a stock")),
    responses(
        (status = 200, description = "One page", content((Vec<u8> = "application/pdf"))),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn calibration(
    State(load): State<Load>,
    Path(name): Path<String>,
) -> Result<Response, Refused> {
    let setup = Setup::new(stock(Some(&name), None)?);
    answer(&load, move || Drawing::of_calibration(setup)).await
}

/// Draws, in turn.
async fn answer(
    load: &Load,
    drawing: impl FnOnce() -> Result<Drawing, PrintError> + Send + 'static,
) -> Result<Response, Refused> {
    match load.draw(drawing).await {
        Ok(drawing) => drawing?.into_answer().await,
        Err(Undone::Failed) => Err(Refused::new(Code::Internal, "It could not be drawn.")),
        Err(Undone::Busy) => Err(busy("Too many envelopes are being drawn.")),
    }
}

impl From<PrintError> for Refused {
    fn from(error: PrintError) -> Self {
        let code = match error {
            PrintError::Font | PrintError::Png | PrintError::Pdf(_) => Code::Internal,
            _ => Code::BadDrawing,
        };
        Self::new(code, format!("{error}."))
    }
}

fn stock(name: Option<&str>, own: Option<&str>) -> Result<Stock, Refused> {
    match (name, own) {
        (Some(_), Some(_)) => {
            return Err(Refused::new(
                Code::BadDrawing,
                "Give `stock` or `own_stock`.",
            ));
        }
        (_, Some(own)) => Stock::from_toml(own),
        (name, None) => Stock::bundled(name.unwrap_or(USUAL_STOCK)),
    }
    .map_err(|error| Refused::new(Code::BadDrawing, format!("{error}.")))
}

fn setup(body: &api::EnvelopeSheet) -> Result<Setup, Refused> {
    let mut setup = Setup::new(stock(body.stock.as_deref(), body.own_stock.as_deref())?);
    if let Some(start) = body.start {
        setup = setup.starting_at(usize::try_from(start).unwrap_or(usize::MAX))?;
    }
    if let Some(given) = &body.calibration {
        let millimetres = |length: f32| Length::inches(length / 25.4);
        setup = setup.calibrated(Calibration::new(
            millimetres(given.right_mm),
            millimetres(given.down_mm),
            given.scale.unwrap_or(1.0),
        )?);
    }
    Ok(setup)
}

fn marks(body: &api::EnvelopeSheet) -> Result<Marks, Refused> {
    let bad = |detail: String| Refused::new(Code::BadBarcode, detail);
    let barcode = |given: &api::MailerBarcode| {
        Ok::<_, Refused>(MailerBarcode {
            mailer: given
                .mailer_id
                .parse()
                .map_err(|error: postal::imb::MailerIdError| bad(error.to_string()))?,
            service_type: three_digits(&given.service_type)
                .ok_or_else(|| bad("A service type has three digits.".to_owned()))?,
        })
    };
    Ok(Marks {
        fim: match body.fim.as_deref() {
            None => None,
            Some("A") => Some(Fim::A),
            Some("B") => Some(Fim::B),
            Some("C") => Some(Fim::C),
            Some("D") => Some(Fim::D),
            Some("E") => Some(Fim::E),
            Some(_) => return Err(bad("A facing mark is `A`, `B`, `C`, `D` or `E`.".to_owned())),
        },
        imb: body.imb.as_ref().map(barcode).transpose()?,
        package: body.package.as_ref().map(barcode).transpose()?,
    })
}

fn three_digits(text: &str) -> Option<u16> {
    let are_digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| text.parse().ok())?
}
