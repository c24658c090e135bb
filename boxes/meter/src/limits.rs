//! Limits that only the meter box knows; those of the layouts are in `item::limits`.

use item::Mills;

/// Highest ZIP code.
pub(crate) const ZIP_MAX: u32 = 99_999;
/// Highest value of one item: the payload has a u32 for it.
pub(crate) const VALUE_MAX: Mills = Mills(u32::MAX as u64);
/// How far ahead a signature of a user's own key may expire at most, milliseconds: ten minutes.
pub(crate) const OWN_SIGNATURE_MAX: u64 = 10 * 60 * 1000;
/// The clocks of auth box and meter box may differ by this much, milliseconds: five minutes (P26).
pub(crate) const CLOCKS_APART_MAX: u64 = 5 * 60 * 1000;
