//! Tests through the public interface: golden vectors of each standard, and comparison with programs that
//! know nothing of us.

mod imb;
mod impb;
mod odd_addresses;
mod places;
mod rates;
mod s10;
mod scale;
mod zint;
