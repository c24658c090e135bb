//! A disk under SQLite that fails where a test says, and loses power when a test says.
//!
//! Not here: what must hold afterwards (the fault table of `datacenter/store-sqlite`), and faults of
//! a whole process (`testing/e2e`). Called by tests only. [`FaultyDisk::at`] makes this process's
//! SQLite do its work through [`vfs`], which hands every call on to SQLite's own Unix layer; calls on
//! files beneath a folder with a disk are numbered, and one of them fails in a chosen way.
//!
//! Changes (open with create, write, truncate, sync, delete) and looks (open, read, size, access) are
//! numbered apart: which of a store's reader threads takes a call is chance, what is written is not.

mod disk;
mod vfs;

pub use disk::{Fault, FaultyDisk, Kind, Restart};
