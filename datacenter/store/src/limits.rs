//! Every limit of a store, with its reason.

/// Rows that one listing returns at most, whatever was asked: keeps one answer below a few MiB.
pub const LISTED_MAX: u32 = 1_000;
/// Items of one prior answer: what one order can have made.
pub const ANSWER_ITEMS_MAX: u32 = 1_000;
/// Departments, and end customers, of one account: a large mail house has some thousand, and making one
/// counts them.
pub const HEADINGS_MAX: u32 = 10_000;

/// Item credits that are read to make one credited list: one list from before a re-issue, and one since.
pub const CREDITS_MAX: usize = 2 * item::limits::CREDITED_MAX;

const _: () = assert!(ANSWER_ITEMS_MAX as usize == item::limits::ITEMS_MAX);
