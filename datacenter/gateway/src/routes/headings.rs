//! Departments and end customers.

use super::meters::Page;
use crate::App;
use crate::extract::{Body, Key, SignedOn, body_digest};
use crate::load::Load;
use crate::problem::Refused;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use functions::{Code, HeadingWish, Session};
use item::Digest;
use store::{HeadingChange, HeadingKind, HeadingRow};

type PageAsked = Result<Query<Page>, QueryRejection>;

fn shown(row: HeadingRow) -> api::Heading {
    api::Heading {
        number: row.number,
        name: row.name,
        cost_code: row.cost_code,
        archived: row.archived,
    }
}

async fn list(
    app: App,
    session: Session,
    kind: HeadingKind,
    page: PageAsked,
) -> Result<Json<api::Headings>, Refused> {
    let Query(page) = page.map_err(|e| Refused::new(Code::MalformedRequest, e.body_text()))?;
    let (limit, after) = page.bounds(|cursor| cursor.parse().ok())?;
    let rows = app
        .headings(&session, kind, after.unwrap_or(0), limit)
        .await?;
    let full = rows.len() == limit as usize;
    let last = rows.last().filter(|_| full);
    Ok(Json(api::Headings {
        next_cursor: last.map(|last| last.number.to_string()),
        headings: rows.into_iter().map(shown).collect(),
    }))
}

async fn make(
    (app, load): (App, Load),
    session: Session,
    kind: HeadingKind,
    key: Digest,
    body: api::NewHeading,
) -> Result<(StatusCode, Json<api::Heading>), Refused> {
    let digest = body_digest(&format!("heading {}", kind.code()), &body)?;
    let wish = HeadingWish {
        number: body.number,
        name: body.name,
        cost_code: body.cost_code,
    };
    let row = load
        .to_the_end(async move { app.make_heading(&session, kind, wish, key, digest).await })
        .await?;
    Ok((StatusCode::CREATED, Json(shown(row))))
}

async fn change(
    (app, load): (App, Load),
    session: Session,
    kind: HeadingKind,
    number: &str,
    body: api::HeadingChange,
) -> Result<Json<api::Heading>, Refused> {
    let number = number
        .parse()
        .map_err(|_| Refused::new(Code::NotFound, "You have none of that number."))?;
    let change = HeadingChange {
        name: body.name,
        cost_code: body.cost_code,
        archived: body.archived,
    };
    let row = load
        .to_the_end(async move { app.change_heading(&session, kind, number, change).await })
        .await?;
    Ok(Json(shown(row)))
}

/// The account's departments, by number.
#[utoipa::path(
    get, path = "/v1/departments", operation_id = "listDepartments", tag = "books",
    params(Page, ("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    responses(
        (status = 200, body = api::Headings),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn departments(
    State(app): State<App>,
    SignedOn(session): SignedOn,
    page: PageAsked,
) -> Result<Json<api::Headings>, Refused> {
    list(app, session, HeadingKind::Department, page).await
}

/// Make a department. The user needs the right to manage the account.
#[utoipa::path(
    post, path = "/v1/departments", operation_id = "makeDepartment", tag = "books",
    params(
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    request_body = api::NewHeading,
    responses(
        (status = 201, body = api::Heading),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn make_department(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(body, _held): Body<api::NewHeading>,
) -> Result<(StatusCode, Json<api::Heading>), Refused> {
    let kind = HeadingKind::Department;
    make((app, load), session, kind, key, body).await
}

/// Rename, code, archive or reopen a department. The same again changes nothing.
#[utoipa::path(
    patch, path = "/v1/departments/{number}", operation_id = "changeDepartment", tag = "books",
    params(
        ("number" = u32, Path, description = "Its number"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    request_body = api::HeadingChange,
    responses(
        (status = 200, body = api::Heading),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change_department(
    State(app): State<App>,
    State(load): State<Load>,
    Path(number): Path<String>,
    SignedOn(session): SignedOn,
    Body(body, _held): Body<api::HeadingChange>,
) -> Result<Json<api::Heading>, Refused> {
    let kind = HeadingKind::Department;
    change((app, load), session, kind, &number, body).await
}

/// The account's end customers, by number.
#[utoipa::path(
    get, path = "/v1/end-customers", operation_id = "listEndCustomers", tag = "books",
    params(Page, ("Authorization" = String, Header, description = "`Bearer TOKEN`")),
    responses(
        (status = 200, body = api::Headings),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn end_customers(
    State(app): State<App>,
    SignedOn(session): SignedOn,
    page: PageAsked,
) -> Result<Json<api::Headings>, Refused> {
    list(app, session, HeadingKind::EndCustomer, page).await
}

/// Make an end customer. The user needs the right to manage the account.
#[utoipa::path(
    post, path = "/v1/end-customers", operation_id = "makeEndCustomer", tag = "books",
    params(
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 characters"),
    ),
    request_body = api::NewHeading,
    responses(
        (status = 201, body = api::Heading),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn make_end_customer(
    State(app): State<App>,
    State(load): State<Load>,
    SignedOn(session): SignedOn,
    Key(key): Key,
    Body(body, _held): Body<api::NewHeading>,
) -> Result<(StatusCode, Json<api::Heading>), Refused> {
    let kind = HeadingKind::EndCustomer;
    make((app, load), session, kind, key, body).await
}

/// Rename, code, archive or reopen an end customer. The same again changes nothing.
#[utoipa::path(
    patch, path = "/v1/end-customers/{number}", operation_id = "changeEndCustomer", tag = "books",
    params(
        ("number" = u32, Path, description = "Its number"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    request_body = api::HeadingChange,
    responses(
        (status = 200, body = api::Heading),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change_end_customer(
    State(app): State<App>,
    State(load): State<Load>,
    Path(number): Path<String>,
    SignedOn(session): SignedOn,
    Body(body, _held): Body<api::HeadingChange>,
) -> Result<Json<api::Heading>, Refused> {
    let kind = HeadingKind::EndCustomer;
    change((app, load), session, kind, &number, body).await
}
