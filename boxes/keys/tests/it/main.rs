//! The keys box from ceremony to pack, on a real state folder.

mod bench;
mod ceremony;
mod epochs;
mod plan;
mod serving;
