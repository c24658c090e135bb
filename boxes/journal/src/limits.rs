//! Every limit of the journal, with its reason. Called by the writers and the readers alike: what
//! is refused when written is damage when read.

/// Body of one entry, bytes. Bounds the memory of a commit, and how much a torn tail can be.
pub const GROUP_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One record, bytes: what fits alone into a group, less the 5 bytes in front of it.
pub const RECORD_BYTES_MAX: usize = GROUP_BYTES_MAX - 5;

/// A snapshot is written in pieces of about this size, so that a large state needs little memory.
pub const SNAPSHOT_CHUNK_BYTES: usize = 1024 * 1024;

/// Largest group that takes a blank along for those after it. Larger ones come at such a rate that the
/// disk would have to take in twice as much for nothing.
pub const BLANK_GROUP_BYTES_MAX: usize = 64 * 1024;

/// Read at once where a blank is looked for.
pub const BLANK_READ_BYTES: usize = 64 * 1024;

/// The caller's identity bytes: a certificate and a few names.
pub const IDENTITY_BYTES_MAX: usize = 64 * 1024;

const _: () = assert!(
    GROUP_BYTES_MAX <= u32::MAX as usize,
    "lengths are written as u32"
);
const _: () = assert!(SNAPSHOT_CHUNK_BYTES <= GROUP_BYTES_MAX);
const _: () = assert!(IDENTITY_BYTES_MAX <= u32::MAX as usize);
