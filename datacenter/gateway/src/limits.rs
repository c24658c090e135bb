//! Limits of the web edge.

/// Bytes of any body but an image: 1,000 items with long addresses.
pub(crate) const BODY_MAX: usize = 2 << 20;
/// Bytes of a verification: an image of 8 MiB in base64.
pub(crate) const IMAGE_BODY_MAX: usize = 12 << 20;
/// Bytes of an idempotency key.
pub(crate) const KEY_MAX: usize = 255;
/// Meters of one page.
pub(crate) const PAGE_MAX: u32 = 100;
/// Envelopes of one call.
pub(crate) const ENVELOPES_MAX: usize = 1_000;
/// Age of an operator's question, milliseconds: five minutes.
pub(crate) const OPERATOR_AGE_MAX: u64 = 5 * 60 * 1000;
