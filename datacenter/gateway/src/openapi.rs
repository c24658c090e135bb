//! The router and the OpenAPI document: one list of routes makes both.

use crate::problem::Refused;
use crate::{Web, common, routes};
use axum::Router;
use functions::Code;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Indicia",
        description = "Issues, accounts for and verifies value-bearing items. Money is in mills \
                       (thousandths of the currency's main unit). Every refusal is a problem of \
                       RFC 9457 that says whether anything was charged.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(api::Problem))
)]
struct Document;

fn listed() -> OpenApiRouter<Web> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(routes::accounts::sign_up))
        .routes(routes!(
            routes::sessions::sign_on,
            routes::sessions::sign_off
        ))
        .routes(routes!(routes::sessions::renew))
        .routes(routes!(routes::sessions::change_password))
        .routes(routes!(routes::own_keys::challenge))
        .routes(routes!(routes::own_keys::sign_on))
        .routes(routes!(routes::own_keys::set))
        .routes(routes!(routes::users::list, routes::users::add))
        .routes(routes!(routes::users::get))
        .routes(routes!(routes::users::set))
        .routes(routes!(routes::recoveries::begin))
        .routes(routes!(routes::recoveries::finish))
        .routes(routes!(routes::api_keys::list, routes::api_keys::add))
        .routes(routes!(routes::api_keys::roll))
        .routes(routes!(routes::api_keys::revoke))
        .routes(routes!(routes::meters::list, routes::meters::order))
        .routes(routes!(routes::meters::get))
        .routes(routes!(routes::meters::refill))
        .routes(routes!(routes::meters::report))
        .routes(routes!(routes::licences::apply, routes::licences::list))
        .routes(routes!(routes::licences::get))
        .routes(routes!(routes::licences::refuse))
        .routes(routes!(routes::acts::act))
        .routes(routes!(routes::alerts::list))
        .routes(routes!(routes::restored::redeliver))
        .routes(routes!(routes::restored::recall))
        .routes(routes!(routes::items::dispense))
        .routes(routes!(routes::items::dispense_batch))
        .routes(routes!(routes::items::get))
        .routes(routes!(routes::items::by_key))
        .routes(routes!(
            routes::voids::ask,
            routes::voids::cancel,
            routes::voids::get
        ))
        .routes(routes!(routes::voids::list))
        .routes(routes!(routes::voids::approve))
        .routes(routes!(routes::voids::reject))
        .routes(routes!(
            routes::headings::departments,
            routes::headings::make_department
        ))
        .routes(routes!(routes::headings::change_department))
        .routes(routes!(
            routes::headings::end_customers,
            routes::headings::make_end_customer
        ))
        .routes(routes!(routes::headings::change_end_customer))
        .routes(routes!(
            routes::spending::of_department,
            routes::spending::set_of_department
        ))
        .routes(routes!(
            routes::spending::of_user,
            routes::spending::set_of_user
        ))
        .routes(routes!(routes::statements::statement))
        .routes(routes!(routes::statements::report))
        .routes(routes!(routes::mailings::check))
        .routes(routes!(routes::mailings::buy, routes::mailings::progress))
        .routes(routes!(routes::envelopes::draw))
        .routes(routes!(routes::envelopes::stocks))
        .routes(routes!(routes::envelopes::calibration))
        .routes(routes!(routes::rates::quote))
        .routes(routes!(routes::rates::table))
        .routes(routes!(routes::addresses::standardise))
        .routes(routes!(routes::checks::accept))
        .routes(routes!(routes::check_batches::accept))
        .routes(routes!(routes::checks::accept_again))
        .routes(routes!(routes::public::installation))
        .routes(routes!(routes::public::pack))
        .routes(routes!(routes::epochs::list))
        .routes(routes!(routes::epochs::records))
        .routes(routes!(routes::totals::list, routes::totals::hand_in))
        .routes(routes!(routes::totals::rows))
        .routes(routes!(routes::public::health))
        .routes(routes!(routes::problems::list))
        .routes(routes!(routes::problems::get))
        .routes(routes!(routes::checks::verify))
        .routes(routes!(routes::check_batches::verify))
}

/// The routes, and their description in full.
fn described() -> (Router<Web>, utoipa::openapi::OpenApi) {
    let (router, mut document) = listed().split_for_parts();
    common::complete(&mut document);
    (router, document)
}

/// The OpenAPI document as JSON, as it is served and checked in.
///
/// # Errors
/// Never in practice: the document is plain data.
pub fn document() -> Result<String, serde_json::Error> {
    let (_, document) = described();
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

/// All routes.
pub(crate) fn router(web: Web) -> Router {
    let (router, document) = described();
    router
        .route(
            "/v1/openapi.json",
            axum::routing::get(move || async move { axum::Json(document) }),
        )
        .fallback(|| async { Refused::new(Code::NoRoute, "`GET /v1/openapi.json` lists all.") })
        .method_not_allowed_fallback(|| async {
            Refused::new(Code::NoMethod, "`GET /v1/openapi.json` lists all.")
        })
        .with_state(web)
}
