//! Licences: applied for by customers, granted by an act, refused by operators.

use super::meters::Page;
use crate::extract::{Body, SignedOn, base64, bytes_of};
use crate::problem::Refused;
use crate::{App, Web, convert, operator};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::StatusCode;
use functions::{Code, Licence, LicenceState, NewApplication};
use item::{Bytes, Digest, LicenceDetails};

/// Apply for a meter's licence. The same application again finds the first.
#[utoipa::path(
    post, path = "/v1/licences", operation_id = "applyForLicence", tag = "licences",
    params(("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    request_body = api::LicenceApplication,
    responses(
        (status = 201, body = api::Licence),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn apply(
    State(app): State<App>,
    SignedOn(session): SignedOn,
    Body(body, _held): Body<api::LicenceApplication>,
) -> Result<(StatusCode, Json<api::Licence>), Refused> {
    let new = NewApplication {
        application: bytes_of(&body.application, "application")?,
        details: details(&body)?,
        agreement: body.agreement,
    };
    let licence = app.apply_for_licence(&session, new).await?;
    Ok((StatusCode::CREATED, Json(licence_of(&licence))))
}

/// The session's applications; by an operator's signature, those of everybody that wait.
#[utoipa::path(
    get, path = "/v1/licences", operation_id = "listLicences", tag = "licences",
    params(Page, ("Authorization" = String, Header,
        description = "`Bearer TOKEN`, or `Indicia-Key KEY-ID:TIME:SIGNATURE`")),
    responses(
        (status = 200, body = api::Licences),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(web): State<Web>,
    page: Result<Query<Page>, QueryRejection>,
    request: Request,
) -> Result<Json<api::Licences>, Refused> {
    let (mut parts, _) = request.into_parts();
    let account = if operator::is_asked(&parts.headers) {
        operator::check(&web.app, &parts.headers, parts.uri.path())?;
        None
    } else {
        let SignedOn(session) = SignedOn::from_request_parts(&mut parts, &web).await?;
        Some(session.authority().account)
    };
    let Query(page) = page.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let (limit, after) = page.bounds(Digest::from_hex)?;
    let licences = web.app.licences(account, after, limit).await?;
    let full = licences.len() == limit as usize;
    Ok(Json(api::Licences {
        next_cursor: licences
            .last()
            .filter(|_| full)
            .map(|last| last.digest.to_string()),
        licences: licences.iter().map(licence_of).collect(),
    }))
}

/// One application; by session, or by an operator's signature.
#[utoipa::path(
    get, path = "/v1/licences/{id}", operation_id = "getLicence", tag = "licences",
    params(
        ("id" = String, Path, description = "Digest of the application, hex"),
        ("Authorization" = String, Header,
         description = "`Bearer TOKEN`, or `Indicia-Key KEY-ID:TIME:SIGNATURE`"),
    ),
    responses(
        (status = 200, body = api::Licence),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(web): State<Web>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<api::Licence>, Refused> {
    let (mut parts, _) = request.into_parts();
    let licence = if operator::is_asked(&parts.headers) {
        operator::check(&web.app, &parts.headers, parts.uri.path())?;
        web.app.licence(None, digest(&id)?).await?
    } else {
        let SignedOn(session) = SignedOn::from_request_parts(&mut parts, &web).await?;
        web.app.licence(Some(&session), digest(&id)?).await?
    };
    Ok(Json(licence_of(&licence)))
}

/// Refuse an application. The operators' signatures are the authority; the first refusal stays.
#[utoipa::path(
    post, path = "/v1/licences/{id}/refusals", operation_id = "refuseLicence", tag = "licences",
    params(("id" = String, Path, description = "Digest of the application, hex")),
    request_body = api::SignedStatement,
    responses(
        (status = 200, body = api::Licence),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn refuse(
    State(app): State<App>,
    Path(id): Path<String>,
    Body(body, _held): Body<api::SignedStatement>,
) -> Result<Json<api::Licence>, Refused> {
    let statement = bytes_of(&body.statement, "statement")?;
    let licence = app.refuse_licence(digest(&id)?, &statement).await?;
    Ok(Json(licence_of(&licence)))
}

fn digest(id: &str) -> Result<Digest, Refused> {
    Digest::from_hex(id)
        .ok_or_else(|| Refused::new(Code::NotFound, "A licence's id is 64 hex digits."))
}

/// The details as their digest is made.
fn details(body: &api::LicenceApplication) -> Result<LicenceDetails, Refused> {
    let too_long = |field: &str| Refused::new(Code::BadName, format!("`{field}` is too long."));
    let said = &body.details;
    if said.address.iter().any(|line| line.contains('\n')) {
        return Err(Refused::new(
            Code::BadAddress,
            "An address line is one line.",
        ));
    }
    Ok(LicenceDetails {
        salt: salt(&body.salt)?,
        organisation: Bytes::new(said.organisation.clone().into_bytes())
            .map_err(|_| too_long("organisation"))?,
        address: Bytes::new(said.address.join("\n").into_bytes())
            .map_err(|_| too_long("address"))?,
        contact: Bytes::new(said.contact.clone().into_bytes()).map_err(|_| too_long("contact"))?,
    })
}

fn salt(hex: &str) -> Result<[u8; 16], Refused> {
    item::UserId::from_hex(hex)
        .map(|bytes| bytes.0)
        .ok_or_else(|| Refused::new(Code::MalformedBody, "`salt` is 32 hex digits."))
}

fn licence_of(licence: &Licence) -> api::Licence {
    let application = &licence.application;
    let (state, reason) = match &licence.state {
        LicenceState::Applied => ("applied", None),
        LicenceState::Granted => ("granted", None),
        LicenceState::Refused(reason) => ("refused", Some(reason.clone())),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    api::Licence {
        id: licence.digest.to_string(),
        meter: application.meter.0,
        account: application.account.to_string(),
        state: state.to_owned(),
        reason,
        applied: convert::time(application.time),
        origin: format!("{:05}", application.origin.0),
        licensing: format!("{:05}", application.licensing.0),
        details: licence.details.as_ref().map(|details| api::LicenceDetails {
            organisation: text(details.organisation.as_slice()),
            address: text(details.address.as_slice())
                .lines()
                .map(str::to_owned)
                .collect(),
            contact: text(details.contact.as_slice()),
        }),
        agreement: application.agreement.to_string(),
        application: base64(&licence.signed),
    }
}
