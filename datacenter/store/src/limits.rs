//! Every limit of a store, with its reason.

/// Rows that one listing returns at most, whatever was asked: keeps one answer below a few MiB.
pub const LISTED_MAX: u32 = 1_000;
/// Items of one prior answer: what one order can have made.
pub const ANSWER_ITEMS_MAX: u32 = 1_000;

const _: () = assert!(ANSWER_ITEMS_MAX as usize == item::limits::ITEMS_MAX);
