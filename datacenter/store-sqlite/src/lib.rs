//! The store on SQLite: one file, any number of server processes on the same machine.
//!
//! Not here: what rows mean (`store`) and any decision. One thread writes, joining calls that wait
//! into one transaction; a few threads read, each call in a snapshot of its own. Programs call
//! [`SqliteStore::create`] once, at `init`, and [`SqliteStore::open`] ever after.

mod checks;
mod engine;
mod error;
mod file;
mod limits;
mod memory;
mod query;
mod read;
mod scans;
mod schema;
mod sign_ups;
mod sql;
mod store;
mod threads;
mod write;

pub use error::OpenError;
pub use file::SqliteStore;
pub use memory::Memory;

#[cfg(test)]
mod tests;
