//! One frame: length, correlation number, body. Requests may be answered out of order.

use item::{Layout, LayoutError};

/// Bytes before the body: length u32 (of what follows it) and correlation number u64.
pub const HEADER: usize = 12;

/// A frame as it goes over the channel.
///
/// `Debug` tells the length only: the body may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Chosen by the caller; the reply carries the same.
    pub correlation: u64,
    /// A `Request` or a `Reply`.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}, {} bytes)", self.correlation, self.body.len())
    }
}

impl Frame {
    /// The bytes for the channel.
    ///
    /// # Errors
    /// [`LayoutError::TooLong`] if the body is above `max` bytes.
    pub fn to_channel(&self, max: usize) -> Result<Vec<u8>, LayoutError> {
        if self.body.len() > max {
            return Err(LayoutError::TooLong("frame"));
        }
        let length = u32::try_from(self.body.len().saturating_add(8))
            .map_err(|_| LayoutError::TooLong("frame"))?;
        let mut out = Vec::with_capacity(self.body.len().saturating_add(HEADER));
        length.put(&mut out);
        self.correlation.put(&mut out);
        out.extend_from_slice(&self.body);
        Ok(out)
    }
}

/// Reads a header: the correlation number and the length of the body that follows.
///
/// # Errors
/// [`LayoutError`] if the length is above `max` or leaves no room for the correlation number.
pub fn frame_length(header: &[u8; HEADER], max: usize) -> Result<(u64, usize), LayoutError> {
    let mut reader = item::Reader::new(header);
    let length = usize::try_from(u32::get(&mut reader)?)
        .map_err(|_| LayoutError::TooLong("frame"))?
        .checked_sub(8)
        .ok_or(LayoutError::Range("frame length"))?;
    let correlation = u64::get(&mut reader)?;
    if length > max {
        return Err(LayoutError::TooLong("frame"));
    }
    Ok((correlation, length))
}
