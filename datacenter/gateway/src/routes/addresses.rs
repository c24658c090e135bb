//! Addresses in standard form, for anybody. Nothing of them is kept.

use crate::App;
use crate::extract::Body;
use crate::problem::Refused;
use axum::Json;
use axum::extract::State;
use functions::{Code, FoundAddress};
use postal::places::Place;
use postal::standard::{Reason, Weight};

/// Put up to 1,000 addresses in standard form (USPS Publication 28), and say what was changed and what
/// is doubtful. No ZIP+4 is looked up, nothing is invented.
#[utoipa::path(
    post, path = "/v1/addresses", operation_id = "standardiseAddresses", tag = "postal",
    request_body = api::AddressBatch,
    responses(
        (status = 200, body = api::StandardAddresses),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn standardise(
    State(app): State<App>,
    Body(body, _held): Body<api::AddressBatch>,
) -> Result<Json<api::StandardAddresses>, Refused> {
    if body.addresses.is_empty() || body.addresses.len() > item::limits::ITEMS_MAX {
        return Err(Refused::new(Code::ItemCount, "Send 1 to 1,000 addresses."));
    }
    let lines = body
        .addresses
        .into_iter()
        .map(|address| address.lines)
        .collect();
    let found = app.standard_addresses(lines).await?;
    Ok(Json(api::StandardAddresses {
        addresses: found.into_iter().map(shown).collect(),
    }))
}

fn shown(found: FoundAddress) -> api::StandardAddress {
    match found {
        FoundAddress::Here(found) => api::StandardAddress {
            verdict: found.verdict.name().to_owned(),
            reasons: found.reasons.iter().map(reason).collect(),
            changes: found
                .changes
                .iter()
                .map(|change| api::AddressChange {
                    component: change.component.name().to_owned(),
                    before: change.before.clone(),
                    after: change.after.clone(),
                    reason: change.reason.name().to_owned(),
                })
                .collect(),
            candidates: found.candidates.iter().map(place).collect(),
            lines: found.lines,
            country: None,
        },
        FoundAddress::Abroad(found) => api::StandardAddress {
            verdict: "good".to_owned(),
            lines: found.lines,
            reasons: Vec::new(),
            changes: Vec::new(),
            candidates: Vec::new(),
            country: Some(found.country.code().to_owned()),
        },
        FoundAddress::NoAddress(lines, why) => api::StandardAddress {
            verdict: "not-understood".to_owned(),
            lines,
            reasons: vec![api::AddressReason {
                code: "not-printable".to_owned(),
                description: why,
                weight: "doubt".to_owned(),
            }],
            changes: Vec::new(),
            candidates: Vec::new(),
            country: None,
        },
    }
}

fn reason(reason: &Reason) -> api::AddressReason {
    api::AddressReason {
        code: reason.name().to_owned(),
        description: reason.sentence().to_owned(),
        weight: match reason.weight() {
            Weight::Note => "note",
            Weight::Correction => "correction",
            Weight::Doubt => "doubt",
        }
        .to_owned(),
    }
}

fn place(place: &Place) -> api::AddressPlace {
    api::AddressPlace {
        city: place.city.to_owned(),
        state: place.state.code().to_owned(),
        zip: format!("{:05}", place.zip5),
        county: place.county.to_owned(),
    }
}
