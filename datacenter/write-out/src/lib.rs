//! Has the kernel begin to write what it holds of a file, and waits for nothing.
//!
//! A flush of a file writes all that at once, ahead of the small flushes of others. Begun earlier, it is
//! written as the disk has time, and the flush finds little left. Nothing is durable by this: only a
//! flush makes it so.
//!
//! The one place of the workspace with `unsafe` of its own (ADR 0025): neither std nor rustix has this
//! call. Called by `store-sqlite`, between moving pages and flushing them.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// Begins to write all of it: `sync_file_range(2)` of Linux with `SYNC_FILE_RANGE_WRITE`.
///
/// # Errors
/// What the kernel says, `ESPIPE` for what is no file with a length. It may be ignored: whatever went
/// wrong, the flush finds it.
#[expect(unsafe_code, reason = "a call of the kernel that has no safe form")]
pub fn begin(file: &File) -> io::Result<()> {
    let (from, to_the_end) = (0, 0);
    let how = libc::SYNC_FILE_RANGE_WRITE;
    // SAFETY: the descriptor is open for as long as `file` is borrowed, all else are numbers; the
    // kernel reads and writes no memory of this process.
    let failed = unsafe { libc::sync_file_range(file.as_raw_fd(), from, to_the_end, how) } != 0;
    if failed {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_was_written_is_still_there_and_reads_the_same() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[7; 100_000]).unwrap();
        // Opened for reading alone, as the store does.
        begin(&File::open(file.path()).unwrap()).unwrap();
        assert_eq!(std::fs::read(file.path()).unwrap(), vec![7; 100_000]);
    }

    #[test]
    fn what_has_no_length_is_refused() {
        let (reader, _writer) = io::pipe().unwrap();
        let pipe = File::from(std::os::fd::OwnedFd::from(reader));
        let error = begin(&pipe).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ESPIPE));
    }
}
