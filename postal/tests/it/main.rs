//! Tests through the public interface: golden vectors of each standard, and comparison with programs that
//! know nothing of us.

mod imb;
mod impb;
mod rates;
mod s10;
mod scale;
mod zint;
