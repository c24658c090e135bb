//! A line of an address as words in capitals.
//!
//! Not here: what the words mean. Called by every parser of this module.

/// A word in capitals, and whether a comma stood before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) after_comma: bool,
}

/// The letter, digit or mark that stands for a character in an address: capitals for letters, Latin letters
/// without their accents. None for what has no such form.
pub(crate) fn plain_letter(character: char) -> Option<u8> {
    if character.is_ascii() {
        return Some((character as u8).to_ascii_uppercase());
    }
    Some(match character {
        '\u{c0}'..='\u{c5}' | '\u{e0}'..='\u{e5}' => b'A',
        '\u{c7}' | '\u{e7}' => b'C',
        '\u{c8}'..='\u{cb}' | '\u{e8}'..='\u{eb}' => b'E',
        '\u{cc}'..='\u{cf}' | '\u{ec}'..='\u{ef}' => b'I',
        '\u{d1}' | '\u{f1}' => b'N',
        '\u{d2}'..='\u{d6}' | '\u{d8}' | '\u{f2}'..='\u{f6}' | '\u{f8}' => b'O',
        '\u{d9}'..='\u{dc}' | '\u{f9}'..='\u{fc}' => b'U',
        '\u{dd}' | '\u{fd}' | '\u{ff}' => b'Y',
        '\u{2010}'..='\u{2014}' => b'-',
        '\u{2018}' | '\u{2019}' => b'\'',
        '\u{201c}' | '\u{201d}' => b'"',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => b' ',
        _ => return None,
    })
}

/// Splits a line into words. None if it has a character that no standard line can have.
///
/// Kept of the punctuation (Publication 28, 222 and appendix D): hyphen and slash between letters or digits,
/// point between digits, `#` and `&` as words of their own.
pub(super) fn words(line: &str) -> Option<Vec<Word>> {
    let mut plain = Vec::with_capacity(line.len() + 4);
    for character in line.chars() {
        match character {
            '\u{bc}' => plain.extend(b" 1/4"),
            '\u{bd}' => plain.extend(b" 1/2"),
            '\u{be}' => plain.extend(b" 3/4"),
            _ => plain.push(plain_letter(character)?),
        }
    }
    let mut taking = Taking {
        words: Vec::with_capacity(8),
        word: String::with_capacity(12),
        comma: false,
    };
    for (index, byte) in plain.iter().enumerate() {
        let before = index
            .checked_sub(1)
            .and_then(|at| plain.get(at))
            .copied()
            .unwrap_or(b' ');
        let after = plain.get(index + 1).copied().unwrap_or(b' ');
        match byte {
            b'A'..=b'Z' | b'0'..=b'9' => taking.word.push(char::from(*byte)),
            b'-' | b'/' if before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric() => {
                taking.word.push(char::from(*byte));
            }
            b'.' if before.is_ascii_digit() && after.is_ascii_digit() => taking.word.push('.'),
            // "P.O." is one word, "St.Paul" two.
            b'.' if after.is_ascii_alphanumeric()
                && taking.word.len() > 1
                && !taking.is_initials() =>
            {
                taking.end()
            }
            b'.' | b'\'' => {}
            b'#' | b'&' => {
                taking.end();
                taking.word.push(char::from(*byte));
                taking.end();
            }
            b',' | b';' => {
                taking.end();
                taking.comma = true;
            }
            b' ' | b'\t' | b'-' | b'/' | b'"' | b'(' | b')' | b':' | b'*' => taking.end(),
            _ => return None,
        }
    }
    taking.end();
    Some(taking.words)
}

struct Taking {
    words: Vec<Word>,
    word: String,
    comma: bool,
}

impl Taking {
    fn end(&mut self) {
        if !self.word.is_empty() {
            self.words.push(Word {
                text: std::mem::take(&mut self.word),
                after_comma: std::mem::take(&mut self.comma),
            });
        }
    }

    /// Whether the word so far can be the first of several initials.
    fn is_initials(&self) -> bool {
        matches!(self.word.as_str(), "PO" | "US" | "RF")
    }
}

/// The words with single spaces between them.
pub(super) fn joined(words: &[Word]) -> String {
    let mut text = String::with_capacity(words.len() * 8);
    for word in words {
        push(&mut text, &word.text);
    }
    text
}

/// Adds a word, with a space if it is not the first.
pub(super) fn push(text: &mut String, word: &str) {
    if !text.is_empty() && !word.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}

/// Whether a word has a digit.
pub(super) fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// The number of an ordinal: 2 for 2ND.
pub(super) fn ordinal(word: &str) -> Option<&str> {
    let digits = word.len().checked_sub(2).and_then(|at| word.get(..at))?;
    let ending = word.get(digits.len()..)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && matches!(ending, "ST" | "ND" | "RD" | "TH")).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::{joined, words};

    #[test]
    fn words_of_lines() {
        let cases = [
            ("1315 10th St.", Some("1315 10TH ST")),
            ("P.O. Box 12", Some("PO BOX 12")),
            ("P.O.Box 12", Some("POBOX 12")),
            ("St.Paul", Some("ST PAUL")),
            ("112-10 Bronx Rd", Some("112-10 BRONX RD")),
            ("39.2 Rd.", Some("39.2 RD")),
            ("123\u{bd} Main", Some("123 1/2 MAIN")),
            ("12 O'Brien St, Apt#4", Some("12 OBRIEN ST APT # 4")),
            ("Do\u{f1}a Ana \u{2013} Rd", Some("DONA ANA RD")),
            ("A&P", Some("A & P")),
            ("N.W.", Some("NW")),
            ("\u{5317}\u{4eac}", None),
            ("me@example.com", None),
            ("", Some("")),
        ];
        for (line, expected) in cases {
            assert_eq!(
                words(line).map(|found| joined(&found)).as_deref(),
                expected,
                "{line:?}"
            );
        }
    }
}
