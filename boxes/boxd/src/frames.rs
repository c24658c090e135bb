//! Frames out of a stream of bytes.

use item::LayoutError;
use wire::{Frame, HEADER, frame_length};

/// Bytes that came and are no whole frame yet. Grows only with bytes that were really sent.
pub(crate) struct Assembler {
    bytes: Vec<u8>,
    max: usize,
}

impl Assembler {
    /// For frames of at most `max` bytes.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            bytes: Vec::new(),
            max,
        }
    }

    /// Bytes as they came.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether it holds a part of a frame.
    pub(crate) fn is_inside(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// The next whole frame, if it has come.
    ///
    /// # Errors
    /// [`LayoutError`] if its header is above the limit: where the next one begins is then unknown.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, LayoutError> {
        let Some(header) = self.bytes.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let (correlation, length) = frame_length(header, self.max)?;
        let end = HEADER.saturating_add(length);
        if self.bytes.len() < end {
            return Ok(None);
        }
        let rest = self.bytes.split_off(end);
        let mut body = std::mem::replace(&mut self.bytes, rest);
        body.drain(..HEADER);
        Ok(Some(Frame { correlation, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(correlation: u64, length: usize) -> Frame {
        Frame {
            correlation,
            body: vec![correlation as u8; length],
        }
    }

    #[test]
    fn frames_come_out_whatever_the_pieces_were() {
        let frames = [frame(1, 0), frame(2, 100), frame(3, 7)];
        let stream: Vec<u8> = frames
            .iter()
            .flat_map(|f| f.to_channel(100).unwrap())
            .collect();
        for size in 1..=stream.len() {
            let mut assembler = Assembler::new(100);
            let mut seen = Vec::new();
            for piece in stream.chunks(size) {
                assembler.push(piece);
                while let Some(frame) = assembler.next().unwrap() {
                    seen.push(frame);
                }
            }
            assert_eq!(seen, frames, "pieces of {size}");
            assert!(!assembler.is_inside());
        }
    }

    #[test]
    fn a_header_above_the_limit_is_refused_before_its_body_comes() {
        let bytes = frame(1, 101).to_channel(101).unwrap();
        let mut assembler = Assembler::new(100);
        assembler.push(&bytes[..HEADER]);
        assert_eq!(assembler.next(), Err(LayoutError::TooLong("frame")));
        let mut short = Assembler::new(100);
        short.push(&[7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(short.next(), Err(LayoutError::Range("frame length")));
    }
}
