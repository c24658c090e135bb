//! The meter box from receipt to redelivery: the real rules in the real keeper on a real folder.

mod authority;
mod credit;
mod desk;
mod dispense;
mod engine;
mod epochs;
mod fresh;
mod later;
mod life;
mod money;
mod own_key;
mod prepared;
mod redelivery;
mod reissue;
mod tokens;
mod watchdog;
mod world;
