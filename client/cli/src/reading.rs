//! Payloads out of a file: an image or a PDF with symbols, or the raw bytes of one payload.

use std::path::Path;

use anyhow::{Context, Result, bail};
use item::Payload;

use crate::files;

/// Bytes of a file that are looked at: what `print` reads.
const FILE_BYTES_MAX: u64 = print::limits::IMAGE_BYTES_MAX as u64;
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const PDF_SIGNATURE: &[u8] = b"%PDF-";

/// Every payload in a file, at least one.
pub(crate) fn payloads(path: &Path) -> Result<Vec<Vec<u8>>> {
    let content = files::read_limited(path, FILE_BYTES_MAX)?;
    if content.starts_with(PNG_SIGNATURE) {
        return print::read_png(&content).with_context(|| path.display().to_string());
    }
    if content.starts_with(PDF_SIGNATURE) {
        return print::read_pdf(&content).with_context(|| path.display().to_string());
    }
    if content.len() == Payload::LENGTH {
        return Ok(vec![content]);
    }
    bail!(
        "{}: neither a PNG image, nor a PDF, nor a payload of {} bytes",
        path.display(),
        Payload::LENGTH
    )
}

/// The one payload of a file.
pub(crate) fn single_payload(path: &Path) -> Result<Vec<u8>> {
    let mut found = payloads(path)?;
    match (found.pop(), found.len()) {
        (Some(payload), 0) => Ok(payload),
        (_, others) => bail!(
            "{}: {} different symbols are in this image, so it is not plain which item is meant. \
             Show one item at a time",
            path.display(),
            others + 1
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_payloads_are_told_by_their_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("item.bin");
        std::fs::write(&path, [7; Payload::LENGTH]).unwrap();
        assert_eq!(single_payload(&path).unwrap(), [7; Payload::LENGTH]);
        std::fs::write(&path, [7; Payload::LENGTH + 1]).unwrap();
        assert!(payloads(&path).is_err());
    }
}
