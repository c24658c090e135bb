//! Every limit of the channel, with its reason.

/// A frame before the peer has authenticated (P11).
pub const FRAME_MAX_UNKNOWN: usize = 1 << 20;
/// A frame after the peer has authenticated (P11).
pub const FRAME_MAX: usize = 8 << 20;
/// A sealed record as stored: the largest, a user, is below 800 bytes.
pub const RECORD_MAX: usize = 4_096;
/// A signed decision is below 400 bytes.
pub const DECISION_MAX: usize = 1_024;
/// An item record or chain entry is below 700 bytes.
pub const ROW_MAX: usize = 2_048;
/// Body of one entry: 4,000 items with addresses.
pub const BODY_MAX: usize = 6 << 20;
/// Entries in one frame: no more than one waiting request per connected client.
pub const ENTRIES_MAX: usize = 1_024;
/// A signed opening of an epoch: 16 certificates and 256 names of packages are 13 KiB.
pub const OPENING_MAX: usize = 16 << 10;
/// A box's sealed package of an epoch: the keys of a meter box are below 400 bytes.
pub const EPOCH_PACKAGE_MAX: usize = 4 << 10;
/// Open decisions that one listing returns.
pub const LISTED_MAX: usize = 256;
/// Decisions acknowledged by one request: 32 bytes each.
pub const ACKNOWLEDGED_MAX: usize = 4_096;
/// Secret part of a delivery.
pub const SECRET_MAX: usize = 4_096;
/// Bytes of all open decisions that a box keeps (P19); then it says `busy`.
pub const OPEN_BYTES_MAX: usize = 256 << 20;
/// Bytes of open decisions of one caller (P19).
pub const OPEN_BYTES_PER_CALLER: usize = 32 << 20;
/// Connected callers at once: per-caller bound times callers stays within the total.
pub const CALLERS_MAX: usize = 8;

const _: () = assert!(OPEN_BYTES_PER_CALLER * CALLERS_MAX <= OPEN_BYTES_MAX);
const _: () = assert!(BODY_MAX < FRAME_MAX && FRAME_MAX_UNKNOWN < FRAME_MAX);
