//! The store on SQLite: one file, any number of server processes on the same machine.
//!
//! Not here: what rows mean (`store`) and any decision. One thread writes, joining calls that wait
//! into one transaction; listings are read by a few threads, single rows by whoever asks, from one
//! snapshot a call; look-ups of orders that come together share one. Programs call
//! [`SqliteStore::create`] once, at `init`, and [`SqliteStore::open`] ever after.

mod api_keys;
mod checkpoint;
mod checks;
mod credits;
mod engine;
mod epochs;
mod error;
mod file;
mod headings;
mod licences;
mod limits;
mod memory;
mod near;
mod query;
mod read;
mod scans;
mod schema;
mod sign_ups;
mod spending;
mod sql;
mod store;
mod threads;
mod together;
mod totals;
mod write;

pub use error::OpenError;
pub use file::SqliteStore;
pub use memory::Memory;

#[cfg(test)]
mod tests;
