//! A store that lies by script, and the contract that every honest store keeps.
//!
//! Not here: engines (`datacenter/store-*`) and what boxes make of lies. Called by tests only:
//! [`HostileStore`] stands between `functions` and a real store, [`contract!`] makes one test of
//! each promise of `store::Store`, [`sample`] builds deliveries that no box would accept.

pub mod contract;
mod hostile;
pub mod sample;
mod script;

pub use hostile::HostileStore;
pub use script::{Hold, Record, Rule, Version};
