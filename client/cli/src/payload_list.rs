//! A file of payloads, one a line: base64 alone, or the JSON object of one payload as the API takes it,
//! with address and value. Read as it is worked through: such a file may be larger than memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sdk::api::PayloadShown;

/// Bytes of one line: a payload with a long address takes two thousand.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// One payload, and where it stands.
#[derive(Debug)]
pub(crate) struct Line {
    /// Number in the file, from 1.
    pub(crate) number: u64,
    pub(crate) shown: PayloadShown,
}

/// An open list.
#[derive(Debug)]
pub(crate) struct PayloadList {
    path: PathBuf,
    reader: BufReader<File>,
    /// Of the line read last.
    number: u64,
}

impl PayloadList {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        Ok(Self {
            path: path.to_owned(),
            reader: BufReader::new(file),
            number: 0,
        })
    }

    /// Lines of the whole file, for a bar to show.
    pub(crate) fn count(path: &Path) -> Result<u64> {
        let mut list = Self::open(path)?;
        let (mut count, mut text) = (0, Vec::new());
        while list.read_line(&mut text)? {
            count += 1;
        }
        Ok(count)
    }

    /// The next payloads, at most `max` of them; none at the end. Empty lines are passed over.
    pub(crate) fn next(&mut self, max: usize) -> Result<Vec<Line>> {
        let (mut lines, mut text) = (Vec::new(), Vec::new());
        while lines.len() < max && self.read_line(&mut text)? {
            let shown = read(&text).with_context(|| self.place())?;
            lines.extend(shown.map(|shown| Line {
                number: self.number,
                shown,
            }));
        }
        Ok(lines)
    }

    fn read_line(&mut self, text: &mut Vec<u8>) -> Result<bool> {
        text.clear();
        let mut limited = (&mut self.reader).take(LINE_BYTES_MAX);
        let read = limited
            .read_until(b'\n', text)
            .with_context(|| self.path.display().to_string())?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        if read as u64 == LINE_BYTES_MAX && text.last() != Some(&b'\n') {
            bail!("{}: longer than {LINE_BYTES_MAX} bytes", self.place());
        }
        Ok(true)
    }

    fn place(&self) -> String {
        format!("{}, line {}", self.path.display(), self.number)
    }
}

fn read(line: &[u8]) -> Result<Option<PayloadShown>> {
    let text = std::str::from_utf8(line).context("this is no text")?.trim();
    Ok(match text.as_bytes().first() {
        None => None,
        Some(b'{') => Some(serde_json::from_str(text)?),
        Some(_) => Some(PayloadShown {
            payload: text.to_owned(),
            ..PayloadShown::default()
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    #[test]
    fn lines_are_base64_or_objects_and_keep_their_numbers() {
        let text = b"AAAA\r\n\n  {\"payload\":\"BBBB\",\"value_mills\":7}\nCCCC";
        let (_folder, path) = list(text);
        assert_eq!(PayloadList::count(&path).unwrap(), 4);
        let mut list = PayloadList::open(&path).unwrap();
        let mut read = Vec::new();
        loop {
            let lines = list.next(2).unwrap();
            if lines.is_empty() {
                break;
            }
            read.extend(lines.into_iter().map(|line| {
                let PayloadShown {
                    payload,
                    value_mills,
                    ..
                } = line.shown;
                (line.number, payload, value_mills)
            }));
        }
        let expected = [(1, "AAAA", None), (3, "BBBB", Some(7)), (4, "CCCC", None)];
        assert_eq!(
            read,
            expected.map(|(at, text, value)| (at, text.to_owned(), value))
        );
    }

    #[test]
    fn a_line_that_can_not_be_read_is_named() {
        let long = vec![b'A'; usize::try_from(LINE_BYTES_MAX).unwrap() + 1];
        for bad in [
            &b"{\"payload\":\"\",\"adress\":[]}"[..],
            b"{",
            b"\xff",
            &long,
        ] {
            let (_folder, path) = list(&[b"AAAA\n", bad].concat());
            let error = PayloadList::open(&path).unwrap().next(9).unwrap_err();
            assert!(format!("{error:#}").contains("line 2"), "{error:#}");
        }
    }
}
