//! Every limit of the layouts, with its reason.

/// Operators or treasury keys that can sign together. More than a company has officers for this.
pub const SIGNERS_MAX: usize = 16;
/// Meters that one authority or user names one by one; none named means all of the account.
pub const METERS_MAX: usize = 32;
/// Items of one request (P: "batch 10,000; 1,000 in 1/5").
pub const ITEMS_MAX: usize = 1_000;
/// Orders joined into one entry of one meter.
pub const ORDERS_MAX: usize = 256;
/// Items of all orders of one entry: keeps one open decision below its 8 MiB.
pub const ENTRY_ITEMS_MAX: usize = 4_000;
/// Bytes of a normalised address: seven lines of 64 characters of up to two bytes.
pub const ADDRESS_MAX: usize = 900;
/// Bytes of a printed payload that an item record keeps (44x44 Data Matrix holds 142).
pub const PAYLOAD_MAX: usize = 256;
/// Certificates in a pack or transcript: ten years of months, two usages, four kinds, some spare.
pub const CERTIFICATES_MAX: usize = 1_024;
/// Certificates of one epoch: two usages of each of four kinds of box, twice.
pub const OPENING_CERTIFICATES_MAX: usize = 16;
/// Voids in a pack.
pub const VOIDS_MAX: usize = 1_000_000;
/// Rows of one sheet of daily totals: a third of a megabyte.
pub const TOTALS_ROWS_MAX: usize = 10_000;
/// Verifier, server and box keys named by a transcript.
pub const ENROLLED_MAX: usize = 256;
/// Bytes of a name in a transcript.
pub const NAME_MAX: usize = 64;
/// Ascending register and single value: widths of the payload (u40, u32).
pub const ASCENDING_MAX: u64 = (1 << 40) - 1;
/// Descending register: width of the payload (u32).
pub const DESCENDING_MAX: u64 = u32::MAX as u64;
/// Credited pieces that a meter remembers at once (P23).
pub const CREDITED_MAX: usize = 4_096;
/// Characters of a password (P: 12-128).
pub const PASSWORD_MIN: usize = 12;
/// See [`PASSWORD_MIN`].
pub const PASSWORD_MAX: usize = 128;
/// Days from the box's date to the last mailing date that it signs.
pub const MAILING_DAYS_MAX: u32 = 30;

const _: () = assert!(ITEMS_MAX <= ENTRY_ITEMS_MAX && ORDERS_MAX <= ENTRY_ITEMS_MAX);
