//! The bytes of a list as text, however a spreadsheet wrote them: UTF-8 with or without a mark, UTF-16
//! with one, or the code page of Western Windows, which is what is left when nothing else fits.
//!
//! Not here: columns and rows.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A list as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    /// Header and rows.
    pub(super) content: Cow<'a, str>,
    /// What parts the fields of a row.
    pub(super) delimiter: u8,
    /// Lines of the file before the header.
    pub(super) lines_before: u64,
    /// The code page, where it is a guess.
    pub(super) guessed: Option<&'static str>,
}

/// Fields are parted by one of these; of two that are equally frequent the first is taken.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// What a spreadsheet may write as first line, to tell another one the delimiter.
const DELIMITER_LINE: &str = "sep=";

/// Reads text out of bytes; nothing is refused here.
pub(super) fn read(bytes: &[u8]) -> Text<'_> {
    let (content, guessed) = decode(bytes);
    match delimiter_line(&content) {
        Some((delimiter, length)) => Text {
            content: match content {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(length..).unwrap_or_default()),
                Cow::Owned(mut text) => Cow::Owned(text.split_off(length)),
            },
            delimiter,
            lines_before: 1,
            guessed,
        },
        None => Text {
            delimiter: frequent_delimiter(&content),
            content,
            lines_before: 0,
            guessed,
        },
    }
}

fn decode(bytes: &[u8]) -> (Cow<'_, str>, Option<&'static str>) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let marked = bytes.get(mark..).unwrap_or_default();
        return (encoding.decode_without_bom_handling(marked).0, None);
    }
    if let Some(text) = UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        return (text, None);
    }
    let text = WINDOWS_1252.decode_without_bom_handling(bytes).0;
    (text, Some(WINDOWS_1252.name()))
}

/// The delimiter that a first line `sep=;` names, and the length of that line.
fn delimiter_line(text: &str) -> Option<(u8, usize)> {
    let end = text.find('\n').map_or(text.len(), |at| at + 1);
    let line = text.get(..end)?.trim_end_matches(['\r', '\n']);
    let named = line.trim_matches('"').strip_prefix(DELIMITER_LINE)?;
    let delimiter = DELIMITERS.into_iter().find(|d| named.starts_with(*d))?;
    Some((u8::try_from(delimiter).ok()?, end))
}

/// The delimiter that is most frequent in the header.
fn frequent_delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |delimiter: &char| header.matches(*delimiter).count();
    DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(count)
        .and_then(|delimiter| u8::try_from(delimiter).ok())
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let marked = format!("\u{feff}{text}");
        marked.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn text_is_read_as_spreadsheets_write_it() {
        let text = "name;city\r\nJos\u{e9};Hag\u{e5}t\u{f1}a\r\n";
        let windows = WINDOWS_1252.encode(text).0.into_owned();
        for (bytes, guessed) in [
            (text.as_bytes().to_vec(), None),
            (format!("\u{feff}{text}").into_bytes(), None),
            (utf16(text, u16::to_le_bytes), None),
            (utf16(text, u16::to_be_bytes), None),
            (windows, Some("windows-1252")),
        ] {
            let read = read(&bytes);
            assert_eq!(read.content, text);
            assert_eq!((read.delimiter, read.guessed), (b';', guessed));
        }
    }

    #[test]
    fn the_delimiter_is_named_or_frequent() {
        for (text, delimiter, before) in [
            ("name,city\na;b;c,d\n", b',', 0),
            ("name;city,state;zip\n", b';', 0),
            ("name\tcity\n", b'\t', 0),
            ("name|city\n", b'|', 0),
            ("name\n", b',', 0),
            ("", b',', 0),
            ("sep=;\nname,city;zip\n", b';', 1),
            ("\"sep=\t\"\r\nname,city\n", b'\t', 1),
            ("sep=x\nname,city\n", b',', 0),
        ] {
            let read = read(text.as_bytes());
            assert_eq!(
                (read.delimiter, read.lines_before),
                (delimiter, before),
                "{text:?}"
            );
            assert!(before == 0 || read.content.starts_with("name"), "{text:?}");
        }
    }
}
