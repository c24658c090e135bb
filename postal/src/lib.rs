//! What a post knows about a mail piece: its price, its ZIP, its address.
//!
//! Not here: any cryptography (the caller checks the rate table's signature), any clock (dates are
//! arguments), any file or network. Called by the data centre when an item is asked for, and by the command
//! line before it asks. Nothing here is trusted with money: a meter's box checks value and date again by its
//! own rules.

pub mod address;
pub mod code128;
pub mod countries;
pub mod date;
pub mod imb;
pub mod impb;
pub mod limits;
pub mod places;
pub mod rates;
pub mod s10;
pub mod scale;
pub mod standard;
pub mod state;
pub mod weight;
pub mod zip;
pub mod zone;

pub use address::{Address, AddressError, Destination};
pub use countries::{Country, CountryError};
pub use places::Place;
pub use rates::{
    Channel, Quote, RateError, RateRequest, RateTable, Reach, ServiceRequest, Shape, US_FIRST_CLASS,
};
pub use standard::{Standardised, standardise};
pub use state::State;
pub use zip::{Zip, ZipError, ZipLevel};
pub use zone::Zone;

#[cfg(test)]
mod capitols;
