//! Limits of users and departments.

use crate::extract::{Body, SignedOn};
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, convert};
use axum::Json;
use axum::extract::{Path, State};
use functions::{Code, Session};
use item::{Department, Mills, UserId};
use store::{Spender, Spending, SpendingLimit};

fn department(text: &str) -> Result<Spender, Refused> {
    text.parse()
        .map(|number| Spender::Department(Department(number)))
        .map_err(|_| Refused::new(Code::NotFound, "You have no such department."))
}

fn user(text: &str) -> Result<Spender, Refused> {
    UserId::from_hex(text)
        .map(Spender::User)
        .ok_or_else(|| Refused::new(Code::NotFound, "You have no such user."))
}

fn shown(app: &App, spending: Option<Spending>) -> Json<api::Spending> {
    let spending = spending.unwrap_or_default();
    Json(api::Spending {
        day_mills: spending.limit.day.map(|mills| mills.0),
        month_mills: spending.limit.month.map(|mills| mills.0),
        day_spent_mills: spending.day.0,
        month_spent_mills: spending.month.0,
        held_mills: spending.held.0,
        currency: convert::currency(app.installation().transcript().currency),
    })
}

async fn set(
    (app, load): (App, Load),
    session: Session,
    spender: Spender,
    body: api::SpendingLimit,
) -> Result<Json<api::Spending>, Refused> {
    let limit = SpendingLimit {
        day: body.day_mills.map(Mills),
        month: body.month_mills.map(Mills),
    };
    let centre = app.clone();
    let spending = load
        .to_the_end(async move { centre.set_spending_limit(&session, spender, limit).await })
        .await?;
    Ok(shown(&app, spending))
}

/// How a department stands: limits, what is spent, what is held.
#[utoipa::path(
    get, path = "/v1/departments/{number}/limits", operation_id = "getDepartmentLimits", tag = "books",
    params(
        ("number" = u32, Path, description = "Its number"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    responses(
        (status = 200, body = api::Spending),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn of_department(
    State(app): State<App>,
    Path(text): Path<String>,
    SignedOn(session): SignedOn,
) -> Result<Json<api::Spending>, Refused> {
    let spending = app.spending(&session, department(&text)?).await?;
    Ok(shown(&app, spending))
}

/// Set the limits of a department. The user needs the right to manage the account. The same again changes nothing.
#[utoipa::path(
    put, path = "/v1/departments/{number}/limits", operation_id = "setDepartmentLimits", tag = "books",
    params(
        ("number" = u32, Path, description = "Its number"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    request_body = api::SpendingLimit,
    responses(
        (status = 200, body = api::Spending),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set_of_department(
    State(app): State<App>,
    State(load): State<Load>,
    Path(text): Path<String>,
    SignedOn(session): SignedOn,
    Body(body, _held): Body<api::SpendingLimit>,
) -> Result<Json<api::Spending>, Refused> {
    set((app, load), session, department(&text)?, body).await
}

/// How a user stands: limits, what is spent, what is held.
#[utoipa::path(
    get, path = "/v1/users/{user}/limits", operation_id = "getUserLimits", tag = "books",
    params(
        ("user" = String, Path, description = "User id"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    responses(
        (status = 200, body = api::Spending),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn of_user(
    State(app): State<App>,
    Path(text): Path<String>,
    SignedOn(session): SignedOn,
) -> Result<Json<api::Spending>, Refused> {
    let spending = app.spending(&session, user(&text)?).await?;
    Ok(shown(&app, spending))
}

/// Set the limits of a user. The user needs the right to manage the account. The same again changes nothing.
#[utoipa::path(
    put, path = "/v1/users/{user}/limits", operation_id = "setUserLimits", tag = "books",
    params(
        ("user" = String, Path, description = "User id"),
        ("Authorization" = String, Header, description = "`Bearer TOKEN`"),
    ),
    request_body = api::SpendingLimit,
    responses(
        (status = 200, body = api::Spending),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set_of_user(
    State(app): State<App>,
    State(load): State<Load>,
    Path(text): Path<String>,
    SignedOn(session): SignedOn,
    Body(body, _held): Body<api::SpendingLimit>,
) -> Result<Json<api::Spending>, Refused> {
    set((app, load), session, user(&text)?, body).await
}
