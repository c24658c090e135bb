//! Sign-up.

use crate::extract::{Body, Key, body_digest};
use crate::load::Load;
use crate::problem::Refused;
use crate::{App, limited};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// Sign up: an account, its first user, and a meter.
#[utoipa::path(
    post, path = "/v1/accounts", operation_id = "signUp", tag = "accounts",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 characters")),
    request_body = api::SignUp,
    responses(
        (status = 201, body = api::SignedUp),
        (status = "4XX", body = api::Problem, content_type = "application/problem+json"),
        (status = "5XX", body = api::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sign_up(
    State(app): State<App>,
    State(load): State<Load>,
    Key(key): Key,
    Body(body, _held): Body<api::SignUp>,
) -> Result<Response, Refused> {
    // The password stays out of the digest: it would be a way to guess it.
    let digest = body_digest("sign-up", &(&body.login, &body.display_name))?;
    let work = {
        let app = app.clone();
        async move {
            app.sign_up(key, &body.login, body.password, &body.display_name, digest)
                .await
        }
    };
    let made = load.to_the_end(work).await.map(|made| {
        let made = api::SignedUp {
            account: made.account.to_string(),
            user: made.user.to_string(),
            meter: made.meter.0,
        };
        (StatusCode::CREATED, Json(made))
    });
    Ok(limited::told(app.sign_ups_left(), made))
}
