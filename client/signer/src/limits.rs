//! Every limit of this crate, with its reason.

/// Bytes of a key file: four short lines. A longer file is some other file.
pub const KEY_FILE_BYTES_MAX: u64 = 4_096;
/// Characters of a key's name: what a transcript holds.
pub const KEY_NAME_MAX: usize = item::limits::NAME_MAX;
/// Characters of a payment reference: longer than any bank's (SEPA: 140).
pub const REFERENCE_MAX: usize = 140;
/// Characters of an idempotency key of a scan.
pub const IDEMPOTENCY_KEY_MAX: usize = 255;
/// Highest amount of one credit: what fits a descending register.
pub const AMOUNT_MAX: u64 = item::limits::DESCENDING_MAX;

const _: () = assert!(KEY_NAME_MAX + 256 < KEY_FILE_BYTES_MAX as usize);
