//! The communication server: HTTP, JSON, OpenAPI, configuration, start and stop.
//!
//! Not here: use cases (`functions`), SQL, anything that decides. Stateless: a second process on the
//! same database is a second server. Handlers read a request, call one use case, and turn its
//! answer into the types of `api`; every refusal leaves as RFC 9457 through `problem`.

mod accept;
mod common;
pub mod config;
mod convert;
mod drawing;
mod exchange;
mod extract;
mod limited;
mod limits;
mod load;
pub mod openapi;
mod operator;
mod places;
mod problem;
mod reports;
mod routes;
pub mod serve;
mod statements;
mod tables;
mod tasks;

pub use limits::{blocking_threads, connection_threads};

/// The function server that all handlers share.
pub(crate) type App = functions::Centre<store_sqlite::SqliteStore>;

/// What handlers are given: each takes the part that it needs.
#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) app: App,
    pub(crate) load: load::Load,
}

impl axum::extract::FromRef<Web> for App {
    fn from_ref(web: &Web) -> Self {
        web.app.clone()
    }
}

impl axum::extract::FromRef<Web> for load::Load {
    fn from_ref(web: &Web) -> Self {
        web.load.clone()
    }
}
