//! The communication server: HTTP, JSON, OpenAPI, configuration, start and stop.
//!
//! Not here: use cases (`functions`), SQL, anything that decides. Stateless: a second process on the
//! same database is a second server. Handlers read a request, call one use case, and turn its
//! answer into the types of `api`; every refusal leaves as RFC 9457 through `problem`.

pub mod config;
mod convert;
mod extract;
mod limits;
pub mod openapi;
mod operator;
mod problem;
mod routes;
pub mod serve;
mod tasks;

/// The function server that all handlers share.
pub(crate) type App = functions::Centre<store_sqlite::SqliteStore>;
