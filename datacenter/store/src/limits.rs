//! Every limit of a store, with its reason.

/// Rows that one listing returns at most, whatever was asked: keeps one answer below a few MiB.
pub const LISTED_MAX: u32 = 1_000;
/// Items of one prior answer: what one order can have made.
pub const ANSWER_ITEMS_MAX: u32 = 1_000;
/// Bytes of a log-in name: room for any mail address (RFC 5321, 4.5.3.1).
pub const LOGIN_MAX: usize = 320;

const _: () = assert!(ANSWER_ITEMS_MAX as usize == item::limits::ITEMS_MAX);
