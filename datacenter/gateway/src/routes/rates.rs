//! Prices, for anybody.

use crate::problem::Refused;
use crate::{App, convert};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use functions::{Code, Piece, abroad, reach};
use item::Day;
use postal::rates::{Fee, Quote, Reach, ServiceRequest};
use serde::Deserialize;
use utoipa::IntoParams;

/// What is to be priced.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// `card`, `letter`, `flat` or `parcel`.
    shape: String,
    /// Ounces, up to two decimals.
    weight_oz: String,
    /// Class of mail; the first of the table's that fits, if absent.
    class: Option<String>,
    /// Whether machines can not sort it.
    #[serde(default)]
    non_machinable: bool,
    /// Services, parted by commas, each with its declared value in mills behind a colon where it needs
    /// one: `certified,insured:50000`.
    services: Option<String>,
    /// Date of mailing; today (UTC) if absent.
    mailing_date: Option<String>,
    /// ZIP that it is posted at, five digits; with `destination` it gives the zone.
    origin: Option<String>,
    /// ZIP that it goes to.
    destination: Option<String>,
    /// Country that it goes to, ISO 3166-1 alpha-2.
    country: Option<String>,
}

/// What a piece costs, item by item.
#[utoipa::path(
    get, path = "/v1/rates", operation_id = "getRate", tag = "postal",
    params(Wanted),
    responses(
        (status = 200, body = api::RateQuote),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn quote(
    State(app): State<App>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<api::RateQuote>, Refused> {
    let Query(wanted) = query.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let day = day(&app, wanted.mailing_date.as_deref())?;
    let piece = Piece {
        class: wanted.class.clone(),
        is_non_machinable: wanted.non_machinable,
        services: services(wanted.services.as_deref().unwrap_or_default())?,
        ..convert::piece(&wanted.shape, &wanted.weight_oz)?
    };
    let reach = wanted.reach()?;
    let zone = match &reach {
        Reach::Zone(zone) => Some(zone.number()),
        _ => None,
    };
    let quote = app.quote(&piece, day, reach)?;
    let currency = app.installation().transcript().currency;
    Ok(Json(shown(quote, day, zone, convert::currency(currency))))
}

/// Which day.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnDay {
    /// Date of mailing; today (UTC) if absent.
    mailing_date: Option<String>,
}

/// What the rate table knows: classes, shapes, services, countries.
#[utoipa::path(
    get, path = "/v1/rates/table", operation_id = "getRateTable", tag = "postal",
    params(OnDay),
    responses(
        (status = 200, body = api::RateTable),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn table(
    State(app): State<App>,
    query: Result<Query<OnDay>, QueryRejection>,
) -> Result<Json<api::RateTable>, Refused> {
    let Query(wanted) = query.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let day = day(&app, wanted.mailing_date.as_deref())?;
    let table = app.rates();
    let period = table
        .period(day.decimal())
        .map_err(|error| Refused::new(Code::NoRate, error.to_string()))?;
    let date = |number| {
        Day::from_decimal(number)
            .map(|day| day.to_string())
            .unwrap_or_default()
    };
    let word = |code: &str, description: &str| api::Word {
        code: code.to_owned(),
        description: description.to_owned(),
    };
    Ok(Json(api::RateTable {
        title: table.title().to_owned(),
        illustrative: table.is_illustrative(),
        from: date(period.from),
        to: period.to.map(date),
        classes: table
            .classes()
            .iter()
            .map(|c| word(&c.code, &c.description))
            .collect(),
        shapes: postal::Shape::ALL
            .iter()
            .map(|s| word(s.name(), s.description()))
            .collect(),
        services: period.services.iter().map(service).collect(),
        groups: period
            .groups
            .iter()
            .map(|group| api::CountryGroup {
                code: group.code.clone(),
                description: group.description.clone(),
                countries: group.countries.clone(),
            })
            .collect(),
    }))
}

/// A date of mailing; today if none is named.
fn day(app: &App, named: Option<&str>) -> Result<Day, Refused> {
    named.map_or_else(|| Ok(app.today()), convert::mailing_day)
}

impl Wanted {
    fn reach(&self) -> Result<Reach, Refused> {
        if let Some(country) = &self.country
            && !country.eq_ignore_ascii_case("US")
        {
            return convert::country(country).map(abroad);
        }
        let Some(destination) = &self.destination else {
            return Ok(Reach::Domestic);
        };
        let destination = postal::Zip::parse(destination)
            .map_err(|error| Refused::new(Code::BadAddress, error.to_string()))?;
        Ok(
            match self.origin.as_deref().map(convert::origin).transpose()? {
                Some(origin) => reach(origin, &destination),
                None => Reach::Domestic,
            },
        )
    }
}

/// `certified,insured:50000`.
fn services(text: &str) -> Result<Vec<ServiceRequest>, Refused> {
    let words = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    words
        .map(|word| {
            let (code, value) = match word.split_once(':') {
                Some((code, value)) => (code, Some(value.parse().map_err(|_| no_value(word))?)),
                None => (word, None),
            };
            Ok(ServiceRequest {
                code: code.to_owned(),
                value_mills: value,
            })
        })
        .collect()
}

fn no_value(word: &str) -> Refused {
    let word: String = word.chars().take(40).collect();
    Refused::new(
        Code::BadValue,
        format!(
            "{word:?}: write a service with its declared value in mills, like `insured:50000`."
        ),
    )
}

fn shown(quote: Quote, day: Day, zone: Option<u8>, currency: String) -> api::RateQuote {
    api::RateQuote {
        lines: quote
            .lines()
            .map(|line| api::RateLine {
                code: line.code.clone(),
                description: line.description.clone(),
                mills: line.mills,
                source: line.source.clone(),
            })
            .collect(),
        category: String::from_utf8_lossy(&quote.category).into_owned(),
        class: quote.class,
        mailing_date: day.to_string(),
        zone,
        total_mills: quote.total_mills,
        currency,
        illustrative: quote.is_illustrative,
    }
}

fn service(service: &postal::rates::Service) -> api::Service {
    api::Service {
        code: service.code.clone(),
        description: service.description.clone(),
        source: service.source.clone(),
        classes: service.classes.clone(),
        shapes: service
            .shapes
            .iter()
            .map(|shape| shape.name().to_owned())
            .collect(),
        fees: match &service.fee {
            Fee::Flat(mills) => vec![api::Fee {
                up_to_mills: None,
                mills: *mills,
            }],
            Fee::ByValue(bands) => bands
                .iter()
                .map(|band| api::Fee {
                    up_to_mills: Some(band.up_to_mills),
                    mills: band.mills,
                })
                .collect(),
        },
        needs: service.needs.clone(),
        excludes: service.excludes.clone(),
    }
}
